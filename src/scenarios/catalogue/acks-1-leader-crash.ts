/** What acks=1 does not promise: an acknowledged record may be gone after a leader crash. Expected to be violated. */
export const acks1LeaderCrash = `scenario: acks_1_leader_crash
description: >
  With acks=1 the leader acknowledges a record as soon as it has it, before any follower does. Replication is slow
  here, so when leaders lose power shortly after an acknowledgement, the new leader has never seen the record:
  acknowledged, and lost. This is not a bug but what acks=1 means, and the scenario expects more than Kafka promises;
  with acks=all the same faults lose nothing.
seed: 7
duration: 75s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 3000
    broker.heartbeat.interval.ms: 500
    replica.socket.timeout.ms: 3000
    controller.socket.timeout.ms: 3000

topics:
  - { name: events, partitions: 3, replicationFactor: 3 }

producers:
  - name: app
    count: 3
    config: { acks: 1, request.timeout.ms: 3000, delivery.timeout.ms: 10000, max.block.ms: 5000 }

consumers:
  - { name: reader, topics: [events], config: { auto.offset.reset: earliest, request.timeout.ms: 3000 } }

workload:
  - { producer: app, topic: events, every: 50ms, jitter: 10ms, key: "user-{n}-{i}", value: "event {i}", until: 45s }

faults:
  # Followers see new records a second late; that is well within replica.lag.time.max.ms, so they stay in the ISR.
  - { at: 5s, slow: { from: broker-*, to: broker-* }, add: 1s, for: 35s }
  - { at: 15s, powerLoss: broker-1, restartAfter: 8s }
  - { at: 30s, powerLoss: broker-2, restartAfter: 8s }

mustSurvive: every-ack
checks: [acknowledged-records-survive, consumer-order, key-in-one-partition, progress-after-heal, committed-prefix-immutable, truncation-safe, log-matching, one-leader-per-epoch]
`;
