import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FetchPartitionData } from '../../kafka/api.ts';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import { withOffsets, type RecordBatch } from '../../kafka/records.ts';
import type { FollowerOutOfRange, PartitionFetched } from '../replication-events.ts';
import { appendFetched, isDiverging, isFromCurrentLeader, truncateToDivergence, truncateToLeaderRange } from './follow.ts';
import { readPartition } from './read.ts';
import { effectsOf, epochsOf, followerRead, LEADER_EPOCH, logOf, NAME, NOW_MS, produced, sampleLeader, sampleReplica, told } from './sample.ts';
import { epochFile, logFile } from './state.ts';

const batch = (offset: number, epoch: number): RecordBatch => withOffsets(produced(), offset, epoch);
const fetched = (fetchOffset: number, data: Partial<FetchPartitionData> = {}): PartitionFetched => ({
  type: 'follower.fetched', nowMs: NOW_MS, leaderId: 2, leaderEpoch: LEADER_EPOCH, fetchOffset,
  data: { partitionIndex: 0, errorCode: 'NONE', highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, records: [], ...data },
});
const follower = sampleReplica({ log: logOf([3, 4]), highWatermark: 2 });

describe('a follower', () => {
  it('appends what its leader sends under the leader\'s offsets and epochs, in one write', () => {
    const { state, effects } = appendFetched(follower, fetched(4, { records: [batch(4, 3), batch(7, 5)], highWatermark: 5 }));
    expect([...state.log.batches()].map(({ baseOffset, partitionLeaderEpoch }) => [baseOffset, partitionLeaderEpoch]).slice(4)).toEqual([[4, 3], [7, 5]]);
    expect(state.epochs.entries).toEqual(epochsOf([3, 0], [5, 7]).entries);
    expect(effectsOf(effects, 'write')).toEqual([{ kind: 'write', file: logFile(NAME), content: state.log }]);
    expect(effects[0]?.kind, 'nothing is noted of records that the disk refused').toBe('write');
    expect(effectsOf(effects, 'replace').map(({ file }) => file)).toEqual([epochFile(NAME)]);
  });

  it.each([
    { leader: 99, own: 5, why: 'as far as its own log reaches' },
    { leader: 3, own: 3, why: 'as it is' },
    { leader: 1, own: 1, why: 'even when that is lower than before: a new leader may know less' },
    { leader: -1, own: 0, why: 'never below the log start' },
  ])('takes the leader\'s high watermark $leader as $own: $why (UnifiedLog.maybeUpdateHighWatermark)', ({ leader, own }) => {
    const { state, effects } = appendFetched(follower, fetched(4, { records: [batch(4, 3)], highWatermark: leader }));
    expect(state.highWatermark).toBe(own);
    expect(effectsOf(effects, 'schedule').map(({ key }) => key)).toEqual(['checkpoint']);
  });

  it('with nothing to append writes nothing', () => {
    const { state, effects } = appendFetched(follower, fetched(4, { highWatermark: 2 }));
    expect([state === follower, effects]).toEqual([true, []]);
  });

  it('forgets what its leader has forgotten (DeleteRecords, retention)', () => {
    const { state } = appendFetched(follower, fetched(4, { logStartOffset: 3, highWatermark: 4 }));
    expect([state.log.logStartOffset, state.highWatermark, state.epochs.entries]).toEqual([3, 4, epochsOf([3, 3]).entries]);
    expect(appendFetched(follower, fetched(4, { logStartOffset: 9 })).state.log.logStartOffset).toBe(0);
  });

  it('that was asked about another offset than its end has its fetcher go on from its end', () => {
    const { state, effects } = appendFetched(follower, fetched(3, { records: [batch(3, 5)] }));
    expect(state).toBe(follower);
    expect(told(effects, 'fetcher.truncated')).toEqual([{ type: 'fetcher.truncated', topicPartition: NAME, leaderEpoch: LEADER_EPOCH, fetchOffset: 4, lastFetchedEpoch: 3, truncationCompleted: true }]);
  });

  it.each([
    ['a batch that begins below its end', [withOffsets(produced('v', 3), 2, 5)]],
    ['a batch of an older epoch than its last', [batch(4, 2)]],
  ])('that is sent %s stops: the partition has failed (AbstractFetcherThread.markPartitionFailed)', (_, records) => {
    const { state, effects } = appendFetched(follower, fetched(4, { records }));
    expect([state === follower, told(effects, 'fetcher.remove')]).toEqual([true, [{ type: 'fetcher.remove', topicPartition: NAME }]]);
  });

  it.each([
    { leaderId: 2, leaderEpoch: LEADER_EPOCH, isCurrent: true },
    { leaderId: 3, leaderEpoch: LEADER_EPOCH, isCurrent: false },
    { leaderId: 2, leaderEpoch: LEADER_EPOCH - 1, isCurrent: false },
    { leaderId: 2, leaderEpoch: LEADER_EPOCH + 1, isCurrent: false },
  ])('listens to broker $leaderId in epoch $leaderEpoch: $isCurrent', ({ isCurrent, ...event }) => {
    expect(isFromCurrentLeader(follower, event)).toBe(isCurrent);
  });
});

