/** A hunting scenario: unclean elections cut off what consumers have read, while they are not looking. */
export const huntUncleanElections = `scenario: hunt_unclean_elections
description: >
  Three brokers that elect whoever is there. The leader is cut off from its followers and goes on alone; then it is cut off
  from everybody, a replica out of sync takes over, and readers that are away for a second find its log longer than where they were.
  They must not read on there before they know where the two logs part (KIP-320).
duration: 60s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 1000
    broker.heartbeat.interval.ms: 200
    replica.lag.time.max.ms: 600
    replica.socket.timeout.ms: 1000
    controller.socket.timeout.ms: 1000
    replica.fetch.backoff.ms: 100
    leader.imbalance.check.interval.seconds: 2

topics:
  - { name: orders, partitions: 3, replicationFactor: 3, config: { min.insync.replicas: 1, unclean.leader.election.enable: true } }

producers:
  - { name: shop, config: { acks: 1, linger.ms: 0, request.timeout.ms: 500, delivery.timeout.ms: 3000, max.block.ms: 3000, metadata.max.age.ms: 500, retry.backoff.max.ms: 200, reconnect.backoff.max.ms: 200 } }
  - { name: till, config: { acks: 1, linger.ms: 0, request.timeout.ms: 500, delivery.timeout.ms: 3000, max.block.ms: 3000, metadata.max.age.ms: 500, retry.backoff.max.ms: 200, reconnect.backoff.max.ms: 200 } }

consumers:
  - { name: reader, topics: [orders], count: 2, config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 20ms, jitter: 10ms, key: "customer-{i}", value: "order {i}", start: 1s, until: 40s }
  - { producer: till, topic: orders, every: 20ms, jitter: 10ms, key: "guest-{i}", value: "sale {i}", start: 1s, until: 40s }

faults:
  # Each broker in turn is alone with its readers, and then by itself; the readers are away meanwhile.
  - { at: 4s, partition: [[broker-1], [broker-2, broker-3]], for: 5s }
  - { at: 5500ms, isolate: broker-1, for: 3500ms }
  - { at: 5450ms, pause: reader-1, for: 3s }
  - { at: 5450ms, pause: reader-2, for: 4s }
  - { at: 16s, partition: [[broker-2], [broker-1, broker-3]], for: 5s }
  - { at: 17500ms, isolate: broker-2, for: 3500ms }
  - { at: 17450ms, pause: reader-1, for: 4s }
  - { at: 17450ms, pause: reader-2, for: 3s }
  - { at: 28s, partition: [[broker-3], [broker-1, broker-2]], for: 5s }
  - { at: 29500ms, isolate: broker-3, for: 3500ms }
  - { at: 29450ms, pause: reader-1, for: 3s }
  - { at: 29450ms, pause: reader-2, for: 4s }

nemesis:
  { kinds: [isolate, pause, partition], targets: [broker-*, reader-*], maxDown: 1, meanInterval: 4s, faultDuration: { min: 200ms, max: 3s }, stability: 300ms, start: 3s, quietAfter: 40s }

network:
  latency: { min: 1ms, max: 10ms }
`;
