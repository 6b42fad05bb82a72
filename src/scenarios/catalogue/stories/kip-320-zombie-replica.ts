/** KIP-320: a follower that has missed two elections goes on fetching from where it was, and nobody notices. */
export const kip320ZombieReplica = `scenario: kip_320_zombie_replica
description: >
  broker-3 hears nothing from the controller. Meanwhile leadership goes from broker-1 to broker-2 and back, and on the way
  a record that only broker-1 and broker-3 had is replaced. Before Kafka 2.1 a fetch does not say which leader epoch it
  means: broker-3 goes on where it was, behind the record that is gone everywhere else.
story:
  source: KIP-320, KAFKA-6880
  tells: A zombie replica fetches without leader epochs from a leader of a later epoch, skips the truncation, and its log diverges.
  violates: [log-matching]
  # x was acknowledged with acks=1 only.
  allows: [acknowledged-records-survive]
# --profile 2.1: broker-1 answers FENCED_LEADER_EPOCH, and broker-3 fetches no more until it knows epoch 2.
profile: "0.11"
seed: 1
duration: 25s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 12000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 1 } }

producers:
  - name: app
    bootstrap: [broker-2]
    config: { acks: all, enable.idempotence: false, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300, metadata.max.age.ms: 300 }
  - name: hasty
    bootstrap: [broker-2]
    config: { acks: 1, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300, metadata.max.age.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m is on all three brokers.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m }
  # 3. broker-1 leads epoch 0 and takes x; broker-3 fetches it, broker-2 does not.
  - { producer: hasty, topic: orders, every: 1ms, start: 5500ms, until: 5501ms, key: k, value: x }
  # 5. broker-2 leads epoch 1 and takes y, in the place of x; broker-1 has cut x off, and fetches y.
  - { producer: hasty, topic: orders, every: 1ms, start: 8500ms, until: 8501ms, key: k, value: y }
  # 7. broker-1 leads epoch 2 and takes z. broker-3 still asks it for what comes after x.
  - { producer: hasty, topic: orders, every: 1ms, start: 11500ms, until: 11501ms, key: k, value: z }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. broker-3 hears nothing from the controller, broker-2 for a while nothing from broker-1.
  - { at: 5s, clog: { from: controller-1, to: broker-3 }, for: 8s }
  - { at: 5100ms, clog: { from: broker-1, to: broker-2 }, for: 2500ms }
  # 8. When broker-3 hears of epoch 2, its log ends where the leader's does, in the same epoch: there is nothing to cut.

admin:
  # 4. and 6. Preferred leaders change, and are elected.
  - { at: 6s, reassign: { topic: orders, partition: 0, to: [broker-2, broker-1, broker-3] } }
  - { at: 6500ms, electLeaders: preferred, topic: orders, partitions: [0] }
  - { at: 9500ms, reassign: { topic: orders, partition: 0, to: [broker-1, broker-2, broker-3] } }
  - { at: 10s, electLeaders: preferred, topic: orders, partitions: [0] }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
