/** What does a sixth consumer do on a topic of five partitions? */
export const sixthConsumerIdles = `scenario: sixth_consumer_idles
description: >
  What does a sixth consumer do on a topic of five partitions?
  Five partitions, and six consumers in one group: five of them have a partition each, and the sixth waits. When one of the five is
  closed, the next rebalance gives its partition to the one that idled.
story:
  source: Kafka documentation, introduction to consumers; RangeAssignor
  tells: A group cannot use more consumers than there are partitions; the sixth on five idles, and takes over when another one goes.
  violates: []
seed: 1
duration: 60s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200, replica.socket.timeout.ms: 2000,
    offsets.topic.num.partitions: 1, group.initial.rebalance.delay.ms: 500 }

topics:
  - { name: orders, partitions: 5, replicationFactor: 3 }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, request.timeout.ms: 2000, delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: worker
    count: 6
    group: workers
    topics: [orders]
    config: { auto.offset.reset: earliest, session.timeout.ms: 6000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. One record in each partition: six workers, five of which get one.
  - { producer: app, topic: orders, partition: 0, every: 1s, start: 8s, until: 9s, value: "a0" }
  - { producer: app, topic: orders, partition: 1, every: 1s, start: 8s, until: 9s, value: "a1" }
  - { producer: app, topic: orders, partition: 2, every: 1s, start: 8s, until: 9s, value: "a2" }
  - { producer: app, topic: orders, partition: 3, every: 1s, start: 8s, until: 9s, value: "a3" }
  - { producer: app, topic: orders, partition: 4, every: 1s, start: 8s, until: 9s, value: "a4" }
  # 3. And again, without worker-2.
  - { producer: app, topic: orders, partition: 0, every: 1s, start: 18s, until: 19s, value: "b0" }
  - { producer: app, topic: orders, partition: 1, every: 1s, start: 18s, until: 19s, value: "b1" }
  - { producer: app, topic: orders, partition: 2, every: 1s, start: 18s, until: 19s, value: "b2" }
  - { producer: app, topic: orders, partition: 3, every: 1s, start: 18s, until: 19s, value: "b3" }
  - { producer: app, topic: orders, partition: 4, every: 1s, start: 18s, until: 19s, value: "b4" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. One of them is closed: it leaves the group, and the others share anew.
  - { at: 12s, stop: worker-2, restartAfter: 20s, killAfter: 5s }

checks: [acknowledged-records-survive, reads-agree, consumer-order, coordinator-is-replay, classic-group]
`;
