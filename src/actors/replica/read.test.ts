import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, type FetchPartitionData } from '../../kafka/api.ts';
import { PartitionLog } from '../../kafka/log.ts';
import { withOffsets } from '../../kafka/records.ts';
import type { OffsetsRequested } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { readEpochEnd, readOffsets, readPartition, refuseEpochEnd, refuseOffsets, refuseRead } from './read.ts';
import { broker, epochsOf, followerRead, LEADER_EPOCH, logOf, NOW_MS, produced, readRequested, remote, sampleLeader, sampleReplica, told } from './sample.ts';
import { NEVER_CAUGHT_UP, type ReplicaState } from './state.ts';

const LOG = logOf([3, 4], [5, 6]);
const leader = sampleLeader({ log: LOG, highWatermark: 7, epochs: epochsOf([3, 0], [5, 4]) });

/** What a read that ends here found. */
function found({ effects }: Reduced<ReplicaState>): FetchPartitionData {
  return told(effects, 'fetch.allRead')[0]!.results!.data;
}
const offsetsIn = ({ records }: FetchPartitionData): number[] => records.map(({ baseOffset }) => baseOffset);

describe('a fetch of another leader epoch (Partition.checkCurrentLeaderEpoch)', () => {
  it.each([
    { currentLeaderEpoch: LEADER_EPOCH - 1, errorCode: 'FENCED_LEADER_EPOCH' },
    { currentLeaderEpoch: LEADER_EPOCH + 1, errorCode: 'UNKNOWN_LEADER_EPOCH' },
    { currentLeaderEpoch: LEADER_EPOCH, errorCode: 'NONE' },
    { currentLeaderEpoch: -1, errorCode: 'NONE' },
  ])('in epoch $currentLeaderEpoch is answered $errorCode, by whomever', ({ currentLeaderEpoch, errorCode }) => {
    expect(found(readPartition(leader, readRequested({ currentLeaderEpoch }))).errorCode).toBe(errorCode);
    const { state, effects } = readPartition(leader, followerRead(2, 9, { currentLeaderEpoch }));
    expect(told(effects, 'fetch.allRead')[0]?.results?.data.errorCode).toBe(errorCode);
    expect(state.leadership?.remotes[0]?.logEndOffset).toBe(errorCode === 'NONE' ? 9 : 10);
  });

  it('is answered at once, without data and without offsets', () => {
    const { state, effects } = readPartition(leader, readRequested({ currentLeaderEpoch: 1 }));
    expect(told(effects, 'fetch.allRead')[0]?.isUrgent).toBe(true);
    expect(found({ state, effects })).toEqual({ partitionIndex: 0, errorCode: 'FENCED_LEADER_EPOCH', highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, records: [] });
    expect(state).toBe(leader);
  });
});

describe('a fetch whose last record the leader does not have (Partition.readRecords, KIP-595)', () => {
  it.each([
    { lastFetchedEpoch: 5, fetchOffset: 10, diverging: undefined, why: 'the same epoch, at its end' },
    { lastFetchedEpoch: 5, fetchOffset: 4, diverging: undefined, why: 'the same epoch, from its start' },
    { lastFetchedEpoch: 3, fetchOffset: 4, diverging: undefined, why: 'an older epoch, just where it ended' },
    { lastFetchedEpoch: 3, fetchOffset: 2, diverging: undefined, why: 'an older epoch, before it ended' },
    { lastFetchedEpoch: 3, fetchOffset: 6, diverging: { epoch: 3, endOffset: 4 }, why: 'an older epoch, beyond where it ended here' },
    { lastFetchedEpoch: 4, fetchOffset: 6, diverging: { epoch: 3, endOffset: 4 }, why: 'an epoch that never wrote here' },
    { lastFetchedEpoch: 4, fetchOffset: 4, diverging: { epoch: 3, endOffset: 4 }, why: 'an epoch that never wrote here, even where nothing needs to be cut' },
    { lastFetchedEpoch: 5, fetchOffset: 12, diverging: { epoch: 5, endOffset: 10 }, why: 'the same epoch, beyond its end here' },
    { lastFetchedEpoch: 2, fetchOffset: 1, diverging: { epoch: 2, endOffset: 0 }, why: 'an epoch older than all that is known here' },
    { lastFetchedEpoch: -1, fetchOffset: 6, diverging: undefined, why: 'nothing to compare' },
  ])('epoch $lastFetchedEpoch at $fetchOffset: $why', ({ lastFetchedEpoch, fetchOffset, diverging }) => {
    const reduced = readPartition(leader, followerRead(2, fetchOffset, { lastFetchedEpoch }));
    const data = found(reduced);
    expect(data.errorCode).toBe('NONE');
    expect(data.divergingEpoch).toEqual(diverging);
    if (diverging === undefined) return;
    expect(data.records).toEqual([]);
    expect(told(reduced.effects, 'fetch.allRead')[0]?.isUrgent).toBe(true);
    expect(reduced.state, 'a log that parts acknowledges nothing').toBe(leader);
  });

  it('in an epoch above all that the leader knows is out of range', () => {
    expect(found(readPartition(leader, followerRead(2, 4, { lastFetchedEpoch: 6 }))).errorCode).toBe('OFFSET_OUT_OF_RANGE');
  });

  it('below the log start is out of range, whatever its epoch', () => {
    const trimmed = leader.with({ log: LOG.advanceLogStart(6), epochs: epochsOf([5, 6]) });
    const data = found(readPartition(trimmed, followerRead(2, 5, { lastFetchedEpoch: 3 })));
    expect([data.errorCode, data.divergingEpoch]).toEqual(['OFFSET_OUT_OF_RANGE', undefined]);
  });
});

