/**
 * The fault budget of GD-1: what Kafka may lose without breaking its word. It promises that a committed record survives
 * as long as, at every moment, some eligible leader retains it: a member of the ISR or, with KIP-966, of the ELR. A record
 * is therefore excused exactly when there was a moment at which none of them held it, each having held it and lost it to
 * its disk (power loss, wipe) while eligible; or when an unclean election, which the topic allows, put it out of the
 * leader's log.
 *
 * A member that leaves and comes back is no excuse for what it lost before: whoever joins must have caught up (KIP-841,
 * KIP-903); from its proposal on it counts as a member. The same holds for a broker that registers anew and stays in an ISR that has other members. Moments are judged
 * when a disk loses something and when ISR or ELR change: between them members only gain.
 *
 * ELR has a hole: a reassignment that takes a member of the ISR out of the replicas, and leaves fewer than `min.insync.replicas`,
 * puts that broker into the ELR and has its log deleted; brought back by another reassignment, it may be elected with nothing. What
 * is lost so is excused.
 *
 * With eligible leader replicas fewer than `min.insync.replicas` brokers with lossy crashes since the ISR was last large
 * enough are never an excuse, whatever the sets say; a broker that ELR dropped for an unclean shutdown counts as one of them. With `flush.messages` = 1 a power loss takes nothing: only a wipe does.
 * Source: "as long as there is at least one in sync replica alive, at all times" (Kafka documentation, 4.7); KIP-966;
 * PartitionChangeBuilder.maybePopulateTargetElr, ReplicationControlManager.getTopicEffectiveMinIsr (the hole).
 */
import { formatUs } from '../kernel/time.ts';
import { NO_LEADER } from '../kafka/ids.ts';
import type { LeaderEpoch, NodeId, Offset } from '../kafka/ids.ts';
import { PartitionLog } from '../kafka/log.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { Cluster, TrackedPartition, TrackedReplica } from './cluster.ts';
import type { CheckConfig } from './checker.ts';
import { commonPrefixEnd, isRetained, recordAt } from './compare-logs.ts';
import { checkedTopic, effectiveMinIsr, eligibleLeaders } from './min-isr.ts';

/** An eligible leader held `log`, and its disk kept what is below `keptOffset`. */
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
  /** Of present eligible leaders. */
  readonly losses: readonly Loss[];
  /** Brokers that lost something while eligible, or were dropped as if they had, since the ISR was last as large as min.insync.replicas. */
  readonly lossyBrokers: readonly NodeId[];
  readonly excuses: readonly Excuse[];
  /** In the ELR since before a reassignment took them out of the replicas, and their logs with that. */
  readonly reassignedAway?: readonly NodeId[];
  /** ISR and ELR are empty since the brokers with these logs were dropped: until somebody leads again, all of it may be gone. */
  readonly abandoned?: { readonly logs: readonly PartitionLog[]; readonly reason: string } | undefined;
  /** An unclean election was allowed; whoever led before it may have acknowledged more by then. */
  readonly unclean?: { readonly fromOffset: Offset; readonly leaderEpoch: LeaderEpoch; readonly reason: string };
}

const INTACT: PartitionBudget = { losses: [], lossyBrokers: [], excuses: [] };

export class FaultBudget {
  private readonly cluster: Cluster;
  private readonly config: CheckConfig;
  /** By partition id; absent while nothing was lost. */
  private budgets: (PartitionBudget | undefined)[] = [];
  private restarted: ReadonlySet<NodeId> = new Set();

  constructor(cluster: Cluster, config: CheckConfig) {
    this.cluster = cluster;
    this.config = config;
  }

  /**
   * The disk of `replica` held `before` and holds `replica.log` now; `isWiped` when nothing could be kept. True when it lost
   * something that it was free to lose.
   */
  diskChanged(replica: TrackedReplica, before: PartitionLog, isWiped: boolean, atUs: number): boolean {
    const { partition, brokerId } = replica;
    const keptOffset = commonPrefixEnd(replica.log, before);
    if (keptOffset >= before.logEndOffset) return false;
    if (!isWiped && checkedTopic(this.config, partition.topic)?.flushMessages === 1 && !this.restarted.has(brokerId)) return false;
    this.excuseDeposed(partition, before, keptOffset);
    const { registration } = partition;
    if (registration === undefined || !(eligibleLeaders(registration).includes(brokerId) || isProposed(partition, brokerId))) return true;
    const budget = this.of(partition);
    const lossyBrokers = budget.lossyBrokers.includes(brokerId) ? budget.lossyBrokers : [...budget.lossyBrokers, brokerId];
    this.set(partition, { ...budget, lossyBrokers, losses: [...budget.losses, { brokerId, log: before, keptOffset }] });
    this.judge(partition, atUs);
    return true;
  }

