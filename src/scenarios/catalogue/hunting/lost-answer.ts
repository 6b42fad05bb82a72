/** A hunting scenario: the controller accepts a proposal, and its answer is lost. */
export const huntLostAnswer = `scenario: hunt_lost_answer
description: >
  Three brokers, min.insync.replicas=1. A follower comes back and is proposed for the ISR, which is accepted; the connections to the controller
  break before the answer and the metadata arrive. Asked again, the controller says INVALID_UPDATE_VERSION, and brokers wait
  longer with the metadata log than with the question: until then the new member counts (KIP-497).
duration: 60s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 6000
    broker.heartbeat.interval.ms: 500
    replica.lag.time.max.ms: 1000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    # Leaders return to the first replica at once, so that leaderships go to and fro.
    leader.imbalance.check.interval.seconds: 1
    # Of the brokers' fetches of the metadata log.
    controller.quorum.retry.backoff.ms: 1500

topics:
  - { name: orders, partitions: 6, replicationFactor: 3, config: { min.insync.replicas: 1 } }

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
  # Once: broker-3 falls out of the ISRs and comes back.
  - { at: 6000ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
  # The others propose it; answers are slow, and connections break before they arrive.
  - { at: 8400ms, slow: { from: controller-1, to: [broker-1, broker-2] }, add: 150ms, for: 3s }
  - { at: 8600ms, reset: [broker-1, controller-1] }
  - { at: 8600ms, reset: [broker-2, controller-1] }
  - { at: 8800ms, reset: [broker-1, controller-1] }
  - { at: 8800ms, reset: [broker-2, controller-1] }
  - { at: 9000ms, reset: [broker-1, controller-1] }
  - { at: 9000ms, reset: [broker-2, controller-1] }
  - { at: 9200ms, reset: [broker-1, controller-1] }
  - { at: 9200ms, reset: [broker-2, controller-1] }
  - { at: 9400ms, reset: [broker-1, controller-1] }
  - { at: 9400ms, reset: [broker-2, controller-1] }
  # It is cut off again before they know that it is in the ISR.
  - { at: 9100ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
  # And again.
  - { at: 18000ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
  - { at: 20400ms, slow: { from: controller-1, to: [broker-1, broker-2] }, add: 150ms, for: 3s }
  - { at: 20630ms, reset: [broker-1, controller-1] }
  - { at: 20630ms, reset: [broker-2, controller-1] }
  - { at: 20830ms, reset: [broker-1, controller-1] }
  - { at: 20830ms, reset: [broker-2, controller-1] }
  - { at: 21030ms, reset: [broker-1, controller-1] }
  - { at: 21030ms, reset: [broker-2, controller-1] }
  - { at: 21230ms, reset: [broker-1, controller-1] }
  - { at: 21230ms, reset: [broker-2, controller-1] }
  - { at: 21430ms, reset: [broker-1, controller-1] }
  - { at: 21430ms, reset: [broker-2, controller-1] }
  - { at: 21200ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
  # And again.
  - { at: 30000ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
  - { at: 32400ms, slow: { from: controller-1, to: [broker-1, broker-2] }, add: 150ms, for: 3s }
  - { at: 32660ms, reset: [broker-1, controller-1] }
  - { at: 32660ms, reset: [broker-2, controller-1] }
  - { at: 32860ms, reset: [broker-1, controller-1] }
  - { at: 32860ms, reset: [broker-2, controller-1] }
  - { at: 33060ms, reset: [broker-1, controller-1] }
  - { at: 33060ms, reset: [broker-2, controller-1] }
  - { at: 33260ms, reset: [broker-1, controller-1] }
  - { at: 33260ms, reset: [broker-2, controller-1] }
  - { at: 33460ms, reset: [broker-1, controller-1] }
  - { at: 33460ms, reset: [broker-2, controller-1] }
  - { at: 33300ms, partition: [[broker-3], [broker-1, broker-2]], for: 2500ms }
`;