describe('what a fetch may read (UnifiedLog.read, FetchIsolation)', () => {
  it('a consumer reads to the high watermark, a follower to the log end', () => {
    expect(offsetsIn(found(readPartition(leader, readRequested({ fetchOffset: 5 }))))).toEqual([5, 6]);
    expect(offsetsIn(found(readPartition(leader, followerRead(2, 5))))).toEqual([5, 6, 7, 8, 9]);
  });

  it.each([
    { fetchOffset: 10, errorCode: 'NONE' }, { fetchOffset: 8, errorCode: 'NONE' }, { fetchOffset: 11, errorCode: 'OFFSET_OUT_OF_RANGE' }, { fetchOffset: -1, errorCode: 'OFFSET_OUT_OF_RANGE' },
  ])('offset $fetchOffset of a log that ends at 10 is answered $errorCode', ({ fetchOffset, errorCode }) => {
    expect(found(readPartition(leader, readRequested({ fetchOffset }))).errorCode).toBe(errorCode);
    expect(found(readPartition(leader, followerRead(2, fetchOffset))).errorCode).toBe(errorCode);
  });

  it('a broker that is no replica is told that its assignment is unknown, or by an older version simply no', () => {
    expect(found(readPartition(leader, followerRead(4, 0))).errorCode).toBe('UNKNOWN_LEADER_EPOCH');
    expect(found(readPartition(leader, followerRead(4, 0, { currentLeaderEpoch: -1 }))).errorCode).toBe('NOT_LEADER_OR_FOLLOWER');
    expect(found(readPartition(leader, followerRead(1, 0))).errorCode).toBe('UNKNOWN_LEADER_EPOCH');
  });

  it('a replica that does not lead refuses', () => {
    const follower = sampleReplica({ log: LOG });
    const { state, effects } = refuseRead(follower, readRequested());
    expect([state === follower, told(effects, 'fetch.allRead')[0]?.isUrgent, found({ state, effects }).errorCode]).toEqual([true, true, 'NOT_LEADER_OR_FOLLOWER']);
  });
});

