/** KIP-101, scenario 1: a follower cuts its log at its high watermark, is elected before it has caught up again, and an acknowledged record is gone. */
export const kip101Loss = `scenario: kip_101_loss
description: >
  Before Kafka 0.11 a follower of a new leader cuts its log at its own high watermark, which trails the leader's by a
  fetch. If it is elected before it has fetched the cut records again, they are gone, acknowledged or not. Since 0.11 it
  asks the leader where its last leader epoch ended, and cuts there.
story:
  source: KIP-101, scenario 1
  tells: A follower truncates to its high watermark, is elected before it has fetched again, and an acknowledged record is lost.
  violates: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe]
# With leader epochs (--profile 0.11) broker-1 asks before it cuts, gets no answer, and keeps m2.
profile: "0.10"
seed: 1
duration: 30s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  # broker-3 leads; after it broker-2 is preferred, then broker-1.
  - { name: orders, assignment: [[broker-3, broker-2, broker-1]], config: { min.insync.replicas: 1 } }

producers:
  - name: app
    config: { acks: all, enable.idempotence: false, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m1 and m2 are on all three brokers, acknowledged, and read.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m1 }
  - { producer: app, topic: orders, every: 1ms, start: 5000ms, until: 5001ms, key: k, value: m2 }
  # 6. Another record takes the place of m2.
  - { producer: app, topic: orders, every: 1ms, start: 13000ms, until: 13001ms, key: k, value: m3 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. That the high watermark has passed m2 travels one fetch later, and does not arrive: the followers know of m1 only.
  - { at: 5045ms, clog: { from: broker-3, to: [broker-1, broker-2] }, for: 3s }
  - { at: 5150ms, crash: broker-3, restartAfter: 12s }
  # 3. broker-2 is elected. broker-1 follows it, and cuts m2 off; to fetch it again takes longer than broker-2 has.
  - { at: 6s, clog: { from: broker-2, to: broker-1 }, for: 6s }
  # 4. broker-2 crashes. broker-1 is in the ISR, and is elected without m2.
  - { at: 8s, crash: broker-2, restartAfter: 10s }
  # 5. The reader, who has seen m2, is sent back. The other brokers return, and cut off what broker-1 does not have.

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
