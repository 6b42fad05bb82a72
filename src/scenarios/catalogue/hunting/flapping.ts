/** A hunting scenario: leaderships go to and fro faster than the news of them. */
export const huntFlapping = `scenario: hunt_flapping
description: >
  Three brokers, min.insync.replicas=1, sessions of a second and preferred leaders every second, while messages are late,
  one way only, or held back for seconds: brokers act on leader epochs and ISRs that are not the present ones.
duration: 60s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 1000
    broker.heartbeat.interval.ms: 200
    replica.lag.time.max.ms: 1000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    # Leaders return to the first replica at once, so that leaderships go to and fro.
    leader.imbalance.check.interval.seconds: 1

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
  kinds: [slow, oneWay, clog, partition, isolate, crash]
  maxDown: 2
  meanInterval: 2s
  faultDuration: { min: 200ms, max: 3s }
  stability: 200ms
  start: 3s
  quietAfter: 45s
`;
