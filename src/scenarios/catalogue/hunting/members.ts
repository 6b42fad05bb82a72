/** A hunting scenario: members come and go while coordinators do. */
export const huntMembers = `scenario: hunt_members
description: >
  Three members that commit before they process share six partitions. One after the other is stopped or paused and comes back, so that
  partitions change hands all the time, and brokers crash meanwhile: whoever is given a partition asks a coordinator that loads.
duration: 60s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 1500
    broker.heartbeat.interval.ms: 300
    replica.lag.time.max.ms: 1500
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 300
    leader.imbalance.check.interval.seconds: 2
    min.insync.replicas: 2
    offsets.topic.num.partitions: 1
    group.min.session.timeout.ms: 500
    group.initial.rebalance.delay.ms: 200

topics:
  - { name: orders, partitions: 6, replicationFactor: 3 }

producers:
  - { name: shop, config: { acks: all, request.timeout.ms: 1000, delivery.timeout.ms: 8000, max.block.ms: 8000, retry.backoff.max.ms: 250, reconnect.backoff.max.ms: 250 } }

consumers:
  - name: member
    count: 3
    group: orders
    topics: [orders]
    application: { mode: commit-then-process, perRecord: 4ms, pollTimeout: 200ms }
    config: { auto.offset.reset: earliest, session.timeout.ms: 2500, heartbeat.interval.ms: 400, max.poll.interval.ms: 5000, default.api.timeout.ms: 5000, max.poll.records: 20, request.timeout.ms: 1000, retry.backoff.max.ms: 250, reconnect.backoff.max.ms: 250 }

workload:
  - { producer: shop, topic: orders, every: 30ms, jitter: 10ms, key: "order-{i}", start: 2s, until: 50s }

nemesis:
  { targets: [member-*], kinds: [stop, pause, crash], meanInterval: 2s, faultDuration: { min: 500ms, max: 4s }, maxDown: 2, stability: 200ms, start: 4s, quietAfter: 46s }

faults:
  - { at: 8s, crash: broker-1, restartAfter: 3s }
  - { at: 15s, crash: broker-2, restartAfter: 3s }
  - { at: 22s, crash: broker-3, restartAfter: 3s }
  - { at: 29s, crash: broker-1, restartAfter: 3s }
  - { at: 36s, crash: broker-2, restartAfter: 3s }
  - { at: 43s, crash: broker-3, restartAfter: 3s }
`;
