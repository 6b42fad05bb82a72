/** A hunting scenario: a new leader is asked for the end of the log before it knows it. */
export const huntEndOffsets = `scenario: hunt_end_offsets
description: >
  Three brokers, and dashboards that begin at the end of the log each time they start, which is often. broker-2 takes over with a high
  watermark that trails, and broker-3, which it needs to raise it, is not heard for a while. Until it knows where the log of its
  predecessor ended it must give no end at all (OFFSET_NOT_AVAILABLE, KIP-207).
duration: 50s

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
  - { name: orders, partitions: 6, replicationFactor: 3, config: { min.insync.replicas: 1 } }

producers:
  - name: shop
    config: { acks: all, max.in.flight.requests.per.connection: 1, request.timeout.ms: 4000, delivery.timeout.ms: 9000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

  # acks=1 waits for nobody, so that there is always something to fetch, and every answer to a fetch names an old high watermark.
  - name: probe
    config: { acks: 1, request.timeout.ms: 4000, delivery.timeout.ms: 9000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: dashboard, topics: [orders], config: { auto.offset.reset: latest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }
  - { name: map, topics: [orders], config: { auto.offset.reset: latest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 20ms, jitter: 10ms, key: "customer-{i}", value: "order {i}", until: 32s }
  - { producer: probe, topic: orders, every: 20ms, jitter: 10ms, key: "probe-{i}", value: "probe {i}", until: 32s }

faults:
  # They start anew every second or so, before, while and after leaders change.
  - { at: 2500ms, rollingRestart: [dashboard, map], every: 700ms, restartAfter: 50ms }
  - { at: 4700ms, rollingRestart: [dashboard, map], every: 300ms, restartAfter: 50ms }
  - { at: 5300ms, rollingRestart: [dashboard, map], every: 150ms, restartAfter: 50ms }
  - { at: 5600ms, rollingRestart: [dashboard, map], every: 150ms, restartAfter: 50ms }
  - { at: 6600ms, rollingRestart: [dashboard, map], every: 300ms, restartAfter: 50ms }
  - { at: 7200ms, rollingRestart: [dashboard, map], every: 300ms, restartAfter: 50ms }
  - { at: 7800ms, rollingRestart: [dashboard, map], every: 300ms, restartAfter: 50ms }
  - { at: 8400ms, rollingRestart: [dashboard, map], every: 300ms, restartAfter: 50ms }
  - { at: 9000ms, rollingRestart: [dashboard, map], every: 300ms, restartAfter: 50ms }
  - { at: 9900ms, rollingRestart: [dashboard, map], every: 300ms, restartAfter: 50ms }
  - { at: 16500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  - { at: 18500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  - { at: 20500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  - { at: 22500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  - { at: 24500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  - { at: 26500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  - { at: 28500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  - { at: 30500ms, rollingRestart: [dashboard, map], every: 1000ms, restartAfter: 50ms }
  # broker-2 replicates, but hears late how far that is committed; then broker-1 crashes, and broker-2 does not hear broker-3.
  - { at: 3500ms, slow: { from: broker-1, to: broker-2 }, add: 700ms, for: 4s }
  - { at: 6000ms, crash: broker-1, restartAfter: 9s }
  - { at: 6100ms, clog: { from: broker-3, to: broker-2 }, for: 3s }

nemesis:
  kinds: [crash, slow, clog, isolate]
  targets: [broker-*]
  maxDown: 1
  meanInterval: 3s
  faultDuration: { min: 200ms, max: 3s }
  stability: 500ms
  start: 16s
  quietAfter: 32s
`;
