/** A hunting scenario: a broker that was stopped in good order loses power while it comes back. */
export const huntCleanShutdown = `scenario: hunt_clean_shutdown
description: >
  Three brokers, min.insync.replicas=2. One after the other is stopped in good order and started again; before it is unfenced, and
  after it has begun to follow, it loses power. What says that its logs need no recovery must be gone by then (KAFKA-10471).
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
  - { name: orders, partitions: 6, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  - name: shop
    config: { acks: all, enable.idempotence: false, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  # acks=1 leaves records at the leader alone, which is what logs part by.
  - name: probe
    config: { acks: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 50ms, jitter: 40ms, key: "customer-{i}", value: "order {i}", until: 45s }
  - { producer: probe, topic: orders, every: 50ms, jitter: 40ms, key: "probe-{i}", value: "probe {i}", until: 45s }

faults:
  # In turn: a broker stops in good order, starts when its session is over, and follows for a while before it is unfenced. Then it loses power.
  - { at: 4000ms, stop: broker-1, restartAfter: 1600ms }
  - { at: 5500ms, slow: { from: broker-1, to: controller-1 }, add: 200ms, for: 2500ms }
  - { at: 6750ms, powerLoss: broker-1, restartAfter: 200ms }
  # And the next one.
  - { at: 11000ms, stop: broker-2, restartAfter: 1600ms }
  - { at: 12500ms, slow: { from: broker-2, to: controller-1 }, add: 200ms, for: 2500ms }
  - { at: 13750ms, powerLoss: broker-2, restartAfter: 200ms }
  # And the next one.
  - { at: 18000ms, stop: broker-3, restartAfter: 1600ms }
  - { at: 19500ms, slow: { from: broker-3, to: controller-1 }, add: 200ms, for: 2500ms }
  - { at: 20750ms, powerLoss: broker-3, restartAfter: 200ms }
  # And the next one.
  - { at: 25000ms, stop: broker-1, restartAfter: 1600ms }
  - { at: 26500ms, slow: { from: broker-1, to: controller-1 }, add: 200ms, for: 2500ms }
  - { at: 27750ms, powerLoss: broker-1, restartAfter: 200ms }
  # And the next one.
  - { at: 32000ms, stop: broker-2, restartAfter: 1600ms }
  - { at: 33500ms, slow: { from: broker-2, to: controller-1 }, add: 200ms, for: 2500ms }
  - { at: 34750ms, powerLoss: broker-2, restartAfter: 200ms }
  # And the next one.
  - { at: 39000ms, stop: broker-3, restartAfter: 1600ms }
  - { at: 40500ms, slow: { from: broker-3, to: controller-1 }, add: 200ms, for: 2500ms }
  - { at: 41750ms, powerLoss: broker-3, restartAfter: 200ms }
`;
