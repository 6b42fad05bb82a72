/** Jepsen, "Call me maybe: Kafka" (2013): an ISR of one, a partition, an unclean election. */
export const jepsen2013 = `scenario: jepsen_2013
description: >
  The leader is cut off from its followers, and drops them from the ISR: it acknowledges what it alone has. Then it is cut
  off from everybody. With unclean elections, which were the default until Kafka 0.11, a replica out of sync leads on,
  and what was acknowledged meanwhile is gone.
story:
  source: Jepsen, Call me maybe - Kafka, 2013
  tells: The ISR shrinks to the leader, the leader is partitioned away, an unclean election follows, and acknowledged writes are lost.
  violates: []
  # Allowed: unclean.leader.election.enable gives records up for availability.
  allows: [acknowledged-records-survive]
# With unclean.leader.election.enable=false the partition waits for broker-1, and nothing is lost.
profile: "3.9"
seed: 1
duration: 40s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000, replica.lag.time.max.ms: 1500 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 1, unclean.leader.election.enable: true } }

producers:
  - name: app
    config: { acks: all, enable.idempotence: false, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300, metadata.max.age.ms: 1000 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m is on all three brokers.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m }
  # 3. w1 and w2 are acknowledged by broker-1, the only one in the ISR.
  - { producer: app, topic: orders, every: 1ms, start: 9000ms, until: 9001ms, key: k, value: w1 }
  - { producer: app, topic: orders, every: 1ms, start: 10000ms, until: 10001ms, key: k, value: w2 }
  # 5. The new leader takes w3 where w1 was.
  - { producer: app, topic: orders, every: 1ms, start: 16000ms, until: 16001ms, key: k, value: w3 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. broker-1 does not reach the others, and shrinks the ISR to itself.
  - { at: 4s, partition: [[broker-1], [broker-2, broker-3]], for: 18s }
  # 4. broker-1 does not reach anybody. Its session ends; broker-2 is out of sync, and elected.
  - { at: 12s, isolate: broker-1, for: 10s }
  # 6. broker-1 comes back, follows broker-2, and cuts w1 and w2 off.

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
