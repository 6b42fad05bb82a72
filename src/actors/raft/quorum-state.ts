/**
 * The changes of role, as QuorumState makes them:
 *
 *   any          -> Unattached   a higher epoch without a known leader; an election that leads nowhere; a resigned epoch is over
 *   any          -> Follower     the leader of this epoch or of a higher one is known
 *   Unattached, Follower -> Prospective   nothing heard of a leader for too long (voters only, KIP-996)
 *   Prospective  -> Candidate    a majority would vote for it: one epoch further, its vote is its own
 *   Candidate    -> Leader       a majority has voted for it (in leader.ts)
 *   Leader       -> Resigned     it hears of no majority, or it is the same leader after a restart
 *
 * In one epoch a replica votes once, and the vote stays with it whatever role it takes. Writing the change down, and
 * keeping silent until it is flushed, is done for all of them in step.ts.
 *
 * Source: org.apache.kafka.raft.QuorumState, KafkaRaftClient.maybeTransition, maybeHandleCommonResponse.
 */
import { assert } from '../../kernel/assert.ts';
import type { Effect } from '../../kernel/effects.ts';
import { draw32, scaleDraw } from '../../kernel/hash.ts';
import { NO_LEADER, type LeaderEpoch, type NodeId } from '../../kafka/ids.ts';
import type { RaftRole } from '../../kafka/views.ts';
import { resetRequests } from './requests.ts';
import { otherVoters, type RaftFields, type RaftState } from './state.ts';

/** Timers of the roles; each role arms what it needs and calls off the rest. */
const ROLE_TIMERS = ['election', 'fetchTimeout', 'checkQuorum', 'beginQuorumEpoch'] as const;

/** Their election timer runs. */
const WAITS_FOR_ELECTION: readonly RaftRole[] = ['Unattached', 'Prospective', 'Candidate', 'Resigned'];

const LEAVES_ROLE: Partial<RaftFields> = {
  granted: [], rejected: [], preVotes: [], isBackingOff: false, hasFetchedFromLeader: false, fetchingSnapshot: null, leadership: null, resignation: null,
};

/** The state without anything of its present role; `keepsElectionTimer` leaves that timer running as it is. */
export function leaveRole(state: RaftState, change: Partial<RaftFields>, effects: Effect[], keepsElectionTimer = false): RaftState {
  for (const key of ROLE_TIMERS) if (key !== 'election' || !keepsElectionTimer) effects.push({ kind: 'cancel', key });
  const epoch = change.epoch ?? state.epoch;
  assert(epoch >= state.epoch, () => `node ${state.nodeId} would go back from epoch ${state.epoch} to ${epoch}`);
  const ofEpoch: Partial<RaftFields> = epoch > state.epoch ? { votedId: NO_LEADER, leaderId: NO_LEADER } : {};
  return resetRequests(state, effects).with({ ...LEAVES_ROLE, ...ofEpoch, ...change });
}

/** Random in [1x, 2x] of `controller.quorum.election.timeout.ms`. */
export function randomElectionTimeoutMs({ draw, config: { electionTimeoutMs } }: RaftState): number {
  return electionTimeoutMs + scaleDraw(draw32(draw, 1), electionTimeoutMs + 1);
}

export function armElection(delayMs: number, effects: Effect[]): void {
  effects.push({ kind: 'schedule', key: 'election', delayMs, type: 'timer.election' });
}

export function armFetchTimeout(state: RaftState, effects: Effect[]): void {
  effects.push({ kind: 'schedule', key: 'fetchTimeout', delayMs: state.config.fetchTimeoutMs, type: 'timer.fetchTimeout' });
}

/** A vote given in the same epoch stays; the leader is forgotten, which a vote already given makes harmless. */
export function transitionToUnattached(before: RaftState, epoch: LeaderEpoch, effects: Effect[]): RaftState {
  const state = leaveRole(before, { role: 'Unattached', epoch, leaderId: NO_LEADER }, effects);
  if (state.isVoter) armElection(randomElectionTimeoutMs(state), effects);
  return state;
}

