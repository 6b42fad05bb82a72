/**
 * S-29: cleaning takes only what it may. Retention and DeleteRecords move the start of a log up to the high watermark and
 * no further; compaction keeps, below the point up to which it cleaned, the last record of every key (a tombstone may go in
 * the end), invents none, and changes neither order nor offsets nor epochs.
 *
 * A start is judged when it moves: up to the high watermark that the replica had before; a follower that was behind starts
 * where its leader does, up to what is committed. A cleaning is judged by the log before it, at a cost of what was cleaned.
 *
 * Source: UnifiedLog.deleteOldSegments, KAFKA-5634; Cleaner; "Log Compaction" in the Kafka documentation.
 */
import type { Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import { offsetOfRecord } from '../kafka/records.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { dataBatches, recordAt } from './compare-logs.ts';
import { Findings } from './findings.ts';

export const retainedAsPromised: Property = {
  name: 'retained-as-promised',
  claim: 'nothing above the high watermark is deleted, and compaction keeps the last record of every key where it stood',
  source: 'S-29; KAFKA-5634, Log Compaction in the Kafka documentation',
  kind: 'safety',
  appliesTo: ({ topics }) => topics.some(({ isCleaned }) => isCleaned === true),
  check: (context) => new RetainedAsPromised(context),
};

class RetainedAsPromised implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (before === undefined || after === undefined || before.log === after.log) return;
    if (after.log.logStartOffset > before.log.logStartOffset) this.judgeStart(replica, before, after.log.logStartOffset, atUs);
    if (after.log.firstDirtyOffset > before.log.firstDirtyOffset) this.judgeCleaning(replica, before.log, after.log, atUs);
  }

  private judgeStart(replica: TrackedReplica, { highWatermark }: ReplicaView, logStartOffset: Offset, atUs: number): void {
    this.findings.compared += 1;
    // Whoever leads is held to its own high watermark: what it takes for one now is clamped to where its log starts now.
    const isLeader = replica.partition.leader === replica;
    const ghost = isLeader ? undefined : this.context.committed.of(replica.partition);
    let committed = Math.max(highWatermark, ghost?.endOffset ?? 0);
    // A follower deletes what its leader has deleted, and that one knows its own high watermark.
    if (!isLeader) for (const { view } of replica.partition.replicas) if (view !== undefined && view.brokerId !== replica.brokerId) committed = Math.max(committed, view.highWatermark);
    if (logStartOffset > committed) this.broken(replica, atUs, `deleted up to offset ${logStartOffset}, above the high watermark, which had reached ${committed}`);
  }

  private judgeCleaning(replica: TrackedReplica, before: PartitionLog, after: PartitionLog, atUs: number): void {
    this.findings.compared += 1;
    const end = after.firstDirtyOffset;
    const lastOf = new Map<string, Offset>();
    for (const batch of dataBatches(before, before.logStartOffset, end)) forEachRecord(batch, (offset, key) => key !== null && offset < end && lastOf.set(key, offset));
    for (const [key, offset] of lastOf) {
      const kept = recordAt(before, offset);
      if (kept === undefined || kept.value === null || offset < after.logStartOffset || recordAt(after, offset)?.value === kept.value) continue;
      this.broken(replica, atUs, `cleaned up to offset ${end}, and the last record of key "${key}" at offset ${offset} is gone`);
      return;
    }
    for (const batch of dataBatches(after, after.logStartOffset, end)) {
      const original = before.batchAt(batch.baseOffset);
      let fault: Offset | undefined;
      forEachRecord(batch, (offset, key, value) => {
        const was = recordAt(before, offset);
        if (was === undefined || was.key !== key || was.value !== value) fault ??= offset;
      });
      if (original?.partitionLeaderEpoch !== batch.partitionLeaderEpoch) fault ??= batch.baseOffset;
      if (fault === undefined) continue;
      this.broken(replica, atUs, `cleaned up to offset ${end}, and offset ${fault} is not what it was`);
      return;
    }
  }

  private broken({ partition, brokerId }: TrackedReplica, atUs: number, fault: string): void {
    const broker = this.context.cluster.nameOf(brokerId);
    this.findings.violated(atUs, () => ({ sentence: `${broker} ${fault} (${partition.name})`, details: { topicPartition: partition.name, broker } }));
  }

  verdict() {
    return this.findings.verdict(retainedAsPromised, 'nothing was deleted or cleaned');
  }

  fork(context: CheckContext): Checker {
    return new RetainedAsPromised(context, this.findings.fork());
  }
}

function forEachRecord(batch: RecordBatch, visit: (offset: Offset, key: string | null, value: string | null) => void): void {
  batch.records.forEach(({ key, value }, i) => visit(offsetOfRecord(batch, i), key, value));
}
