import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../kernel/assert.ts';
import { LeaderEpochCache, UNDEFINED_EPOCH_END } from './leader-epochs.ts';
import { PartitionLog } from './log.ts';
import { batchOf, withOffsets } from './records.ts';

type Pair = readonly [epoch: number, startOffset: number];

const assigned = (...pairs: readonly Pair[]): LeaderEpochCache =>
  pairs.reduce((cache, [epoch, startOffset]) => cache.assign(epoch, startOffset), LeaderEpochCache.empty());
const pairs = (cache: LeaderEpochCache): Pair[] => cache.entries.map((entry) => [entry.epoch, entry.startOffset]);
const end = (epoch: number, endOffset: number): unknown => ({ epoch, endOffset });

const THREE = [
  [2, 6],
  [3, 8],
  [4, 11],
] as const;

describe('the epochs that records bear witness to', () => {
  const known = assigned([0, 0], [2, 4], [5, 9]);

  it.each<readonly [sentence: string, epoch: number, baseOffset: number, nextOffset: number, entries: readonly Pair[]]>([
    ['agree, and nothing changes', 2, 6, 8, [[0, 0], [2, 4], [5, 9]]],
    ['are not known, and stand between two that are', 3, 6, 8, [[0, 0], [2, 4], [3, 6], [5, 9]]],
    ['end an epoch before it was thought to begin', 0, 3, 6, [[0, 0], [5, 9]]],
    ['begin an epoch earlier', 2, 3, 4, [[0, 0], [2, 3], [5, 9]]],
    ['contradict everything behind', 7, 3, 4, [[0, 0], [7, 3]]],
  ])('%s', (_, epoch, baseOffset, nextOffset, entries) => {
    expect(pairs(known.witnessed(epoch, baseOffset, nextOffset))).toEqual(entries);
  });
});

describe('assigning a leader epoch', () => {
  const cases: readonly (readonly [sentence: string, given: readonly Pair[], entries: readonly Pair[]])[] = [
    ['is kept with the offset it began at', [[2, 10]], [[2, 10]]],
    [
      'does not move the start of the latest epoch up',
      [
        [2, 6],
        [2, 10],
      ],
      [[2, 6]],
    ],
    [
      'replaces an epoch in which nothing was written',
      [
        [2, 9],
        [3, 9],
      ],
      [[3, 9]],
    ],
    [
      'removes later epochs when an older one comes again',
      [
        [1, 5],
        [2, 6],
        [1, 7],
      ],
      [[1, 7]],
    ],
    [
      'removes epochs that begin at or after it',
      [
        [2, 6],
        [3, 5],
      ],
      [[3, 5]],
    ],
    [
      'moves the latest epoch down and removes what then overlaps',
      [
        [5, 11],
        [6, 12],
        [7, 13],
        [7, 12],
      ],
      [
        [5, 11],
        [7, 12],
      ],
    ],
    [
      'may skip epochs',
      [
        [2, 10],
        [4, 15],
        [10, 20],
      ],
      [
        [2, 10],
        [4, 15],
        [10, 20],
      ],
    ],
  ];
  it.each(cases)('%s', (_, given, entries) => {
    expect(pairs(assigned(...given))).toEqual(entries);
  });

  it('leaves the very same cache when nothing changes', () => {
    const cache = assigned([2, 6]);
    expect(cache.assign(2, 6)).toBe(cache);
    expect(cache.assign(2, 7)).toBe(cache);
  });

  it('refuses an undefined epoch or offset', () => {
    expect(() => assigned([-1, 0])).toThrow(AssertionFailed);
    expect(() => assigned([0, -1])).toThrow(AssertionFailed);
  });

  it('keeps both columns strictly rising and never touches the cache it came from, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(6), fc.nat(12)), { maxLength: 20 }),
        fc.nat(12),
        fc.boolean(),
        (given, at, fromEnd) => {
          const cache = assigned(...given);
          const before = pairs(cache);
          for (const each of [cache, fromEnd ? cache.truncateFromEnd(at) : cache.truncateFromStart(at)]) {
            each.entries.forEach((entry, i) => {
              const next = each.entries[i + 1];
              if (next !== undefined)
                expect(entry.epoch < next.epoch && entry.startOffset < next.startOffset).toBe(true);
            });
          }
          expect(pairs(cache)).toEqual(before);
          expect(pairs(LeaderEpochCache.of(cache.entries))).toEqual(before);
          if (given.length > 0) expect(cache.latestEpoch).toBe((given[given.length - 1] as Pair)[0]);
        },
      ),
    );
  });
});

