/** KIP-966: the last member of the ISR loses power, comes back without its records, and is all there is to elect. */
export const kip966LastReplicaStanding = `scenario: kip_966_last_replica_standing
description: >
  One broker after the other leaves the ISR until one is left; that one loses power, and with it what it had not flushed.
  Before eligible leader replicas it is elected again, since nobody else is in sync, and the others cut off what it has
  lost. With them (KIP-966) its unclean shutdown disqualifies it, and the partition waits for a replica with the data.
story:
  source: KIP-966, the last replica standing
  tells: The last replica standing loses its log to a power loss, is elected all the same, and acknowledged records are lost.
  violates: []
  # Kafka promises nothing when the only in-sync replica loses its disk (GD-1): allowed, the price of an ISR of one.
  allows: [acknowledged-records-survive]
# --profile 4.1: broker-1 is not elected; broker-2 is eligible, and leads when it is back.
profile: "3.9"
seed: 1
duration: 45s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 2 } }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m1 and m2 are acknowledged once all three brokers have them; no disk has them yet.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m1 }
  - { producer: app, topic: orders, every: 1ms, start: 4000ms, until: 4001ms, key: k, value: m2 }
  # 7. When all are back, life goes on.
  - { producer: app, topic: orders, every: 1ms, start: 32000ms, until: 32001ms, key: k, value: m3 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. broker-3 is cut off, then broker-2: the ISR shrinks to broker-1, below min.insync.replicas. They go on living, with m1 and m2.
  - { at: 6s, isolate: broker-3, for: 20s }
  - { at: 9s, isolate: broker-2, for: 14s }
  # 3. broker-1 loses power, and what it had not flushed.
  - { at: 13s, powerLoss: broker-1, restartAfter: 4s }
  # 4. It comes back first, and leads: the last member of the ISR.
  # 5. broker-2 and broker-3 follow it, and cut m1 and m2 off.

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
