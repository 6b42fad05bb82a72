/**
 * What happened in a run, as far as Kafka's promises depend on it: who was replaced as leader and when, whose disk lost
 * records, when an ISR was too small. The predicates of guarantees.ts read these facts; no fact is a judgement.
 *
 * Each fact is kept as the last time at which it was true, so that "since this record was sent" is one comparison.
 * Unclean elections and records that every holder lost are the fault budget's.
 *
 * Left out, until clients report them: connections that were lost, attempts without a known outcome, producer epochs.
 * Source: the trace predicates of GD-1..GD-14; REP-10 (a replaced leader goes on accepting acks=0 and acks=1).
 */
import { NEVER_US } from '../kernel/time.ts';
import type { NodeId, PartitionEpoch } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckConfig } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import type { FaultBudget } from './fault-budget.ts';
import { effectiveMinIsr } from './min-isr.ts';

/** Never in the past. */
const NOT_YET_US = -1;
const NOT_REASSIGNED: PartitionEpoch = -1;

interface PartitionFacts {
  /** The controller named another leader, or the same in a new leader epoch. */
  readonly leaderChangedUs: number;
  /** A broker that the controller had replaced stopped acting as leader. */
  readonly replacedLeaderUs: number;
  /** The disk of the broker that the controller had named leader lost records. */
  readonly leaderLostUs: number;
  /** The ISR, as committed or as the leader knows it, stopped being below min.insync.replicas. */
  readonly belowMinIsrUs: number;
  /** By broker id: its disk lost records. */
  readonly lostUs: ReadonlyMap<NodeId, number>;
  /** Before the controller committed those of today. */
  readonly formerReplicas: readonly NodeId[];
  /** The partition epoch in which it did. */
  readonly reassignedIn: PartitionEpoch;
}

const NOTHING: PartitionFacts = {
  leaderChangedUs: NOT_YET_US, replacedLeaderUs: NOT_YET_US, leaderLostUs: NOT_YET_US, belowMinIsrUs: NOT_YET_US, lostUs: new Map(), formerReplicas: [], reassignedIn: NOT_REASSIGNED,
};

export class RunTrace {
  readonly budget: FaultBudget;
  private readonly config: CheckConfig;
  /** By broker id: when its present registration was committed, and the one before. */
  private registered: ReadonlyMap<NodeId, { readonly presentUs: number; readonly formerUs: number }> = new Map();
  /** By partition id. */
  private facts: (PartitionFacts | undefined)[] = [];

  constructor(config: CheckConfig, budget: FaultBudget) {
    this.config = config;
    this.budget = budget;
  }

  // --- what happens --------------------------------------------------------------------------------------------------

  registrationChanged(partition: TrackedPartition, before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    if (before === undefined) return;
    if (before.leader !== after.leader || before.leaderEpoch !== after.leaderEpoch) this.note(partition, { leaderChangedUs: atUs });
    if (this.isTooSmall(partition, before.isr, before.replicas)) this.note(partition, { belowMinIsrUs: atUs });
    if (before.replicas !== after.replicas) this.note(partition, { formerReplicas: before.replicas, reassignedIn: after.partitionEpoch });
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    const led = before?.leadership ?? null;
    if (led === null) return;
    const { partition } = replica;
    if (partition.leader !== replica) this.note(partition, { replacedLeaderUs: atUs });
    if (after?.leadership?.isr === led.isr) return;
    if (this.isTooSmallFor(partition, before)) this.note(partition, { belowMinIsrUs: atUs });
  }

  diskLost({ partition, brokerId }: TrackedReplica, atUs: number): void {
    const lostUs = new Map(this.of(partition).lostUs).set(brokerId, atUs);
    this.note(partition, partition.registration?.leader === brokerId ? { lostUs, leaderLostUs: atUs } : { lostUs });
  }

  brokerRegistered(brokerId: NodeId, atUs: number): void {
    const formerUs = this.registered.get(brokerId)?.presentUs ?? 0;
    this.registered = new Map(this.registered).set(brokerId, { presentUs: atUs, formerUs });
  }

  // --- what was the case at `sinceUs` or later -----------------------------------------------------------------------

  /** Another broker, or another leader epoch, led the partition; or a replaced leader acted as one. */
  leaderChangedSince(partition: TrackedPartition, sinceUs: number): boolean {
    const { leaderChangedUs, replacedLeaderUs } = this.of(partition);
    return Math.max(leaderChangedUs, replacedLeaderUs) >= sinceUs || partition.replicas.some((replica) => replica !== partition.leader && (replica.view?.leadership ?? null) !== null);
  }

  leaderLostSince(partition: TrackedPartition, sinceUs: number): boolean {
    return this.of(partition).leaderLostUs >= sinceUs;
  }

  /** The disk of `brokerId` lost records of the partition. */
  lostSince(partition: TrackedPartition, brokerId: NodeId, sinceUs: number): boolean {
    return (this.of(partition).lostUs.get(brokerId) ?? NOT_YET_US) >= sinceUs;
  }

  /** Its disk lost records of the partition since it registered: it is about to register anew, and to leave the ISR with that. */
  hasLost(partition: TrackedPartition, brokerId: NodeId): boolean {
    return this.lostSince(partition, brokerId, this.registered.get(brokerId)?.presentUs ?? 0);
  }

  /** The same, or it did so in its life before: a leader may still count on what that one fetched (KIP-903 refuses it). */
  hasLostLately(partition: TrackedPartition, brokerId: NodeId): boolean {
    return this.lostSince(partition, brokerId, this.registered.get(brokerId)?.formerUs ?? 0);
  }

  /** The ISR was smaller than min.insync.replicas, as the controller had committed it or as a leader knew it. */
  belowMinIsrSince(partition: TrackedPartition, sinceUs: number): boolean {
    const isSo = this.isBelowMinIsr(partition) || partition.replicas.some(({ view }) => this.isTooSmallFor(partition, view));
    return Math.max(this.of(partition).belowMinIsrUs, isSo ? NEVER_US : NOT_YET_US) >= sinceUs;
  }

  /** It is so now. */
  isBelowMinIsr(partition: TrackedPartition): boolean {
    const { registration, leader } = partition;
    if (registration === undefined) return false;
    return this.isTooSmall(partition, registration.isr, registration.replicas) || this.isTooSmallFor(partition, leader?.view);
  }

  fork(budget: FaultBudget): RunTrace {
    const copy = new RunTrace(this.config, budget);
    copy.facts = this.facts.slice();
    copy.registered = this.registered;
    return copy;
  }

  /** As a leader knows ISR and replicas: it may not have heard that a reassignment has left the partition with fewer. */
  private isTooSmallFor(partition: TrackedPartition, leader: ReplicaView | undefined): boolean {
    const isr = leader?.leadership?.isr;
    if (leader === undefined || isr === undefined) return false;
    const { formerReplicas, reassignedIn } = this.of(partition);
    return this.isTooSmall(partition, isr, leader.partitionEpoch < reassignedIn ? formerReplicas : (partition.registration?.replicas ?? isr));
  }

  private isTooSmall({ topic }: TrackedPartition, isr: readonly NodeId[], replicas: readonly NodeId[]): boolean {
    return isr.length < effectiveMinIsr(this.config, topic, replicas);
  }

  private of({ id }: TrackedPartition): PartitionFacts {
    return this.facts[id] ?? NOTHING;
  }

  private note(partition: TrackedPartition, change: Partial<PartitionFacts>): void {
    while (this.facts.length < partition.id) this.facts.push(undefined);
    this.facts[partition.id] = { ...this.of(partition), ...change };
  }
}
