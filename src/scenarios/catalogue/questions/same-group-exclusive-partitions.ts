/** What does it mean that two consumers have the same group id? */
export const sameGroupExclusivePartitions = `scenario: same_group_exclusive_partitions
description: >
  What does it mean that two consumers have the same group id?
  Two dashboards have the same group.id, and a notification service has another one. The dashboards share the four partitions of a
  topic, two for each and none for both; the notification service, alone in its group, has all four and gets every record too.
story:
  source: Kafka documentation, consumer configs, group.id; KafkaConsumer, Consumer Groups and Topic Subscriptions
  tells: Consumers with the same group.id share a topic, each partition for one of them at a time; another group gets everything once more.
  violates: []
seed: 1
duration: 100s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200, replica.socket.timeout.ms: 2000,
    offsets.topic.num.partitions: 1, group.initial.rebalance.delay.ms: 500 }

topics:
  - { name: orders, partitions: 4, replicationFactor: 3 }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, request.timeout.ms: 2000, delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: dashboard
    count: 2
    group: dashboard
    topics: [orders]
    config: { auto.offset.reset: earliest, session.timeout.ms: 6000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: notification
    group: notification
    topics: [orders]
    config: { auto.offset.reset: earliest, session.timeout.ms: 6000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # Eight records with eight keys: the keys spread over the partitions, and the partitions over the members.
  - { producer: app, topic: orders, every: 500ms, start: 8s, until: 12s, key: "truck-{i}", value: "m{i}" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

checks: [acknowledged-records-survive, reads-agree, consumer-order, key-in-one-partition, coordinator-is-replay, classic-group, groups-settle, groups-progress]
`;
