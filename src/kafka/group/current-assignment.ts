/**
 * The reconciliation of one member (KIP-848): the next step of its current assignment towards its target, or the same one when
 * no step is possible.
 *
 *   STABLE                 it is told to own all of its target, in the epoch of the target
 *   UNREVOKED_PARTITIONS   it is told to give partitions up, and stays in its epoch until its heartbeat shows that it has
 *   UNRELEASED_PARTITIONS  it is in the epoch of the target, and lacks partitions that others have not given up
 *
 * With A what it is assigned and T its target: `A' = A ∩ T`, to be revoked is `A - T`, and of `T - A` it gets what nobody has,
 * be it to own or to revoke. So a partition is in the current assignment of one member at most, and a member that is in the
 * epoch of the target has nothing to revoke.
 *
 * As in 4.1 and later, a member that has revoked stays in its epoch if there is more to revoke; 4.0 raises it by one then.
 * Source: CurrentAssignmentBuilder, ConsumerGroupMember.isReconciledTo.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { PartitionIndex, TopicName } from '../ids.ts';
import type { ConsumerGroupCurrentMemberAssignmentValue, MemberState } from './coordinator-records.ts';
import { difference, filterPartitions, intersection, isSameSet, union, type PartitionSet } from './partition-sets.ts';

export type CurrentAssignment = ConsumerGroupCurrentMemberAssignmentValue;

/** Of a member that has just joined. */
export const NOTHING_ASSIGNED: CurrentAssignment = { memberEpoch: 0, previousMemberEpoch: -1, state: 'STABLE', assignedPartitions: [], partitionsPendingRevocation: [] };

export interface Reconciliation {
  readonly targetEpoch: number;
  readonly target: PartitionSet;
  /** As the heartbeat says it; null when it does not. */
  readonly owned: PartitionSet | null;
  /** No member has it, neither to own nor to revoke. */
  readonly isFree: (topic: TopicName, partition: PartitionIndex) => boolean;
}

export function isReconciledTo({ state, memberEpoch }: CurrentAssignment, targetEpoch: number): boolean {
  return state === 'STABLE' && memberEpoch === targetEpoch;
}

export function reconcile(current: CurrentAssignment, towards: Reconciliation): CurrentAssignment {
  switch (current.state) {
    case 'STABLE':
      return current.memberEpoch === towards.targetEpoch ? current : nextAssignment(current, towards);
    case 'UNREVOKED_PARTITIONS':
      return ownsAny(towards.owned, current.partitionsPendingRevocation) ? current : nextAssignment(current, towards);
    case 'UNRELEASED_PARTITIONS':
      return nextAssignment(current, towards);
    default:
      return unreachable(current.state, 'state of a member');
  }
}

/** A member that does not say what it owns has not given anything up. */
function ownsAny(owned: PartitionSet | null, partitions: PartitionSet): boolean {
  return owned === null || intersection(owned, partitions).length > 0;
}

function nextAssignment(current: CurrentAssignment, { targetEpoch, target, owned, isFree }: Reconciliation): CurrentAssignment {
  const kept = intersection(current.assignedPartitions, target);
  const toRevoke = difference(current.assignedPartitions, target);
  if (toRevoke.length > 0 && ownsAny(owned, toRevoke)) {
    return assignment(current, 'UNREVOKED_PARTITIONS', current.memberEpoch, kept, toRevoke);
  }
  const missing = difference(target, kept);
  const free = filterPartitions(missing, isFree);
  return assignment(current, isSameSet(free, missing) ? 'STABLE' : 'UNRELEASED_PARTITIONS', targetEpoch, union(kept, free), []);
}

function assignment(current: CurrentAssignment, state: MemberState, memberEpoch: number, assignedPartitions: PartitionSet, partitionsPendingRevocation: PartitionSet): CurrentAssignment {
  return { memberEpoch, previousMemberEpoch: current.memberEpoch, state, assignedPartitions, partitionsPendingRevocation };
}

export function isSameAssignment(a: CurrentAssignment, b: CurrentAssignment): boolean {
  return a === b || (
    a.memberEpoch === b.memberEpoch && a.previousMemberEpoch === b.previousMemberEpoch && a.state === b.state
    && isSameSet(a.assignedPartitions, b.assignedPartitions) && isSameSet(a.partitionsPendingRevocation, b.partitionsPendingRevocation)
  );
}
