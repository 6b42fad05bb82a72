import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import type { RaftAppend } from './events.ts';
import { append, beginQuorumEpochDue, checkQuorumExpired, maybeAdvanceHighWatermark, preferredSuccessors } from './leader.ts';
import { logOf, Replica } from './sample.ts';

const record = { type: 'ConfigRecord', resourceType: 2, resourceName: 'counter', name: 'n', value: 'v' } as const;
const appendAt = (replica: Replica, change: Partial<RaftAppend> = {}): RaftAppend => ({ type: 'raft.append', epoch: replica.state.epoch, baseOffset: replica.state.log.endOffset, records: [record], ...change });

describe('a new leader', () => {
  it('begins its epoch with a LeaderChangeMessage and tells the voters', () => {
    const replica = new Replica({ disk: { log: logOf(1, 1), quorumState: { leaderEpoch: 1, votedId: -1, leaderId: -1 }, snapshot: undefined } }).lead();
    const { log, epoch, leadership } = replica.state;
    expect(log.read(2, 3)).toMatchObject([{ baseOffset: 2, partitionLeaderEpoch: epoch, records: [{ type: 'LeaderChangeMessage', leaderId: 0 }] }]);
    expect(leadership?.epochStartOffset).toBe(2);
    expect(leadership?.unacknowledged).toEqual([1, 2]);
  });

  it('may be written to when its first record is committed and told, not before', () => {
    const replica = new Replica().lead();
    expect(replica.told('raft.becameLeader')).toEqual([]);
    replica.fetchFrom(1, { fetchOffset: 1, lastFetchedEpoch: 1 });
    expect(replica.state.highWatermark).toBe(1);
    expect(replica.effects.filter(({ kind }) => kind === 'tell').map((effect) => ('event' in effect ? effect.event.type : ''))).toEqual(['raft.committed', 'raft.becameLeader']);
    expect(replica.told('raft.becameLeader')).toMatchObject([{ epoch: 1, nextOffset: 1 }]);
  });

  it('needs nobody in a quorum of one', () => {
    const replica = new Replica({ voters: [0] });
    expect(replica.state.isLeader).toBe(true);
    expect([replica.state.highWatermark, replica.state.toldEndOffset]).toEqual([1, 1]);
  });
});

describe('the high watermark', () => {
  it('counts the leader itself only with what it has flushed', () => {
    const replica = new Replica().lead();
    replica.step(appendAt(replica), append);
    replica.fetchFrom(1, { fetchOffset: 2, lastFetchedEpoch: 1 });
    expect(replica.state.highWatermark).toBe(1);
    expect(replica.flushLog().state.highWatermark).toBe(2);
  });

  it('counts an unflushed copy without raftFlushesBeforeAck', () => {
    const replica = new Replica({ rules: { ...KAFKA_RULES, raftFlushesBeforeAck: false } }).lead();
    replica.step(appendAt(replica), append);
    expect(replica.fetchFrom(1, { fetchOffset: 2, lastFetchedEpoch: 1 }).state.highWatermark).toBe(2);
  });

  it('does not move for records of older epochs before one of its own is replicated', () => {
    const input = { disk: { log: logOf(1, 1), quorumState: { leaderEpoch: 1, votedId: -1, leaderId: -1 }, snapshot: undefined } };
    const old = { fetchOffset: 2, lastFetchedEpoch: 1 };
    expect(new Replica(input).lead().fetchFrom(1, old).state.highWatermark).toBe(0);
    expect(new Replica({ ...input, rules: { ...KAFKA_RULES, raftCommitsOwnEpochFirst: false } }).lead().fetchFrom(1, old).state.highWatermark).toBe(2);
  });

  it('is the largest offset on a majority, and never falls', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -1, max: 8 }), { minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 8 }), (ends, before) => {
      const led = new Replica({ voters: [0, 1, 2, 3, 4] });
      const { state } = led.timer('lead', (recovered) => recovered.with({
        role: 'Leader', epoch: 1, leaderId: 0, log: logOf(1, 1, 1, 1, 1, 1, 1, 1), flushedEndOffset: 8, highWatermark: before, toldEndOffset: before,
        leadership: { epochStartOffset: 0, voterStates: ends.map((endOffset, i) => ({ id: i + 1, endOffset, lastFetchMs: -1 })), fetchedVoters: [], unacknowledged: [], fetchedSinceBegin: [], parked: [], isTold: true },
      })).flushQuorumState();
      const after = maybeAdvanceHighWatermark(state).highWatermark;
      const holders = (offset: number): number => [8, ...ends].filter((end) => end >= offset).length;
      const replicated = [8, 7, 6, 5, 4, 3, 2, 1].find((offset) => holders(offset) >= 3) ?? 0;
      expect(after).toBe(Math.max(before, replicated));
    }));
  });
});

