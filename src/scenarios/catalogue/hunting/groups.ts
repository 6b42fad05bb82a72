/** A hunting scenario: coordinators move, and a group stays on topics that are quiet. */
export const huntGroups = `scenario: hunt_groups
description: >
  Three brokers, timeouts about a tenth of Kafka's, offsets that are kept for a minute. Brokers and members crash and are cut off, so
  that groups are loaded by other coordinators and rebalance, eager and cooperative. One partition gets a few records at the
  beginning and none later: its committed offset is in use all the same, and nothing else is committed by its owner.
duration: 130s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 1500
    broker.heartbeat.interval.ms: 250
    replica.lag.time.max.ms: 1000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    leader.imbalance.check.interval.seconds: 3
    group.min.session.timeout.ms: 500
    group.initial.rebalance.delay.ms: 300
    offsets.topic.num.partitions: 2
    offsets.commit.timeout.ms: 2000
    offsets.retention.minutes: 1
    offsets.retention.check.interval.ms: 5000

topics:
  - { name: orders, partitions: 3, replicationFactor: 3, config: { min.insync.replicas: 2 } }
  - { name: returns, partitions: 1, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  - name: shop
    config: { linger.ms: 0, request.timeout.ms: 1000, delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: billing
    count: 3
    group: billing
    topics: [orders]
    application: { mode: auto-commit }
    config: { auto.offset.reset: earliest, session.timeout.ms: 2000, heartbeat.interval.ms: 400, max.poll.interval.ms: 3000, auto.commit.interval.ms: 500, default.api.timeout.ms: 2000,
      request.timeout.ms: 1000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: stock
    count: 2
    group: stock
    topics: [orders]
    application: { mode: process-then-commit }
    config: { auto.offset.reset: latest, session.timeout.ms: 2000, heartbeat.interval.ms: 400, max.poll.interval.ms: 3000, partition.assignment.strategy: cooperative-sticky, default.api.timeout.ms: 2000,
      request.timeout.ms: 1000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: refunds
    group: refunds
    topics: [returns]
    application: { mode: process-then-commit }
    config: { auto.offset.reset: earliest, session.timeout.ms: 2000, heartbeat.interval.ms: 400, max.poll.interval.ms: 3000, default.api.timeout.ms: 2000,
      request.timeout.ms: 1000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  - { producer: shop, topic: orders, every: 100ms, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 60s }
  - { producer: shop, topic: returns, every: 500ms, value: "return {i}", start: 3s, until: 6s }

network:
  latency: { min: 1ms, max: 10ms }

nemesis:
  kinds: [crash, isolate, partition, pause, stop]
  targets: ["broker-*", "billing-*", "stock-*"]
  maxDown: 2
  meanInterval: 4s
  faultDuration: { min: 200ms, max: 4s }
  stability: 1s
  start: 4s
  quietAfter: 60s
`;