  registrationChanged(partition: TrackedPartition, before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    const elected = before === undefined ? undefined : uncleanLeader(before, after);
    const isAllowed = before !== undefined && elected !== undefined && (checkedTopic(this.config, partition.topic)?.uncleanLeaderElectionEnable === true || isLastKnownLeader(before, elected));
    if (isAllowed) this.noteUncleanElection(partition, before, after.leaderEpoch, partition.logOn(elected), `${this.cluster.nameOf(elected)} was elected leader of ${partition.name} uncleanly`, atUs);
    if (before !== undefined) this.noteReassignedAway(partition, before, after, atUs);
    if (after.isr[0] !== undefined) this.endAbandonment(partition, after.isr[0]);
    const { losses } = this.of(partition);
    const eligible = eligibleLeaders(after);
    // With an ELR nobody leaves both sets while the ISR is too small, but for a shutdown that was not clean.
    const dropped = this.config.eligibleLeaderReplicas === true && before !== undefined ? eligibleLeaders(before).filter((id) => !eligible.includes(id)) : [];
    const lossyBrokers = [...new Set([...this.of(partition).lossyBrokers, ...dropped])];
    if (lossyBrokers.length === 0) return;
    const isAbandoned = dropped.length > 0 && after.isr.length === 0 && !after.elr.some((id) => after.replicas.includes(id)) && lossyBrokers.length >= effectiveMinIsr(this.config, partition.topic, after.replicas);
    if (isAbandoned) this.noteAbandoned(partition, dropped, atUs);
    const remaining = losses.filter(({ brokerId }) => eligible.includes(brokerId));
    const isLarge = after.isr.length >= effectiveMinIsr(this.config, partition.topic, after.replicas);
    const counted = isLarge ? lossyBrokers.filter((id) => remaining.some(({ brokerId }) => brokerId === id)) : lossyBrokers;
    this.set(partition, { ...this.of(partition), losses: remaining, lossyBrokers: counted });
    this.judge(partition, atUs);
  }

  /** Whether a leader was elected uncleanly, as the topic or KIP-966 allows. */
  electedUncleanly(partition: TrackedPartition): boolean {
    return this.of(partition).unclean !== undefined;
  }

  /** Why something of the partition may be gone at all; undefined while everything must be there. */
  lossOf(partition: TrackedPartition): string | undefined {
    const { abandoned, unclean, excuses } = this.of(partition);
    return abandoned?.reason ?? unclean?.reason ?? excuses[0]?.reason;
  }

  /** A replica cut its log: after an unclean election that was allowed, what it had beyond the new leader's. */
  replicaTruncated({ partition }: TrackedReplica, before: PartitionLog, after: PartitionLog): void {
    const { unclean } = this.of(partition);
    if (unclean !== undefined) this.addExcuse(partition, before, Math.max(after.logEndOffset, unclean.fromOffset), before.logEndOffset, () => unclean.reason);
  }

  /** A disk lost what a leader that an unclean election had deposed took before it knew: nobody else has it. */
  private excuseDeposed(partition: TrackedPartition, before: PartitionLog, keptOffset: Offset): void {
    const { unclean } = this.of(partition);
    if (unclean === undefined) return;
    const end = before.firstBatchFromEpoch(unclean.leaderEpoch)?.baseOffset ?? before.logEndOffset;
    this.addExcuse(partition, before, Math.max(keptOffset, unclean.fromOffset), end, () => unclean.reason);
  }

  /**
   * A process began again on the disk of a former one. What that one had appended and not flushed is in its log, counts from
   * now on, and is never flushed: `flush.messages` asks for new appends only (LogLoader.recoverLog flushes nothing).
   */
  processRestarted(node: NodeId): void {
    this.restarted = new Set(this.restarted).add(node);
  }

