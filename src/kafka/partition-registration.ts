/**
 * What the controller has committed about one partition: who replicates it, who is in sync, who leads, who may lead
 * when nobody is in sync (KIP-966), and which reassignment is under way (KIP-455).
 *
 * Left out: log directories.
 *
 * Source: PartitionRegistration, Replicas.
 */
import { assert } from '../kernel/assert.ts';
import { NO_LEADER } from './ids.ts';
import type { LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, TopicName } from './ids.ts';
import { NO_LEADER_CHANGE } from './metadata-records.ts';
import type { LeaderRecoveryState, PartitionChangeRecord, PartitionRecord } from './metadata-records.ts';

/** Nobody (Replicas.NONE): one list, so that registrations share it. */
export const NO_REPLICAS: readonly NodeId[] = [];

/**
 * The committed state of a partition:
 *
 *   isr ⊆ replicas,  leader ∈ isr ∪ {-1},  elr ∩ isr = ∅,  addingReplicas ∪ removingReplicas ⊆ replicas
 *
 * Without ELR the ISR is never empty. `elr` need not be part of `replicas`: Kafka takes no broker out of it that a
 * reassignment took out of the replicas.
 */
export interface PartitionRegistration {
  /** In order of preference: the first is the preferred leader. */
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly leaderRecoveryState: LeaderRecoveryState;
  /** What the reassignment under way brings in and takes out; both empty when there is none. */
  readonly addingReplicas: readonly NodeId[];
  readonly removingReplicas: readonly NodeId[];
  /** Eligible leader replicas: out of the ISR, yet known to hold all that is committed. Rising. */
  readonly elr: readonly NodeId[];
  /** The last leader of a partition whose ISR is empty; else empty. */
  readonly lastKnownElr: readonly NodeId[];
}

/** The state in which a partition begins. */
export function registrationOfRecord(record: PartitionRecord): PartitionRegistration {
  return {
    replicas: record.replicas,
    isr: record.isr,
    leader: record.leader,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    leaderRecoveryState: record.leaderRecoveryState,
    addingReplicas: record.addingReplicas ?? NO_REPLICAS,
    removingReplicas: record.removingReplicas ?? NO_REPLICAS,
    elr: record.eligibleLeaderReplicas ?? NO_REPLICAS,
    lastKnownElr: record.lastKnownElr ?? NO_REPLICAS,
  };
}

/**
 * A partition after a change: any naming of a leader raises the leader epoch, any change the partition epoch
 * (PartitionRegistration.merge).
 */
export function mergeChange(before: PartitionRegistration, record: PartitionChangeRecord): PartitionRegistration {
  const leaderStays = record.leader === NO_LEADER_CHANGE;
  return {
    replicas: record.replicas ?? before.replicas,
    isr: record.isr ?? before.isr,
    leader: leaderStays ? before.leader : record.leader,
    leaderEpoch: leaderStays ? before.leaderEpoch : before.leaderEpoch + 1,
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState: record.leaderRecoveryState ?? before.leaderRecoveryState,
    addingReplicas: record.addingReplicas ?? before.addingReplicas,
    removingReplicas: record.removingReplicas ?? before.removingReplicas,
    elr: record.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: record.lastKnownElr ?? before.lastKnownElr,
  };
}

/**
 * A partition after a ClearElrRecord: the same value when it had nothing to clear, else with its partition epoch raised
 * (ReplicationControlManager.removeTopicElrs).
 */
export function clearElr(before: PartitionRegistration): PartitionRegistration {
  if (before.elr.length === 0 && before.lastKnownElr.length === 0) return before;
  return { ...before, partitionEpoch: before.partitionEpoch + 1, elr: NO_REPLICAS, lastKnownElr: NO_REPLICAS };
}

/**
 * Throws AssertionFailed unless the registration is as said above. `before` is the state it came from: only a partition
 * that keeps eligible leader replicas may lose the last member of its ISR, and it names its last leader when it does.
 */
export function checkRegistration(
  registration: PartitionRegistration,
  topic: TopicName,
  partition: PartitionIndex,
  before?: PartitionRegistration,
): void {
  const { replicas, isr, leader, elr, lastKnownElr, addingReplicas, removingReplicas } = registration;
  const state = (): string =>
    `${topic}-${partition}: replicas [${replicas.join()}], isr [${isr.join()}], elr [${elr.join()}], leader ${leader}`;
  assert(replicas.length > 0 && hasNoRepeats(replicas), () => `${state()}: replicas are empty or repeated`);
  assert(
    hasNoRepeats(isr) && isr.every((id) => replicas.includes(id)),
    () => `${state()}: the ISR is not a subset of the replicas`,
  );
  assert(
    isr.length > 0 || (before !== undefined && (before.isr.length === 0 || elr.length + lastKnownElr.length > 0)),
    () => `${state()}: the ISR is empty without eligible leader replicas`,
  );
  assert(
    elr.length === 0 || (hasNoRepeats(elr) && !elr.some((id) => isr.includes(id))),
    () => `${state()}: the ELR is not a set apart from the ISR`,
  );
  assert(
    isSubset(addingReplicas, replicas) && isSubset(removingReplicas, replicas),
    () => `${state()}: it adds [${addingReplicas.join()}] and removes [${removingReplicas.join()}], who are no replicas`,
  );
  assert(leader === NO_LEADER || isr.includes(leader), () => `${state()}: the leader is not in the ISR`);
}

function isSubset(ids: readonly NodeId[], of: readonly NodeId[]): boolean {
  return ids.every((id) => of.includes(id));
}

/** The same ids in the same order. */
export function sameReplicas(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

/** Whether every id stands there once. */
export function hasNoRepeats(ids: readonly NodeId[]): boolean {
  return ids.every((id, i) => ids.indexOf(id) === i);
}