describe('how much a fetch reads (KIP-74)', () => {
  const large = [produced('x'.repeat(500)), produced('y'.repeat(500)), produced('z')].reduce((log, batch) => log.append(withOffsets(batch, log.logEndOffset, 5)), PartitionLog.empty());
  const full = sampleLeader({ log: large, highWatermark: 3 });

  it.each([
    { partitionMaxBytes: 1, bytesLeft: 10_000, offsets: [0], why: 'one batch above the limit of the partition' },
    { partitionMaxBytes: 10_000, bytesLeft: 1, offsets: [0], why: 'one batch above the limit of the request' },
    { partitionMaxBytes: 0, bytesLeft: 10_000, offsets: [0], why: 'one batch even when nothing is asked for' },
    { partitionMaxBytes: 10_000, bytesLeft: 1_200, offsets: [0, 1], why: 'as much as the request has room for' },
    { partitionMaxBytes: 10_000, bytesLeft: 10_000, offsets: [0, 1, 2], why: 'everything' },
  ])('returns $why while nothing has been found', ({ partitionMaxBytes, bytesLeft, offsets }) => {
    expect(offsetsIn(found(readPartition(full, readRequested({ partitionMaxBytes }, { bytesLeft }))))).toEqual(offsets);
  });

  it('returns nothing above the limits once another partition has given data', () => {
    for (const bytesLeft of [0, -50, 100]) expect(offsetsIn(found(readPartition(full, readRequested({}, { bytesLeft, hasData: true }))))).toEqual([]);
  });

  it('hands the rest of the bytes and all results to the next partition, and the answer to the last one', () => {
    const request = readRequested();
    const { position } = request;
    const second = { topicPartition: 't-1', request: { ...position.request, partition: 1 }, following: null };
    const { effects } = readPartition(full, { ...request, position: { ...position, following: second }, bytesWanted: 300 });
    const size = large.sizeInBytes;
    expect(effects).toMatchObject([{ kind: 'tell', to: 't-1', event: { type: 'fetch.read', round: request.round, position: second, bytesLeft: 10_000 - size, bytesWanted: 300 - size, hasData: true, isUrgent: false } }]);
    const [handedOn] = told(effects, 'fetch.read');
    expect([handedOn!.results!.request, offsetsIn(handedOn!.results!.data), handedOn!.results!.before]).toEqual([position.request, [0, 1, 2], null]);
    expect(told(readPartition(full, handedOn!).effects, 'fetch.allRead')[0]!.results).toMatchObject({ request: second.request, before: handedOn!.results });
    expect(told(readPartition(full, request).effects, 'fetch.allRead')[0]).toMatchObject({ operationId: 7, bytesLeft: 10_000 - size, isUrgent: false });
  });
});

describe('a follower\'s fetch (Partition.updateFollowerFetchState)', () => {
  const behind = sampleLeader({ log: LOG, highWatermark: 7 }, { remotes: [remote(2, 7), remote(3, 10)] });

  it('acknowledges all below its offset', () => {
    const { state } = readPartition(behind, followerRead(2, 9));
    expect([state.leadership?.remotes[0]?.logEndOffset, state.highWatermark]).toEqual([9, 9]);
  });

  it('is answered with the high watermark from before it counted: followers trail by a round trip (KIP-101)', () => {
    const { state, effects } = readPartition(behind, followerRead(2, 9));
    expect([found({ state, effects }).highWatermark, state.highWatermark]).toEqual([7, 9]);
  });

  it('counts once: what is read again from the purgatory acknowledges nothing', () => {
    const { state } = readPartition(behind, followerRead(2, 9, {}, { counts: false }));
    expect([state.leadership?.remotes, state.highWatermark]).toEqual([behind.leadership?.remotes, 7]);
    expect(found(readPartition(readPartition(behind, followerRead(2, 9)).state, followerRead(2, 9, {}, { counts: false }))).highWatermark).toBe(9);
  });

  it('of a former incarnation acknowledges nothing (KIP-903, Replica.updateFetchStateOrThrow)', () => {
    const stale = readPartition(behind, followerRead(2, 9, {}, { replicaEpoch: 11 }));
    expect([found(stale).errorCode, stale.state]).toEqual(['NOT_LEADER_OR_FOLLOWER', behind]);
    const later = readPartition(behind, followerRead(2, 9, {}, { replicaEpoch: 13 }));
    expect([found(later).errorCode, later.state.leadership?.remotes[0]?.logEndOffset]).toEqual(['NONE', 9]);
    const fenced = behind.with({ brokers: [broker(1), broker(2, { fenced: true }), broker(3)] });
    expect(found(readPartition(fenced, followerRead(2, 9, {}, { replicaEpoch: 11 }))).errorCode).toBe('NONE');
  });

  it.each([
    { why: 'at the end: now', fetchOffset: 10, lastEnd: 3, fetchedAgoMs: 400, caughtUpAgoMs: 0 },
    { why: 'at what was the end when it last fetched: then', fetchOffset: 8, lastEnd: 8, fetchedAgoMs: 400, caughtUpAgoMs: 400 },
    { why: 'further back: as before', fetchOffset: 8, lastEnd: 9, fetchedAgoMs: 400, caughtUpAgoMs: 5_000 },
    { why: 'never earlier than before', fetchOffset: 8, lastEnd: 8, fetchedAgoMs: 7_000, caughtUpAgoMs: 5_000 },
  ])('says when it was caught up: $why (Replica.updateFetchStateOrThrow)', ({ fetchOffset, lastEnd, fetchedAgoMs, caughtUpAgoMs }) => {
    const before = { ...remote(2, 3, 5_000), lastFetchLeaderLogEndOffset: lastEnd, lastFetchTimeMs: NOW_MS - fetchedAgoMs };
    const { state } = readPartition(sampleLeader({ log: LOG }, { remotes: [before, remote(3, 10)] }), followerRead(2, fetchOffset));
    expect(state.leadership?.remotes[0]).toEqual({
      brokerId: 2, brokerEpoch: 12, logEndOffset: fetchOffset, logStartOffset: 0, lastFetchTimeMs: NOW_MS, lastFetchLeaderLogEndOffset: 10, lastCaughtUpTimeMs: NOW_MS - caughtUpAgoMs,
    });
  });

  it('of a replica that has never fetched before does not make it caught up, at whatever time of the run', () => {
    const unknown = { ...remote(3, -1), lastFetchLeaderLogEndOffset: -1, lastFetchTimeMs: NEVER_CAUGHT_UP, lastCaughtUpTimeMs: NEVER_CAUGHT_UP };
    const { state } = readPartition(sampleLeader({ log: LOG, highWatermark: 7 }, { isr: [1, 2], remotes: [remote(2, 10), unknown] }), followerRead(3, 5, {}, { nowMs: 10 }));
    expect([state.leadership?.remotes[1]?.lastCaughtUpTimeMs, state.highWatermark]).toEqual([NEVER_CAUGHT_UP, 10]);
  });

  it('brings it into the ISR as a proposal, and the high watermark waits for it from then on', () => {
    const joining = sampleLeader({ log: LOG, highWatermark: 7 }, { isr: [1, 2], remotes: [remote(2, 7), remote(3, 2, 60_000)] });
    const { state, effects } = readPartition(joining, followerRead(3, 8));
    expect(told(effects, 'alterPartition.submit').map(({ data }) => data.newIsrWithEpochs.map(({ brokerId }) => brokerId))).toEqual([[1, 2, 3]]);
    expect(state.leadership?.maximalIsr).toEqual([1, 2, 3]);
    expect(readPartition(state, followerRead(2, 10)).state.highWatermark).toBe(8);
  });
});

