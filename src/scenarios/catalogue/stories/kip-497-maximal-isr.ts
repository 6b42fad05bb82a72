/** KIP-497: a leader that does not know yet whom the controller has put into the ISR must count them already. */
export const kip497MaximalIsr = `scenario: kip_497_maximal_isr
description: >
  Since KIP-497 a leader proposes changes of the ISR to the controller, and does not know at once what became of them. A
  leader that goes on counting the ISR it knows, itself alone, acknowledges a record that the newcomer does not have; then it
  fails, and the newcomer is in sync by the controller's word.
story:
  source: KIP-497
  tells: While an ISR expansion is under way the leader commits by the smaller ISR; the new member is elected without the record, which is lost.
  violates: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness]
# --mutant none: the leader counts the maximal ISR, and m3 is not acknowledged before broker-2 has it.
mutants: [minimal-isr]
profile: "2.8"
seed: 1
duration: 40s

cluster:
  brokers: 2
  # Long enough for broker-1 to stay the leader while it hears nothing from the controller.
  config: { broker.session.timeout.ms: 9000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
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
  # 3. m2 is acknowledged when broker-2 has left the ISR.
  - { producer: app, topic: orders, every: 1ms, start: 5000ms, until: 5001ms, key: k, value: m2 }
  # 6. m3 is on broker-1 alone, and acknowledged.
  - { producer: app, topic: orders, every: 1ms, start: 12500ms, until: 12501ms, key: k, value: m3 }
  # 8. m4 takes its place.
  - { producer: app, topic: orders, every: 1ms, start: 25000ms, until: 25001ms, key: k, value: m4 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 2. broker-2 gets nothing for a while, and leaves the ISR.
  - { at: 4s, clog: { from: broker-1, to: broker-2 }, for: 5s }
  # 4. It has caught up, and broker-1 proposes it; the answer of the controller, and all its other news, get stuck.
  - { at: 8s, clog: { from: controller-1, to: broker-1 }, for: 7s }
  # 5. broker-2 gets nothing again. As far as broker-1 knows it is not in the ISR.
  - { at: 10s, clog: { from: broker-1, to: broker-2 }, for: 4s }
  # 7. broker-1 fails. As far as the controller knows broker-2 is in sync: it is elected without m3.
  - { at: 13s, crash: broker-1, restartAfter: 18s }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
