/** A hunting scenario: a new leader knows less of what is committed than a follower outside the ISR holds. */
export const huntTrailingHighWatermark = `scenario: hunt_trailing_high_watermark
description: >
  Three brokers, min.insync.replicas=2. broker-2 takes over with a high watermark that is seconds old; broker-3, fenced
  meanwhile, holds more than that, and less than what broker-1 had committed. If that lets it into the ISR, the next crash
  makes it the leader, and what it lacks is gone, although every disk kept everything (KAFKA-7128).
duration: 55s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 1000
    broker.heartbeat.interval.ms: 200
    replica.lag.time.max.ms: 4000
    replica.socket.timeout.ms: 4000
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    # Leaders return to the first replica at once, so that leaderships go to and fro.
    leader.imbalance.check.interval.seconds: 1

topics:
  - { name: orders, partitions: 6, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  - name: shop
    config: { acks: all, enable.idempotence: false, max.in.flight.requests.per.connection: 1, request.timeout.ms: 4000, delivery.timeout.ms: 9000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  # acks=1 leaves records at the leader alone, which is what logs part by.
  - name: probe
    config: { acks: 1, request.timeout.ms: 4000, delivery.timeout.ms: 9000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 100ms, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 40s }
  - { producer: probe, topic: orders, every: 100ms, jitter: 50ms, key: "probe-{i}", value: "probe {i}", until: 40s }

faults:
  # Once: broker-2 replicates, but hears late how far that is committed.
  - { at: 4000ms, slow: { from: broker-1, to: broker-2 }, add: 1500ms, for: 8s }
  # broker-3 is fenced and leaves the ISR; it ends below what is committed from now on, and above what broker-2 knows of it.
  - { at: 6900ms, isolate: broker-3, for: 3500ms }
  # broker-2 leads. broker-3 says where its log ends, and what it is answered is lost with broker-2.
  - { at: 10600ms, slow: { from: broker-2, to: broker-3 }, add: 1200ms, for: 6s }
  - { at: 10800ms, crash: broker-1, restartAfter: 10s }
  - { at: 13300ms, crash: broker-2, restartAfter: 7s }
  # And again: broker-2 replicates, but hears late how far that is committed.
  - { at: 22000ms, slow: { from: broker-1, to: broker-2 }, add: 1500ms, for: 8s }
  # broker-3 is fenced and leaves the ISR; it ends below what is committed from now on, and above what broker-2 knows of it.
  - { at: 24900ms, isolate: broker-3, for: 3500ms }
  # broker-2 leads. broker-3 says where its log ends, and what it is answered is lost with broker-2.
  - { at: 28600ms, slow: { from: broker-2, to: broker-3 }, add: 1200ms, for: 6s }
  - { at: 28800ms, crash: broker-1, restartAfter: 10s }
  - { at: 31300ms, crash: broker-2, restartAfter: 7s }
`;
