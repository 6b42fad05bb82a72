import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../kernel/assert.ts';
import { PartitionLog } from './log.ts';
import { batchOf, torn, withOffsets } from './records.ts';
import type { RecordBatch } from './records.ts';

const sent = (count: number, value = 'v'): RecordBatch =>
  batchOf(Array.from({ length: count }, (_, i) => ({ key: 'truck-1', value: `${value}${i}`, timestampMs: 1_000 })));

/** A log of batches given as [record count, leader epoch], without holes. */
function logOf(...batches: readonly (readonly [number, number])[]): PartitionLog {
  return batches.reduce(
    (log, [count, epoch]) => log.append(withOffsets(sent(count), log.logEndOffset, epoch)),
    PartitionLog.empty(),
  );
}

const offsets = (batches: Iterable<RecordBatch>): number[] => [...batches].map((batch) => batch.baseOffset);
const ONE = sent(1).sizeInBytes;

describe('a partition log', () => {
  it('starts empty at offset 0', () => {
    const log = PartitionLog.empty();
    expect(log).toMatchObject({
      logStartOffset: 0,
      logEndOffset: 0,
      length: 0,
      sizeInBytes: 0,
      lastEpoch: -1,
      lastBatch: undefined,
    });
    expect(log.read(0, 10, 1_000, true)).toEqual([]);
    expect(log.batchAt(0)).toBeUndefined();
  });

  it('takes offsets in order, with holes, and refuses to go back in offset or epoch', () => {
    const log = logOf([3, 1]).append(withOffsets(sent(2), 10, 1));
    expect(log).toMatchObject({ logEndOffset: 12, length: 2, lastEpoch: 1 });
    expect(log.batchAt(2)?.baseOffset).toBe(0);
    expect(log.batchAt(5)).toBeUndefined();
    expect(log.epochAt(5)).toBe(-1);
    expect(log.epochAt(11)).toBe(1);
    expect(() => log.append(withOffsets(sent(1), 11, 1))).toThrow(AssertionFailed);
    expect(() => log.append(withOffsets(sent(1), 12, 0))).toThrow(AssertionFailed);
    expect(() => log.append(sent(1))).toThrow(AssertionFailed);
  });

  it('truncates whole batches from the first one that contains the offset, and ends exactly there', () => {
    const log = logOf([3, 0], [3, 0], [3, 1]);
    expect(log.truncateTo(6)).toMatchObject({ logEndOffset: 6, length: 2, lastEpoch: 0 });
    const inside = log.truncateTo(4);
    expect(inside).toMatchObject({ logEndOffset: 4, length: 1 });
    expect(offsets(inside.batches())).toEqual([0]);
    expect(inside.append(withOffsets(sent(1), 4, 2)).logEndOffset).toBe(5);
    expect(log.truncateTo(9)).toBe(log);
    expect(log.truncateTo(100)).toBe(log);
    expect(log.truncateTo(0)).toMatchObject({ logEndOffset: 0, length: 0, sizeInBytes: 0, lastEpoch: -1 });
  });

  it('starts over when it is truncated below its start', () => {
    const log = logOf([3, 0], [3, 0], [3, 1]).advanceLogStart(6).truncateTo(2);
    expect(log).toMatchObject({ logStartOffset: 2, logEndOffset: 2, batchCount: 0 });
  });

  it('reads whole batches up to the bound and never beyond it', () => {
    const log = logOf([1, 0], [1, 0], [2, 0], [1, 1]);
    const all = Number.MAX_SAFE_INTEGER;
    expect(offsets(log.read(0, 5, all, true))).toEqual([0, 1, 2, 4]);
    expect(offsets(log.read(3, 5, all, true))).toEqual([2, 4]);
    expect(offsets(log.read(0, 3, all, true))).toEqual([0, 1]);
    expect(offsets(log.read(2, 3, all, true))).toEqual([]);
    expect(offsets(log.read(5, 5, all, true))).toEqual([]);
    expect(() => log.read(6, 6, all, true)).toThrow(AssertionFailed);
  });

  it('reads no more than maxBytes, but one batch if it must', () => {
    const log = logOf([1, 0], [1, 0], [1, 0]);
    expect(offsets(log.read(0, 3, 2 * ONE, false))).toEqual([0, 1]);
    expect(offsets(log.read(0, 3, 2 * ONE - 1, false))).toEqual([0]);
    expect(offsets(log.read(1, 3, ONE - 1, false))).toEqual([]);
    expect(offsets(log.read(1, 3, ONE - 1, true))).toEqual([1]);
    expect(offsets(log.read(1, 3, 0, true))).toEqual([1]);
  });

  it('drops batches wholly below an advanced log start and keeps the one that contains it', () => {
    const log = logOf([3, 0], [3, 0], [3, 1]).advanceLogStart(4);
    expect(log).toMatchObject({ logStartOffset: 4, logEndOffset: 9, batchCount: 2, length: 3 });
    expect(offsets(log.read(4, 9, 1_000, true))).toEqual([3, 6]);
    expect(() => log.read(3, 9, 1_000, true)).toThrow(AssertionFailed);
    expect(log.sizeInBytes).toBe(2 * sent(3).sizeInBytes);
    expect(log.advanceLogStart(2)).toBe(log);
    expect(log.advanceLogStart(9)).toMatchObject({ logStartOffset: 9, logEndOffset: 9, batchCount: 0, sizeInBytes: 0 });
    expect(() => log.advanceLogStart(10)).toThrow(AssertionFailed);
  });

  it('gives back to a restarted process the batches that its disk kept', () => {
    const log = logOf([3, 0], [3, 0], [3, 1]);
    expect(log.prefix(2)).toMatchObject({ logEndOffset: 6, length: 2, logStartOffset: 0 });
    expect(log.prefix(0)).toMatchObject({ logEndOffset: 0, length: 0 });
    expect(log.prefix(3)).toBe(log);
    expect(log.advanceLogStart(3).prefix(0)).toMatchObject({ logStartOffset: 3, logEndOffset: 3, batchCount: 0 });
  });

  it('is cut by recovery at the batch a power loss tore', () => {
    const log = logOf([3, 0], [3, 0], [3, 1]);
    expect(log.recover()).toEqual({ log, dropped: [] });
    const broken = log.tornAt(2);
    expect(broken.hasCorruptBatch).toBe(true);
    expect(broken.batchAt(3)?.isCorrupt).toBe(true);
    expect(log.hasCorruptBatch).toBe(false);
    const { log: recovered, dropped } = broken.recover();
    expect(recovered).toMatchObject({ logEndOffset: 3, length: 1, hasCorruptBatch: false });
    expect(offsets(dropped)).toEqual([3]);
    expect(broken.truncateTo(3).hasCorruptBatch).toBe(false);
    expect(log.tornAt(0)).toMatchObject({ length: 0, hasCorruptBatch: false });
    expect(log.advanceLogStart(6).tornAt(1)).toMatchObject({
      logStartOffset: 6,
      batchCount: 0,
      hasCorruptBatch: false,
    });
  });

  it('has its first batch torn by a power loss after DeleteRecords moved its start into the middle of that batch', () => {
    const broken = logOf([3, 0], [3, 0], [3, 1]).advanceLogStart(4).tornAt(2);
    expect(broken).toMatchObject({ logEndOffset: 6, batchCount: 1, hasCorruptBatch: true });
    expect(broken.batchAt(3)?.isCorrupt).toBe(true);
    expect(broken.recover().log).toMatchObject({ batchCount: 0, hasCorruptBatch: false });
  });

  it('drops in recovery what was appended behind a torn batch, and looks only above the recovery point', () => {
    const broken = logOf([3, 0], [3, 0])
      .tornAt(2)
      .append(withOffsets(sent(1), 6, 4));
    expect(offsets(broken.recover().dropped)).toEqual([3, 6]);
    expect(broken.recover(6)).toEqual({ log: broken, dropped: [] });
    const twice = broken.append(withOffsets(torn(sent(1)), 7, 4));
    expect(offsets(twice.recover(6).dropped)).toEqual([7]);
    expect(offsets(twice.advanceLogStart(6).recover().dropped)).toEqual([7]);
  });

  it('finds the first batch of an epoch or a later one', () => {
    const log = logOf([3, 0], [3, 2], [3, 2], [1, 5]);
    expect([0, 1, 2, 3, 5].map((epoch) => log.firstBatchFromEpoch(epoch)?.baseOffset)).toEqual([0, 3, 3, 9, 9]);
    expect(log.firstBatchFromEpoch(6)).toBeUndefined();
  });
});