  /** The broker registered as a new incarnation: an ISR with other members should have dropped it, and whoever is not in it must catch up first. */
  brokerRegistered(brokerId: NodeId): void {
    for (const partition of this.cluster.partitions) {
      const budget = this.budgets[partition.id];
      const { registration } = partition;
      if (budget === undefined || registration === undefined) continue;
      if (registration.isr.length <= 1 && eligibleLeaders(registration).includes(brokerId)) continue;
      this.set(partition, { ...budget, losses: budget.losses.filter((loss) => loss.brokerId !== brokerId) });
    }
  }

  /** Why the record with `value` at `offset` may be gone; undefined when it must be there. */
  excuseForRecord(partition: TrackedPartition, offset: Offset, value: string | null): string | undefined {
    return this.find(partition, offset, (log) => {
      // What retention or a cleaning had taken before cannot have been lost again.
      if (!isRetained(log, offset)) return true;
      const record = recordAt(log, offset);
      return record !== undefined && record.value === value;
    });
  }

  /** Why `batch` may be gone; undefined when it must be there. */
  excuseForBatch(partition: TrackedPartition, batch: RecordBatch): string | undefined {
    return this.find(partition, batch.baseOffset, (log) => {
      const lost = log.batchAt(batch.baseOffset);
      // What retention had taken cannot be lost again; of what was cleaned nobody can tell.
      if (batch.baseOffset < Math.max(log.logStartOffset, log.cleanedEndOffset)) return true;
      return lost !== undefined && lost.partitionLeaderEpoch === batch.partitionLeaderEpoch && lost.contentHash === batch.contentHash;
    });
  }

  fork(cluster: Cluster): FaultBudget {
    const copy = new FaultBudget(cluster, this.config);
    copy.budgets = this.budgets.slice();
    copy.restarted = this.restarted;
    return copy;
  }

  private find(partition: TrackedPartition, offset: Offset, isLost: (log: PartitionLog) => boolean): string | undefined {
    const budget = this.budgets[partition.id];
    // A deposed leader goes on for a while after an unclean election, and what it acknowledges then nobody else has.
    const unclean = budget?.unclean;
    // What its log cleaner took of that lay before a batch that is left: epochs rise along a log.
    const isOfDeposed = ({ log }: TrackedReplica, { leaderEpoch }: { readonly leaderEpoch: LeaderEpoch }): boolean => (log.batchFrom(offset)?.partitionLeaderEpoch ?? leaderEpoch) < leaderEpoch && isLost(log);
    if (unclean !== undefined && offset >= unclean.fromOffset && partition.replicas.some((replica) => replica !== partition.leader && isOfDeposed(replica, unclean))) return unclean.reason;
    if (budget?.abandoned?.logs.some((log) => offset < log.logEndOffset && isLost(log)) === true) return budget.abandoned.reason;
    return budget?.excuses.find(({ log, startOffsetInclusive, endOffsetExclusive }) => offset >= startOffsetInclusive && offset < endOffsetExclusive && isLost(log))?.reason;
  }

