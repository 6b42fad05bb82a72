/**
 * The first step of a life. What the files hold may only be in the page cache: the quorum state, the snapshot and a
 * voter's log are flushed before anything that relies on them leaves, since the former life may have ended in the
 * middle of that very flush.
 *
 * Source: KafkaRaftClient.initialize, QuorumState.initialize.
 */
import type { Effect } from '../../kernel/effects.ts';
import { NO_LEADER } from '../../kafka/ids.ts';
import { tell } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { becomeLeader } from './leader.ts';
import { armElection, armFetchTimeout, randomElectionTimeoutMs, transitionToResigned } from './quorum-state.ts';
import { standForElection } from './elections.ts';
import { flushSnapshot } from './snapshots.ts';
import { recoverRaft, type RaftInput, type RaftState } from './state.ts';
import { writeQuorumState } from './step.ts';

/** The replica as its files know it. It has no clock and no entropy yet: a timer that is due at once brings both. */
export function bootRaft(input: RaftInput): Reduced<RaftState> {
  return { ...quietly(recoverRaft(input)), effects: [{ kind: 'schedule', key: 'start', delayMs: 0, type: 'timer.start' }] };
}

export function start(recovered: RaftState, effects: Effect[]): RaftState {
  const state = writeQuorumState(recovered, effects);
  if (state.snapshot !== null) flushSnapshot(state.snapshot, effects);
  const { epoch, role, leaderId } = state;
  if (role !== 'Resigned' && leaderId !== NO_LEADER) for (const listener of state.listeners) effects.push(tell(listener, { type: 'raft.leaderChanged', epoch, leaderId }));
  // Nobody else can lead a quorum of one, whatever it was before.
  if (state.isVoter && state.voters.length === 1) return standForElection(state, effects);
  switch (role) {
    case 'Resigned':
      // KAFKA-10527: before 2.7 it went on leading the same epoch, over a log that may have lost its end.
      return state.rules.raftLeaderResignsOnRestart ? transitionToResigned(state, [], effects) : becomeLeader(state, effects);
    case 'Follower':
      armFetchTimeout(state, effects);
      return state;
    case 'Unattached':
      if (!state.isVoter) return state;
      armElection(randomElectionTimeoutMs(state), effects);
      return state;
    case 'Prospective':
    case 'Candidate':
    case 'Leader':
      return state;
    default:
      return role;
  }
}
