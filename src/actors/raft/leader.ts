/**
 * The leader of an epoch: it begins the epoch with a LeaderChangeMessage, tells the voters, takes the controller's
 * batches, and moves the high watermark:
 *
 *   highWatermark = the largest offset up to which a majority of the voters, itself counted, has flushed the log,
 *                   once that is above epochStartOffset (Raft, section 5.4.2 and figure 8); it never falls
 *
 * A leader that does not hear from a majority within 1.5 fetch timeouts resigns (check-quorum, KAFKA-15489), and asks
 * the voters to go on without it, the one with the longest log first.
 *
 * Source: org.apache.kafka.raft.LeaderState, KafkaRaftClient.onBecomeLeader, maybeSendBeginQuorumEpochRequests.
 */
import { assert } from '../../kernel/assert.ts';
import type { Effect, Received } from '../../kernel/effects.ts';
import type { BeginQuorumEpochRequest, BeginQuorumEpochResponse, LeaderChangeMessage } from '../../kafka/api.ts';
import { NO_OFFSET, type NodeId, type Offset } from '../../kafka/ids.ts';
import type { RaftAppend } from './events.ts';
import { leaveRole, maybeTransition, transitionToResigned } from './quorum-state.ts';
import { fail, isExpected, isReady, sendRequest, succeed } from './requests.ts';
import { isQuorumStateDurable, majority, otherVoters, type Leadership, type RaftState } from './state.ts';
import { ownEndOffset, writeLog } from './storage.ts';

/** LeaderState.CHECK_QUORUM_TIMEOUT_FACTOR. */
const CHECK_QUORUM_TIMEOUT_FACTOR = 1.5;

/** `lastFetchMs` of a voter that has not fetched. */
const NEVER_FETCHED = -1;

export function becomeLeader(before: RaftState, effects: Effect[]): RaftState {
  const { nodeId, voters, epoch } = before;
  const others = otherVoters(before);
  const leadership: Leadership = {
    epochStartOffset: before.log.endOffset,
    voterStates: others.map((id) => ({ id, endOffset: NO_OFFSET, lastFetchMs: NEVER_FETCHED })),
    fetchedVoters: [], unacknowledged: others, fetchedSinceBegin: [], parked: [], isTold: false,
  };
  const state = leaveRole(before, { role: 'Leader', leaderId: nodeId, leadership, electionRetries: 0 }, effects);
  if (others.length > 0) {
    armCheckQuorum(state, effects);
    armBeginQuorumEpoch(state, effects);
  }
  const change: LeaderChangeMessage = { type: 'LeaderChangeMessage', leaderId: nodeId, voters };
  return writeLog(state, state.log.append([change], epoch), effects);
}

/** The controller's batch. What it decided as leader of another epoch is void. */
export function append(state: RaftState, { epoch, baseOffset, records }: RaftAppend, effects: Effect[]): RaftState {
  if (state.leadership === null || state.epoch !== epoch) return state;
  assert(baseOffset === state.log.endOffset, () => `the controller appends at ${baseOffset}, the log ends at ${state.log.endOffset}`);
  return writeLog(state, state.log.append(records, epoch), effects);
}

/** LeaderState.maybeUpdateHighWatermark. */
export function maybeAdvanceHighWatermark(state: RaftState): RaftState {
  const { leadership } = state;
  // Its own copy counts as that of a voter in this epoch, which it is once its vote for itself is on the platter.
  if (leadership === null || state.highWatermark === state.log.endOffset || !isQuorumStateDurable(state)) return state;
  const endOffsets = [ownEndOffset(state), ...leadership.voterStates.map(({ endOffset }) => endOffset)].toSorted((a, b) => b - a);
  const replicated = endOffsets[majority(state) - 1] as Offset;
  const isOwnEpoch = replicated > leadership.epochStartOffset || !state.rules.raftCommitsOwnEpochFirst;
  return isOwnEpoch && replicated > state.highWatermark ? state.with({ highWatermark: Math.min(replicated, state.log.endOffset) }) : state;
}

// --- the voters --------------------------------------------------------------------------------------------------------

/**
 * A voter has fetched: it is there, and it knows of the epoch. What it has flushed is its fetch offset, `endOffset`, unless
 * its log parts from this one: null (LeaderState.updateReplicaState).
 */
