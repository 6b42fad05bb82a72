/** A hunting scenario: controllers are cut off for longer than a leader may go on without the others. */
export const huntCutOffControllers = `scenario: hunt_cut_off_controllers
description: >
  Three controllers, with timeouts about half of Kafka's. One or two of them are cut off for seconds, from each other and not from
  brokers, or hear and are not heard, and come back; some stand still meanwhile, or have a slow clock. A leader without followers is
  to resign (KAFKA-15489), and a voter that comes back is not to depose a leader that the others follow (KIP-996).
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
    controller.quorum.election.timeout.ms: 500
    controller.quorum.election.backoff.max.ms: 500
    controller.quorum.fetch.timeout.ms: 1200
    controller.quorum.request.timeout.ms: 1200

topics:
  - { name: orders, partitions: 1, replicationFactor: 3, config: { min.insync.replicas: 1 } }

producers:
  - name: shop
    config: { acks: all, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 1s, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 50s }

network: { latency: { min: 1ms, max: 20ms } }

nemesis:
  kinds: [isolate, partition, oneWay, clog, pause, clockDrift, crash]
  targets: [controller-*]
  maxDown: 2
  meanInterval: 3s
  faultDuration: { min: 1s, max: 9s }
  stability: 500ms
  start: 3s
  quietAfter: 45s
`;
