/** A hunting scenario: producers have several requests in flight, and must send much of it again. */
export const huntRetries = `scenario: hunt_retries
description: >
  Three brokers, min.insync.replicas=2, timeouts about a tenth of Kafka's. Brokers crash and keep their page cache, are cut off,
  slowed down, clogged and paused, two at a time, while idempotent producers have five requests in flight and one without
  idempotence has one. Retries must not be appended twice, leave a gap or change the order.
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
  - { name: orders, partitions: 3, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  # Patient: every batch is sent until it is acknowledged.
  - name: shop
    count: 2
    config: { linger.ms: 0, request.timeout.ms: 1000, delivery.timeout.ms: 30000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  # Impatient: batches are given up while their fate is unknown.
  - name: kiosk
    count: 6
    config: { linger.ms: 0, request.timeout.ms: 600, delivery.timeout.ms: 1200, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: ledger
    config: { enable.idempotence: false, max.in.flight.requests.per.connection: 1, linger.ms: 0, request.timeout.ms: 1000, delivery.timeout.ms: 30000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 40ms, jitter: 20ms, key: "customer-{i}", value: "order {i}", until: 40s }
  - { producer: kiosk, topic: orders, every: 500ms, jitter: 300ms, key: "guest-{i}", value: "guest {i}", until: 40s }
  - { producer: ledger, topic: orders, every: 50ms, jitter: 20ms, key: "entry-{i}", value: "entry {i}", until: 40s }

network:
  latency: { min: 1ms, max: 25ms }

nemesis:
  kinds: [crash, isolate, partition, oneWay, slow, clog, pause]
  targets: ["broker-*"]
  maxDown: 2
  meanInterval: 3s
  faultDuration: { min: 200ms, max: 4s }
  stability: 500ms
  start: 3s
  quietAfter: 42s
`;
