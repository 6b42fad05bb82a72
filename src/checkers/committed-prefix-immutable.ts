/**
 * S-09 and S-08: what was once below the high watermark of a legitimate leader is in the log of every later legitimate
 * leader, unchanged; also records that were never acknowledged, since consumers may have read them. Retention may forget it.
 *
 * The ghost (committed-prefix.ts) is compared by hash at each election and each time the high watermark passes it.
 *
 * Losses beyond the fault budget (GD-1, GD-2) are excused and counted.
 * Source: LeaderCompleteness and NoCommittedRecordLostGlobally of the KIP-966 specification; KIP-101, KIP-279, KIP-966.
 */
import { NO_EPOCH } from '../kafka/ids.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { missingBatches } from './committed-prefix.ts';
import type { CommittedPrefix } from './committed-prefix.ts';
import { Findings } from './findings.ts';

export const committedPrefixImmutable: Property = {
  name: 'committed-prefix-immutable',
  claim: 'what was below a high watermark is never lost and never changes',
  source: 'S-08, S-09; GD-2; KIP-101, KIP-279, KIP-966',
  kind: 'safety',
  check: (context) => new CommittedPrefixImmutable(context),
};

class CommittedPrefixImmutable implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  committedCompared(partition: TrackedPartition, leader: TrackedReplica, known: CommittedPrefix, isHeld: boolean, atUs: number): void {
    this.findings.compared += 1;
    if (!isHeld) this.broken(partition, leader, known, atUs);
  }

  /** Reports what is missing or different. */
  private broken(partition: TrackedPartition, leader: TrackedReplica, known: CommittedPrefix, atUs: number): void {
    const lost = missingBatches(leader.log, known);
    const unexcused = lost.filter((batch) => this.isUnexcused(partition, batch));
    const [first] = unexcused;
    if (first !== undefined) this.violated(partition, leader, known, first, countRecords(unexcused), atUs);
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
    return new CommittedPrefixImmutable(context, this.findings.fork());
  }
}

function countRecords(batches: readonly RecordBatch[]): number {
  return batches.reduce((count, batch) => count + batch.records.length, 0);
}