describe('the end offset of an epoch', () => {
  const cases: readonly (readonly [
    sentence: string,
    given: readonly Pair[],
    requested: number,
    logEndOffset: number,
    answer: unknown,
  ])[] = [
    ['is the log end for the latest epoch', [[2, 10]], 2, 11, end(2, 11)],
    [
      'is the log end for the latest epoch even when it is empty',
      [
        [0, 0],
        [1, 0],
      ],
      1,
      0,
      end(1, 0),
    ],
    ['is undefined when no epoch is known', [], 7, 0, UNDEFINED_EPOCH_END],
    [
      'is undefined for the undefined epoch',
      [
        [2, 11],
        [3, 12],
      ],
      -1,
      0,
      UNDEFINED_EPOCH_END,
    ],
    ['is undefined for the undefined epoch of an empty cache', [], -1, 73, UNDEFINED_EPOCH_END],
    ['is undefined for an epoch above all known ones', [[2, 100]], 3, 100, UNDEFINED_EPOCH_END],
    [
      'is the first known start for an epoch below all known ones',
      [
        [5, 11],
        [6, 12],
        [7, 13],
      ],
      4,
      0,
      end(4, 11),
    ],
    [
      'is the start of the next epoch',
      [
        [1, 11],
        [2, 13],
        [3, 15],
      ],
      2,
      17,
      end(2, 15),
    ],
    [
      'belongs to the epoch below when the one asked for is unknown',
      [
        [0, 10],
        [2, 13],
        [4, 17],
      ],
      1,
      0,
      end(0, 13),
    ],
    [
      'belongs to the epoch below a later gap',
      [
        [0, 10],
        [2, 13],
        [4, 17],
      ],
      3,
      0,
      end(2, 17),
    ],
    [
      'belongs to the epoch below a removed one',
      [
        [5, 11],
        [6, 12],
        [7, 13],
        [7, 12],
      ],
      6,
      0,
      end(5, 12),
    ],
  ];
  it.each(cases)('%s', (_, given, requested, logEndOffset, answer) => {
    expect(assigned(...given).endOffsetFor(requested, logEndOffset)).toEqual(answer);
  });

  it('follows the leaders of a log as they change', () => {
    const cache = assigned([0, 0], [1, 0], [2, 5]);
    expect(cache.endOffsetFor(2, 10)).toEqual(end(2, 10));
    expect(cache.endOffsetFor(1, 10)).toEqual(end(1, 5));
    expect(cache.endOffsetFor(0, 10)).toEqual(end(0, 0));
  });
});

describe('truncating the epoch cache', () => {
  const fromEnd: readonly (readonly [at: number, entries: readonly Pair[]])[] = [
    [8, [[2, 6]]],
    [
      9,
      [
        [2, 6],
        [3, 8],
      ],
    ],
    [
      11,
      [
        [2, 6],
        [3, 8],
      ],
    ],
    [12, THREE],
    [6, []],
    [-1, THREE],
  ];
  it.each(fromEnd)('from the end at %i removes the epochs that begin there or later', (at, entries) => {
    expect(pairs(assigned(...THREE).truncateFromEnd(at))).toEqual(entries);
  });

  const fromStart: readonly (readonly [at: number, entries: readonly Pair[]])[] = [
    [-1, THREE],
    [1, THREE],
    [6, THREE],
    [
      8,
      [
        [3, 8],
        [4, 11],
      ],
    ],
    [
      9,
      [
        [3, 9],
        [4, 11],
      ],
    ],
    [11, [[4, 11]]],
    [15, [[4, 15]]],
  ];
  it.each(fromStart)('from the start at %i keeps the epoch that goes on there', (at, entries) => {
    expect(pairs(assigned(...THREE).truncateFromStart(at))).toEqual(entries);
  });

  it('of an empty cache changes nothing', () => {
    const empty = LeaderEpochCache.empty();
    expect(empty.truncateFromEnd(7)).toBe(empty);
    expect(empty.truncateFromStart(7)).toBe(empty);
  });

  it('removes the epoch a leader never wrote in, though the log has nothing to truncate (KAFKA-10706)', () => {
    expect(pairs(assigned([0, 0], [1, 10]).truncateFromEnd(10))).toEqual([[0, 0]]);
  });
});

describe('looking up epochs', () => {
  it('knows the latest and the previous epoch', () => {
    expect([LeaderEpochCache.empty().latestEpoch, LeaderEpochCache.empty().previousEpoch]).toEqual([-1, -1]);
    expect(assigned([2, 10]).previousEpoch).toBe(-1);
    const cache = assigned([2, 10], [4, 15], [10, 20]);
    expect([cache.latestEpoch, cache.previousEpoch]).toEqual([10, 4]);
    expect(cache.truncateFromEnd(18).previousEpoch).toBe(2);
  });

  it('knows the epoch of an offset', () => {
    const cache = assigned([0, 10], [1, 20], [5, 30]);
    expect([5, 10, 20, 25, 30, 50].map((offset) => cache.epochForOffset(offset))).toEqual([-1, 0, 1, 1, 5, 5]);
  });

  it('rebuilt from a log has each epoch at its first batch', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 })), { maxLength: 30 }), (batches) => {
        let log = PartitionLog.startingAt(3);
        let replayed = LeaderEpochCache.empty();
        let epoch = 0;
        for (const [bump, count] of batches) {
          epoch += bump;
          replayed = replayed.assign(epoch, log.logEndOffset);
          log = log.append(
            withOffsets(
              batchOf(Array.from({ length: count }, () => ({ key: null, value: 'v', timestampMs: 0 }))),
              log.logEndOffset,
              epoch,
            ),
          );
        }
        expect(pairs(LeaderEpochCache.fromLog(log))).toEqual(pairs(replayed));
      }),
    );
  });
});
