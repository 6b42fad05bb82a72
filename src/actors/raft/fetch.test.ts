import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FetchResponse, FetchSnapshotResponse, MetadataBatch } from '../../kafka/api.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import { RaftLog } from '../../kafka/raft-log.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { Stimulus } from '../../kernel/effects.ts';
import type { RaftCommitted, RaftSnapshotTaken } from './events.ts';
import { fetchTimeUp, handleFetch } from './fetch-service.ts';
import { fetchTimedOut } from './follower.ts';
import { handleEndQuorumEpoch } from './goodbye.ts';
import { fetchRequest, logOf, partitionOf, Replica } from './sample.ts';
import { handleFetchSnapshot, handleFetchSnapshotResponse, snapshotFlushed, storeSnapshot } from './snapshots.ts';
import type { RaftInput } from './state.ts';

const IMAGE = { name: 'an image' } as unknown as MetadataImage;

function diskOf(log: RaftLog, leaderEpoch = log.lastEpoch, leaderId = -1): RaftInput['disk'] {
  return { log, quorumState: { leaderEpoch, votedId: -1, leaderId }, snapshot: undefined };
}

/** Leads epoch 4 over records of the epochs 1, 1, 3 and its own. */
function leader(rules = KAFKA_RULES): Replica {
  return new Replica({ disk: diskOf(logOf(1, 1, 3)), rules }).lead();
}

/** Follows node 2 in epoch 5. */
function follower(log = logOf(1, 1, 3), change: Partial<RaftInput> = {}): Replica {
  return new Replica({ disk: diskOf(log, 5, 2), ...change });
}

describe('a leader that is fetched from', () => {
  it.each([
    ['an older epoch', 3, 'FENCED_LEADER_EPOCH'],
    ['a newer epoch', 9, 'UNKNOWN_LEADER_EPOCH'],
  ])('refuses %s and says who leads', (_, currentLeaderEpoch, errorCode) => {
    expect(partitionOf(leader().fetchFrom(1, { currentLeaderEpoch }).left[0])).toMatchObject({ errorCode, currentLeader: { leaderId: 0, leaderEpoch: 4 } });
  });

  it('is not the one to ask when it follows', () => {
    expect(partitionOf(follower().fetchFrom(1, {}).left[0])).toMatchObject({ errorCode: 'NOT_LEADER_OR_FOLLOWER', currentLeader: { leaderId: 2, leaderEpoch: 5 } });
  });

  it('serves records that are not committed', () => {
    const data = partitionOf(leader().fetchFrom(1, { fetchOffset: 1, lastFetchedEpoch: 1 }).left[0]);
    expect(data).toMatchObject({ errorCode: 'NONE', highWatermark: 0 });
    expect(data.records).toHaveLength(3);
  });

  it('names the end of the last common epoch when the logs part, and takes that for no acknowledgement', () => {
    const replica = leader();
    expect(partitionOf(replica.fetchFrom(1, { fetchOffset: 3, lastFetchedEpoch: 2 }).left[0]).divergingEpoch).toEqual({ epoch: 1, endOffset: 2 });
    expect(partitionOf(replica.fetchFrom(1, { fetchOffset: 4, lastFetchedEpoch: 3 }).left[0]).divergingEpoch).toEqual({ epoch: 3, endOffset: 3 });
    expect(replica.state.leadership?.voterStates[0]).toMatchObject({ id: 1, endOffset: -1 });
  });

  it('lets a fetch wait until there is something, or until its time is up', () => {
    const atEnd = { fetchOffset: 4, lastFetchedEpoch: 4, highWatermark: 4 };
    const replica = leader().fetchFrom(7, atEnd);
    expect(replica.left).toEqual([]);
    replica.step(new Stimulus('timer.parked', 0, 1, 7), (state, { data }, effects) => fetchTimeUp(state, data, effects));
    expect(partitionOf(replica.left[0])).toMatchObject({ errorCode: 'NONE', records: [] });
    expect(replica.fetchFrom(7, atEnd).fetchFrom(7, atEnd).effects).toContainEqual({ kind: 'release', to: 77 });
  });

  it.each([[true, ['FetchResponse']], [false, []]])('wakes who waits for a higher high watermark: raftFetchWaitsForHighWatermark %s', (raftFetchWaitsForHighWatermark, types) => {
    const replica = leader({ ...KAFKA_RULES, raftFetchWaitsForHighWatermark });
    const atEnd = { fetchOffset: 4, lastFetchedEpoch: 4, highWatermark: 0 };
    replica.fetchFrom(7, atEnd);
    expect(replica.left).toEqual([]);
    // Voter 1 acknowledges everything, and with that it is committed.
    replica.fetchFrom(1, { ...atEnd, highWatermark: 4 });
    expect(replica.state.highWatermark).toBe(4);
    expect(replica.left.map(({ type }) => type)).toEqual(types);
  });

  it('answers a fetch of some other topic', () => {
    const request = fetchRequest(1, {});
    const replica = leader().receive(1, { ...request, topics: [] }, handleFetch);
    expect(partitionOf(replica.left[0]).errorCode).toBe('INVALID_REQUEST');
  });
});

