/** Do records with one key keep their order when the leader of their partition changes? */
export const keysKeepOrder = `scenario: keys_keep_order
description: >
  Do records with one key keep their order when the leader of their partition changes?
  Two trucks send their positions, keyed by truck, while the leader of their partition crashes with requests in flight. The producer sends
  them again to the new leader, with the sequences that they had, and the reader gets each truck's positions once and in order.
story:
  source: KIP-98, KIP-480; Kafka documentation, design, Message Delivery Semantics
  tells: Records with one key go to one partition, and with idempotence they stay in order, and single, through a change of the leader.
  violates: []
seed: 1
duration: 60s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200, replica.socket.timeout.ms: 2000,
    offsets.topic.num.partitions: 1, group.initial.rebalance.delay.ms: 500 }

topics:
  - { name: gps, assignment: [[broker-1, broker-2, broker-3], [broker-2, broker-3, broker-1]], config: { min.insync.replicas: 2 } }

producers:
  - name: truck
    count: 2
    # enable.idempotence is true and max.in.flight.requests.per.connection 5, as Kafka has them.
    config: { acks: all, linger.ms: 0, request.timeout.ms: 2000, delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: dashboard
    group: dashboard
    topics: [gps]
    config: { auto.offset.reset: earliest, session.timeout.ms: 6000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000, auto.commit.interval.ms: 1000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # Around the crash, faster than a request takes: several are in flight.
  - { producer: truck, topic: gps, every: 25ms, start: 9900ms, until: 10075ms, key: "truck-{n}", value: "{n}.{i}" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # Both trucks' partitions are led by broker-1 or broker-2; whichever broker-1 leads changes its leader.
  - { at: 10s, crash: broker-1, restartAfter: 10s }

checks: [acknowledged-records-survive, reads-agree, producer-order, no-duplicates, consumer-order, key-in-one-partition, one-leader-per-epoch, producer-sequences]
`;
