/**
 * Elections: who asks for votes, who gives them, and what becomes of the answers.
 *
 * A pre-vote asks whether a vote would be given and changes nothing (KIP-996): a voter that hears from a leader says no,
 * so a replica that was cut off does not depose a leader that the others follow. A vote is given once in an epoch, to a
 * log that is not behind: (lastOffsetEpoch, lastOffset) >= (lastEpoch, endOffset), by epoch first.
 *
 * Source: KafkaRaftClient.handleVoteRequest, handleVoteResponse, pollProspective, pollCandidate; EpochElection,
 * NomineeState; KIP-595, KIP-996.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import { draw32, scaleDraw } from '../../kernel/hash.ts';
import type { VoteRequest, VoteResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_LEADER, type NodeId } from '../../kafka/ids.ts';
import { becomeLeader } from './leader.ts';
import { armElection, giveUpElection, maybeTransition, transitionToCandidate, transitionToProspective, transitionToUnattached } from './quorum-state.ts';
import { isExpected, isReady, sendRequest, succeed } from './requests.ts';
import { knownLeader, majority, otherVoters, type RaftState } from './state.ts';

/** KafkaRaftClient.RETRY_BACKOFF_BASE_MS of lost elections. */
const ELECTION_BACKOFF_BASE_MS = 100;

// --- standing ----------------------------------------------------------------------------------------------------------

/** The time in which a leader should have been heard of, or in which an election should have been decided, is over. */
export function electionTimedOut(state: RaftState, effects: Effect[]): RaftState {
  switch (state.role) {
    case 'Unattached':
    case 'Candidate':
      return standForElection(state, effects);
    case 'Prospective':
      return giveUpElection(state, effects);
    case 'Resigned':
      // Its own epoch is over for good; the next one is anybody's.
      return transitionToUnattached(state, state.epoch + 1, effects);
    case 'Follower':
    case 'Leader':
      return state;
    default:
      return state.role;
  }
}

export function standForElection(state: RaftState, effects: Effect[]): RaftState {
  const nominee = state.rules.raftPreVotes ? transitionToProspective(state, effects) : transitionToCandidate(state, effects);
  return maybeWin(nominee, effects);
}

/** Asks the voters that have not answered (poll). */
export function maybeSendVotes(before: RaftState, effects: Effect[]): RaftState {
  let state = before;
  if (before.isBackingOff) return state;
  const preVote = before.role === 'Prospective';
  for (const voter of otherVoters(before)) {
    if (before.granted.includes(voter) || before.rejected.includes(voter) || !isReady(state, voter)) continue;
    const { nodeId, epoch, log } = state;
    state = sendRequest(state, voter, (correlationId): VoteRequest => ({
      type: 'VoteRequest', correlationId, replicaEpoch: epoch, replicaId: nodeId, lastOffsetEpoch: log.lastEpoch, lastOffset: log.endOffset, preVote,
    }), effects);
  }
  return state;
}

export function handleVoteResponse(before: RaftState, { message, from }: Received<VoteResponse>, effects: Effect[]): RaftState {
  if (!isExpected(before, from, message.correlationId)) return before;
  const answered = succeed(before, from, effects);
  const state = maybeTransition(answered, message.leaderEpoch, message.leaderId, effects);
  const isNominee = state.role === 'Prospective' || state.role === 'Candidate';
  if (state !== answered || !isNominee || message.leaderEpoch < state.epoch) return state;
  if (message.voteGranted) return maybeWin(state.with({ granted: [...state.granted, from] }), effects);
  return maybeLose(state.with({ rejected: [...state.rejected, from] }), effects);
}

function maybeWin(state: RaftState, effects: Effect[]): RaftState {
  if (state.granted.length < majority(state)) return state;
  return state.role === 'Prospective' ? maybeWin(transitionToCandidate(state, effects), effects) : becomeLeader(state, effects);
}

/** A majority cannot be had any more. */
function maybeLose(state: RaftState, effects: Effect[]): RaftState {
  if (state.isBackingOff || state.voters.length - state.rejected.length >= majority(state)) return state;
  if (state.role === 'Prospective') return giveUpElection(state, effects);
  const bound = Math.min(state.config.electionBackoffMaxMs, ELECTION_BACKOFF_BASE_MS * (1 << Math.min(10, state.electionRetries)));
  armElection(scaleDraw(draw32(state.draw, 2), bound + 1), effects);
  return state.with({ isBackingOff: true });
}

// --- voting ------------------------------------------------------------------------------------------------------------

export function handleVoteRequest(before: RaftState, { message, replyTo }: Received<VoteRequest>, effects: Effect[]): RaftState {
  const { correlationId, replicaId, replicaEpoch, preVote } = message;
  const answer = (state: RaftState, errorCode: ErrorName, voteGranted: boolean): RaftState => {
    const response: VoteResponse = { type: 'VoteResponse', correlationId, errorCode, leaderId: knownLeader(state), leaderEpoch: state.epoch, voteGranted };
    effects.push({ kind: 'reply', to: replyTo, message: response });
    return state;
  };
  if (!before.voters.includes(replicaId) || replicaId === before.nodeId) return answer(before, 'INVALID_REQUEST', false);
  if (replicaEpoch < before.epoch) return answer(before, 'FENCED_LEADER_EPOCH', false);
  const state = maybeTransition(before, replicaEpoch, NO_LEADER, effects);
  const voteGranted = state.isVoter && canGrantVote(state, message);
  return answer(voteGranted && !preVote ? state.with({ votedId: replicaId }) : state, 'NONE', voteGranted);
}

/** EpochState.canGrantVote of the roles. */
function canGrantVote(state: RaftState, request: VoteRequest): boolean {
  const { role, votedId, leaderId } = state;
  const isUpToDate = !state.rules.raftChecksCandidateLog || isLogUpToDate(state, request);
  switch (role) {
    case 'Unattached':
    case 'Prospective':
      if (request.preVote) return isUpToDate;
      if (votedId !== NO_LEADER) return votedId === request.replicaId;
      // Who leads this epoch is known: nobody else will.
      return leaderId === NO_LEADER && isUpToDate;
    case 'Follower':
      return request.preVote && isUpToDate && !state.hasFetchedFromLeader;
    case 'Candidate':
    case 'Resigned':
      return request.preVote && isUpToDate;
    case 'Leader':
      return false;
    default:
      return role;
  }
}

function isLogUpToDate({ log }: RaftState, { lastOffsetEpoch, lastOffset }: VoteRequest): boolean {
  return lastOffsetEpoch > log.lastEpoch || (lastOffsetEpoch === log.lastEpoch && lastOffset >= log.endOffset);
}

/** How long the voter at this place among the successors waits: the first not at all, each further one twice as long. */
export function successorBackoffMs({ nodeId, config }: RaftState, preferredSuccessors: readonly NodeId[]): number {
  const position = preferredSuccessors.indexOf(nodeId);
  return position <= 0 ? 0 : Math.min(config.electionBackoffMaxMs, ELECTION_BACKOFF_BASE_MS * (1 << Math.min(10, position - 1)));
}
