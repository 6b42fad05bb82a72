/** A hunting scenario: all replicas of a partition are out of reach by turns, and one comes back with less than it had. */
export const huntLastReplica = `scenario: hunt_last_replica
description: >
  Three brokers, min.insync.replicas=2. Two at a time are cut off, and broker-2 loses power again and again: ISRs become small, and ELRs
  stand in for them. One broker that loses records is fewer than min.insync.replicas, so nothing committed may be lost: who comes back
  after an unclean shutdown is not eligible any more (KIP-966).
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

faults:
  - { at: 5000ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 9400ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 13800ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 18200ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 22600ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 27000ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 31400ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 35800ms, powerLoss: broker-2, restartAfter: 2100ms }
  - { at: 40200ms, powerLoss: broker-2, restartAfter: 2100ms }

nemesis:
  kinds: [isolate]
  maxDown: 2
  meanInterval: 1500ms
  faultDuration: { min: 500ms, max: 4s }
  stability: 300ms
  start: 3s
  quietAfter: 45s
`;
