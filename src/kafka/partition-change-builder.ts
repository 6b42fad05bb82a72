/**
 * How the controller changes one partition: from its committed state and a target to the one PartitionChangeRecord that
 * gets there. In this order: a reassignment completes if the target ISR allows it, the ELR follows the ISR, a leader is
 * elected, and the leader epoch is raised where the leader stays but must notice.
 *
 * Without eligible leader replicas (KIP-966) the last member of the ISR is never removed: a target ISR that is empty
 * leaves the ISR as it is and the partition without a leader. With them the ISR may become empty.
 *
 * Source: PartitionChangeBuilder.
 */
import { assert, unreachable } from '../kernel/assert.ts';
import { electableLastKnownLeader, eligibleLeaderReplicas, lastKnownElrChange } from './eligible-leader-replicas.ts';
import { NO_LEADER } from './ids.ts';
import type { NodeId, PartitionIndex } from './ids.ts';
import { NO_LEADER_CHANGE } from './metadata-records.ts';
import type { LeaderRecoveryState, PartitionChangeRecord, TopicId } from './metadata-records.ts';
import { completeReassignment } from './partition-reassignment.ts';
import { NO_REPLICAS, sameReplicas } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';

/**
 * ONLINE keeps a valid leader, else takes the first replica in assignment order that is valid: acceptable, and in the
 * ISR, or in the ELR when the ISR is empty. PREFERRED tries the first replica before that. When there is none, the last
 * known leader is tried; UNCLEAN then takes the first acceptable replica.
 */
export type Election = 'PREFERRED' | 'ONLINE' | 'UNCLEAN';

export interface PartitionChange {
  readonly topicId: TopicId;
  readonly partitionId: PartitionIndex;
  readonly partition: PartitionRegistration;
  readonly isAcceptableLeader: (id: NodeId) => boolean;
  readonly election: Election;
  /** Absent targets: the field is to stay as it is. */
  readonly targetIsr?: readonly NodeId[];
  readonly targetReplicas?: readonly NodeId[];
  readonly targetAdding?: readonly NodeId[];
  readonly targetRemoving?: readonly NodeId[];
  readonly targetLeaderRecoveryState?: LeaderRecoveryState;
  /** Brokers that came back without a clean shutdown: they may lack what they once had. */
  readonly uncleanShutdownReplicas?: readonly NodeId[];
  /** `min.insync.replicas` as it counts for the topic, see effectiveMinInsyncReplicas. */
  readonly minInsyncReplicas: number;
  readonly eligibleLeaderReplicas: boolean;
  readonly lastKnownLeaderMustBeActive: boolean;
  /** Metadata versions before 3.6 raise the leader epoch when the ISR shrinks (KAFKA-15021). */
  readonly bumpsLeaderEpochOnIsrShrink: boolean;
}

/** What the partition is to become, before a leader is elected. */
interface Target {
  readonly replicas: readonly NodeId[];
  readonly adding: readonly NodeId[];
  readonly removing: readonly NodeId[];
  readonly isr: readonly NodeId[];
  readonly elr: readonly NodeId[];
}

interface ElectionResult {
  readonly node: NodeId;
  readonly unclean: boolean;
}

