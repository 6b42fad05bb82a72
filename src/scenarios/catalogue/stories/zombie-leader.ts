/** A leader that was replaced and does not know it: what it acknowledges, and what becomes of that. */
export const zombieLeader = `scenario: zombie_leader
description: >
  broker-1 and its clients are cut off from everybody else. Another leader is elected; broker-1 goes on leading in its old
  epoch. It acknowledges acks=1 writes, which are cut off when it learns better; acks=all writes wait for the ISR, in vain,
  and go to the new leader in the end.
story:
  source: Kafka documentation, 4.7 Replication; KIP-320
  tells: A partitioned leader goes on acknowledging acks=1 writes, which are truncated later; nothing that was acknowledged with acks=all is lost.
  violates: []
  # acks=1 promises nothing once the leader is replaced.
  allows: [acknowledged-records-survive]
seed: 1
duration: 30s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 2 } }

producers:
  - name: hasty
    bootstrap: [broker-1]
    config: { acks: 1, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: careful
    bootstrap: [broker-1]
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 10000,
      delivery.timeout.ms: 20000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  - name: elsewhere
    bootstrap: [broker-2]
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300, metadata.max.age.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    bootstrap: [broker-2]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m is on all three brokers.
  - { producer: careful, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m }
  # 3. Before the election and after it, broker-1 acknowledges h1 and h2 by itself; c has to wait.
  - { producer: hasty, topic: orders, every: 1ms, start: 6000ms, until: 6001ms, key: k, value: h1 }
  - { producer: careful, topic: orders, every: 1ms, start: 6200ms, until: 6201ms, key: k, value: c }
  - { producer: hasty, topic: orders, every: 1ms, start: 9000ms, until: 9001ms, key: k, value: h2 }
  # 5. The new leader takes e, where broker-1 has h1.
  - { producer: elsewhere, topic: orders, every: 1ms, start: 10000ms, until: 10001ms, key: k, value: e }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. broker-1 and its two clients are on one side, everybody else on the other.
  - { at: 5s, partition: [[broker-1, hasty, careful], [broker-2, broker-3, controller-1, elsewhere, reader]], for: 8s }
  # 4. Its session ends, and broker-2 leads. broker-1 does not hear of it.
  # 6. It hears of it, and cuts h1, c and h2 off. The client sends c again, to broker-2.

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
