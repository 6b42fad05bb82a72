/** A hunting scenario: figure 8 of the Raft paper, with whatever the seed makes of elections and power losses. */
export const huntFigure8 = `scenario: hunt_figure_8
description: >
  Three controllers. An entry of the first epoch is on controller-1 alone; controller-3 leads the next epoch and crashes before anybody
  has fetched from it; controller-1 leads a third epoch and copies the old entry to controller-2, which loses power before it has the
  first entry of the new epoch. Then controller-3 is back, and wins.
duration: 45s

cluster:
  brokers: 3
  controllers: 3
  config:
    broker.session.timeout.ms: 6000
    broker.heartbeat.interval.ms: 500
    replica.socket.timeout.ms: 2000
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    # Elections are decided soon, so that faults can be timed.
    controller.quorum.election.timeout.ms: 400
    controller.quorum.election.backoff.max.ms: 400

topics:
  - { name: orders, partitions: 1, replicationFactor: 3, config: { min.insync.replicas: 1 } }

producers:
  - name: shop
    config: { acks: all, enable.idempotence: false, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 1s, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 38s }

network: { latency: { min: 10ms, max: 20ms } }
disk: { flushLatency: { min: 20ms, max: 40ms } }

admin:
  # The first lets every controller hear of its leader just before it is cut off; the second reaches nobody else.
  - { at: 5900ms, alterConfig: { topic: orders, set: { min.compaction.lag.ms: 1 } } }
  - { at: 6100ms, alterConfig: { topic: orders, set: { min.compaction.lag.ms: 2 } } }

faults:
  # controller-1 is there first, and is elected.
  - { at: 1ms, crash: [controller-2, controller-3], restartAfter: 800ms }
  # a. What controller-1 writes now is on its own disk only.
  - { at: 6050ms, partition: [[controller-1], [controller-2, controller-3]], for: 3s }
  - { at: 6080ms, crash: controller-2, restartAfter: 1400ms }
  - { at: 6600ms, crash: controller-1, restartAfter: 4s }
  # b. controller-3 stands, since controller-2 has begun to wait anew. It is elected, and crashes before controller-2 has fetched.
  - { at: 7500ms, slow: { from: controller-2, to: controller-3 }, add: 150ms, for: 2s }
  - { at: 8850ms, crash: controller-3, restartAfter: 6500ms }
  # c. controller-1 is back, and is elected. controller-2 loses power while it writes down the old entry and that of the new epoch.
  - { at: 12500ms, slowDisk: controller-2, factor: 6, for: 1050ms }
  - { at: 13340ms, powerLoss: controller-2, restartAfter: 250ms }
  # It says that it has the old entry; what it is sent then does not arrive.
  - { at: 13350ms, slow: { from: controller-1, to: controller-2 }, add: 500ms, for: 3s }
  - { at: 14500ms, reset: [controller-1, controller-2] }
  # d. controller-3 is elected by controller-2.
  - { at: 14501ms, crash: controller-1, restartAfter: 8s }
`;