describe('a follower whose log parts from its leader\'s (AbstractFetcherThread.truncateOnFetchResponse)', () => {
  const diverged = sampleReplica({ log: logOf([1, 3], [2, 3], [4, 2]), highWatermark: 6 });

  it.each([
    { diverging: { epoch: 2, endOffset: 9 }, end: 6, why: 'where its own record of that epoch ends' },
    { diverging: { epoch: 2, endOffset: 5 }, end: 5, why: 'where the leader\'s ends' },
    { diverging: { epoch: 3, endOffset: 7 }, end: 6, why: 'where the epoch before it ends, when it does not know that one (KIP-279)' },
    { diverging: { epoch: 0, endOffset: 0 }, end: 0, why: 'everything, when the leader knows nothing older' },
    { diverging: { epoch: 4, endOffset: 7 }, end: 7, why: 'what the leader of its own last epoch has lost' },
  ])('told $diverging keeps $end: $why', ({ diverging, end }) => {
    const event = fetched(8, { divergingEpoch: diverging, highWatermark: 8 });
    const { state, effects } = truncateToDivergence(diverged, event);
    expect(isDiverging(event)).toBe(true);
    expect(state.log.logEndOffset).toBe(end);
    expect(state.epochs.entries).toEqual(LeaderEpochCache.fromLog(state.log).entries);
    expect(effectsOf(effects, 'write')).toEqual([{ kind: 'write', file: logFile(NAME), content: state.log, keptLength: end }]);
    expect(told(effects, 'fetcher.truncated')[0]).toMatchObject({ fetchOffset: end, lastFetchedEpoch: state.epochs.latestEpoch });
  });

  it('truncates before it looks at the high watermark of the same answer, and does not take that one (KAFKA-14704)', () => {
    expect(truncateToDivergence(diverged, fetched(8, { divergingEpoch: { epoch: 2, endOffset: 5 }, highWatermark: 8 })).state.highWatermark).toBe(5);
    expect(truncateToDivergence(diverged, fetched(8, { divergingEpoch: { epoch: 4, endOffset: 7 }, highWatermark: 8 })).state.highWatermark).toBe(6);
  });

  it('truncates its epochs even where its log is short already, or it would be told the same for ever (KAFKA-10706)', () => {
    const led = sampleReplica({ log: logOf([1, 3]), epochs: epochsOf([1, 0], [4, 3]) });
    const { state, effects } = truncateToDivergence(led, fetched(3, { divergingEpoch: { epoch: 1, endOffset: 3 } }));
    expect([state.log === led.log, state.epochs.entries]).toEqual([true, epochsOf([1, 0]).entries]);
    expect(effectsOf(effects, 'write')).toEqual([]);
    expect(told(effects, 'fetcher.truncated')[0]).toMatchObject({ fetchOffset: 3, lastFetchedEpoch: 1 });
  });

  it('of any history is a prefix of its leader\'s after as many answers as there are epochs', () => {
    const history = fc.array(fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 3 })), { maxLength: 6 });
    const build = (from: PartitionLog, epochs: readonly (readonly [number, number])[], parity: number): PartitionLog => {
      let log = from;
      for (const [step, count] of epochs) {
        // Two leaders never share an epoch: one side has the even ones, the other the odd.
        const epoch = Math.max(log.lastEpoch, 0) + 1 + step * 2;
        const own = epoch % 2 === parity ? epoch : epoch + 1;
        for (let i = 0; i < count; i += 1) log = log.append(batch(log.logEndOffset, own));
      }
      return log;
    };
    fc.assert(
      fc.property(history, history, history, (common, ofLeader, ofFollower) => {
        const shared = build(logOf(), common, 0);
        const leaderEpoch = 99;
        const log = build(shared, ofLeader, 0);
        const leader = sampleLeader({ log, leaderEpoch, epochs: LeaderEpochCache.fromLog(log).assign(leaderEpoch, log.logEndOffset) });
        let state = sampleReplica({ log: build(shared, ofFollower, 1), leaderEpoch });
        for (let round = 0; ; round += 1) {
          expect(round).toBeLessThanOrEqual(ofFollower.length + 2);
          const { logEndOffset } = state.log;
          const request = { currentLeaderEpoch: leaderEpoch, lastFetchedEpoch: state.epochs.latestEpoch };
          const [answer] = told(readPartition(leader, followerRead(3, logEndOffset, request)).effects, 'fetch.allRead');
          const data = answer!.results!.data;
          if (data.errorCode === 'OFFSET_OUT_OF_RANGE') {
            state = truncateToLeaderRange(state, { type: 'follower.outOfRange', nowMs: NOW_MS, leaderId: 1, leaderEpoch, leaderLogStartOffset: 0, leaderLogEndOffset: log.logEndOffset }).state;
          } else if (data.divergingEpoch === undefined) {
            state = appendFetched(state, fetched(logEndOffset, data)).state;
            break;
          } else state = truncateToDivergence(state, fetched(logEndOffset, data)).state;
        }
        expect(state.log.logEndOffset).toBe(log.logEndOffset);
        expect(state.log.prefixHash(log.logEndOffset)).toBe(log.prefixHash(log.logEndOffset));
        expect(state.log.logEndOffset).toBeGreaterThanOrEqual(shared.logEndOffset);
      }),
    );
  });
});