describe('a follower', () => {
  const batch = (baseOffset: number, partitionLeaderEpoch: number): MetadataBatch => ({ baseOffset, partitionLeaderEpoch, records: [{ type: 'LeaderChangeMessage', leaderId: 2, voters: [0, 1, 2] }] });

  it('flushes what it fetched before it fetches again, since that is its acknowledgement', () => {
    const replica = follower();
    replica.answerFetch(2, { records: [batch(3, 5)] });
    expect(replica.left).toEqual([]);
    replica.flushLog();
    expect(replica.left).toMatchObject([{ type: 'FetchRequest', topics: [{ partitions: [{ fetchOffset: 4, lastFetchedEpoch: 5, currentLeaderEpoch: 5 }] }] }]);
  });

  it('fetches on at once as an observer, or without raftFlushesBeforeAck', () => {
    for (const change of [{ nodeId: 9 }, { rules: { ...KAFKA_RULES, raftFlushesBeforeAck: false } }]) {
      expect(follower(logOf(1), change).answerFetch(2, { records: [batch(1, 5)] }).left).toMatchObject([{ type: 'FetchRequest' }]);
    }
  });

  it('flushes a log that it finds on its disk before it first fetches', () => {
    const replica = new Replica({ disk: diskOf(logOf(1), 1, 2) });
    // The sample has already seen the flush of the start through; nothing was asked before it.
    expect(replica.state.flushedEndOffset).toBe(1);
    expect(replica.left).toMatchObject([{ type: 'FetchRequest' }]);
  });

  it('cuts what its leader does not have, to the end of the last common epoch', () => {
    const replica = follower(logOf(1, 1, 2, 4));
    replica.answerFetch(2, { divergingEpoch: { epoch: 3, endOffset: 5 } });
    expect([replica.state.log.endOffset, replica.state.log.lastEpoch]).toEqual([3, 2]);
    replica.answerFetch(2, { divergingEpoch: { epoch: 1, endOffset: 2 } });
    expect(replica.state.log.endOffset).toBe(2);
    expect(replica.effects).toContainEqual(expect.objectContaining({ kind: 'write', keptLength: 2 }));
    expect(replica.left).toMatchObject([{ topics: [{ partitions: [{ fetchOffset: 2, lastFetchedEpoch: 1 }] }] }]);
  });

  it('knows as committed what its leader says and its own log holds', () => {
    const replica = follower();
    expect(replica.answerFetch(2, { highWatermark: 9 }).state.highWatermark).toBe(3);
    expect(replica.told('raft.committed')).toMatchObject([{ endOffset: 3, snapshot: null }]);
    expect(replica.answerFetch(2, { highWatermark: 1 }).state.highWatermark).toBe(3);
  });

  it('finds the common log with any leader whose log continues the same past', () => {
    const epochs = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 8 });
    fc.assert(fc.property(epochs, epochs, epochs, (common, mine, theirs) => {
      // Two logs that part: from there on they have no epoch in common, as leaders of an epoch are one.
      const grow = (start: RaftLog, steps: readonly number[], parity: number): RaftLog => {
        let log = start;
        let epoch = start.lastEpoch;
        for (const step of steps) {
          epoch = Math.max(1, epoch + step);
          if (epoch % 2 !== parity) epoch += 1;
          log = log.append([{ type: 'LeaderChangeMessage', leaderId: 2, voters: [] }], epoch);
        }
        return log;
      };
      const past = grow(RaftLog.empty(), common, 0);
      const lead = new Replica({ nodeId: 2, disk: diskOf(grow(past, theirs, 0), 99) }).lead();
      const { epoch, log } = lead.state;
      const replica = new Replica({ disk: diskOf(grow(past, mine, 1), epoch, 2) });
      // Each answer cuts at least one epoch or brings all the rest.
      for (let round = 0; round < 10; round += 1) exchange(lead, replica);
      expect(replica.state.log.read(0, 99)).toEqual(log.read(0, 99));
    }), { numRuns: 60 });
  });

  it('asks the voters when it has heard nothing, and an observer looks for another leader', () => {
    expect(follower().timer('fetchTimeout', fetchTimedOut).state.role).toBe('Prospective');
    expect(follower(logOf(1), { nodeId: 9 }).timer('fetchTimeout', fetchTimedOut).state.role).toBe('Unattached');
  });

  it('stands when its leader says goodbye, at once if it is the first successor', () => {
    const goodbye = { type: 'EndQuorumEpochRequest', correlationId: 1, leaderId: 2, leaderEpoch: 5, preferredSuccessors: [0, 1] } as const;
    const replica = follower().answerFetch(2, {}).receive(2, goodbye, handleEndQuorumEpoch);
    expect(replica.effects).toContainEqual({ kind: 'schedule', key: 'fetchTimeout', delayMs: 0, type: 'timer.fetchTimeout' });
    expect(replica.state.hasFetchedFromLeader).toBe(false);
    expect(replica.receive(2, { ...goodbye, leaderEpoch: 4 }, handleEndQuorumEpoch).left).toMatchObject([{ errorCode: 'FENCED_LEADER_EPOCH' }]);
  });
});

