/** A hunting scenario: partitions of groups of the consumer protocol change hands. */
export const huntConsumerProtocol = `scenario: hunt_consumer_protocol
description: >
  Two groups of the consumer protocol (KIP-848) share six partitions and commit automatically. Members are stopped, crashed and
  paused one after the other, so that partitions change hands all the time, and the network is slow enough for epochs to pass while
  a member asks where to begin. A partition may go to its next owner only when the last one has committed it and given it up.
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
    min.insync.replicas: 2
    offsets.topic.num.partitions: 2
    group.consumer.session.timeout.ms: 2500
    group.consumer.heartbeat.interval.ms: 400

topics:
  - { name: orders, partitions: 6, replicationFactor: 3 }

producers:
  - { name: shop, config: { acks: all, request.timeout.ms: 1000, delivery.timeout.ms: 8000, max.block.ms: 8000, retry.backoff.max.ms: 250, reconnect.backoff.max.ms: 250 } }

consumers:
  - name: billing
    count: 3
    group: billing
    topics: [orders]
    application: { mode: auto-commit, pollTimeout: 200ms }
    config: { group.protocol: consumer, auto.offset.reset: earliest, auto.commit.interval.ms: 700, max.poll.interval.ms: 4000, default.api.timeout.ms: 3000, request.timeout.ms: 1000, retry.backoff.max.ms: 250, reconnect.backoff.max.ms: 250 }
  - name: stock
    count: 3
    group: stock
    topics: [orders]
    application: { mode: auto-commit, pollTimeout: 200ms }
    config: { group.protocol: consumer, group.remote.assignor: range, auto.offset.reset: earliest, auto.commit.interval.ms: 700, max.poll.interval.ms: 4000, default.api.timeout.ms: 3000, request.timeout.ms: 1000, retry.backoff.max.ms: 250, reconnect.backoff.max.ms: 250 }

workload:
  - { producer: shop, topic: orders, every: 60ms, jitter: 20ms, key: "order-{i}", start: 2s, until: 38s }

network:
  latency: { min: 5ms, max: 60ms }

nemesis:
  { targets: [billing-*, stock-*], kinds: [stop, pause, crash], meanInterval: 2s, faultDuration: { min: 500ms, max: 4s }, maxDown: 2, stability: 200ms, start: 4s, quietAfter: 36s }

faults:
  - { at: 14s, crash: broker-1, restartAfter: 3s }
  - { at: 26s, crash: broker-2, restartAfter: 3s }
`;
