/** KIP-903: a proposal for the ISR arrives after the replica that it names has lost its log. */
export const kip903StaleProposal = `scenario: kip_903_stale_proposal
description: >
  A follower has caught up, and its leader proposes it for the ISR; the proposal is slow. Meanwhile the follower loses power
  and comes back without its records. Before Kafka 3.5 nothing in the proposal tells that it speaks of a former incarnation:
  it is accepted, the leader fails, and a replica is elected that lacks what was acknowledged.
story:
  source: KIP-903, KAFKA-14617
  tells: A delayed AlterPartition request puts a replica into the ISR that has lost records since; it is elected, and an acknowledged record is lost.
  violates: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness]
# --profile 3.5: the proposal names the broker epoch of the replica, which is not the one that is registered: INELIGIBLE_REPLICA.
profile: "2.8"
seed: 1
duration: 40s

cluster:
  brokers: 2
  config: { broker.session.timeout.ms: 6000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000, replica.lag.time.max.ms: 1500 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2]], config: { min.insync.replicas: 1 } }

producers:
  - name: app
    config: { acks: all, enable.idempotence: false, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m1 is on both brokers.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m1 }
  # 3. m2 is acknowledged by broker-1, who is alone in the ISR.
  - { producer: app, topic: orders, every: 1ms, start: 8000ms, until: 8001ms, key: k, value: m2 }
  # 10. What it takes in the place of m2.
  - { producer: app, topic: orders, every: 1ms, start: 27000ms, until: 27001ms, key: k, value: m3 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. broker-2 gets nothing for a while, and leaves the ISR.
  - { at: 4s, clog: { from: broker-1, to: broker-2 }, for: 8s }
  # 4. Its heartbeats get stuck, and its session will end.
  - { at: 9s, clog: { from: broker-2, to: controller-1 }, for: 6100ms }
  # 5. At 12 s it catches up. broker-1 proposes it for the ISR, and the proposal gets stuck, too.
  - { at: 11900ms, clog: { from: broker-1, to: controller-1 }, for: 5s }
  # 6. broker-2 loses power, and with it m2, and registers anew.
  - { at: 12500ms, powerLoss: broker-2, restartAfter: 2800ms }
  # 7. What it lost it cannot fetch.
  - { at: 12600ms, partition: [[broker-1], [broker-2]], for: 14s }
  # 8. The proposal arrives; broker-2, in its new life, is in the ISR.
  # 9. broker-1 fails, and broker-2 is elected.
  - { at: 18s, crash: broker-1, restartAfter: 12s }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
