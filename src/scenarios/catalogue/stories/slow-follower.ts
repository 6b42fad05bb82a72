/** A follower falls behind, leaves the ISR, catches up and comes back; the high watermark waits for it meanwhile. */
export const slowFollower = `scenario: slow_follower
description: >
  A follower gets nothing from its leader for a while. Records are not acknowledged as long as it is in the ISR; when it has
  been behind for replica.lag.time.max.ms the leader asks the controller to take it out, and the high watermark moves on.
  When it has caught up it is taken in again.
story:
  source: Kafka documentation, 4.7 Replication; KIP-497
  tells: The high watermark waits for a slow follower until it leaves the ISR; it comes back once it has caught up.
  violates: []
seed: 1
duration: 30s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000, replica.lag.time.max.ms: 2000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 2 } }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 6000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m1 is acknowledged at once.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m1 }
  # 3. m2 is on broker-2, but not on broker-3: it is not committed yet, and nobody reads it.
  - { producer: app, topic: orders, every: 1ms, start: 5200ms, until: 5201ms, key: k, value: m2 }
  # 5. m3 is acknowledged at once again.
  - { producer: app, topic: orders, every: 1ms, start: 10000ms, until: 10001ms, key: k, value: m3 }
  # 7. m4 waits for all three.
  - { producer: app, topic: orders, every: 1ms, start: 16000ms, until: 16001ms, key: k, value: m4 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. What broker-1 sends to broker-3 gets stuck.
  - { at: 5s, clog: { from: broker-1, to: broker-3 }, for: 7s }
  # 4. broker-1 takes broker-3 out of the ISR, and the high watermark passes m2.
  # 6. broker-3 fetches m2 and m3, has caught up, and is proposed for the ISR.

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch, min-isr-on-ack, valid-high-watermark, high-watermark-monotone]
`;
