/** A hunting scenario: a proposal to the controller arrives when the replica that it names is not what it was. */
export const huntDelayedAlterPartition = `scenario: hunt_delayed_alter_partition
description: >
  Three brokers, min.insync.replicas=2. A follower catches up and is proposed for the ISR; the proposal is slow, and
  meanwhile the follower loses power and what it had not flushed. Then the others crash. Only the broker epoch of the
  proposal tells that it speaks of a former incarnation (KIP-903).
duration: 50s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 2000
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
  - { producer: shop, topic: orders, every: 100ms, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 35s }
  - { producer: probe, topic: orders, every: 100ms, jitter: 50ms, key: "probe-{i}", value: "probe {i}", until: 35s }

faults:
  # Once: broker-3 falls out of the ISR, its heartbeats stop, it catches up; broker-1 proposes it, slowly.
  - { at: 6000ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
  - { at: 7000ms, clog: { from: broker-3, to: controller-1 }, for: 2400ms }
  - { at: 8300ms, slow: { from: broker-1, to: controller-1 }, add: 1200ms, for: 3s }
  # It loses power, registers anew, and cannot fetch what it lost.
  - { at: 8950ms, powerLoss: broker-3, restartAfter: 250ms }
  - { at: 8960ms, partition: [[broker-3], [broker-1, broker-2]], for: 9s }
  # The proposal has arrived: whoever has the records fails.
  - { at: 10300ms, crash: broker-2, restartAfter: 8s }
  - { at: 10500ms, crash: broker-1, restartAfter: 8s }
  # And again: broker-3 falls out of the ISR, its heartbeats stop, it catches up; broker-1 proposes it, slowly.
  - { at: 24000ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
  - { at: 25000ms, clog: { from: broker-3, to: controller-1 }, for: 2400ms }
  - { at: 26300ms, slow: { from: broker-1, to: controller-1 }, add: 1200ms, for: 3s }
  # It loses power, registers anew, and cannot fetch what it lost.
  - { at: 26950ms, powerLoss: broker-3, restartAfter: 250ms }
  - { at: 26960ms, partition: [[broker-3], [broker-1, broker-2]], for: 9s }
  # The proposal has arrived: whoever has the records fails.
  - { at: 28300ms, crash: broker-2, restartAfter: 8s }
  - { at: 28500ms, crash: broker-1, restartAfter: 8s }
`;