/** The record that makes the change, undefined when nothing changes. */
export function buildPartitionChange(change: PartitionChange): PartitionChangeRecord | undefined {
  const { topicId, partitionId, partition } = change;
  const target = targetOf(change);
  const elected = electLeader(change, target);
  assert(
    elected.node === partition.leader || elected.node === NO_LEADER || target.replicas.includes(elected.node),
    () => `partition ${partitionId} of topic ${topicId} elects ${elected.node}, who is no replica`,
  );
  const isNewLeader = elected.node !== partition.leader;
  const isUnclean = isNewLeader && elected.unclean;
  const isFromElr = isNewLeader && !isUnclean && target.elr.includes(elected.node);
  // An unclean leader is the only replica in sync with itself: what the others hold beyond it will be lost.
  const newIsr = isUnclean || isFromElr ? [elected.node] : target.isr;
  const newElr = isUnclean ? NO_REPLICAS : isFromElr ? target.elr.filter((id) => id !== elected.node) : target.elr;

  const mayBecomeEmpty = change.eligibleLeaderReplicas;
  const isr = newIsr.length > 0 || mayBecomeEmpty ? changeOf(partition.isr, newIsr) : null;
  const leader = isNewLeader
    ? elected.node
    : mustNotice(change, target.replicas, isr)
      ? partition.leader
      : NO_LEADER_CHANGE;
  const recovery = isUnclean ? 'RECOVERING' : (change.targetLeaderRecoveryState ?? partition.leaderRecoveryState);
  const record: PartitionChangeRecord = {
    type: 'PartitionChangeRecord',
    topicId,
    partitionId,
    isr,
    leader,
    replicas: changeOf(partition.replicas, target.replicas),
    leaderRecoveryState: recovery === partition.leaderRecoveryState ? null : recovery,
    addingReplicas: changeOf(partition.addingReplicas, target.adding),
    removingReplicas: changeOf(partition.removingReplicas, target.removing),
    eligibleLeaderReplicas: changeOf(partition.elr, newElr),
    lastKnownElr: change.eligibleLeaderReplicas ? lastKnownElrChange(partition, isr, leader) : null,
  };
  return isNoOp(record) ? undefined : record;
}

function targetOf(change: PartitionChange): Target {
  const { partition } = change;
  let replicas = change.targetReplicas ?? partition.replicas;
  let adding = change.targetAdding ?? partition.addingReplicas;
  let removing = change.targetRemoving ?? partition.removingReplicas;
  let isr = change.targetIsr ?? partition.isr;
  const completed = completeReassignment({ replicas, addingReplicas: adding, removingReplicas: removing }, isr);
  if (completed !== undefined) {
    ({ replicas, isr } = completed);
    adding = NO_REPLICAS;
    removing = NO_REPLICAS;
  }
  const elr = change.eligibleLeaderReplicas
    ? eligibleLeaderReplicas(partition, isr, change.minInsyncReplicas, change.uncleanShutdownReplicas ?? NO_REPLICAS)
    : NO_REPLICAS;
  return { replicas, adding, removing, isr, elr };
}

function electLeader(change: PartitionChange, { replicas, isr, elr }: Target): ElectionResult {
  const { partition, isAcceptableLeader, election } = change;
  const candidates = isr.length > 0 ? isr : elr;
  const isValidNewLeader = (id: NodeId): boolean => candidates.includes(id) && isAcceptableLeader(id);
  const preferred = replicas[0] as NodeId;
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
  const valid = replicas.find(isValidNewLeader);
  if (valid !== undefined) return { node: valid, unclean: false };
  const lastLeader = change.eligibleLeaderReplicas
    ? electableLastKnownLeader(partition, isr, elr, isAcceptableLeader, change.lastKnownLeaderMustBeActive)
    : undefined;
  if (lastLeader !== undefined) return { node: lastLeader, unclean: true };
  const unclean = election === 'UNCLEAN' ? replicas.find(isAcceptableLeader) : undefined;
  return unclean === undefined ? { node: NO_LEADER, unclean: false } : { node: unclean, unclean: true };
}

/**
 * REP-17: the leader stays and gets a new epoch nevertheless, when a replica was taken away, and before metadata version
 * 3.6 when the ISR shrank.
 */
function mustNotice(
  { partition, bumpsLeaderEpochOnIsrShrink }: PartitionChange,
  replicas: readonly NodeId[],
  isr: readonly NodeId[] | null,
): boolean {
  if (partition.replicas.some((id) => !replicas.includes(id))) return true;
  return bumpsLeaderEpochOnIsrShrink && isr !== null && partition.isr.some((id) => !isr.includes(id));
}

/** A list field of the record: null where nothing changes. */
function changeOf(before: readonly NodeId[], after: readonly NodeId[]): readonly NodeId[] | null {
  return before === after || sameReplicas(before, after) ? null : after;
}

function isNoOp(record: PartitionChangeRecord): boolean {
  return (
    record.isr === null &&
    record.leader === NO_LEADER_CHANGE &&
    record.replicas === null &&
    record.leaderRecoveryState === null &&
    record.addingReplicas === null &&
    record.removingReplicas === null &&
    record.eligibleLeaderReplicas === null &&
    record.lastKnownElr === null
  );
}
