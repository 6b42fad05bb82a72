/** A hunting scenario: logs of many small segments lose power, one at a time. */
export const huntPowerLoss = `scenario: hunt_power_loss
description: >
  Three brokers, min.insync.replicas=2, segments of a few batches and a recovery point that is written down at once, so that little
  of a log is read again after a crash. One broker at a time loses power, crashes or is cut off, while leaders change often.
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
    log.flush.offset.checkpoint.interval.ms: 300

topics:
  - { name: orders, partitions: 4, replicationFactor: 3, config: { min.insync.replicas: 2, segment.bytes: 300 } }

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
  kinds: [powerLoss, crash, isolate]
  maxDown: 1
  meanInterval: 1500ms
  faultDuration: { min: 100ms, max: 2500ms }
  stability: 500ms
  start: 3s
  quietAfter: 45s
`;
