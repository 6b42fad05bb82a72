/** The active controller crashes, twice, while leaders have to be elected. */
export const quorumFailover = `scenario: quorum_failover
description: >
  Three controllers. The leader of a partition crashes, and the active controller with it, before the leader's session has
  ended; then the same again. Each time the quorum elects a new active controller, which gives every broker a new session,
  fences who does not answer, and elects.
story:
  source: KIP-595, KIP-631
  tells: The active controller crashes twice while leaders must be elected; the quorum elects another one each time, and no acknowledged record is lost.
  violates: []
seed: 2
duration: 60s

cluster:
  brokers: 3
  controllers: 3
  # Sessions have to outlast the election of a controller.
  config: { broker.session.timeout.ms: 6000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 1 } }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 20000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  - { producer: app, topic: orders, every: 12s, start: 5s, until: 55s, key: k, value: "m{i}" }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 1. broker-1 leads orders-0, and crashes; before its session has ended, so does the active controller.
  - { at: 10s, crash: broker-1, restartAfter: 14s }
  - { at: 11s, crash: controller-3, restartAfter: 12s }
  # 2. Another controller is elected. It fences broker-1 when that has not been heard of for a whole session, and elects broker-2.
  # 3. The same again: broker-2, which leads now, and the controller that is active now. Two voters stand, each votes for
  #    itself, and the next try decides.
  - { at: 33s, crash: broker-2, restartAfter: 12s }
  - { at: 34s, crash: controller-1, restartAfter: 12s }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch, metadata-log]
`;
