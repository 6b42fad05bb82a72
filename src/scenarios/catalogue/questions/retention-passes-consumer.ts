/** What happens to a consumer that retention has overtaken? */
export const retentionPassesConsumer = `scenario: retention_passes_consumer
description: >
  What happens to a consumer that retention has overtaken?
  Three groups read a topic that keeps little. Their consumers stand still for a while, and when they go on, the records they would read next
  are deleted. auto.offset.reset decides: earliest goes on with the oldest record there is, latest with what comes next, and none
  leaves it to the application, which gets an exception.
story:
  source: Kafka documentation, consumer configs, auto.offset.reset; OffsetOutOfRangeException
  tells: Retention does not wait for consumers; one that it overtakes has lost records, and auto.offset.reset says whether it skips to the oldest, to the newest, or stops.
  violates: []
seed: 1
duration: 120s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200, replica.socket.timeout.ms: 2000,
    offsets.topic.num.partitions: 1, group.initial.rebalance.delay.ms: 500, log.retention.check.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { segment.bytes: 200, retention.bytes: 400 } }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, request.timeout.ms: 2000, delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: earliest
    group: earliest
    topics: [orders]
    config: { auto.offset.reset: earliest, session.timeout.ms: 45000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: latest
    group: latest
    topics: [orders]
    config: { auto.offset.reset: latest, session.timeout.ms: 45000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  # A group that has never committed anything could not even begin with none: its first consumer has earliest, and goes.
  - name: pioneer
    group: none
    topics: [orders]
    config: { auto.offset.reset: earliest, session.timeout.ms: 6000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: none
    group: none
    topics: [orders]
    config: { auto.offset.reset: none, session.timeout.ms: 45000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m0 to m3, which everybody reads.
  - { producer: app, topic: orders, every: 1s, start: 20s, until: 24s, key: k, value: "m{i}" }
  # 3. Meanwhile more comes than the topic keeps.
  - { producer: app, topic: orders, every: 1s, start: 42s, until: 54s, key: k, value: "n{i}" }
  # 5. And what comes afterwards.
  - { producer: app, topic: orders, every: 1s, start: 80s, until: 82s, key: k, value: "o{i}" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  - { at: 100ms, crash: none, restartAfter: 28s }
  - { at: 26s, stop: pioneer, restartAfter: 200s, killAfter: 2s }
  # 2. The consumers stand still, for less than a session.
  - { at: 40s, pause: earliest, for: 30s }
  - { at: 40s, pause: latest, for: 30s }
  - { at: 40s, pause: none, for: 30s }
  # 4. They go on: the offset that they ask for next is out of range.

checks: [acknowledged-records-survive, reads-agree, consumer-order, coordinator-is-replay, classic-group, group-offsets-kept, retained-as-promised]
`;
