import { describe, expect, it } from 'vitest';
import type { VoteRequest, VoteResponse } from '../../kafka/api.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { electionTimedOut, handleVoteRequest, handleVoteResponse, successorBackoffMs } from './elections.ts';
import { logOf, Replica } from './sample.ts';
import type { RaftInput } from './state.ts';

const disk = (change: Partial<RaftInput['disk']>): RaftInput['disk'] => ({ log: undefined, quorumState: undefined, snapshot: undefined, ...change });

function vote(change: Partial<VoteRequest> = {}): VoteRequest {
  return { type: 'VoteRequest', correlationId: 9, replicaEpoch: 1, replicaId: 1, lastOffsetEpoch: 0, lastOffset: 0, preVote: false, ...change };
}

/** What node 0 answers to node 1, once its disk is done. */
function answerOf(replica: Replica, request: VoteRequest): VoteResponse {
  replica.receive(request.replicaId, request, handleVoteRequest);
  return (replica.left[0] ?? replica.flushQuorumState().left[0]) as VoteResponse;
}

describe('a voter', () => {
  it('gives one vote in an epoch, the same one again, and none in an older epoch', () => {
    const replica = new Replica();
    expect(answerOf(replica, vote({ replicaEpoch: 3 })).voteGranted).toBe(true);
    expect(answerOf(replica, vote({ replicaEpoch: 3 })).voteGranted).toBe(true);
    expect(answerOf(replica, vote({ replicaEpoch: 3, replicaId: 2 })).voteGranted).toBe(false);
    expect(answerOf(replica, vote({ replicaEpoch: 2, replicaId: 2 }))).toMatchObject({ errorCode: 'FENCED_LEADER_EPOCH', leaderEpoch: 3, voteGranted: false });
    expect(answerOf(replica, vote({ replicaEpoch: 4, replicaId: 2 })).voteGranted).toBe(true);
  });

  it('gives its vote only when the vote is on the platter', () => {
    const replica = new Replica().receive(1, vote({ replicaEpoch: 3 }), handleVoteRequest);
    expect(replica.left).toEqual([]);
    expect(replica.flushQuorumState().left).toContainEqual(expect.objectContaining({ type: 'VoteResponse', voteGranted: true }));
  });

  it('gives it at once without raftFlushesBeforeAck', () => {
    const replica = new Replica({ rules: { ...KAFKA_RULES, raftFlushesBeforeAck: false } }).receive(1, vote({ replicaEpoch: 3 }), handleVoteRequest);
    expect(replica.left).toContainEqual(expect.objectContaining({ type: 'VoteResponse', voteGranted: true }));
  });

  it('remembers its vote after a restart', () => {
    const replica = new Replica({ disk: disk({ quorumState: { leaderEpoch: 3, votedId: 1, leaderId: -1 } }) });
    expect(answerOf(replica, vote({ replicaEpoch: 3, replicaId: 2 })).voteGranted).toBe(false);
    expect(answerOf(replica, vote({ replicaEpoch: 3, replicaId: 1 })).voteGranted).toBe(true);
  });

  it('votes again when its disk was replaced, which static voters cannot prevent (BUG-33b; KIP-853 does)', () => {
    const disks = [disk({ quorumState: { leaderEpoch: 3, votedId: 1, leaderId: -1 } }), disk({})];
    expect(disks.map((each) => answerOf(new Replica({ disk: each }), vote({ replicaEpoch: 3, replicaId: 2 })).voteGranted)).toEqual([false, true]);
  });

  it.each([
    ['a longer log of the same epoch', 2, 4, true],
    ['an equal log', 2, 3, true],
    ['a shorter log of the same epoch', 2, 2, false],
    ['a longer log of an older epoch', 1, 9, false],
    ['a shorter log of a newer epoch', 3, 1, true],
  ])('compares logs by epoch first: %s', (_, lastOffsetEpoch, lastOffset, voteGranted) => {
    const input = { disk: disk({ log: logOf(1, 1, 2) }) };
    const request = vote({ replicaEpoch: 5, lastOffsetEpoch, lastOffset });
    expect(answerOf(new Replica(input), request).voteGranted).toBe(voteGranted);
    expect(answerOf(new Replica(input), { ...request, preVote: true }).voteGranted).toBe(voteGranted);
    expect(answerOf(new Replica({ ...input, rules: { ...KAFKA_RULES, raftChecksCandidateLog: false } }), request).voteGranted).toBe(true);
  });

  it('says no to a pre-vote while it hears from a leader, and yes when the leader has not answered it yet', () => {
    const follower = new Replica({ disk: disk({ quorumState: { leaderEpoch: 3, votedId: -1, leaderId: 2 } }) });
    const preVote = vote({ replicaEpoch: 3, preVote: true });
    expect(answerOf(follower, preVote).voteGranted).toBe(true);
    follower.answerFetch(2, {});
    expect(answerOf(follower, preVote)).toMatchObject({ voteGranted: false, leaderId: 2, leaderEpoch: 3 });
    expect(follower.state.role).toBe('Follower');
  });

  it('does not change epoch or vote over a pre-vote of its own epoch', () => {
    const replica = new Replica();
    const { epoch, votedId } = replica.state;
    answerOf(replica, vote({ replicaEpoch: epoch, preVote: true }));
    expect([replica.state.epoch, replica.state.votedId]).toEqual([epoch, votedId]);
  });

  it('answers a stranger INVALID_REQUEST', () => {
    expect(answerOf(new Replica(), vote({ replicaId: 8 })).errorCode).toBe('INVALID_REQUEST');
  });
});

