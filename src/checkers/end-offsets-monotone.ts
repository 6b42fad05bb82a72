/**
 * H-21: the end of a partition, as leaders give it to one application, is committed and never goes back. An application begins at the end with
 * `auto.offset.reset=latest`, each time that it starts or has lost its position; somebody who computes lag from it, or
 * begins there after what he was told before, would see a negative lag or read records twice.
 *
 * No answer is beyond every high watermark that a leader has had. An answer names the epoch of the leader that gave it. Compared is within one node, over its lives: an answer of the same or a
 * later leader epoch gives no smaller offset. A leader that was replaced and does not know it answers what it knows, which a
 * consumer that has just started cannot tell from the present: expected. Of a partition one of whose disks has lost records, or that
 * was led uncleanly, nothing is asked.
 *
 * Left out: that the end is not below what the application itself has had acknowledged.
 * Source: KAFKA-2334, KIP-207; ListOffsets, Partition.fetchOffsetForTimestamp.
 */
import type { HistoryEntry } from '../history/history.ts';
import type { PositionReset } from '../history/observations.ts';
import type { LeaderEpoch, Offset } from '../kafka/ids.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';

export const endOffsetsMonotone: Property = {
  name: 'end-offsets-monotone',
  claim: 'the end of a partition that an application is told is committed and never goes back',
  source: 'H-21; KAFKA-2334, KIP-207',
  kind: 'safety',
  appliesTo: ({ consumers }) => consumers.some(({ config }) => config.autoOffsetReset === 'latest'),
  check: (context) => new EndOffsetsMonotone(context),
};

/** What a leader said last. */
interface EndOffset {
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
}

class EndOffsetsMonotone implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By node and partition id. */
  private readonly told: Map<number, ReadonlyMap<number, EndOffset>>;
  /** By partition id: the greatest high watermark that any leader has had. */
  private readonly highest: Map<number, Offset>;

  constructor(context: CheckContext, findings = new Findings(), told = new Map<number, ReadonlyMap<number, EndOffset>>(), highest = new Map<number, Offset>()) {
    this.context = context;
    this.findings = findings;
    this.told = told;
    this.highest = highest;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged({ partition: { id } }: TrackedReplica, _before: ReplicaView | undefined, after: ReplicaView | undefined): void {
    if (after === undefined || after.leadership === null) return;
    if (after.highWatermark > (this.highest.get(id) ?? 0)) this.highest.set(id, after.highWatermark);
  }

  observed({ observation, node, atUs }: HistoryEntry): void {
    if (observation.type !== 'position.reset' || !this.isEnd(observation, node)) return;
    const { topic, partition: index, to: offset, leaderEpoch = -1 } = observation;
    const partition = this.context.cluster.partition(topic, index);
    const before = this.told.get(node)?.get(partition.id);
    this.judgeCommitted(partition, node, { offset, leaderEpoch }, atUs);
    if (before !== undefined && offset < before.offset && leaderEpoch < before.leaderEpoch) {
      this.findings.expect(1, 'a leader that was replaced and did not know it gave an end that its successor had passed');
      return;
    }
    if (before !== undefined) this.judge(partition, node, before, { offset, leaderEpoch }, atUs);
    this.told.set(node, new Map(this.told.get(node)).set(partition.id, { offset, leaderEpoch: Math.max(leaderEpoch, before?.leaderEpoch ?? -1) }));
  }

  private judgeCommitted(partition: TrackedPartition, node: number, { offset, leaderEpoch }: EndOffset, atUs: number): void {
    this.findings.compared += 1;
    const highest = this.highest.get(partition.id) ?? 0;
    if (offset <= highest) return;
    const client = this.context.cluster.nameOf(node);
    this.findings.violated(atUs, () => ({
      sentence: `${client} was told that ${partition.name} ends at ${offset} (leader epoch ${leaderEpoch}), and no leader's high watermark was ever above ${highest}`,
      details: { topicPartition: partition.name, client, offset, leaderEpoch, highWatermark: highest },
    }));
  }

  private judge(partition: TrackedPartition, node: number, before: EndOffset, now: EndOffset, atUs: number): void {
    if (now.offset >= before.offset) return;
    const excuse = this.excuse(partition);
    if (excuse !== undefined) {
      this.findings.excuse(1, excuse);
      return;
    }
    const client = this.context.cluster.nameOf(node);
    this.findings.violated(atUs, () => ({
      sentence: `${client} was told that ${partition.name} ends at ${now.offset} (leader epoch ${now.leaderEpoch}), after it had been told ${before.offset} (leader epoch ${before.leaderEpoch})`,
      details: { topicPartition: partition.name, client, offset: now.offset, leaderEpoch: now.leaderEpoch, offsetBefore: before.offset, leaderEpochBefore: before.leaderEpoch },
    }));
  }

  private excuse(partition: TrackedPartition): string | undefined {
    const { budget, trace, cluster } = this.context;
    if (budget.electedUncleanly(partition)) return 'a leader was elected uncleanly';
    const lossy = partition.replicas.find(({ brokerId }) => trace.lostSince(partition, brokerId, 0));
    return lossy === undefined ? undefined : `the disk of ${cluster.nameOf(lossy.brokerId)} lost records`;
  }

  /** A leader was asked for the end of the log, by the reset policy. */
  private isEnd({ reason, leaderEpoch }: PositionReset, node: number): boolean {
    if (leaderEpoch === undefined || (reason !== 'initial' && reason !== 'outOfRange')) return false;
    return this.context.config.consumers.some((consumer) => consumer.node === node && consumer.config.autoOffsetReset === 'latest');
  }

  verdict() {
    return this.findings.verdict(endOffsetsMonotone, 'no application was told the end of a partition');
  }

  fork(context: CheckContext): Checker {
    return new EndOffsetsMonotone(context, this.findings.fork(), new Map(this.told), new Map(this.highest));
  }
}
