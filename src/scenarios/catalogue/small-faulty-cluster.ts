/** The workhorse of sweeps: small, short, and everything that a cluster can recover from. */
export const smallFaultyCluster = `scenario: small_faulty_cluster
description: >
  Three brokers and two topics of two partitions each, for about a minute. A nemesis draws from everything a cluster can
  recover from, power loss included, and harms one broker at a time; the last twenty seconds are quiet, so that
  progress can be judged. Made for sweeps over many seeds.
duration: 65s

cluster:
  brokers: 3
  # Timeouts shorter than Kafka's, in about the same ratios, so that elections, ISR changes and recovery fit into a minute.
  config:
    broker.session.timeout.ms: 3000
    broker.heartbeat.interval.ms: 500
    replica.lag.time.max.ms: 3000
    replica.socket.timeout.ms: 3000
    controller.socket.timeout.ms: 3000
    replica.fetch.backoff.ms: 500

topics:
  - { name: orders, partitions: 2, replicationFactor: 3, config: { min.insync.replicas: 2 } }
  - { name: payments, partitions: 2, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  # One request in flight keeps the order of a producer's records; five, the default, does not without idempotence.
  - name: shop
    count: 2
    config: { acks: all, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000, delivery.timeout.ms: 8000, max.block.ms: 4000, retry.backoff.max.ms: 500, reconnect.backoff.max.ms: 500 }
  - name: cashier
    config: { acks: all, request.timeout.ms: 2000, delivery.timeout.ms: 8000, max.block.ms: 4000, retry.backoff.max.ms: 500, reconnect.backoff.max.ms: 500 }

consumers:
  - name: warehouse
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 500, reconnect.backoff.max.ms: 500 }
  - name: ledger
    topics: [orders, payments]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 500, reconnect.backoff.max.ms: 500 }

workload:
  - { producer: shop, topic: orders, every: 300ms, jitter: 100ms, key: "customer-{n}", value: "order {i}", until: 48s }
  - { producer: cashier, topic: payments, every: 400ms, jitter: 100ms, value: "payment {i}", until: 48s }

network: { loss: 1/1000 }

nemesis:
  maxDown: 1
  meanInterval: 15s
  faultDuration: { min: 300ms, max: 6s }
  stability: 3s
  quietAfter: 45s
`;