/**
 * Another node is in a higher epoch. Who waits for an election goes on waiting for what is left of that time: a voter that
 * begins epochs and cannot win would otherwise keep all others from standing.
 */
function hearOfEpoch(before: RaftState, epoch: LeaderEpoch, effects: Effect[]): RaftState {
  if (!WAITS_FOR_ELECTION.includes(before.role)) return transitionToUnattached(before, epoch, effects);
  return leaveRole(before, { role: 'Unattached', epoch, leaderId: NO_LEADER }, effects, true);
}

export function transitionToFollower(before: RaftState, epoch: LeaderEpoch, leaderId: NodeId, effects: Effect[]): RaftState {
  assert(leaderId !== before.nodeId, () => `node ${before.nodeId} would follow itself in epoch ${epoch}`);
  const state = leaveRole(before, { role: 'Follower', epoch, leaderId, electionRetries: 0 }, effects);
  armFetchTimeout(state, effects);
  return state;
}

/**
 * It keeps the leader's name: otherwise two voters of a dead leader could go on telling each other that name, each time
 * one of them asks for votes, and neither would ever be elected.
 */
export function transitionToProspective(before: RaftState, effects: Effect[]): RaftState {
  const state = leaveRole(before, { role: 'Prospective', granted: [before.nodeId] }, effects);
  armElection(randomElectionTimeoutMs(state), effects);
  return state;
}

/** It would not be elected: it goes back to the leader it knew, or waits for news of one. */
export function giveUpElection(before: RaftState, effects: Effect[]): RaftState {
  const { epoch, leaderId, nodeId } = before;
  return leaderId === NO_LEADER || leaderId === nodeId ? transitionToUnattached(before, epoch, effects) : transitionToFollower(before, epoch, leaderId, effects);
}

export function transitionToCandidate(before: RaftState, effects: Effect[]): RaftState {
  const { nodeId, role, epoch, granted, electionRetries } = before;
  const preVotes = role === 'Prospective' ? granted : [];
  const change = { role: 'Candidate', epoch: epoch + 1, votedId: nodeId, granted: [nodeId], preVotes, electionRetries: electionRetries + 1 } as const;
  const state = leaveRole(before, change, effects);
  armElection(randomElectionTimeoutMs(state), effects);
  return state;
}

/** It remains the leader of its epoch by name, and never leads it again (KAFKA-10527). */
export function transitionToResigned(before: RaftState, preferredSuccessors: readonly NodeId[], effects: Effect[]): RaftState {
  const resignation = { preferredSuccessors, unacknowledged: otherVoters(before) };
  const state = leaveRole(before, { role: 'Resigned', resignation }, effects);
  armElection(randomElectionTimeoutMs(state), effects);
  return state;
}

/** Two leaders named for one epoch: Kafka throws (hasConsistentLeader); here the checkers judge, and nothing is done. */
function isConsistent(state: RaftState, epoch: LeaderEpoch, leaderId: NodeId, effects: Effect[]): boolean {
  if (epoch !== state.epoch || leaderId === NO_LEADER || state.leaderId === NO_LEADER || leaderId === state.leaderId) return true;
  effects.push({ kind: 'mark', label: 'raft: two leaders were named for one epoch' });
  return false;
}

/**
 * Follows what another node knows of epoch and leader, if it is news (KafkaRaftClient.maybeTransition). A node told that
 * it leads itself, which it does not know of, has lost its disk: it leads nothing.
 */
export function maybeTransition(state: RaftState, epoch: LeaderEpoch, leaderId: NodeId, effects: Effect[]): RaftState {
  if (epoch < state.epoch || !isConsistent(state, epoch, leaderId, effects)) return state;
  const namesOther = leaderId !== NO_LEADER && leaderId !== state.nodeId;
  if (epoch > state.epoch) return namesOther ? transitionToFollower(state, epoch, leaderId, effects) : hearOfEpoch(state, epoch, effects);
  if (namesOther && state.leaderId === NO_LEADER) return transitionToFollower(state, epoch, leaderId, effects);
  return state;
}
