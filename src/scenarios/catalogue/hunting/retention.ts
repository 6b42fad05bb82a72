/** A hunting scenario: retention is tiny, and high watermarks lag. */
export const huntRetention = `scenario: hunt_retention
description: >
  Three brokers, min.insync.replicas=2, segments of a batch or two of which a log keeps three, and followers that are slow for seconds:
  what retention would like to delete is often not committed yet (KAFKA-5634). Retention begins after half a minute. No session is
  short enough for a leader to change.
duration: 75s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 9000
    broker.heartbeat.interval.ms: 1000
    replica.lag.time.max.ms: 1000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    log.retention.check.interval.ms: 300

topics:
  - { name: orders, partitions: 4, replicationFactor: 3, config: { min.insync.replicas: 2, segment.bytes: 200, retention.bytes: 400 } }

producers:
  - name: shop
    config: { acks: all, enable.idempotence: false, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  # acks=1 leaves records at the leader alone, which is what logs part by.
  - name: probe
    config: { acks: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 100ms, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 55s }
  - { producer: probe, topic: orders, every: 100ms, jitter: 50ms, key: "probe-{i}", value: "probe {i}", until: 55s }

nemesis:
  kinds: [slow]
  maxDown: 2
  meanInterval: 1s
  faultDuration: { min: 200ms, max: 2500ms }
  stability: 500ms
  start: 3s
  quietAfter: 55s
`;
