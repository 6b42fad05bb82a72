/**
 * The voters' side of BeginQuorumEpoch, and both sides of EndQuorumEpoch, with which a leader that resigns lets the
 * voters stand at once instead of waiting for a fetch timeout. It repeats itself until each has answered or its
 * resigned epoch is over.
 *
 * Source: KafkaRaftClient.handleBeginQuorumEpochRequest, handleEndQuorumEpochRequest, pollResigned; KIP-595.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import type { BeginQuorumEpochRequest, BeginQuorumEpochResponse, EndQuorumEpochRequest, EndQuorumEpochResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { successorBackoffMs } from './elections.ts';
import { maybeTransition } from './quorum-state.ts';
import { fail, isExpected, isReady, sendRequest, succeed } from './requests.ts';
import { knownLeader, type RaftState } from './state.ts';

export function handleBeginQuorumEpoch(before: RaftState, { message, replyTo }: Received<BeginQuorumEpochRequest>, effects: Effect[]): RaftState {
  const { state, errorCode } = heedLeader(before, message, effects);
  const answer: BeginQuorumEpochResponse = { type: 'BeginQuorumEpochResponse', correlationId: message.correlationId, errorCode, leaderId: knownLeader(state), leaderEpoch: state.epoch };
  effects.push({ kind: 'reply', to: replyTo, message: answer });
  return state;
}

/** A follower of the leader that says goodbye stands for election when its turn among the successors comes. */
export function handleEndQuorumEpoch(before: RaftState, { message, replyTo }: Received<EndQuorumEpochRequest>, effects: Effect[]): RaftState {
  const heeded = heedLeader(before, message, effects);
  let { state } = heeded;
  if (heeded.errorCode === 'NONE' && state.role === 'Follower' && state.leaderId === message.leaderId && state.isVoter) {
    effects.push({ kind: 'schedule', key: 'fetchTimeout', delayMs: successorBackoffMs(state, message.preferredSuccessors), type: 'timer.fetchTimeout' });
    // It has not heard from a leader any more that would be deposed.
    state = state.with({ hasFetchedFromLeader: false });
  }
  const answer: EndQuorumEpochResponse = { type: 'EndQuorumEpochResponse', correlationId: message.correlationId, errorCode: heeded.errorCode, leaderId: knownLeader(state), leaderEpoch: state.epoch };
  effects.push({ kind: 'reply', to: replyTo, message: answer });
  return state;
}

interface Heeded {
  readonly state: RaftState;
  readonly errorCode: ErrorName;
}

function heedLeader(before: RaftState, { leaderId, leaderEpoch }: BeginQuorumEpochRequest | EndQuorumEpochRequest, effects: Effect[]): Heeded {
  if (leaderEpoch < before.epoch) return { state: before, errorCode: 'FENCED_LEADER_EPOCH' };
  const state = maybeTransition(before, leaderEpoch, leaderId, effects);
  return { state, errorCode: state.leaderId === leaderId ? 'NONE' : 'INVALID_REQUEST' };
}

/** Tells the voters that have not answered (poll). */
export function maybeSendEndQuorumEpoch(before: RaftState, effects: Effect[]): RaftState {
  let state = before;
  const { resignation } = before;
  if (resignation === null) return state;
  for (const voter of resignation.unacknowledged) {
    if (!isReady(state, voter)) continue;
    const { nodeId, epoch } = state;
    state = sendRequest(state, voter, (correlationId): EndQuorumEpochRequest => ({
      type: 'EndQuorumEpochRequest', correlationId, leaderId: nodeId, leaderEpoch: epoch, preferredSuccessors: resignation.preferredSuccessors,
    }), effects);
  }
  return state;
}

export function handleEndQuorumEpochResponse(before: RaftState, { message, from }: Received<EndQuorumEpochResponse>, effects: Effect[]): RaftState {
  if (!isExpected(before, from, message.correlationId)) return before;
  const answered = message.errorCode === 'NONE' ? succeed(before, from, effects) : fail(before, from, effects);
  const state = maybeTransition(answered, message.leaderEpoch, message.leaderId, effects);
  const { resignation } = state;
  if (resignation === null || message.errorCode !== 'NONE') return state;
  return state.with({ resignation: { ...resignation, unacknowledged: resignation.unacknowledged.filter((id) => id !== from) } });
}