  /** Excuses what every eligible leader has lost to its disk and does not hold any more (or again). */
  private judge(partition: TrackedPartition, atUs: number): void {
    const { registration } = partition;
    const { losses, lossyBrokers } = this.of(partition);
    if (registration === undefined || losses.length === 0) return;
    if (this.config.eligibleLeaderReplicas === true && lossyBrokers.length < effectiveMinIsr(this.config, partition.topic, registration.replicas)) return;
    const eligible = eligibleLeaders(registration);
    const lossesOf = new Map(eligible.map((id) => [id, losses.filter(({ brokerId }) => brokerId === id)]));
    if (eligible.length === 0 || [...lossesOf.values()].some((own) => own.length === 0)) return;
    const sets = eligible.length > registration.isr.length ? 'ISR and the ELR' : 'ISR';
    const reason = (): string =>
      `at ${formatUs(atUs)} every member of the ${sets} of ${partition.name} ([${eligible.map((id) => this.cluster.nameOf(id)).join(', ')}]) had lost records with its disk`;
    for (const { log } of losses) {
      // Below its start, too: what retention had taken there cannot be asked for again.
      let start = 0;
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

  /**
   * ELR dropped its last member, as many brokers having shut down uncleanly as `min.insync.replicas` asks for: what `dropped` held
   * may be gone, whatever the disks kept, because nobody is left whom the controller would take to have it.
   */
  private noteAbandoned(partition: TrackedPartition, dropped: readonly NodeId[], atUs: number): void {
    const names = dropped.map((id) => this.cluster.nameOf(id)).join(', ');
    const logs = [...dropped.map((id) => partition.logOn(id)), ...this.of(partition).losses.map(({ log }) => log)];
    const reason = `at ${formatUs(atUs)} nobody was left in the ISR and the ELR of ${partition.name} after unclean shutdowns, of ${names} at last`;
    this.set(partition, { ...this.of(partition), abandoned: { logs, reason } });
  }

  /** Somebody leads again: what it holds of that which was abandoned must survive from here on. */
  private endAbandonment(partition: TrackedPartition, leader: NodeId): void {
    const { abandoned } = this.of(partition);
    if (abandoned === undefined) return;
    this.set(partition, { ...this.of(partition), abandoned: undefined });
    const kept = partition.logOn(leader);
    for (const log of abandoned.logs) this.addExcuse(partition, log, commonPrefixEnd(kept, log), log.logEndOffset, () => abandoned.reason);
  }

  private noteReassignedAway(partition: TrackedPartition, before: PartitionRegistration, { elr, replicas, leader, leaderEpoch }: PartitionRegistration, atUs: number): void {
    const known = this.of(partition).reassignedAway ?? [];
    const isElected = leader !== before.leader && known.includes(leader);
    if (isElected) this.noteUncleanElection(partition, before, leaderEpoch, PartitionLog.empty(), `${this.cluster.nameOf(leader)} was elected leader of ${partition.name} from the ELR, though a reassignment had taken its log,`, atUs);
    const reassignedAway = elr.filter((id) => known.includes(id) || !replicas.includes(id));
    if (reassignedAway.length !== known.length) this.set(partition, { ...this.of(partition), reassignedAway });
  }

  /** The leader has `kept`. */
  private noteUncleanElection(partition: TrackedPartition, before: PartitionRegistration, leaderEpoch: LeaderEpoch, kept: PartitionLog, what: string, atUs: number): void {
    const reason = (): string => `${what} at ${formatUs(atUs)}`;
    const lost = [...eligibleLeaders(before).map((id) => partition.logOn(id)), ...this.of(partition).losses.map(({ log }) => log)];
    for (const log of lost) this.addExcuse(partition, log, isCleaned(kept, log) ? 0 : commonPrefixEnd(kept, log), log.logEndOffset, reason);
    this.set(partition, { ...this.of(partition), unclean: { fromOffset: Math.min(kept.logEndOffset, ...lost.map((log) => commonPrefixEnd(kept, log))), leaderEpoch, reason: reason() } });
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

/** A leader has proposed the broker for the ISR: it had caught up, and the controller may yet accept it, not knowing of its crash. */
function isProposed({ replicas }: TrackedPartition, brokerId: NodeId): boolean {
  return replicas.some(({ view }) => {
    const leadership = view?.leadership ?? null;
    return leadership !== null && leadership.pending !== null && leadership.maximalIsr.includes(brokerId);
  });
}

/**
 * Whom an election between the two took who was not eligible before. One that was fenced in the same batch of records leads
 * no more, and is known by what it left: an ISR of itself alone or, with ELR, none and itself as the last known leader.
 */
function uncleanLeader(before: PartitionRegistration, after: PartitionRegistration): NodeId | undefined {
  const { leader, leaderEpoch, leaderRecoveryState, isr, lastKnownElr } = after;
  const isFenced = leader === NO_LEADER && leaderEpoch > before.leaderEpoch && leaderRecoveryState === 'RECOVERING' && isr.length <= 1;
  const elected = isFenced ? (isr[0] ?? lastKnownElr[0]) : leader;
  return elected === undefined || elected === NO_LEADER || eligibleLeaders(before).includes(elected) ? undefined : elected;
}

/** Where one of them was cleaned, nobody can tell by looking whether they were the same there. */
function isCleaned(a: PartitionLog, b: PartitionLog): boolean {
  return Math.max(a.cleanedEndOffset, b.cleanedEndOffset) > Math.max(a.logStartOffset, b.logStartOffset);
}

/**
 * KIP-966, balanced recovery: ISR and ELR are empty, each of their members having shut down uncleanly (which is all that a
 * controller can tell of a crash), and the last known leader takes over with what it has.
 */
function isLastKnownLeader(before: PartitionRegistration, leader: NodeId): boolean {
  return before.isr.length === 0 && before.leader === NO_LEADER && before.lastKnownElr.includes(leader);
}
