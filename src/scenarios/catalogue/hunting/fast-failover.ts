/** A hunting scenario: leadership goes to another broker and back before the first one has noticed (KIP-279). */
export const huntFastFailover = `scenario: hunt_fast_failover
description: >
  Two brokers, each with writers of its own at acks=1. The preferred leader changes every second or two, and is elected at
  once; meanwhile the brokers do not reach each other, and hear late of what the controller decides. Who leads again without
  ever having followed keeps what the other one never had, below an epoch of its own that the other one does not know.
duration: 45s

cluster:
  brokers: 2
  config:
    # A session and an ISR that outlast the affair.
    broker.session.timeout.ms: 9000
    broker.heartbeat.interval.ms: 500
    replica.lag.time.max.ms: 12000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    leader.imbalance.check.interval.seconds: 1

topics:
  - { name: orders, assignment: [[broker-1, broker-2]], config: { min.insync.replicas: 1 } }

producers:
  # One on each side; where the leader is they learn from the broker on their side.
  - { name: left, bootstrap: [broker-1], config: { acks: 1, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, metadata.max.age.ms: 300, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }
  - { name: right, bootstrap: [broker-2], config: { acks: 1, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, metadata.max.age.ms: 300, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: left, topic: orders, every: 300ms, jitter: 100ms, key: "left-{i}", value: "left {i}", start: 3s, until: 33s }
  - { producer: right, topic: orders, every: 300ms, jitter: 100ms, key: "right-{i}", value: "right {i}", start: 3s, until: 33s }

admin:
${Array.from({ length: 16 }, (_, i) => `  - { at: ${5_000 + i * 1_800}ms, reassign: { topic: orders, partition: 0, to: ${i % 2 === 0 ? '[broker-2, broker-1]' : '[broker-1, broker-2]'} } }`).join('\n')}

nemesis:
  kinds: [isolate, partition, clog, oneWay]
  targets: [broker-1, broker-2, controller-1]
  maxDown: 1
  meanInterval: 2s
  faultDuration: { min: 1s, max: 5s }
  stability: 500ms
  start: 4s
  quietAfter: 34s
`;
