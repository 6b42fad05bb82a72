/**
 * S-01: a replica is in a state that a replica can be in: logStartOffset <= highWatermark <= logEndOffset; offsets and
 * leader epochs never fall along the log; the leader-epoch cache rises strictly in epochs and in offsets, and knows the
 * epoch of the last batch.
 *
 * Not of a log that ends where records had been deleted: the cache forgets them at once and for good, and the start of the log
 * goes to its checkpoint later. A process that crashes in between has the records again, and a truncation to that very offset
 * takes the entry that was moved up to it (UnifiedLog.maybeIncrementLogStartOffset, LeaderEpochFileCache.truncateFromEnd).
 *
 * Each change is judged by its ends, in constant time; every log is walked once, when the run ends.
 * Left out: the last stable offset, which comes with transactions.
 *
 * Source: TypeOk of the KIP-320 and KIP-966 specifications; UnifiedLog, LeaderEpochFileCache; KAFKA-9807.
 */
import type { Offset } from '../kafka/ids.ts';
import type { LeaderEpochCache } from '../kafka/leader-epochs.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';

export const typeOk: Property = {
  name: 'type-ok',
  claim: 'a high watermark lies between log start and log end, and offsets and epochs never fall along a log or an epoch cache',
  source: 'S-01; TypeOk of the KIP-320 specification, UnifiedLog, LeaderEpochFileCache',
  kind: 'safety',
  check: (context) => new TypeOk(context),
};

class TypeOk implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id: the greatest log start that a replica had, 0 where it is missing. */
  private readonly deletedTo: Offset[];

  constructor(context: CheckContext, findings = new Findings(), deletedTo: Offset[] = []) {
    this.context = context;
    this.findings = findings;
    this.deletedTo = deletedTo;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (after === undefined) return;
    this.findings.compared += 1;
    const { log, highWatermark, epochs } = after;
    if (highWatermark < log.logStartOffset || highWatermark > log.logEndOffset) {
      this.broken(replica, atUs, `its high watermark ${highWatermark} is outside its log, which starts at ${log.logStartOffset} and ends at ${log.logEndOffset}`);
    }
    if (epochs !== before?.epochs) this.judgeEpochs(replica, epochs, atUs);
    if (log === before?.log) return;
    if (log.logStartOffset !== before?.log.logStartOffset) this.noteDeleted(replica.partition.id, log.logStartOffset);
    // Of a log without a record above its start a load forgets the epoch, too (LogLoader truncates the cache at the log end).
    if (log.lastEpoch > epochs.latestEpoch && log.logEndOffset > (this.deletedTo[replica.partition.id] ?? 0)) this.broken(replica, atUs, `its last batch is of leader epoch ${log.lastEpoch}, and its epoch cache knows none after ${epochs.latestEpoch}`);
    const last = log.lastBatch;
    if (last !== undefined && last.nextOffset > log.logEndOffset) this.broken(replica, atUs, `its last batch ends at ${last.nextOffset}, and its log at ${log.logEndOffset}`);
  }

  private noteDeleted(id: number, logStartOffset: Offset): void {
    while (this.deletedTo.length <= id) this.deletedTo.push(0);
    this.deletedTo[id] = Math.max(this.deletedTo[id] as Offset, logStartOffset);
  }

  private judgeEpochs(replica: TrackedReplica, { entries }: LeaderEpochCache, atUs: number): void {
    for (let i = 1; i < entries.length; i += 1) {
      const [lower, upper] = [entries[i - 1], entries[i]];
      if (lower === undefined || upper === undefined || (lower.epoch < upper.epoch && lower.startOffset < upper.startOffset)) continue;
      this.broken(replica, atUs, `its epoch cache says that leader epoch ${lower.epoch} begins at ${lower.startOffset} and leader epoch ${upper.epoch} at ${upper.startOffset}`);
    }
  }

  private broken({ partition, brokerId }: TrackedReplica, atUs: number, fault: string): void {
    const broker = this.context.cluster.nameOf(brokerId);
    this.findings.violated(atUs, () => ({ sentence: `${broker} holds ${partition.name}, and ${fault}`, details: { topicPartition: partition.name, broker } }));
  }

  verdict(endUs: number) {
    for (const partition of this.context.cluster.partitions) {
      for (const replica of partition.replicas) {
        const fault = disorderIn(replica.log);
        if (fault !== undefined) this.broken(replica, endUs, fault);
      }
    }
    return this.findings.verdict(typeOk, 'no replica ever ran');
  }

  fork(context: CheckContext): Checker {
    return new TypeOk(context, this.findings.fork(), this.deletedTo.slice());
  }
}

/** The first place where offsets or epochs fall. */
function disorderIn(log: PartitionLog): string | undefined {
  let nextOffset = 0;
  let epoch = -1;
  for (const { baseOffset, nextOffset: next, partitionLeaderEpoch } of log.batches()) {
    if (baseOffset < nextOffset || partitionLeaderEpoch < epoch) {
      return `its batch at offset ${baseOffset} of leader epoch ${partitionLeaderEpoch} follows offset ${nextOffset - 1} of leader epoch ${epoch}`;
    }
    nextOffset = next;
    epoch = partitionLeaderEpoch;
  }
  return undefined;
}
