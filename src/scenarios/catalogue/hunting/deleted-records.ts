/** A hunting scenario: retention is faster than retries. */
export const huntDeletedRecords = `scenario: hunt_deleted_records
description: >
  Three brokers whose logs keep a handful of records, and producers that hear no answer for a second or two now and then: by the time
  they send a batch again, retention has taken it, and all that the leader had of them. It must know the batch all the same (KIP-360).
  No leader changes. Retention begins after half a minute.
duration: 85s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 9000
    broker.heartbeat.interval.ms: 1000
    replica.lag.time.max.ms: 9000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    log.retention.check.interval.ms: 100

topics:
  - { name: orders, partitions: 2, replicationFactor: 3, config: { min.insync.replicas: 2, segment.bytes: 200, retention.bytes: 400 } }

producers:
  - name: shop
    count: 4
    config: { linger.ms: 0, request.timeout.ms: 600, delivery.timeout.ms: 20000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 150ms, jitter: 50ms, key: "customer-{n}-{i}", value: "order {n}-{i}", start: 28s, until: 58s }

network:
  latency: { min: 1ms, max: 15ms }

nemesis:
  { kinds: [clog, oneWay, isolate], targets: [shop-*], maxDown: 2, meanInterval: 2s, faultDuration: { min: 300ms, max: 3s }, stability: 300ms, start: 29s, quietAfter: 58s }
`;
