import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../kernel/assert.ts';
import { murmur2, partitionForKey, StickyPartitioner, toPositive } from './partitioner.ts';
import { utf8Bytes } from './utf8.ts';

describe('the partition of a key', () => {
  // Kafka's UtilsTest.testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('murmur2 of %s is what Java computes', (text, hash) => {
    expect(murmur2(utf8Bytes(text))).toBe(hash);
  });

  it('clears the sign bit instead of taking the absolute value', () => {
    expect([toPositive(-1), toPositive(-2147483648), toPositive(7)]).toEqual([2147483647, 0, 7]);
  });

  it('is the positive hash modulo the number of all partitions', () => {
    expect(partitionForKey('21', 10)).toBe((-973932308 + 2 ** 31) % 10);
    expect(partitionForKey('abc', 7)).toBe(479470107 % 7);
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1_000 }), (key, numPartitions) => {
        const partition = partitionForKey(key, numPartitions);
        expect(partition >= 0 && partition < numPartitions && partition === partitionForKey(key, numPartitions)).toBe(
          true,
        );
      }),
    );
  });

  it('spreads the trucks of a fleet over every partition', () => {
    const used = new Set(Array.from({ length: 200 }, (_, i) => partitionForKey(`truck-${i}`, 10)));
    expect(used.size).toBe(10);
  });
});

describe('the sticky partitioner', () => {
  const among = (
    draw: number,
    ...available: number[]
  ): { draw: number; available: number[]; numPartitions: number } => ({ draw, available, numPartitions: 3 });

  it('stays on a partition until the batch size is reached, then needs a choice', () => {
    const fresh = StickyPartitioner.of(3);
    expect(fresh.mustChoose).toBe(true);
    const chosen = fresh.choose(among(4, 0, 1, 2));
    expect(chosen.partition).toBe(1);
    const two = chosen.appended(1).appended(1);
    expect([two.partition, two.producedBytes]).toEqual([1, 2]);
    expect(two.appended(1).mustChoose).toBe(true);
    expect(two.appended(1).choose(among(5, 0, 1, 2))).toMatchObject({ partition: 2, producedBytes: 0 });
    expect(chosen.producedBytes).toBe(0);
  });

  it('lets an unready batch fill, but not beyond twice the batch size', () => {
    const chosen = StickyPartitioner.of(10).choose(among(0, 0, 1, 2));
    expect(chosen.appended(15, false).partition).toBe(0);
    expect(chosen.appended(15, false).appended(1, true).mustChoose).toBe(true);
    expect(chosen.appended(20, false).mustChoose).toBe(true);
  });

  it('chooses among partitions with a leader, or among all when there is none', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), (draw) => {
        expect([0, 2]).toContain(StickyPartitioner.of(1).choose(among(draw, 0, 2)).partition);
        expect([0, 1, 2]).toContain(StickyPartitioner.of(1).choose(among(draw)).partition);
      }),
    );
  });

  it('chooses in inverse proportion to the queues', () => {
    const queueSizes = [5, 0, 3, 0, 1];
    const adaptive = StickyPartitioner.of(1).withQueueSizes(queueSizes, [10, 11, 12, 13, 14], 20);
    const weights = queueSizes.map((size) => 6 - size);
    const cycle = weights.reduce((a, b) => a + b, 0);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 2 * cycle; draw += 1) {
      const { partition } = adaptive.choose({ draw, available: [], numPartitions: 20 });
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    expect([10, 11, 12, 13, 14].map((partition) => counts.get(partition))).toEqual(weights.map((weight) => 2 * weight));
  });

  it('ignores the load when all queues are equal, and honours it when a partition is left out', () => {
    const even = StickyPartitioner.of(1).withQueueSizes([2, 2, 2], [0, 1, 2], 3);
    expect(even.choose(among(1, 0, 2)).partition).toBe(2);
    const withoutOne = StickyPartitioner.of(1).withQueueSizes([2, 2], [0, 1], 3);
    expect([0, 1, 2, 3].map((draw) => withoutOne.choose(among(draw, 0, 1, 2)).partition)).toEqual([0, 1, 0, 1]);
  });

  it('refuses a batch size below 1 and bytes without a partition', () => {
    expect(() => StickyPartitioner.of(0)).toThrow(AssertionFailed);
    expect(() => StickyPartitioner.of(1).appended(1)).toThrow(AssertionFailed);
  });
});
