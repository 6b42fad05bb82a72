/**
 * S-09 and S-08: what was once below the high watermark of a legitimate leader is in the log of every later legitimate
 * leader, unchanged; also records that were never acknowledged, since consumers may have read them. Retention may forget it.
 *
 * The ghost is the committed prefix of each partition: the greatest high watermark that a legitimate leader reached, and
 * the log that it had then. It is compared by hash at each election and each time the high watermark passes it. What a
 * leader commits after it was replaced, and before it knows, joins the ghost with its successor's high watermark.
 *
 * Losses beyond the fault budget (GD-1, GD-2) are excused and counted.
 * Source: LeaderCompleteness and NoCommittedRecordLostGlobally of the KIP-966 specification; KIP-101, KIP-279, KIP-966.
 */
import { NO_EPOCH } from '../kafka/ids.ts';
import type { Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { commonPrefixEnd, dataBatches, holdsPrefix } from './compare-logs.ts';
import { Findings } from './findings.ts';

export const committedPrefixImmutable: Property = {
  name: 'committed-prefix-immutable',
  claim: 'what was below a high watermark is never lost and never changes',
  source: 'S-08, S-09; GD-2; KIP-101, KIP-279, KIP-966',
  kind: 'safety',
  check: (context) => new CommittedPrefixImmutable(context),
};

/** `log` below `endOffset` is committed. */
interface CommittedPrefix {
  readonly log: PartitionLog;
  readonly endOffset: Offset;
}

class CommittedPrefixImmutable implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id; absent until something was committed. */
  private readonly prefixes: (CommittedPrefix | undefined)[];

  constructor(context: CheckContext, findings = new Findings(), prefixes: (CommittedPrefix | undefined)[] = []) {
    this.context = context;
    this.findings = findings;
    this.prefixes = prefixes;
  }

  get violations(): number {
    return this.findings.violations;
  }

  leaderChanged(partition: TrackedPartition, atUs: number): void {
    if (partition.leader !== undefined) this.judge(partition, partition.leader, atUs);
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    const { partition } = replica;
    if (partition.leader !== replica || before === undefined || after === undefined) return;
    const rose = after.highWatermark > before.highWatermark;
    const shrank = after.log.logEndOffset < before.log.logEndOffset;
    if (rose || shrank) this.judge(partition, replica, atUs);
  }

  /** Holds the leader's log against the ghost, then lets the ghost grow up to the leader's high watermark. */
  private judge(partition: TrackedPartition, leader: TrackedReplica, atUs: number): void {
    const { log } = leader;
    const highWatermark = leader.view?.highWatermark ?? 0;
    const known = this.prefixes[partition.id];
    let endOffset = known?.endOffset ?? 0;
    if (known !== undefined) {
      this.findings.compared += 1;
      if (!holdsPrefix(log, known.log, endOffset)) endOffset = this.broken(partition, leader, known, atUs);
    }
    if (known !== undefined && endOffset === known.endOffset && highWatermark <= endOffset) return;
    if (known === undefined && highWatermark <= log.logStartOffset) return;
    while (this.prefixes.length < partition.id) this.prefixes.push(undefined);
    this.prefixes[partition.id] = { log, endOffset: Math.max(endOffset, highWatermark) };
  }

  /** Reports what is missing or different, and returns how much of the committed prefix still stands. */
  private broken(partition: TrackedPartition, leader: TrackedReplica, known: CommittedPrefix, atUs: number): Offset {
    const { log } = leader;
    const parted = Math.min(commonPrefixEnd(log, known.log), known.endOffset);
    const lost = [...dataBatches(known.log, parted, known.endOffset)].filter((batch) => !holdsBatch(log, batch));
    const unexcused = lost.filter((batch) => this.isUnexcused(partition, batch));
    const [first] = unexcused;
    if (first !== undefined) this.violated(partition, leader, known, first, countRecords(unexcused), atUs);
    return parted;
  }

  /** Counts the batch as excused when it is. */
  private isUnexcused(partition: TrackedPartition, batch: RecordBatch): boolean {
    const excuse = this.context.budget.excuseForBatch(partition, batch);
    if (excuse !== undefined) this.findings.excuse(batch.records.length, excuse);
    return excuse === undefined;
  }

  private violated(partition: TrackedPartition, leader: TrackedReplica, known: CommittedPrefix, first: RecordBatch, lostCount: number, atUs: number): void {
    const { log } = leader;
    const { baseOffset: offset, partitionLeaderEpoch } = first;
    const broker = this.context.cluster.nameOf(leader.brokerId);
    const leaderEpoch = leader.view?.leaderEpoch ?? NO_EPOCH;
    const other = log.batchAt(offset);
    const instead = other === undefined ? `ends at ${log.logEndOffset}` : `has another batch of leader epoch ${other.partitionLeaderEpoch} there`;
    this.findings.violated(atUs, () => ({
      sentence: `${broker} leads ${partition.name} in leader epoch ${leaderEpoch} without ${lostCount === 1 ? 'a committed record' : `${lostCount} committed records`} from offset ${offset} on (leader epoch ${partitionLeaderEpoch}): the high watermark had reached ${known.endOffset}, its log ${instead}`,
      details: { topicPartition: partition.name, broker, leaderEpoch, offset, lostCount, highWatermark: known.endOffset, logEndOffset: log.logEndOffset },
    }));
  }

  verdict() {
    return this.findings.verdict(committedPrefixImmutable, 'nothing was committed before a later leader or high watermark to hold against it');
  }

  fork(context: CheckContext): Checker {
    return new CommittedPrefixImmutable(context, this.findings.fork(), this.prefixes.slice());
  }
}

function holdsBatch(log: PartitionLog, { baseOffset, partitionLeaderEpoch, contentHash }: RecordBatch): boolean {
  const held = log.batchAt(baseOffset);
  return held !== undefined && held.baseOffset === baseOffset && held.partitionLeaderEpoch === partitionLeaderEpoch && held.contentHash === contentHash;
}

function countRecords(batches: readonly RecordBatch[]): number {
  return batches.reduce((count, batch) => count + batch.records.length, 0);
}