export function noteFetchOf(before: RaftState, leadership: Leadership, voter: NodeId, endOffset: Offset | null, effects: Effect[]): RaftState {
  const at = leadership.voterStates.findIndex(({ id }) => id === voter);
  const voterState = leadership.voterStates[at];
  if (voterState === undefined) return before;
  const fetchedVoters = leadership.fetchedVoters.includes(voter) ? leadership.fetchedVoters : [...leadership.fetchedVoters, voter];
  const isMajority = fetchedVoters.length + 1 >= majority(before);
  if (isMajority) armCheckQuorum(before, effects);
  return before.with({
    leadership: {
      ...leadership,
      voterStates: leadership.voterStates.with(at, { id: voter, endOffset: endOffset ?? voterState.endOffset, lastFetchMs: before.nowMs }),
      fetchedVoters: isMajority ? [] : fetchedVoters,
      fetchedSinceBegin: leadership.fetchedSinceBegin.includes(voter) ? leadership.fetchedSinceBegin : [...leadership.fetchedSinceBegin, voter],
      unacknowledged: leadership.unacknowledged.includes(voter) ? leadership.unacknowledged.filter((id) => id !== voter) : leadership.unacknowledged,
    },
  });
}

function armCheckQuorum({ rules, config }: RaftState, effects: Effect[]): void {
  if (!rules.raftChecksQuorum) return;
  effects.push({ kind: 'schedule', key: 'checkQuorum', delayMs: Math.floor(CHECK_QUORUM_TIMEOUT_FACTOR * config.fetchTimeoutMs), type: 'timer.checkQuorum' });
}

export function checkQuorumExpired(state: RaftState, effects: Effect[]): RaftState {
  if (state.leadership === null) return state;
  effects.push({ kind: 'mark', label: 'raft: a leader without a quorum resigned' });
  return transitionToResigned(state, preferredSuccessors(state.leadership), effects);
}

/** Longest log first (LeaderState.nonLeaderVotersByDescendingFetchOffset). */
export function preferredSuccessors({ voterStates }: Leadership): readonly NodeId[] {
  return voterStates.toSorted((a, b) => b.endOffset - a.endOffset).map(({ id }) => id);
}

// --- BeginQuorumEpoch --------------------------------------------------------------------------------------------------

/** Half a fetch timeout (LeaderState.beginQuorumEpochTimer, KAFKA-16520): who has not fetched since is told again. */
function armBeginQuorumEpoch({ config }: RaftState, effects: Effect[]): void {
  effects.push({ kind: 'schedule', key: 'beginQuorumEpoch', delayMs: Math.floor(config.fetchTimeoutMs / 2), type: 'timer.beginQuorumEpoch' });
}

export function beginQuorumEpochDue(state: RaftState, effects: Effect[]): RaftState {
  const { leadership } = state;
  if (leadership === null) return state;
  armBeginQuorumEpoch(state, effects);
  const unacknowledged = otherVoters(state).filter((id) => !leadership.fetchedSinceBegin.includes(id));
  return state.with({ leadership: { ...leadership, unacknowledged, fetchedSinceBegin: [] } });
}

/** Tells the voters that do not know (poll). */
export function maybeSendBeginQuorumEpoch(before: RaftState, effects: Effect[]): RaftState {
  let state = before;
  for (const voter of before.leadership?.unacknowledged ?? []) {
    if (!isReady(state, voter)) continue;
    const { nodeId, epoch } = state;
    state = sendRequest(state, voter, (correlationId): BeginQuorumEpochRequest => ({ type: 'BeginQuorumEpochRequest', correlationId, leaderId: nodeId, leaderEpoch: epoch }), effects);
  }
  return state;
}

export function handleBeginQuorumEpochResponse(before: RaftState, { message, from }: Received<BeginQuorumEpochResponse>, effects: Effect[]): RaftState {
  if (!isExpected(before, from, message.correlationId)) return before;
  if (message.errorCode !== 'NONE') return maybeTransition(fail(before, from, effects), message.leaderEpoch, message.leaderId, effects);
  const state = maybeTransition(succeed(before, from, effects), message.leaderEpoch, message.leaderId, effects);
  const { leadership } = state;
  return leadership === null ? state : state.with({ leadership: { ...leadership, unacknowledged: leadership.unacknowledged.filter((id) => id !== from) } });
}
