/**
 * Committed offsets at the coordinator: OffsetCommit with the generation that the member is in, and OffsetFetch. Each is
 * one try; whether to try again is the consumer's business. Both wait until a coordinator is known.
 *
 * A member that is in no stable generation (classic), or has no epoch (consumer protocol), does not commit at all: what it
 * owned may be another's by now.
 *
 * Source: ConsumerCoordinator.sendOffsetCommitRequest, OffsetCommitResponseHandler, sendOffsetFetchRequest,
 * OffsetFetchResponseHandler; KIP-447 (requireStable).
 */
import type { OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse } from '../../kafka/api.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import type { NodeId, TopicName } from '../../kafka/ids.ts';
import { nextCorrelationId, sendRequest } from '../client/network-client.ts';
import type { CommitOffset, CommitWanted, OffsetsWanted } from '../group-events.ts';
import { coordinatorReadyAtMs, markCoordinatorUnknown } from './coordinator.ts';
import { NO_COORDINATOR, tellConsumer, type CommitPurpose, type CoordinatedState, type CoordinatedTurn, type OffsetFetchPurpose } from './state.ts';

export function offsetsWanted(turn: CoordinatedTurn, event: CommitWanted | OffsetsWanted): void {
  turn.state.waiting = [...turn.state.waiting, event];
}

/** Sends what waits for the coordinator, in the order in which it was wanted; commits end with `refusal` unless it is NONE. */
export function sendWaiting(turn: CoordinatedTurn, refusal: ErrorName): void {
  const { state } = turn;
  if (state.waiting.length === 0 || state.coordinator === NO_COORDINATOR) return;
  const atMs = coordinatorReadyAtMs(turn);
  if (atMs > turn.nowMs) {
    turn.wakeBy(atMs);
    return;
  }
  const { waiting } = state;
  state.waiting = [];
  for (const event of waiting) {
    if (event.type === 'membership.fetchOffsets') sendOffsetFetch(turn, event);
    else if (event.deadlineMs > turn.nowMs) sendCommit(turn, event, refusal);
  }
}

/** Of a member that the group will not have: commits end, whether a coordinator is known or not (generationIfStable is null). */
export function refuseWaiting(turn: CoordinatedTurn): void {
  const { waiting } = turn.state;
  if (waiting.length === 0) return;
  turn.state.waiting = [];
  for (const event of waiting) if (event.type === 'membership.commit') tellConsumer(turn, { type: 'group.commitEnded', commitId: event.commitId, errorCode: 'UNKNOWN_MEMBER_ID', isUndecided: false });
}

function sendCommit(turn: CoordinatedTurn, { commitId, offsets }: CommitWanted, refusal: ErrorName): void {
  const { state } = turn;
  if (refusal !== 'NONE') {
    tellConsumer(turn, { type: 'group.commitEnded', commitId, errorCode: refusal, isUndecided: false });
    return;
  }
  const { generationId, memberId } = state;
  const message: OffsetCommitRequest = {
    type: 'OffsetCommitRequest', correlationId: nextCorrelationId(turn), groupId: state.groupId, generationIdOrMemberEpoch: generationId, memberId,
    groupInstanceId: state.groupInstanceId, topics: byTopic(offsets),
  };
  sendRequest(turn, state.coordinator, message, { kind: 'commit', commitId, generationId, memberId });
}

/** Only the consumer protocol checks who asks. */
function identityOf({ config, memberId, generationId }: CoordinatedState): Pick<OffsetFetchRequest, 'memberId' | 'memberEpoch'> {
  return config.groupProtocol === 'consumer' && generationId > 0 ? { memberId, memberEpoch: generationId } : { memberId: '', memberEpoch: -1 };
}

/** `offsets` have topics in order of name. */
export function byTopic(offsets: readonly CommitOffset[]): OffsetCommitRequest['topics'] {
  const topics: { name: TopicName; partitions: OffsetCommitRequest['topics'][number]['partitions'][number][] }[] = [];
  for (const { topic, partition, offset, leaderEpoch } of offsets) {
    if (topics.at(-1)?.name !== topic) topics.push({ name: topic, partitions: [] });
    topics.at(-1)?.partitions.push({ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: leaderEpoch, committedMetadata: '' });
  }
  return topics;
}

/** The first error among the partitions, NONE without any. */
export function firstError({ topics }: OffsetCommitResponse): ErrorName {
  for (const { partitions } of topics) for (const { errorCode } of partitions) if (errorCode !== 'NONE') return errorCode;
  return 'NONE';
}

/** Returns the error for what it says of the membership. */
export function handleOffsetCommitResponse(turn: CoordinatedTurn, { commitId }: CommitPurpose, response: OffsetCommitResponse, from: NodeId): ErrorName {
  const errorCode = firstError(response);
  tellConsumer(turn, { type: 'group.commitEnded', commitId, errorCode, isUndecided: errorCode !== 'NONE' && !errorInfo(errorCode).definite });
  if (errorCode === 'COORDINATOR_NOT_AVAILABLE' || errorCode === 'NOT_COORDINATOR' || errorCode === 'REQUEST_TIMED_OUT') markCoordinatorUnknown(turn, from);
  return errorCode;
}

function sendOffsetFetch(turn: CoordinatedTurn, { partitions, generationId }: OffsetsWanted): void {
  const { state } = turn;
  const message: OffsetFetchRequest = {
    type: 'OffsetFetchRequest', correlationId: nextCorrelationId(turn), groupId: state.groupId, ...identityOf(state),
    topics: partitions.map(({ topic, partitions: partitionIndexes }) => ({ name: topic, partitionIndexes })), requireStable: true,
  };
  sendRequest(turn, state.coordinator, message, { kind: 'offsetFetch', askedIn: generationId });
}

export function handleOffsetFetchResponse(turn: CoordinatedTurn, askedIn: number, { errorCode, topics }: OffsetFetchResponse, from: NodeId): void {
  if (errorCode === 'NOT_COORDINATOR' || errorCode === 'COORDINATOR_NOT_AVAILABLE') markCoordinatorUnknown(turn, from);
  const offsets = topics.flatMap(({ name, partitions }) =>
    partitions.map((each) => ({ topic: name, partition: each.partitionIndex, offset: each.committedOffset, leaderEpoch: each.committedLeaderEpoch, errorCode: each.errorCode })),
  );
  tellConsumer(turn, { type: 'group.offsets', generationId: askedIn, errorCode, offsets });
}

/** The answer will not come; a commit that was sent may have been taken. */
export function offsetsUndecided(turn: CoordinatedTurn, purpose: CommitPurpose | OffsetFetchPurpose, wasSent: boolean): void {
  if (purpose.kind === 'commit') tellConsumer(turn, { type: 'group.commitEnded', commitId: purpose.commitId, errorCode: 'NETWORK_EXCEPTION', isUndecided: wasSent });
  else tellConsumer(turn, { type: 'group.offsets', generationId: purpose.askedIn, errorCode: 'NETWORK_EXCEPTION', offsets: [] });
}
