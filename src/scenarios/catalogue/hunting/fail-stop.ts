/** A hunting scenario: leaders change often, and no disk forgets anything. */
export const huntFailStop = `scenario: hunt_fail_stop
description: >
  Three brokers, min.insync.replicas=1, timeouts about a tenth of Kafka's. Brokers crash and keep their page cache, are
  cut off, slowed down and paused, two at a time. No disk loses anything, so nothing that was committed may ever be gone.
duration: 60s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 1500
    broker.heartbeat.interval.ms: 250
    replica.lag.time.max.ms: 1000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    # Leaders return to the first replica at once, so that leaderships go to and fro.
    leader.imbalance.check.interval.seconds: 3

topics:
  - { name: orders, partitions: 4, replicationFactor: 3, config: { min.insync.replicas: 1 } }

producers:
  - name: shop
    config: { acks: all, enable.idempotence: false, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  # acks=1 leaves records at the leader alone, which is what logs part by.
  - name: probe
    config: { acks: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 100ms, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 45s }
  - { producer: probe, topic: orders, every: 100ms, jitter: 50ms, key: "probe-{i}", value: "probe {i}", until: 45s }

nemesis:
  kinds: [crash, isolate, partition, oneWay, slow, pause]
  maxDown: 2
  meanInterval: 4s
  faultDuration: { min: 200ms, max: 4s }
  stability: 500ms
  start: 3s
  quietAfter: 45s
`;