describe('a fetch that finds too little', () => {
  it('is remembered once, by whom to wake: a follower for appends, a consumer for commits', () => {
    const once = readPartition(leader, readRequested({ fetchOffset: 7 })).state;
    const twice = readPartition(once, readRequested({ fetchOffset: 7 })).state;
    const both = readPartition(twice, followerRead(2, 10)).state;
    expect(both.watchers).toEqual([{ source: 40, isFollower: false }, { source: 2, isFollower: true }]);
  });

  it('is remembered also where it found something, as long as that is less than it wants (fetch.min.bytes)', () => {
    expect(readPartition(leader, readRequested({}, { bytesWanted: 100_000 })).state.watchers).toEqual([{ source: 40, isFollower: false }]);
    expect(readPartition(leader, readRequested({}, { bytesWanted: 1 })).state.watchers).toEqual([]);
  });

  it.each([
    ['it wants nothing more', readRequested({ fetchOffset: 7 }, { bytesWanted: 0 })],
    ['an error was found before', readRequested({ fetchOffset: 7 }, { isUrgent: true })],
    ['it ends in an error', readRequested({ fetchOffset: 99 })],
    ['it ends in a divergence', followerRead(2, 12, { lastFetchedEpoch: 5 })],
  ])('is not remembered when %s', (_, event) => {
    expect(readPartition(leader, event).state.watchers).toEqual([]);
  });

  it('never makes a replica remember more than its readers', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.boolean())), (reads) => {
        const state = reads.reduce((before, [n, isFollower]) => readPartition(before, isFollower ? followerRead(2 + (n % 2), 10) : readRequested({ fetchOffset: 10 }, { source: 40 + n })).state, leader);
        expect(state.watchers.length).toBeLessThanOrEqual(6);
        expect(new Set(state.watchers.map(({ source }) => source)).size).toBe(state.watchers.length);
      }),
    );
  });
});

