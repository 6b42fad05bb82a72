/** A hunting scenario: order rests on one request in flight, and leaders change under it. */
export const huntOneInFlight = `scenario: hunt_one_in_flight
description: >
  Three brokers, min.insync.replicas=2, timeouts about a tenth of Kafka's, and a producer without idempotence that has one request in
  flight, which is all that keeps its records in order. Brokers crash and keep their page cache, are cut off, slowed down, clogged and
  paused, two at a time; every message takes as long as any other.
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
  - name: ledger
    config: { enable.idempotence: false, max.in.flight.requests.per.connection: 1, linger.ms: 0, request.timeout.ms: 1000, delivery.timeout.ms: 30000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: ledger, topic: orders, every: 30ms, jitter: 10ms, key: "entry-{i}", value: "entry {i}", until: 40s }

network:
  latency: { min: 20ms, max: 20ms }

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
