import { describe, expect, it } from 'vitest';
import type { BeginQuorumEpochRequest, VoteRequest } from '../../kafka/api.ts';
import type { RaftView } from '../../kafka/views.ts';
import { Stimulus } from '../../kernel/effects.ts';
import { handleVoteRequest } from './elections.ts';
import { handleBeginQuorumEpoch } from './goodbye.ts';
import { connectionLost, endBackoff, requestTimedOut } from './requests.ts';
import { logOf, Replica } from './sample.ts';
import { quorumStateFlushed } from './step.ts';
import { noteLogFlushed, truncateLog } from './storage.ts';

const begin = (leaderEpoch: number, leaderId: number): BeginQuorumEpochRequest => ({ type: 'BeginQuorumEpochRequest', correlationId: 3, leaderId, leaderEpoch });
const vote: VoteRequest = { type: 'VoteRequest', correlationId: 9, replicaEpoch: 8, replicaId: 1, lastOffsetEpoch: 0, lastOffset: 0, preVote: false };

describe('a step', () => {
  it('lets nothing out before the latest quorum state is flushed, and then all of it in order', () => {
    const replica = new Replica();
    const flushed = (version: number): Replica => replica.step(new Stimulus('quorumState.flushed', 0, 1, undefined), (state) => quorumStateFlushed(state, version));
    replica.receive(2, begin(5, 2), handleBeginQuorumEpoch);
    expect(replica.left).toEqual([]);
    const first = replica.state.quorumStateVersion;
    replica.receive(1, vote, handleVoteRequest);
    expect(replica.state.quorumStateVersion).toBe(first + 1);
    // The flush of the older change is through; the newer one is not.
    expect(flushed(first).left).toEqual([]);
    expect(flushed(first + 1).left.map(({ type }) => type).slice(0, 3)).toEqual(['BeginQuorumEpochResponse', 'FetchRequest', 'VoteResponse']);
    expect(replica.state.outbox).toEqual([]);
  });

  it('arms timers and tells listeners at once', () => {
    const replica = new Replica().receive(2, begin(5, 2), handleBeginQuorumEpoch);
    expect(replica.effects).toContainEqual(expect.objectContaining({ kind: 'schedule', key: 'fetchTimeout' }));
    expect(replica.told('raft.leaderChanged')).toEqual([{ type: 'raft.leaderChanged', epoch: 5, leaderId: 2 }]);
  });

  it('of an observer writes the quorum state and waits for nothing', () => {
    const replica = new Replica({ nodeId: 9 }).receive(2, begin(5, 2), handleBeginQuorumEpoch);
    expect(replica.effects.map(({ kind }) => kind)).toContain('replace');
    expect(replica.effects.map(({ kind }) => kind)).not.toContain('flush');
    expect(replica.left.map(({ type }) => type)).toEqual(['BeginQuorumEpochResponse', 'FetchRequest']);
  });

  it('writes nothing when epoch, vote and leader are as they were', () => {
    const replica = new Replica().receive(2, begin(5, 2), handleBeginQuorumEpoch).settle().receive(2, begin(5, 2), handleBeginQuorumEpoch);
    expect(replica.effects.map(({ kind }) => kind)).toEqual(['reply']);
  });

  it('leaves a state that checkers can look at', () => {
    const view: RaftView = new Replica().lead().state;
    expect([view.isLeader, view.leaderId, view.votedId, view.epoch, view.isVoter, view.log.endOffset]).toEqual([true, 0, 0, 1, true, 1]);
  });
});

describe('a flush of the log', () => {
  it('that began before a truncation says nothing about what was written after it', () => {
    const replica = new Replica({ disk: { log: logOf(1, 1, 1), quorumState: undefined, snapshot: undefined } });
    const data = { endOffset: 3, truncations: replica.state.truncations };
    replica.timer('cut', (state, effects) => truncateLog(state, 1, effects));
    expect(replica.state.flushedEndOffset).toBe(1);
    replica.timer('grow', (state) => state.with({ log: state.log.append([{ type: 'LeaderChangeMessage', leaderId: 1, voters: [] }], 2) }));
    replica.step(new Stimulus('log.flushed', 0, 1, undefined), (state) => noteLogFlushed(state, { file: 'log', data }));
    expect(replica.state.flushedEndOffset).toBe(1);
  });
});

describe('requests', () => {
  const asks = (): Replica => new Replica().receive(2, begin(5, 2), handleBeginQuorumEpoch).settle();

  it('that get no answer close the connection and are tried again after a back-off that grows', () => {
    const replica = asks();
    const delays: unknown[] = [];
    for (let failure = 0; failure < 7; failure += 1) {
      replica.timer('request', (state, effects) => requestTimedOut(state, 2, effects));
      expect(replica.effects[0]).toEqual({ kind: 'disconnect', to: 2 });
      delays.push(...replica.effects.flatMap((effect) => (effect.kind === 'schedule' && effect.key === 'backoff/2' ? [effect.delayMs] : [])));
      expect(replica.left).toEqual([]);
      expect(replica.timer('backoff', (state) => endBackoff(state, 2)).left).toMatchObject([{ type: 'FetchRequest' }]);
    }
    expect(delays).toEqual([20, 40, 80, 160, 320, 500, 500]);
  });

  it('whose connection is lost are tried again; the loss of an idle connection is nothing', () => {
    const replica = asks();
    expect(replica.timer('lost', (state, effects) => connectionLost(state, 1, effects)).effects).toEqual([]);
    expect(replica.timer('lost', (state, effects) => connectionLost(state, 2, effects)).effects).toContainEqual(expect.objectContaining({ key: 'backoff/2', delayMs: 20 }));
  });
});