describe('a nominee', () => {
  const answer = (replica: Replica, from: number, change: Partial<VoteResponse>): Replica =>
    replica.receive(from, { type: 'VoteResponse', correlationId: replica.correlationTo(from), errorCode: 'NONE', leaderId: -1, leaderEpoch: replica.state.epoch, voteGranted: true, ...change }, handleVoteResponse);

  it('asks first, in its own epoch, and begins an epoch when a majority would vote for it', () => {
    const replica = new Replica().timer('election', electionTimedOut);
    expect([replica.state.role, replica.state.epoch]).toEqual(['Prospective', 0]);
    expect(replica.left).toMatchObject([{ preVote: true, replicaEpoch: 0 }, { preVote: true, replicaEpoch: 0 }]);
    answer(replica, 1, {});
    expect([replica.state.role, replica.state.epoch, replica.state.votedId, replica.state.preVotes]).toEqual(['Candidate', 1, 0, [0, 1]]);
    expect(replica.left).toEqual([]);
    expect(replica.flushQuorumState().left).toMatchObject([{ preVote: false, replicaEpoch: 1 }, { preVote: false, replicaEpoch: 1 }]);
  });

  it('begins an epoch at once without raftPreVotes', () => {
    const replica = new Replica({ rules: { ...KAFKA_RULES, raftPreVotes: false } }).timer('election', electionTimedOut);
    expect([replica.state.role, replica.state.epoch, replica.state.preVotes]).toEqual(['Candidate', 1, []]);
  });

  it('keeps the name of its leader while it asks, so that a voter that also follows a dead leader does not talk it out of it', () => {
    const replica = new Replica({ disk: disk({ quorumState: { leaderEpoch: 3, votedId: -1, leaderId: 2 } }) });
    replica.timer('election', (state, effects) => electionTimedOut(state.with({ role: 'Unattached' }), effects));
    expect([replica.state.role, replica.state.leaderId]).toEqual(['Prospective', 2]);
    answer(replica, 1, { leaderId: 2, voteGranted: true });
    expect(replica.state.role).toBe('Candidate');
  });

  it('follows the leader that it is told of', () => {
    const replica = new Replica().timer('election', electionTimedOut);
    answer(replica, 1, { voteGranted: false, leaderId: 2, leaderEpoch: 0 });
    expect([replica.state.role, replica.state.leaderId]).toEqual(['Follower', 2]);
  });

  it('backs off when a majority refuses, and then asks again', () => {
    const replica = new Replica().timer('election', electionTimedOut);
    answer(replica, 1, {}).settle();
    answer(replica, 1, { voteGranted: false });
    expect(replica.state.isBackingOff).toBe(false);
    answer(replica, 2, { voteGranted: false });
    expect([replica.state.role, replica.state.isBackingOff]).toEqual(['Candidate', true]);
    expect(replica.effects).toContainEqual(expect.objectContaining({ kind: 'schedule', key: 'election' }));
    expect(replica.timer('election', electionTimedOut).state.role).toBe('Prospective');
  });

  it('ignores an answer to a question of its past', () => {
    const replica = new Replica().timer('election', electionTimedOut);
    const stale = replica.correlationTo(2);
    answer(replica, 1, {}).settle();
    replica.receive(2, { type: 'VoteResponse', correlationId: stale, errorCode: 'NONE', leaderId: -1, leaderEpoch: 0, voteGranted: true } satisfies VoteResponse, handleVoteResponse);
    expect(replica.state.role).toBe('Candidate');
  });

  it('waits for an election in a higher epoch as long as it would have waited in its own', () => {
    const replica = new Replica();
    replica.receive(1, vote({ replicaEpoch: 7, lastOffsetEpoch: -1 }), handleVoteRequest);
    expect(replica.state.epoch).toBe(7);
    expect(replica.effects.filter((effect) => 'key' in effect && effect.key === 'election')).toEqual([]);
  });
});

it('the first successor stands at once, the others one after the other', () => {
  const at = (nodeId: number): number => successorBackoffMs(new Replica({ nodeId, voters: [0, 1, 2, 3, 4] }).state, [3, 0, 1, 2]);
  expect([3, 0, 1, 2].map(at)).toEqual([0, 100, 200, 400]);
});