/** One fetch of node 0 from node 2, there and back, with both disks done. */
function exchange(lead: Replica, replica: Replica): void {
  const { log, epoch } = replica.settle().state;
  const correlationId = replica.correlationTo(2);
  lead.receive(0, { ...fetchRequest(0, { currentLeaderEpoch: epoch, fetchOffset: log.endOffset, lastFetchedEpoch: log.lastEpoch }), maxWaitMs: 0 }, handleFetch);
  const answer = lead.left.find(({ type }) => type === 'FetchResponse') as FetchResponse<MetadataBatch>;
  replica.answerFetch(2, { ...partitionOf({ ...answer, correlationId } as FetchResponse<MetadataBatch>) });
  replica.settle();
}

describe('a snapshot', () => {
  const taken = (endOffset: number): RaftSnapshotTaken => ({ type: 'raft.snapshotTaken', endOffset, image: IMAGE });
  const flushed = (replica: Replica): Replica =>
    replica.timer('flushed', (state, effects) => snapshotFlushed(state, { epoch: state.snapshot?.epoch ?? 0, endOffset: state.snapshot?.endOffset ?? 0 }, effects));

  it('is flushed before the log below it goes', () => {
    const replica = follower().answerFetch(2, { highWatermark: 3 });
    replica.step(taken(2), storeSnapshot);
    expect(replica.effects.map(({ kind }) => kind)).toEqual(['replace', 'flush']);
    expect([replica.state.snapshot?.epoch, replica.state.log.startOffset]).toEqual([1, 0]);
    expect(flushed(replica).state.log.startOffset).toBe(2);
  });

  it('is dropped when there is a newer one, and must not end above what its maker has heard', () => {
    const replica = follower().answerFetch(2, { highWatermark: 2 });
    expect(replica.step(taken(2), storeSnapshot).step(taken(1), storeSnapshot).state.snapshot?.endOffset).toBe(2);
    expect(() => replica.step(taken(3), storeSnapshot)).toThrow(/has heard up to 2/);
  });

  it('is offered to a fetch below the log, and given to who asks for it', () => {
    const replica = leader().fetchFrom(1, { fetchOffset: 4, lastFetchedEpoch: 4 });
    flushed(replica.step(taken(3), storeSnapshot));
    expect(partitionOf(replica.fetchFrom(2, { fetchOffset: 1, lastFetchedEpoch: 1 }).left[0]).snapshotId).toEqual({ epoch: 3, endOffset: 3 });
    const ask = { type: 'FetchSnapshotRequest', correlationId: 1, replicaId: 2, currentLeaderEpoch: 4, snapshotId: { epoch: 3, endOffset: 3 } } as const;
    expect(replica.receive(2, ask, handleFetchSnapshot).left).toMatchObject([{ errorCode: 'NONE', image: IMAGE }]);
    expect(replica.receive(2, { ...ask, snapshotId: { epoch: 1, endOffset: 2 } }, handleFetchSnapshot).left).toMatchObject([{ errorCode: 'SNAPSHOT_NOT_FOUND', image: null }]);
    expect(replica.receive(2, { ...ask, currentLeaderEpoch: 3 }, handleFetchSnapshot).left).toMatchObject([{ errorCode: 'FENCED_LEADER_EPOCH', image: null }]);
  });

  it('replaces the log of a follower that is behind it; the file only when the snapshot is flushed', () => {
    const snapshotId = { epoch: 4, endOffset: 10 };
    const replica = follower().answerFetch(2, { snapshotId });
    expect(replica.left).toMatchObject([{ type: 'FetchSnapshotRequest', snapshotId }]);
    const answer: FetchSnapshotResponse = { type: 'FetchSnapshotResponse', correlationId: replica.correlationTo(2), errorCode: 'NONE', currentLeader: { leaderId: 2, leaderEpoch: 5 }, snapshotId, image: IMAGE };
    replica.receive(2, answer, handleFetchSnapshotResponse);
    expect([replica.state.log.startOffset, replica.state.highWatermark]).toEqual([10, 10]);
    expect(replica.effects.some(({ kind }) => kind === 'write')).toBe(false);
    expect(replica.left).toEqual([]);
    expect(replica.told('raft.committed') as readonly RaftCommitted[]).toMatchObject([{ batches: [], endOffset: 10, snapshot: { endOffset: 10, image: IMAGE } }]);
    flushed(replica);
    expect(replica.effects).toContainEqual(expect.objectContaining({ kind: 'write', keptLength: 0 }));
    expect(replica.left).toMatchObject([{ type: 'FetchRequest', topics: [{ partitions: [{ fetchOffset: 10, lastFetchedEpoch: 4 }] }] }]);
  });

  it.each([
    ['ends before it', logOf(1, 1), 10],
    ['has another record at its end', logOf(1, 1, 1), 2],
  ])('found at the start wins over a log that %s', (_, log, endOffset) => {
    const replica = new Replica({ disk: { log, quorumState: undefined, snapshot: { epoch: 4, endOffset, image: IMAGE } } });
    expect([replica.state.log.startOffset, replica.state.log.endOffset, replica.state.awaitsSnapshotFlush, replica.state.toldEndOffset]).toEqual([endOffset, endOffset, true, endOffset]);
  });

  it('found at the start is told first, then the log that reaches beyond it', () => {
    const replica = new Replica({ disk: { log: logOf(1, 1, 1), quorumState: { leaderEpoch: 1, votedId: -1, leaderId: 2 }, snapshot: { epoch: 1, endOffset: 2, image: IMAGE } } });
    flushed(replica);
    expect(replica.state.toldEndOffset).toBe(2);
    expect(replica.answerFetch(2, { highWatermark: 3 }).told('raft.committed')).toMatchObject([{ batches: [{ baseOffset: 2 }], snapshot: null, endOffset: 3 }]);
  });
});
