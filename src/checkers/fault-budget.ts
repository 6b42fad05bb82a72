/**
 * The fault budget of GD-1: what Kafka may lose without breaking its word. It promises that a committed record survives
 * as long as, at every moment, some member of the ISR retains it. A record is therefore excused exactly when there was a
 * moment at which no member of the committed ISR held it, each of them having held it and lost it to its disk (power
 * loss, wipe) while in the ISR; or when an unclean election, which the topic allows, put it out of the leader's log.
 *
 * A member that leaves the ISR and comes back is no excuse for what it lost before: whoever joins must have caught up
 * (KIP-841, KIP-903). The same holds for a broker that registers anew and stays in an ISR that has other members.
 * Moments are judged when a disk loses something and when the ISR changes: between them members only gain.
 *
 * Eligible leader replicas, which keep more, are left out until the controller has them.
 * Source: "as long as there is at least one in sync replica alive, at all times" (Kafka documentation, 4.7); KIP-966.
 */
import { formatUs } from '../kernel/time.ts';
import { NO_LEADER } from '../kafka/ids.ts';
import type { NodeId, Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { Cluster, TrackedPartition, TrackedReplica } from './cluster.ts';
import { commonPrefixEnd, recordAt } from './compare-logs.ts';

/** A member of the ISR held `log`, and its disk kept what is below `keptOffset`. */
interface Loss {
  readonly brokerId: NodeId;
  readonly log: PartitionLog;
  readonly keptOffset: Offset;
}

/** The records of `log` in `[startOffsetInclusive, endOffsetExclusive)` may be gone. */
interface Excuse {
  readonly log: PartitionLog;
  readonly startOffsetInclusive: Offset;
  readonly endOffsetExclusive: Offset;
  readonly reason: string;
}

interface PartitionBudget {
  /** Of present members of the ISR. */
  readonly losses: readonly Loss[];
  readonly excuses: readonly Excuse[];
}

const INTACT: PartitionBudget = { losses: [], excuses: [] };

export class FaultBudget {
  private readonly cluster: Cluster;
  private readonly uncleanTopics: ReadonlySet<string>;
  /** By partition id; absent while nothing was lost. */
  private budgets: (PartitionBudget | undefined)[] = [];

  /** `uncleanTopics`: topics with `unclean.leader.election.enable`. */
  constructor(cluster: Cluster, uncleanTopics: ReadonlySet<string>) {
    this.cluster = cluster;
    this.uncleanTopics = uncleanTopics;
  }

  /** The disk of `replica` held `before` and holds `replica.log` now. */
  diskChanged(replica: TrackedReplica, before: PartitionLog, atUs: number): void {
    const { partition, brokerId } = replica;
    const keptOffset = commonPrefixEnd(replica.log, before);
    if (keptOffset >= before.logEndOffset) return;
    if (partition.registration?.isr.includes(brokerId) !== true) return;
    const budget = this.of(partition);
    this.set(partition, { ...budget, losses: [...budget.losses, { brokerId, log: before, keptOffset }] });
    this.judge(partition, atUs);
  }

  registrationChanged(partition: TrackedPartition, before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    const isUnclean = before !== undefined && after.leader !== NO_LEADER && !before.isr.includes(after.leader);
    if (isUnclean && this.uncleanTopics.has(partition.topic)) this.electedUncleanly(partition, before, after.leader, atUs);
    const { losses } = this.of(partition);
    if (losses.length === 0) return;
    const remaining = losses.filter(({ brokerId }) => after.isr.includes(brokerId));
    this.set(partition, { ...this.of(partition), losses: remaining });
    this.judge(partition, atUs);
  }

  /** The broker registered as a new incarnation: an ISR with other members should have dropped it. */
  brokerRegistered(brokerId: NodeId): void {
    for (const partition of this.cluster.partitions) {
      const budget = this.budgets[partition.id];
      if (budget === undefined || (partition.registration?.isr.length ?? 0) <= 1) continue;
      this.set(partition, { ...budget, losses: budget.losses.filter((loss) => loss.brokerId !== brokerId) });
    }
  }

  /** Why the record with `value` at `offset` may be gone; undefined when it must be there. */
  excuseForRecord(partition: TrackedPartition, offset: Offset, value: string | null): string | undefined {
    return this.find(partition, offset, (log) => {
      const record = recordAt(log, offset);
      return record !== undefined && record.value === value;
    });
  }

  /** Why `batch` may be gone; undefined when it must be there. */
  excuseForBatch(partition: TrackedPartition, batch: RecordBatch): string | undefined {
    return this.find(partition, batch.baseOffset, (log) => {
      const lost = log.batchAt(batch.baseOffset);
      return lost !== undefined && lost.partitionLeaderEpoch === batch.partitionLeaderEpoch && lost.contentHash === batch.contentHash;
    });
  }

  fork(cluster: Cluster): FaultBudget {
    const copy = new FaultBudget(cluster, this.uncleanTopics);
    copy.budgets = this.budgets.slice();
    return copy;
  }

  private find(partition: TrackedPartition, offset: Offset, isLost: (log: PartitionLog) => boolean): string | undefined {
    const excuses = this.budgets[partition.id]?.excuses;
    return excuses?.find(({ log, startOffsetInclusive, endOffsetExclusive }) => offset >= startOffsetInclusive && offset < endOffsetExclusive && isLost(log))?.reason;
  }

  /** Excuses what every member of the ISR has lost to its disk and does not hold any more (or again). */
  private judge(partition: TrackedPartition, atUs: number): void {
    const isr = partition.registration?.isr ?? [];
    const { losses } = this.of(partition);
    const lossesOf = new Map(isr.map((id) => [id, losses.filter(({ brokerId }) => brokerId === id)]));
    if (isr.length === 0 || [...lossesOf.values()].some((own) => own.length === 0)) return;
    const reason = (): string =>
      `at ${formatUs(atUs)} every member of the ISR of ${partition.name} ([${isr.map((id) => this.cluster.nameOf(id)).join(', ')}]) had lost records with its disk`;
    for (const { log } of losses) {
      let start = log.logStartOffset;
      let end = log.logEndOffset;
      for (const [id, own] of lossesOf) {
        // What a member cut off its log by itself is not lost to its disk.
        const keptOffset = Math.min(...own.map((loss) => loss.keptOffset));
        start = Math.max(start, keptOffset, commonPrefixEnd(partition.logOn(id), log));
        end = Math.min(end, Math.max(...own.map((loss) => commonPrefixEnd(loss.log, log))));
      }
      this.addExcuse(partition, log, start, end, reason);
    }
  }

  private electedUncleanly(partition: TrackedPartition, before: PartitionRegistration, leader: NodeId, atUs: number): void {
    const kept = partition.logOn(leader);
    const reason = (): string => `${this.cluster.nameOf(leader)} was elected leader of ${partition.name} uncleanly at ${formatUs(atUs)}`;
    const lost = [...before.isr.map((id) => partition.logOn(id)), ...this.of(partition).losses.map(({ log }) => log)];
    for (const log of lost) this.addExcuse(partition, log, commonPrefixEnd(kept, log), log.logEndOffset, reason);
  }

  private addExcuse(partition: TrackedPartition, log: PartitionLog, startOffsetInclusive: Offset, endOffsetExclusive: Offset, reason: () => string): void {
    if (startOffsetInclusive >= endOffsetExclusive) return;
    const budget = this.of(partition);
    const isKnown = budget.excuses.some((each) => each.log === log && each.startOffsetInclusive <= startOffsetInclusive && each.endOffsetExclusive >= endOffsetExclusive);
    if (isKnown) return;
    this.set(partition, { ...budget, excuses: [...budget.excuses, { log, startOffsetInclusive, endOffsetExclusive, reason: reason() }] });
  }

  private of(partition: TrackedPartition): PartitionBudget {
    return this.budgets[partition.id] ?? INTACT;
  }

  private set(partition: TrackedPartition, budget: PartitionBudget): void {
    while (this.budgets.length < partition.id) this.budgets.push(undefined);
    this.budgets[partition.id] = budget;
  }
}