describe('ListOffsets (Partition.fetchOffsetForTimestamp)', () => {
  const list = (state: ReplicaState, change: Partial<OffsetsRequested>): (string | number)[] => {
    const event: OffsetsRequested = { type: 'listOffsets.read', ticket: { operationId: 1, position: 0 }, replicaId: -1, currentLeaderEpoch: LEADER_EPOCH, timestamp: LATEST_TIMESTAMP, ...change };
    const [answer] = told(readOffsets(state, event).effects, 'listOffsets.partitionRead');
    return [answer!.errorCode, answer!.offset, answer!.leaderEpoch];
  };
  const young = sampleLeader({ log: LOG, highWatermark: 7, epochs: epochsOf([3, 0], [5, 4]) }, { leaderEpochStartOffset: 8 });

  it.each([
    { asks: 'a consumer for the latest', change: {}, answer: ['NONE', 7, 5] },
    { asks: 'a consumer for the earliest', change: { timestamp: EARLIEST_TIMESTAMP }, answer: ['NONE', 0, 3] },
    { asks: 'a follower for the latest', change: { replicaId: 2 }, answer: ['NONE', 10, 5] },
    { asks: 'a consumer in an old epoch', change: { currentLeaderEpoch: 4 }, answer: ['FENCED_LEADER_EPOCH', -1, -1] },
    { asks: 'a consumer in a later epoch', change: { currentLeaderEpoch: 6 }, answer: ['UNKNOWN_LEADER_EPOCH', -1, -1] },
    { asks: 'a consumer for a special timestamp that is not modelled', change: { timestamp: -3 }, answer: ['INVALID_REQUEST', -1, -1] },
  ])('$asks', ({ change, answer }) => {
    expect(list(leader, change)).toEqual(answer);
  });

  it('does not know the latest offset before the high watermark has reached the start of its leader epoch (KIP-207)', () => {
    expect(list(young, {})).toEqual(['OFFSET_NOT_AVAILABLE', -1, -1]);
    expect(list(young, { timestamp: EARLIEST_TIMESTAMP })[0]).toBe('NONE');
    expect(list(young, { replicaId: 2 })).toEqual(['NONE', 10, 5]);
    expect(list(young.with({ highWatermark: 8 }), {})).toEqual(['NONE', 8, 5]);
  });

  it('is refused by a replica that does not lead', () => {
    const event: OffsetsRequested = { type: 'listOffsets.read', ticket: { operationId: 1, position: 0 }, replicaId: -1, currentLeaderEpoch: 5, timestamp: -1 };
    expect(told(refuseOffsets(sampleReplica(), event).effects, 'listOffsets.partitionRead')[0]).toMatchObject({ errorCode: 'NOT_LEADER_OR_FOLLOWER', offset: -1, leaderEpoch: -1 });
  });
});

describe('OffsetForLeaderEpoch (LeaderEpochFileCache.endOffsetFor)', () => {
  const ask = (leaderEpoch: number, currentLeaderEpoch = LEADER_EPOCH): unknown[] => {
    const event = { type: 'offsetForLeaderEpoch.read' as const, ticket: { operationId: 1, position: 0 }, currentLeaderEpoch, leaderEpoch };
    const [answer] = told(readEpochEnd(leader, event).effects, 'offsetForLeaderEpoch.partitionRead');
    return [answer?.errorCode, answer?.leaderEpoch, answer?.endOffset];
  };

  it.each([
    { epoch: 5, end: ['NONE', 5, 10] }, { epoch: 4, end: ['NONE', 3, 4] }, { epoch: 3, end: ['NONE', 3, 4] }, { epoch: 2, end: ['NONE', 2, 0] }, { epoch: 6, end: ['NONE', -1, -1] }, { epoch: -1, end: ['NONE', -1, -1] },
  ])('epoch $epoch ended at $end', ({ epoch, end }) => {
    expect(ask(epoch)).toEqual(end);
  });

  it('is fenced like a fetch, and refused by a replica that does not lead', () => {
    expect([ask(3, 4), ask(3, 6)]).toEqual([['FENCED_LEADER_EPOCH', -1, -1], ['UNKNOWN_LEADER_EPOCH', -1, -1]]);
    const event = { type: 'offsetForLeaderEpoch.read' as const, ticket: { operationId: 1, position: 0 }, currentLeaderEpoch: 5, leaderEpoch: 3 };
    expect(told(refuseEpochEnd(sampleReplica(), event).effects, 'offsetForLeaderEpoch.partitionRead')[0]?.errorCode).toBe('NOT_LEADER_OR_FOLLOWER');
  });
});
