/** A hunting scenario: controllers lose power, crash and are cut off while they elect. */
export const huntQuorum = `scenario: hunt_quorum
description: >
  Three controllers, with timeouts about half of Kafka's and disks that take long to flush. All of them may be harmed at once: they
  lose power, crash, stand still and are cut off, so that leaders come and go, and logs end differently. What is on a majority of
  disks is there for good (KIP-595).
duration: 70s

cluster:
  brokers: 3
  controllers: 3
  config:
    broker.session.timeout.ms: 4000
    broker.heartbeat.interval.ms: 500
    replica.lag.time.max.ms: 1000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    # Leaders return to the first replica at once, so that leaderships go to and fro.
    leader.imbalance.check.interval.seconds: 1
    controller.quorum.election.timeout.ms: 500
    controller.quorum.election.backoff.max.ms: 500
    controller.quorum.fetch.timeout.ms: 1200
    controller.quorum.request.timeout.ms: 1200

topics:
  - { name: orders, partitions: 1, replicationFactor: 3, config: { min.insync.replicas: 1 } }

producers:
  - name: shop
    config: { acks: all, enable.idempotence: false, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 1s, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 50s }

network: { latency: { min: 1ms, max: 20ms } }
# Long enough to lose power, or an election, in between.
disk: { flushLatency: { min: 1ms, max: 100ms } }

nemesis:
  kinds: [powerLoss, crash, pause, isolate, clog]
  targets: [controller-*]
  maxDown: 3
  meanInterval: 2s
  faultDuration: { min: 50ms, max: 2500ms }
  stability: 200ms
  start: 3s
  quietAfter: 45s
`;
