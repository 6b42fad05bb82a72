/** The flagship: a fleet of trucks through an hour of trouble, fault by fault. */
export const trucksGps = `scenario: trucks_gps
description: >
  A fleet of 25 trucks reports its position every 20 seconds to the topic gps, keyed by truck. Two consumer groups read
  along: a location dashboard of three members, and a notification service of four, each of which has its own share of the ten
  partitions. In one hour brokers crash and come back, the network splits, a link crawls, a leader falls asleep, and members
  of both groups die, freeze and return. With acks=all and min.insync.replicas=2, no acknowledged position may be lost, and
  no group may stall.
profile: "4.1"
seed: 42
duration: 1h

cluster:
  brokers: 3
  controllers: 3
  # Of __consumer_offsets, where the groups keep their state: two groups need no fifty.
  config: { offsets.topic.num.partitions: 5 }

topics:
  - name: gps
    partitions: 10
    replicationFactor: 3
    config: { min.insync.replicas: 2 }

producers:
  - name: truck
    count: 25
    # Kafka's defaults: idempotence keeps a truck's positions in order, with up to five requests in flight.
    config: { acks: all }

consumers:
  # Kafka's defaults: it shows what poll returned, and the consumer commits by itself every five seconds.
  - name: location-dashboard
    count: 3
    group: location-dashboard
    topics: [gps]
    application: { mode: auto-commit }
    config: { auto.offset.reset: earliest }
  # Nobody is to be notified never: processed first, committed then, and only what moves is revoked in a rebalance.
  - name: notification-service
    count: 4
    group: notification-service
    topics: [gps]
    application: { mode: process-then-commit, perRecord: 5ms }
    config: { auto.offset.reset: earliest, partition.assignment.strategy: cooperative-sticky }

workload:
  - producer: truck
    topic: gps
    every: 20s
    jitter: 2s
    key: "truck-{n}"
    value: "position {i}"
    start: 5s
    until: 55m

network:
  latency: { min: 200us, max: 2ms, tail: 20ms, tailRatio: 1/1000 }

faults:
  # A broker dies and comes back: leaders move away, and it must catch up before it counts again.
  - { at: 5m, crash: broker-2, restartAfter: 30s }
  # Again, and this time it is back before its session has ended.
  - { at: 10m, crash: broker-1, restartAfter: 4s }
  # A member of a group dies: its partitions wait for the end of its session, 45 s, and go to the others.
  - { at: 13m, crash: location-dashboard-2, restartAfter: 2m }
  # One broker is cut from the others and from the controller, but the trucks still reach it: a zombie leader.
  - { at: 15m, partition: [[broker-1], [broker-2, broker-3, controller-*]], for: 60s }
  # Replication to one follower crawls, beyond what the ISR tolerates.
  - { at: 22m, slow: { from: broker-3, to: broker-2 }, add: 2s, for: 2m }
  # A leader falls asleep for longer than its session, and wakes up believing that it still leads.
  - { at: 28m, pause: broker-3, for: 20s }
  # A member freezes for longer than its session, and wakes up believing that it still owns its partitions.
  - { at: 31m, pause: notification-service-3, for: 60s }
  # A replication connection breaks with a fetch in flight.
  - { at: 33m, reset: [broker-2, broker-3] }
  # A controller dies, perhaps the active one: the others elect a leader, and the data path does not need one.
  - { at: 36m, crash: controller-1, restartAfter: 10s }
  # An application dies with a batch in its hands, processed and not committed: its successor does it again.
  - { at: 38m, crash: notification-service-1, before: commit, restartAfter: 20s }
  # Power is lost: what the broker had not flushed may be gone, and its replicas elsewhere must make up for it.
  - { at: 40m, powerLoss: broker-2, restartAfter: 45s }
  # Two crashes that overlap: with one replica left, acks=all writes have to wait.
  - { at: 46m, crash: broker-1, restartAfter: 60s }
  - { at: 46m, crash: broker-3, restartAfter: 90s }
`;