describe('a follower whose offset is not in its leader\'s log (AbstractFetcherThread.fetchOffsetAndTruncate)', () => {
  const range = (leaderLogStartOffset: number, leaderLogEndOffset: number): FollowerOutOfRange => ({ type: 'follower.outOfRange', nowMs: NOW_MS, leaderId: 2, leaderEpoch: LEADER_EPOCH, leaderLogStartOffset, leaderLogEndOffset });

  it('cuts its log at the leader\'s end', () => {
    const { state, effects } = truncateToLeaderRange(follower, range(0, 1));
    expect([state.log.logEndOffset, state.highWatermark]).toEqual([1, 1]);
    expect(told(effects, 'fetcher.truncated')[0]).toMatchObject({ fetchOffset: 1, lastFetchedEpoch: 3 });
  });

  it('starts over at the leader\'s start, when retention has passed its end', () => {
    const { state, effects } = truncateToLeaderRange(follower, range(10, 20));
    expect([state.log.logStartOffset, state.log.logEndOffset, state.highWatermark, state.epochs.entries]).toEqual([10, 10, 10, []]);
    expect(effectsOf(effects, 'write')).toEqual([{ kind: 'write', file: logFile(NAME), content: state.log, keptLength: 0 }]);
    expect(told(effects, 'fetcher.truncated')[0]).toMatchObject({ fetchOffset: 10, lastFetchedEpoch: -1 });
  });

  it('that has started over in the middle of a batch begins where that batch does (DeleteRecords on the leader)', () => {
    const empty = truncateToLeaderRange(follower, range(10, 20)).state;
    const whole = withOffsets(produced('v', 4), 8, 3);
    const { state, effects } = appendFetched(empty, fetched(10, { records: [whole, batch(12, 3)], logStartOffset: 10, highWatermark: 11 }));
    expect([state.log.logStartOffset, state.log.logEndOffset, [...state.log.batches()].map(({ baseOffset }) => baseOffset)]).toEqual([10, 13, [8, 12]]);
    expect(effectsOf(effects, 'write').map(({ keptLength }) => keptLength)).toEqual([0, undefined]);
    expect(effectsOf(effects, 'mark').map(({ label }) => label)).not.toContain('follower failed: unexpected append offset');
  });

  it('goes on from its end when that is in range after all', () => {
    const { state, effects } = truncateToLeaderRange(follower, range(0, 9));
    expect([state === follower, told(effects, 'fetcher.truncated')[0]?.fetchOffset]).toEqual([true, 4]);
  });
});
