import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionLog } from '../kafka/log.ts';
import { batchOf, withOffsets } from '../kafka/records.ts';
import { agreeBelow, commonPrefixEnd, dataBatches, holdsPrefix, recordAt } from './compare-logs.ts';

/** A log of one batch per entry, each of as many records as its number says. */
function logOf(batches: readonly (readonly [value: string, count: number])[], start = 0): PartitionLog {
  return batches.reduce((log, [value, count]) => {
    const records = Array.from({ length: count }, (_, i) => ({ key: null, value: `${value}/${i}`, timestampMs: 0 }));
    return log.append(withOffsets(batchOf(records), log.logEndOffset, 0));
  }, PartitionLog.startingAt(start));
}

const batches = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 3 })), { maxLength: 12 });

describe('commonPrefixEnd', () => {
  it('is the end of the batches that two logs have in common, found by looking at each', () => {
    fc.assert(
      fc.property(batches, batches, batches, (common, restA, restB) => {
        const a = [...common, ...restA];
        const b = [...common, ...restB];
        let expected = 0;
        for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
          if (a[i]?.[0] !== b[i]?.[0] || a[i]?.[1] !== b[i]?.[1]) break;
          expected += a[i]?.[1] ?? 0;
        }
        expect(commonPrefixEnd(logOf(a), logOf(b))).toBe(expected);
      }),
    );
  });

  it('is the lower end when one log is a prefix of the other', () => {
    const long = logOf([['a', 2], ['b', 3], ['c', 1]]);
    expect(commonPrefixEnd(long, long.truncateTo(2))).toBe(2);
    expect(commonPrefixEnd(long, PartitionLog.empty())).toBe(0);
  });

  it('compares logs that begin apart from the higher start on', () => {
    const long = logOf([['a', 2], ['b', 3], ['c', 1]]);
    const forgetful = long.advanceLogStart(2);
    expect(commonPrefixEnd(long, forgetful)).toBe(6);
    expect(holdsPrefix(forgetful, long, 6)).toBe(true);
    expect(agreeBelow(forgetful, logOf([['x', 2], ['b', 3], ['c', 1]]), 6)).toBe(true);
    expect(agreeBelow(forgetful, logOf([['a', 2], ['x', 3], ['c', 1]]), 6)).toBe(false);
  });

  it('counts the batch that the higher start is in the middle of', () => {
    const forgetful = logOf([['a', 2], ['b', 3], ['c', 1]]).advanceLogStart(4);
    expect(commonPrefixEnd(logOf([['a', 2], ['b', 3]]), forgetful)).toBe(5);
    expect(commonPrefixEnd(logOf([['a', 2], ['x', 3]]), forgetful)).toBe(2);
  });
});

describe('looking into a log', () => {
  const log = logOf([['a', 2], ['b', 3], ['c', 1]]);

  it('finds the record at an offset, and none beyond the end', () => {
    expect(recordAt(log, 3)?.value).toBe('b/1');
    expect(recordAt(log, 6)).toBeUndefined();
  });

  it('walks the batches that reach into a range', () => {
    expect([...dataBatches(log, 3, 6)].map(({ baseOffset }) => baseOffset)).toEqual([2, 5]);
    expect([...dataBatches(log, 0, 2)].map(({ baseOffset }) => baseOffset)).toEqual([0]);
    expect([...dataBatches(log, 6, 9)]).toEqual([]);
  });
});
