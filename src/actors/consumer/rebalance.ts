/**
 * Rebalances as the application's thread sees them, inside poll: give up partitions before joining (onJoinPrepare), take over
 * the assignment afterwards (onJoinComplete), with the rebalance listener in between, which here is an observation.
 *
 *   eager         everything is revoked before the member joins
 *   cooperative   nothing is; the assignment says what goes, and having given it up the member joins once more (KIP-429)
 *
 * With `enable.auto.commit` the positions are committed first, and the revocation waits for the coordinator's answer, for up
 * to the rebalance timeout. Poll goes on meanwhile and must return nothing of what is being revoked (KAFKA-14196). A member
 * that is none any more loses its partitions and commits nothing.
 *
 * Source: ConsumerCoordinator.onJoinPrepare, onJoinComplete, poll; ConsumerRebalanceListener; KAFKA-14024, KAFKA-14196.
 */
import type { AssignmentChanged } from '../../history/observations.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { TopicPartitions } from '../../kafka/group-api.ts';
import { NO_EPOCH, NO_LEADER, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import { topicMetadata } from '../client/metadata.ts';
import { requestUpdate } from '../client/metadata-updater.ts';
import { NEVER_MS } from '../client/turn.ts';
import { tellMembership } from './calls.ts';
import { autoCommitIfDue, beginCommit, commitNothing, groupOf, setGroup } from './commits.ts';
import { groupedByTopic } from './committed-offsets.ts';
import { assignorsOf, UNPREPARED } from './group-state.ts';
import { assignIfElected, hasAssignedOtherSizes } from './leader.ts';
import { placeOf, setPartition, unsettled, type ConsumerTurn, type TopicPartitionState } from './state.ts';
import { initializing, revoked, unassigned } from './subscription.ts';

/** The coordinator's part of a poll (ConsumerCoordinator.poll). */
export function pollCoordinator(turn: ConsumerTurn): void {
  assignIfElected(turn);
  completeJoin(turn);
  reconcile(turn);
  const group = groupOf(turn);
  if (group.phase === 'joined' && hasAssignedOtherSizes(turn)) setGroup(turn, { isRejoinNeeded: true });
  if (groupOf(turn).isRejoinNeeded && (group.phase === 'joined' || group.phase === 'unjoined')) {
    setGroup(turn, { phase: 'preparing', preparation: { ...UNPREPARED, deadlineMs: turn.nowMs + turn.state.config.maxPollIntervalMs } });
  }
  if (groupOf(turn).phase === 'preparing') prepareJoin(turn);
  if (groupOf(turn).phase === 'joined') autoCommitIfDue(turn);
}

function prepareJoin(turn: ConsumerTurn): void {
  const { isLost, protocol } = groupOf(turn);
  if (isLost) {
    giveUp(turn, owned(turn), 'lost');
  } else {
    switch (protocol) {
      case 'EAGER':
        if (!committedBefore(turn, owned(turn))) return;
        giveUp(turn, owned(turn), 'revoked');
        break;
      case 'COOPERATIVE':
        if (!committedBefore(turn, [])) return;
        break;
      default:
        unreachable(protocol, 'rebalance protocol');
    }
  }
  const { topics, lastAssigned, generationId } = groupOf(turn);
  setGroup(turn, { phase: 'joining', isRejoinNeeded: false, isLost: false, election: null, joined: null, assignedCounts: null, comparedTopics: null });
  const userData = assignorsOf(turn.state.config.partitionAssignmentStrategy).map(({ subscriptionUserData }) => subscriptionUserData?.(lastAssigned, generationId) ?? null);
  tellMembership(turn, { type: 'membership.join', topics, owned: groupedByTopic(owned(turn)), userData });
}

/** Commits automatically before partitions are revoked; false while that has not ended. */
export function committedBefore(turn: ConsumerTurn, toRevoke: readonly TopicPartitionState[]): boolean {
  const { state, nowMs } = turn;
  if (!state.config.enableAutoCommit) return true;
  const { preparation } = groupOf(turn);
  if (preparation.isDone || preparation.deadlineMs <= nowMs) return true;
  if (preparation.commitId === null) {
    if (preparation.retryAtMs > nowMs) {
      turn.wakeBy(preparation.retryAtMs);
      return false;
    }
    if (state.rules.consumerStopsBeforeRevocation) markPendingRevocation(turn, toRevoke);
    const commitId = beginCommit(turn, 'auto');
    setGroup(turn, { preparation: { ...preparation, commitId: commitId ?? null, isDone: commitId === undefined } });
    if (commitId === undefined) {
      if (toRevoke.length > 0) commitNothing(turn);
      return true;
    }
  }
  turn.timeoutBy(preparation.deadlineMs);
  return false;
}

function markPendingRevocation(turn: ConsumerTurn, partitions: readonly TopicPartitionState[]): void {
  for (const { topic, partition } of partitions) {
    const place = placeOf(turn.state, topic, partition, 0);
    setPartition(turn, place, { ...(turn.state.partitions[place] as TopicPartitionState), isPendingRevocation: true });
  }
}

/** What the member owns, in the order of its places. */
export function owned({ state }: ConsumerTurn): TopicPartitionState[] {
  return state.partitions.filter(({ fetchState }) => fetchState !== 'UNASSIGNED');
}

/** onPartitionsRevoked or onPartitionsLost, and then they are gone. */
export function giveUp(turn: ConsumerTurn, partitions: readonly TopicPartitionState[], reason: 'revoked' | 'lost'): void {
  if (partitions.length === 0) return;
  const { state } = turn;
  state.partitions = state.partitions.map((each) => (partitions.includes(each) ? revoked(each) : each));
  countUnsettled(turn);
  state.completedFetches = state.completedFetches.filter(({ place }) => state.partitions[place]?.fetchState !== 'UNASSIGNED');
  observeAssignment(turn, reason);
}

function countUnsettled({ state }: ConsumerTurn): void {
  state.unsettledCount = state.partitions.reduce((count, each) => count + unsettled(each), 0);
}

function observeAssignment(turn: ConsumerTurn, reason: AssignmentChanged['reason']): void {
  const { groupId, memberId, generationId } = groupOf(turn);
  const observation: AssignmentChanged = { type: 'assignment', groupId, memberId, generationId, reason, owned: groupedByTopic(owned(turn)) };
  turn.effects.push({ kind: 'observe', observation });
}

/** The membership has the assignment: take it over. */
function completeJoin(turn: ConsumerTurn): void {
  const { joined, protocol, assignedCounts } = groupOf(turn);
  if (joined === null) return;
  const { generationId, memberId, isLeader, assignment } = joined;
  setGroup(turn, {
    phase: 'joined', joined: null, generationId, memberId, assignedCounts: isLeader ? assignedCounts : null, lastAssigned: assignment.assignedPartitions,
    nextAutoCommitMs: turn.state.config.enableAutoCommit ? turn.nowMs + turn.state.config.autoCommitIntervalMs : NEVER_MS, preparation: UNPREPARED,
  });
  const surplus = surplusOf(turn, assignment.assignedPartitions);
  giveUp(turn, surplus, 'revoked');
  if (surplus.length > 0 && protocol === 'COOPERATIVE') setGroup(turn, { isRejoinNeeded: true });
  takeOver(turn, assignment.assignedPartitions);
}

/** The coordinator's target (KIP-848): what goes is committed first, and with what comes the member acknowledges it. */
function reconcile(turn: ConsumerTurn): void {
  const { reconcile: wanted, preparation } = groupOf(turn);
  if (wanted === null) return;
  const surplus = surplusOf(turn, wanted.target);
  if (surplus.length > 0) {
    if (preparation === UNPREPARED) {
      setGroup(turn, { preparation: { ...UNPREPARED, deadlineMs: turn.nowMs + turn.state.config.maxPollIntervalMs } });
      if (!turn.state.rules.consumerRevokesBeforeAck) tellMembership(turn, { type: 'membership.reconciled', target: wanted.target });
    }
    if (!committedBefore(turn, surplus)) return;
  }
  giveUp(turn, surplusOf(turn, wanted.target), 'revoked');
  setGroup(turn, { phase: 'joined', reconcile: null, generationId: wanted.memberEpoch, memberId: wanted.memberId, preparation: UNPREPARED });
  takeOver(turn, wanted.target);
  tellMembership(turn, { type: 'membership.reconciled', target: wanted.target });
}

/** Owned and not in `target`. */
function surplusOf(turn: ConsumerTurn, target: readonly TopicPartitions[]): TopicPartitionState[] {
  return owned(turn).filter(({ topic, partition }) => target.find((each) => each.topic === topic)?.partitions.includes(partition) !== true);
}

/** onPartitionsAssigned: everything in `target` is owned from here on; what is new looks for its position. */
function takeOver(turn: ConsumerTurn, target: readonly TopicPartitions[]): void {
  for (const { topic, partitions } of target) {
    for (const partition of partitions) {
      const place = placeFor(turn, topic, partition);
      const before = turn.state.partitions[place] as TopicPartitionState;
      if (before.fetchState === 'UNASSIGNED') setPartition(turn, place, initializing(before));
    }
  }
  observeAssignment(turn, 'assigned');
}

/** The leader may know partitions that this member's metadata does not. */
function placeFor(turn: ConsumerTurn, topic: TopicName, partition: PartitionIndex): number {
  const { state } = turn;
  const place = placeOf(state, topic, partition, 0);
  if (place !== -1) return place;
  const leader = topicMetadata(state.metadata, topic)?.partitions[partition];
  if (leader === undefined) requestUpdate(turn);
  state.partitions = [...state.partitions, unassigned(topic, partition, leader ?? { leaderId: NO_LEADER, leaderEpoch: NO_EPOCH })];
  return state.partitions.length - 1;
}
