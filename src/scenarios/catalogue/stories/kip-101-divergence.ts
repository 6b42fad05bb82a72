/** KIP-101, scenario 2: two hard failures in a row, and two replicas hold different records at one offset. */
export const kip101Divergence = `scenario: kip_101_divergence
description: >
  Before Kafka 0.11 a follower believes what is below its own high watermark. If the leader it comes back to has lost
  some of that with its disk, and has written other records there, the follower goes on behind them: the two logs differ
  for good.
story:
  source: KIP-101, scenario 2
  tells: After hard failures of both replicas a record that one has lost is replaced at the leader and kept at the follower; their logs diverge.
  violates: [log-matching]
  # That m2 is lost is not the point: the only in-sync replica lost it to its disk (GD-1).
  allows: [acknowledged-records-survive]
# With leader epochs (--profile 0.11) broker-1 is told that epoch 0 ended before m2, and cuts it off.
profile: "0.10"
seed: 1
duration: 32s

cluster:
  brokers: 2
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2]], config: { min.insync.replicas: 1 } }

producers:
  - name: app
    config: { acks: all, enable.idempotence: false, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m1 and m2 are on both brokers, below both high watermarks, and in no disk: replication is what makes them durable.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m1 }
  - { producer: app, topic: orders, every: 1ms, start: 5000ms, until: 5001ms, key: k, value: m2 }
  # 5. m3 takes the place of m2 at broker-2.
  - { producer: app, topic: orders, every: 1ms, start: 17000ms, until: 17001ms, key: k, value: m3 }
  # 7. m4 is replicated to the place behind, on top of two different logs.
  - { producer: app, topic: orders, every: 1ms, start: 26000ms, until: 26001ms, key: k, value: m4 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. The leader dies; what it had written stays with its disk. broker-2 leads, alone in the ISR.
  - { at: 7s, crash: broker-1, restartAfter: 13s }
  # 3. Then broker-2 loses power, and with it m2. Without it there is no leader.
  - { at: 10s, powerLoss: broker-2, restartAfter: 3s }
  # 4. It comes back and leads again: it is all there is of the ISR.
  # 6. broker-1 comes back and cuts its log at its high watermark, behind m2, which it keeps.

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
