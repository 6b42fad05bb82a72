/**
 * How the controller changes one partition: from its committed state and a target to the one PartitionChangeRecord that
 * gets there, electing a leader on the way. Without eligible leader replicas (KIP-966) the last member of the ISR is
 * never removed: a target ISR that is empty leaves the ISR as it is and the partition without a leader.
 *
 * `isValidNewLeader` is where ELR would join (a replica of the ELR when the ISR is empty), and `electLeader` where the
 * last known leader would; reassignment would complete before the election.
 *
 * Source: PartitionChangeBuilder.
 */
import { unreachable } from '../kernel/assert.ts';
import { NO_LEADER } from './ids.ts';
import type { NodeId, PartitionIndex } from './ids.ts';
import { NO_LEADER_CHANGE } from './metadata-records.ts';
import type { LeaderRecoveryState, PartitionChangeRecord, TopicId } from './metadata-records.ts';
import type { PartitionRegistration } from './partition-registration.ts';

/**
 * ONLINE keeps a valid leader, else takes the first replica in assignment order that is in the ISR and acceptable.
 * PREFERRED tries the first replica before that. UNCLEAN, when the ISR has none to offer, takes the first acceptable
 * replica.
 */
export type Election = 'PREFERRED' | 'ONLINE' | 'UNCLEAN';

export interface PartitionChange {
  readonly topicId: TopicId;
  readonly partitionId: PartitionIndex;
  readonly partition: PartitionRegistration;
  readonly isAcceptableLeader: (id: NodeId) => boolean;
  readonly election: Election;
  /** Absent: the ISR is to stay as it is. */
  readonly targetIsr?: readonly NodeId[];
  readonly targetLeaderRecoveryState?: LeaderRecoveryState;
  /** Metadata versions before 3.6 raise the leader epoch when the ISR shrinks (KAFKA-15021). */
  readonly bumpsLeaderEpochOnIsrShrink: boolean;
}

interface ElectionResult {
  readonly node: NodeId;
  readonly unclean: boolean;
}

/** The record that makes the change, undefined when nothing changes. */
export function buildPartitionChange(change: PartitionChange): PartitionChangeRecord | undefined {
  const { topicId, partitionId, partition } = change;
  const targetIsr = change.targetIsr ?? partition.isr;
  const elected = electLeader(change, targetIsr);
  const isNewLeader = elected.node !== partition.leader;
  const isUnclean = isNewLeader && elected.unclean;
  // An unclean leader is the only replica in sync with itself: what the others hold beyond it will be lost.
  const newIsr = isUnclean ? [elected.node] : targetIsr;
  const isr = newIsr.length > 0 && !sameReplicas(newIsr, partition.isr) ? newIsr : null;
  const shrinks = isr !== null && partition.isr.some((id) => !isr.includes(id));
  const leader = isNewLeader
    ? elected.node
    : change.bumpsLeaderEpochOnIsrShrink && shrinks
      ? partition.leader
      : NO_LEADER_CHANGE;
  const recovery = isUnclean ? 'RECOVERING' : (change.targetLeaderRecoveryState ?? partition.leaderRecoveryState);
  const leaderRecoveryState = recovery === partition.leaderRecoveryState ? null : recovery;
  if (isr === null && leader === NO_LEADER_CHANGE && leaderRecoveryState === null) return undefined;
  return { type: 'PartitionChangeRecord', topicId, partitionId, isr, leader, replicas: null, leaderRecoveryState };
}

function electLeader(
  { partition, isAcceptableLeader, election }: PartitionChange,
  targetIsr: readonly NodeId[],
): ElectionResult {
  const isValidNewLeader = (id: NodeId): boolean => targetIsr.includes(id) && isAcceptableLeader(id);
  const preferred = partition.replicas[0] as NodeId;
  switch (election) {
    case 'PREFERRED':
      if (isValidNewLeader(preferred)) return { node: preferred, unclean: false };
      break;
    case 'ONLINE':
    case 'UNCLEAN':
      break;
    default:
      return unreachable(election, 'election');
  }
  if (isValidNewLeader(partition.leader)) return { node: partition.leader, unclean: false };
  const inSync = partition.replicas.find(isValidNewLeader);
  if (inSync !== undefined) return { node: inSync, unclean: false };
  const unclean = election === 'UNCLEAN' ? partition.replicas.find(isAcceptableLeader) : undefined;
  return unclean === undefined ? { node: NO_LEADER, unclean: false } : { node: unclean, unclean: true };
}

function sameReplicas(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
