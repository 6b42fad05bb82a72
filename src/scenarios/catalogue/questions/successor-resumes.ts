/** Where does the successor of a dead consumer begin, and what is processed twice? */
export const successorResumes = `scenario: successor_resumes
description: >
  Where does the successor of a dead consumer begin, and what is processed twice?
  A consumer processes a batch and dies before it commits. Nobody notices until its session is over; then its partition goes to the other
  member of the group, which begins at the committed offset: what came before is done, and what the dead one had processed since
  is done once more.
story:
  source: KafkaConsumer, Detecting Consumer Failures, Offsets and Consumer Position; KIP-62
  tells: A dead consumer's successor resumes at the committed offset, once the session is over; what was processed after that commit is processed twice.
  violates: []
seed: 1
duration: 60s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200, replica.socket.timeout.ms: 2000,
    offsets.topic.num.partitions: 1, group.initial.rebalance.delay.ms: 500 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]] }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, request.timeout.ms: 2000, delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: worker
    count: 2
    group: workers
    topics: [orders]
    application: { mode: process-then-commit, perRecord: 100ms }
    config: { auto.offset.reset: earliest, session.timeout.ms: 6000, heartbeat.interval.ms: 1000, max.poll.interval.ms: 10000,
      request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # 1. m0 to m2, read, processed and committed.
  - { producer: app, topic: orders, every: 500ms, start: 8s, until: 9500ms, key: k, value: "m{i}" }
  # 2. m3, which is processed when its worker dies.
  - { producer: app, topic: orders, every: 1s, start: 12s, until: 13s, key: k, value: "m3" }
  # 4. m4, for whoever lives.
  - { producer: app, topic: orders, every: 1s, start: 30s, until: 31s, key: k, value: "m4" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 3. worker-1, which has the only partition, does not get to the commit of m3.
  - { at: 11s, crash: worker-1, before: commit, restartAfter: 30s }

checks: [acknowledged-records-survive, reads-agree, consumer-order, coordinator-is-replay, classic-group]
`;
