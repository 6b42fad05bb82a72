/** Is it safe to add partitions to a topic with keys? */
export const addingPartitionsBreaksOrder = `scenario: adding_partitions_breaks_order
description: >
  Is it safe to add partitions to a topic with keys?
  A truck's positions are keyed by truck. Then partitions are added, and its key hashes to another one: a member of the group that has
  the new partition processes new positions while the member with the old one is still busy with earlier ones.
story:
  source: Kafka documentation, basic operations, Modifying topics; BuiltInPartitioner.partitionForKey
  tells: Adding partitions moves keys and leaves their old records where they are, so that later records of a key may be processed before earlier ones.
  violates: []
seed: 1
duration: 60s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200, replica.socket.timeout.ms: 2000,
    offsets.topic.num.partitions: 1, group.initial.rebalance.delay.ms: 500 }

topics:
  - { name: gps, partitions: 1, replicationFactor: 3 }

producers:
  - name: truck
    config: { acks: all, linger.ms: 0, metadata.max.age.ms: 1000, request.timeout.ms: 2000, delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: dashboard
    count: 2
    group: dashboard
    topics: [gps]
    # One position a second: it falls behind.
    application: { mode: auto-commit, perRecord: 1s }
    config: { auto.offset.reset: earliest, session.timeout.ms: 6000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300, metadata.max.age.ms: 1000, max.poll.records: 1 }

workload:
  # 1. Into the only partition there is, faster than its member processes them.
  - { producer: truck, topic: gps, every: 100ms, start: 8s, until: 8800ms, key: truck-4, value: "old {i}" }
  # 3. By its key the truck is in another partition now, and another member has that.
  - { producer: truck, topic: gps, every: 500ms, start: 13s, until: 14s, key: truck-4, value: "new {i}" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

admin:
  # 2. The topic gets a second partition, and the group shares anew.
  - { at: 9500ms, createPartitions: { topic: gps, count: 2 } }

checks: [acknowledged-records-survive, reads-agree, consumer-order, key-in-one-partition, coordinator-is-replay, classic-group]
`;
