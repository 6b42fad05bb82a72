/** A hunting scenario: every replica of a partition has crashed, and nobody is eligible. */
export const huntNobodyEligible = `scenario: hunt_nobody_eligible
description: >
  Three brokers, min.insync.replicas=2, all of which may crash, stand still or be cut off at once: ISRs and ELRs become empty, since who
  crashed in one of them is not eligible any more, and the last known leader is all there is to elect, once it is there (KAFKA-19522).
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
    leader.imbalance.check.interval.seconds: 1

topics:
  - { name: orders, partitions: 4, replicationFactor: 3, config: { min.insync.replicas: 2 } }

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
  kinds: [crash, isolate, pause]
  maxDown: 3
  meanInterval: 1500ms
  faultDuration: { min: 500ms, max: 4s }
  stability: 1s
  start: 3s
  quietAfter: 45s
`;
