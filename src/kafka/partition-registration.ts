/**
 * What the controller has committed about one partition: who replicates it, who is in sync, who leads.
 *
 * Left out: the fields of a reassignment under way, log directories, eligible leader replicas (KIP-966).
 *
 * Source: PartitionRegistration, Replicas.
 */
import { assert } from '../kernel/assert.ts';
import { NO_LEADER } from './ids.ts';
import type { LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, TopicName } from './ids.ts';
import { NO_LEADER_CHANGE } from './metadata-records.ts';
import type { LeaderRecoveryState, PartitionChangeRecord } from './metadata-records.ts';

/**
 * The committed state of a partition: `isr` is a subset of `replicas` and, without ELR, never empty; `leader` is in
 * `isr` or -1.
 */
export interface PartitionRegistration {
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly leaderRecoveryState: LeaderRecoveryState;
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
  };
}

/** Throws AssertionFailed unless the replicas, the ISR and the leader fit each other as said above. */
export function checkRegistration(
  { replicas, isr, leader }: PartitionRegistration,
  topic: TopicName,
  partition: PartitionIndex,
): void {
  const state = (): string =>
    `${topic}-${partition}: replicas [${replicas.join()}], isr [${isr.join()}], leader ${leader}`;
  assert(replicas.length > 0 && hasNoRepeats(replicas), () => `${state()}: replicas are empty or repeated`);
  assert(
    isr.length > 0 && hasNoRepeats(isr) && isr.every((id) => replicas.includes(id)),
    () => `${state()}: the ISR is not a non-empty subset of the replicas`,
  );
  assert(leader === NO_LEADER || isr.includes(leader), () => `${state()}: the leader is not in the ISR`);
}

/** Whether every id stands there once. */
export function hasNoRepeats(ids: readonly NodeId[]): boolean {
  return ids.every((id, i) => ids.indexOf(id) === i);
}
