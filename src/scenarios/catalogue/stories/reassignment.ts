/** A partition moves to other brokers while it is written and read. */
export const reassignment = `scenario: reassignment
description: >
  A partition moves from brokers 1, 2, 3 to brokers 4, 5, 3 while writes go on. The new replicas are added and catch up; once they are
  all in the ISR the old ones go, and with them the leader, for which another one is elected.
story:
  source: KIP-455
  tells: A partition is reassigned under load; adding replicas catch up and join the ISR before removing replicas leave, and nothing is lost.
  violates: []
seed: 1
duration: 40s

cluster:
  brokers: 5
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
  - { producer: app, topic: orders, every: 2s, start: 3s, until: 15s, key: k, value: "m{i}" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

admin:
  # 1. The partition has five replicas for a while: 1, 2, 3 and those that are added, 4 and 5, which copy what there is.
  - { at: 8s, reassign: { topic: orders, partition: 0, to: [broker-4, broker-5, broker-3] } }
  # 2. With broker-5 the last of them joins the ISR: in the same change 1 and 2 are removed, and broker-4 leads.

faults:
  # The copy takes its time.
  - { at: 7900ms, slow: { from: broker-1, to: [broker-4, broker-5] }, add: 700ms, for: 6s }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch, writes-accepted, key-in-one-partition]
`;
