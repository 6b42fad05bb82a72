/** A hunting scenario: producers meet leaders that have just begun, of partitions that never held a record. */
export const huntNewPartitions = `scenario: hunt_new_partitions
description: >
  A topic gets more partitions again and again while producers write into it with five requests in flight. They hear of new partitions
  before the brokers that are to lead them do, so that the first batches are refused until the leader begins. A batch that comes just
  then must not be taken before those that were refused.
duration: 60s
# From 4.5 on a log that never held a record takes no first sequence but 0 (KAFKA-15591).
profile: "4.5"

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 2500
    broker.heartbeat.interval.ms: 300
    replica.lag.time.max.ms: 1500
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 100

topics:
  - { name: orders, partitions: 2, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  - name: shop
    count: 2
    config: { linger.ms: 0, batch.size: 100, metadata.max.age.ms: 200, request.timeout.ms: 2000, delivery.timeout.ms: 4000, max.block.ms: 3000, retry.backoff.ms: 50, retry.backoff.max.ms: 200, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, metadata.max.age.ms: 500, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  # Around each time, faster than answers come back.
  - { producer: shop, topic: orders, every: 4ms, jitter: 2ms, key: "customer-{i}", value: "order 4-{i}", start: 4s, until: 5800ms }
  - { producer: shop, topic: orders, every: 4ms, jitter: 2ms, key: "customer-{i}", value: "order 8-{i}", start: 8s, until: 9800ms }
  - { producer: shop, topic: orders, every: 4ms, jitter: 2ms, key: "customer-{i}", value: "order 12-{i}", start: 12s, until: 13800ms }
  - { producer: shop, topic: orders, every: 4ms, jitter: 2ms, key: "customer-{i}", value: "order 16-{i}", start: 16s, until: 17800ms }
  - { producer: shop, topic: orders, every: 4ms, jitter: 2ms, key: "customer-{i}", value: "order 20-{i}", start: 20s, until: 21800ms }

network:
  # All alike: what matters is when brokers hear of what they lead.
  latency: { min: 20ms, max: 20ms }

admin:
  - { at: 4s, createPartitions: { topic: orders, count: 4 } }
  - { at: 8s, createPartitions: { topic: orders, count: 6 } }
  - { at: 12s, createPartitions: { topic: orders, count: 8 } }
  - { at: 16s, createPartitions: { topic: orders, count: 10 } }
  - { at: 20s, createPartitions: { topic: orders, count: 12 } }

faults:
  # One broker after the other hears late of what the controller decides.
  - { at: 3s, slow: { from: controller-1, to: broker-1 }, add: 600ms, for: 4s }
  - { at: 7s, slow: { from: controller-1, to: broker-2 }, add: 600ms, for: 4s }
  - { at: 11s, slow: { from: controller-1, to: broker-3 }, add: 600ms, for: 4s }
  - { at: 15s, slow: { from: controller-1, to: broker-1 }, add: 600ms, for: 4s }
  - { at: 19s, slow: { from: controller-1, to: broker-2 }, add: 600ms, for: 4s }

nemesis:
  { kinds: [slow, pause], targets: [broker-*], maxDown: 1, meanInterval: 3s, faultDuration: { min: 100ms, max: 1s }, stability: 200ms, start: 3s, quietAfter: 24s }
`;
