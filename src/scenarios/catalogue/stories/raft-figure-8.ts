/** Figure 8 of the Raft paper: an entry of an older epoch is counted as committed, and overwritten. */
export const raftFigure8 = `scenario: raft_figure_8
description: >
  A controller writes an entry that no other controller has, and crashes; another one is elected and crashes before anybody has
  fetched from it. The first leads again, in a third epoch, and copies its old entry to a majority. If a leader commits it by
  counting copies, without an entry of its own epoch, the second one is elected again all the same, and overwrites what was committed.
story:
  source: Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, figure 8 and 5.4.2
  tells: A leader commits an entry of an older epoch by counting replicas; a leader of the epoch between overwrites it.
  violates: [metadata-log]
# --mutant none: the entry is not committed before one of the leader's own epoch is; it is overwritten, and nobody had been told of it.
mutants: [raft-commits-older-epochs]
# With this seed the power loss of c. takes the last entry and leaves the one before.
seed: 19
duration: 28s

cluster:
  brokers: 3
  controllers: 3
  config: { broker.session.timeout.ms: 6000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 1 } }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # The brokers go on without a controller.
  - { producer: app, topic: orders, every: 1ms, start: 3800ms, until: 3801ms, key: k, value: m1 }
  - { producer: app, topic: orders, every: 1ms, start: 25000ms, until: 25001ms, key: k, value: m2 }

network: { latency: { min: 20ms, max: 20ms } }
# Long enough to lose power in between.
disk: { flushLatency: { min: 20ms, max: 20ms } }

faults:
  # a. broker-3 fails. controller-1, the leader of epoch 1, writes that the ISR is smaller now: an entry that reaches nobody.
  - { at: 4200ms, crash: broker-3 }
  - { at: 9s, partition: [[controller-1], [controller-2, controller-3]], for: 2s }
  # b. controller-1 crashes. controller-3 is elected by controller-2, writes its first entry, and crashes.
  - { at: 10400ms, crash: controller-1, restartAfter: 3600ms }
  - { at: 11020ms, crash: controller-3, restartAfter: 7s }
  # c. controller-1 leads the next epoch and copies its log to controller-2, which loses power before all of that is on its
  #    disk: it has the entry of epoch 1, and not the first one of the new epoch. Two of three have the old entry now.
  - { at: 16370ms, powerLoss: controller-2, restartAfter: 500ms }
  # d. controller-1 crashes before it has sent that first entry again. controller-3 comes back; a log that ends in its epoch is
  #    ahead of one that ends in epoch 1, so controller-2 votes for it, and it overwrites the old entry.
  - { at: 16945ms, clog: { from: controller-1, to: controller-2 }, for: 2s }
  - { at: 17s, crash: controller-1 }

checks: [acknowledged-records-survive, reads-agree, leader-completeness, log-matching, one-leader-per-epoch, metadata-log]
`;