describe('a leader', () => {
  it('drops what its controller decided in another epoch, and trips over a batch in the wrong place', () => {
    const replica = new Replica().lead();
    const { log } = replica.state;
    expect(replica.step(appendAt(replica, { epoch: 0 }), append).state.log).toBe(log);
    expect(() => replica.step(appendAt(replica, { baseOffset: 7 }), append)).toThrow(/appends at 7, the log ends at 1/);
  });

  it('flushes what was appended during a flush with the next one', () => {
    const replica = new Replica().lead();
    const flushes = (): number => replica.effects.filter(({ kind }) => kind === 'flush').length;
    replica.step(appendAt(replica), append);
    expect(flushes()).toBe(1);
    replica.step(appendAt(replica), append).step(appendAt(replica), append);
    expect(flushes()).toBe(0);
  });

  it('sets its check-quorum timer back whenever a majority has fetched', () => {
    const replica = new Replica({ voters: [0, 1, 2, 3, 4] }).lead();
    const isSetBack = (): boolean => replica.effects.some((effect) => effect.kind === 'schedule' && effect.key === 'checkQuorum');
    expect(replica.fetchFrom(1, {}) && isSetBack()).toBe(false);
    expect(replica.fetchFrom(1, {}) && isSetBack()).toBe(false);
    expect(replica.fetchFrom(2, {}) && isSetBack()).toBe(true);
    expect(replica.fetchFrom(3, {}) && isSetBack()).toBe(false);
  });

  it('knows when each voter fetched last, and makes another entry of it each time', () => {
    const replica = new Replica().lead();
    const [first] = replica.state.leadership?.voterStates ?? [];
    expect(first?.lastFetchMs).toBe(-1);
    const [second, other] = replica.fetchFrom(1, {}).state.leadership?.voterStates ?? [];
    const [third] = replica.fetchFrom(1, {}).state.leadership?.voterStates ?? [];
    expect([second?.lastFetchMs, other?.lastFetchMs, second === first, third === second]).toEqual([0, -1, false, false]);
  });

  it('has no such timer without raftChecksQuorum', () => {
    const replica = new Replica({ rules: { ...KAFKA_RULES, raftChecksQuorum: false } }).lead().fetchFrom(1, {});
    expect(replica.effects.filter((effect) => effect.kind === 'schedule' && effect.key === 'checkQuorum')).toEqual([]);
  });

  it('that resigns sends away who waits, tells its controller, and asks the voters to go on, longest log first', () => {
    const replica = new Replica().lead();
    replica.fetchFrom(2, { fetchOffset: 1, lastFetchedEpoch: 1, highWatermark: 1 });
    replica.fetchFrom(1, { fetchOffset: 1, lastFetchedEpoch: 1, highWatermark: 1 });
    expect(replica.state.leadership?.parked).toHaveLength(2);
    replica.timer('checkQuorum', checkQuorumExpired);
    expect(replica.state.role).toBe('Resigned');
    expect(replica.told('raft.resigned')).toEqual([{ type: 'raft.resigned', epoch: 1 }]);
    expect(replica.told('raft.leaderChanged')).toMatchObject([{ epoch: 1, leaderId: -1 }]);
    expect(replica.left.map(({ type }) => type)).toEqual(['EndQuorumEpochRequest', 'EndQuorumEpochRequest', 'FetchResponse', 'FetchResponse']);
  });

  it('names the voter with the longest log first', () => {
    const leadership = new Replica().lead().fetchFrom(2, { fetchOffset: 1, lastFetchedEpoch: 1 }).state.leadership;
    expect(leadership === null ? [] : preferredSuccessors(leadership)).toEqual([2, 1]);
  });

  it('tells those of its epoch again that have not fetched since', () => {
    const replica = new Replica().lead().fetchFrom(1, {});
    expect(replica.timer('beginQuorumEpoch', beginQuorumEpochDue).state.leadership?.unacknowledged).toEqual([2]);
  });
});
