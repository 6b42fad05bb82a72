/** KIP-279: leadership goes to another broker and back before the first one has noticed, and the truncation of KIP-101 cuts too little. */
export const kip279FastFailover = `scenario: kip_279_fast_failover
description: >
  broker-1 leads, then broker-2, then broker-1 again, so fast that broker-1 never followed. Each has a record that the
  other lacks. broker-2 asks once where its last leader epoch ended; broker-1 does not know that epoch, and answers with
  an older one. In Kafka 0.11 broker-2 cuts at that offset all the same.
story:
  source: KIP-279, KAFKA-6361
  tells: After a fast leader failover a follower truncates by the end of an epoch that is not its own, and the logs diverge.
  violates: [log-matching]
  # x, or y, were acknowledged with acks=1 only.
  allows: [acknowledged-records-survive]
# --profile 2.1: broker-2 sees that the answer is of another epoch than it asked for, and cuts at the end of its own.
profile: "0.11"
seed: 1
duration: 25s

cluster:
  brokers: 2
  # A session that outlasts the affair.
  config: { broker.session.timeout.ms: 9000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2]], config: { min.insync.replicas: 1 } }

producers:
  # One on each side; where the leader is they learn from the broker on their side.
  - name: left
    bootstrap: [broker-1]
    config: { acks: 1, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300, metadata.max.age.ms: 300 }
  - name: right
    bootstrap: [broker-2]
    config: { acks: 1, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300, metadata.max.age.ms: 300 }
  - name: app
    config: { acks: all, enable.idempotence: false, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m is on both brokers.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m }
  # 3. broker-1 leads epoch 0 and takes x, which broker-2 does not get.
  - { producer: left, topic: orders, every: 1ms, start: 5500ms, until: 5501ms, key: k, value: x }
  # 5. broker-2 leads epoch 1 and takes y.
  - { producer: right, topic: orders, every: 1ms, start: 7500ms, until: 7501ms, key: k, value: y }
  # 7. broker-1 leads epoch 2 and takes z, behind x.
  - { producer: left, topic: orders, every: 1ms, start: 9500ms, until: 9501ms, key: k, value: z }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. The two brokers, each with its producer, do not reach each other; both reach the controller.
  - { at: 5s, partition: [[broker-1, left], [broker-2, right]], for: 6s }
  # 4. What the controller says reaches broker-1 late, so that it hears of epoch 1 and epoch 2 in one.
  - { at: 5900ms, clog: { from: controller-1, to: broker-1 }, for: 3s }
  # 8. They reach each other again. broker-2 asks for the end of epoch 1; broker-1 knows epochs 0 and 2, and says where 0 ended.

admin:
  # 4. and 6. Preferred leaders change, and are elected.
  - { at: 6s, reassign: { topic: orders, partition: 0, to: [broker-2, broker-1] } }
  - { at: 6500ms, electLeaders: preferred, topic: orders, partitions: [0] }
  - { at: 8000ms, reassign: { topic: orders, partition: 0, to: [broker-1, broker-2] } }
  - { at: 8400ms, electLeaders: preferred, topic: orders, partitions: [0] }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