describe('the hash of a log', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 3 }),
      gap: fc.nat(2),
      bump: fc.nat(1),
      value: fc.constantFrom('a', 'b'),
    }),
    fc.record({ kind: fc.constant('truncate' as const), back: fc.nat(6) }),
    fc.record({ kind: fc.constant('advance' as const), forward: fc.nat(3) }),
  );

  function grow(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): PartitionLog {
    let log = PartitionLog.empty();
    let epoch = 0;
    for (const each of steps) {
      if (each.kind === 'append') {
        epoch += each.bump;
        log = log.append(withOffsets(sent(each.count, each.value), log.logEndOffset + each.gap, epoch));
      } else if (each.kind === 'truncate') {
        log = log.truncateTo(Math.max(log.logStartOffset, log.logEndOffset - each.back));
      } else {
        log = log.advanceLogStart(Math.min(log.logEndOffset, log.logStartOffset + each.forward));
      }
    }
    return log;
  }

  const visible = (log: PartitionLog, from: number, to: number): string =>
    JSON.stringify(
      [...log.batches()]
        .filter((batch) => batch.baseOffset >= from && batch.lastOffset < to)
        .map((batch) => [batch.baseOffset, batch.lastOffset, batch.partitionLeaderEpoch, batch.contentHash]),
    );

  it('agrees for a range exactly when the batches in it agree, whatever happened before', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.array(step, { maxLength: 30 }),
        fc.nat(25),
        fc.nat(25),
        (left, right, x, y) => {
          const [a, b] = [grow(left), grow(right)];
          const [from, to] = [Math.min(x, y), Math.max(x, y)];
          expect(a.rangeHash(from, to) === b.rangeHash(from, to)).toBe(visible(a, from, to) === visible(b, from, to));
          expect(a.prefixHash(to) === b.prefixHash(to)).toBe(visible(a, 0, to) === visible(b, 0, to));
          expect(a.sizeInBytes).toBe([...a.batches()].reduce((sum, batch) => sum + batch.sizeInBytes, 0));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('tells apart logs that differ in one epoch, one offset or one record', () => {
    const base = logOf([2, 0]);
    const variants = [
      base.append(withOffsets(sent(1), 2, 0)),
      base.append(withOffsets(sent(1), 2, 1)),
      base.append(withOffsets(sent(1), 3, 0)),
      base.append(withOffsets(sent(1, 'w'), 2, 0)),
      base.append(withOffsets(torn(sent(1)), 2, 0)),
    ];
    expect(new Set(variants.map((log) => log.prefixHash(10))).size).toBe(variants.length);
    expect(new Set(variants.map((log) => log.prefixHash(2))).size).toBe(1);
  });
});
