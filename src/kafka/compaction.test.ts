import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clean, isWorthCleaning, logToClean } from './compaction.ts';
import { defaultConfig, type TopicConfig } from './config.ts';
import { Disk } from '../kernel/disk.ts';
import { PartitionLog } from './log.ts';
import { batchOf, offsetOfRecord, recordAtOffset, withOffsets } from './records.ts';
import type { BatchOptions, Record } from './records.ts';

const NOW_MS = 1_000_000;
const configOf = (change: Partial<TopicConfig> = {}): TopicConfig => ({ ...defaultConfig('topic'), cleanupPolicy: 'compact', minCleanableDirtyRatio: 0, ...change });

type Step = readonly (readonly [key: string, value: string | null])[] | 'roll';

const producerOf = (producerId: number, baseSequence: number): BatchOptions => (producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence });

/** A log of batches and rolls; values are unique by position when the step does not say them. */
function logOf(steps: readonly Step[], producerId = -1): PartitionLog {
  return steps.reduce<PartitionLog>((log, step) => {
    if (step === 'roll') return log.roll();
    if (step.length === 0) return log;
    const records = step.map(([key, value]) => ({ key, value, timestampMs: 0 }));
    return log.append(withOffsets(batchOf(records, producerOf(producerId, log.logEndOffset)), log.logEndOffset, 0));
  }, PartitionLog.empty());
}

const cleaned = (log: PartitionLog, config = configOf(), nowMs = NOW_MS, highWatermark = log.logEndOffset): PartitionLog =>
  clean(log, logToClean(log, config, highWatermark, nowMs), config, nowMs);

/** offset -> record, over everything the log holds. */
function recordsOf(log: PartitionLog): Map<number, Record> {
  return new Map([...log.batches()].flatMap((batch) => batch.records.map((record, i) => [offsetOfRecord(batch, i), record] as const)));
}

const offsetsOf = (log: PartitionLog): number[] => [...recordsOf(log).keys()];

describe('a cleaning', () => {
  it('keeps the latest record of each key below the active segment, at its offset', () => {
    const log = logOf([[['a', '1'], ['b', '2']], [['a', '3']], 'roll', [['a', '4']]]);
    const after = cleaned(log);
    expect(offsetsOf(after)).toEqual([1, 2, 3]);
    expect(after).toMatchObject({ cleanedEndOffset: 3, logStartOffset: 0, logEndOffset: 4, length: 3, batchCount: 3 });
    expect(after.read(0, 4, 1_000, true).map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual([[0, 1], [2, 2], [3, 3]]);
  });

  it('leaves a hole where a batch lost every record, which readers and truncation step over', () => {
    const after = cleaned(logOf([[['a', '1']], [['a', '2']], [['b', '3']], 'roll', [['c', '4']]]));
    expect(offsetsOf(after)).toEqual([1, 2, 3]);
    expect(after.batchAt(0)).toBeUndefined();
    expect(after.read(0, 4, 1_000, true)[0]?.baseOffset).toBe(1);
    const cut = after.truncateTo(1);
    expect(cut).toMatchObject({ logEndOffset: 1, batchCount: 0, cleanedEndOffset: 1 });
    expect(offsetsOf(cut.append(withOffsets(batchOf([{ key: 'a', value: 'x', timestampMs: 0 }]), 1, 1)))).toEqual([1]);
  });

  it('stops below the high watermark and below a segment that is too young', () => {
    const log = logOf([[['a', '1']], [['a', '2']], 'roll', [['a', '3']], 'roll', [['a', '4']]]);
    expect(logToClean(log, configOf(), 2, NOW_MS)).toMatchObject({ firstDirtyOffset: 0, firstUncleanableOffset: 2 });
    expect(logToClean(log, configOf({ minCompactionLagMs: NOW_MS + 1 }), 4, NOW_MS).firstUncleanableOffset).toBe(0);
    expect(offsetsOf(cleaned(log, configOf(), NOW_MS, 2))).toEqual([1, 2, 3]);
  });

  it('is worth it when the dirty part exceeds its share of the log', () => {
    const log = logOf([[['a', '1']], 'roll', [['b', '2']]]);
    const work = logToClean(log, configOf(), 2, NOW_MS);
    expect(work.cleanableRatio).toBe(1);
    expect(isWorthCleaning(work, configOf({ minCleanableDirtyRatio: 0.5 }))).toBe(true);
    const after = cleaned(log);
    expect(isWorthCleaning(logToClean(after, configOf(), 2, NOW_MS), configOf())).toBe(false);
    const grown = after.roll().append(withOffsets(batchOf([{ key: 'b', value: '3', timestampMs: 0 }]), 2, 0));
    expect(logToClean(grown, configOf(), 3, NOW_MS).cleanableRatio).toBe(0.5);
    expect(isWorthCleaning(logToClean(grown, configOf(), 3, NOW_MS), configOf({ minCleanableDirtyRatio: 0.5 }))).toBe(false);
  });

  it('keeps a tombstone for delete.retention.ms from the first cleaning that met it', () => {
    const config = configOf({ deleteRetentionMs: 100 });
    const append = (log: PartitionLog, key: string): PartitionLog => log.roll().append(withOffsets(batchOf([{ key, value: 'v', timestampMs: 0 }]), log.logEndOffset, 0));
    const first = cleaned(logOf([[['a', '1']], [['a', null]], [['z', '0']], 'roll', [['b', '2']]]), config);
    expect(offsetsOf(first)).toEqual([1, 2, 3]);
    const second = cleaned(append(first, 'c'), config, NOW_MS + 99);
    expect(offsetsOf(second)).toEqual([1, 2, 3, 4]);
    expect(offsetsOf(cleaned(append(second, 'd'), config, NOW_MS + 100))).toEqual([2, 3, 4, 5]);
  });

  it('keeps the last batch of a producer, empty if need be, and the last one below the active segment', () => {
    const config = configOf({ deleteRetentionMs: 0 });
    const after = cleaned(logOf([[['a', '1']], [['a', '2']], 'roll'], 7));
    expect([...after.batches()].map(({ baseOffset, records, producerId }) => [baseOffset, records.length, producerId])).toEqual([[1, 1, 7]]);
    const gone = cleaned(cleaned(logOf([[['a', null]], 'roll']), config), config, NOW_MS);
    expect([...gone.batches()].map(({ baseOffset, records }) => [baseOffset, records.length])).toEqual([[0, 0]]);
    expect(gone).toMatchObject({ logEndOffset: 1, cleanedEndOffset: 1 });
  });

  it('that another log made is known from its holes by whoever copies the log', () => {
    const source = cleaned(logOf([[['a', '1']], [['a', '2'], ['b', '3']], [['b', '4']], 'roll', [['c', '5']]]));
    const copy = [...source.batches()].reduce((log, batch) => log.append(batch), PartitionLog.empty());
    expect([copy.firstDirtyOffset, copy.cleanedEndOffset]).toEqual([0, 3]);
    expect(copy.rangeHash(0, 5)).toBe(source.rangeHash(0, 5));
    expect(copy.truncateTo(1)).toMatchObject({ cleanedEndOffset: 1, logEndOffset: 1 });
  });

  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.constantFrom('v', 'w'), { freq: 5 })), { minLength: 1, maxLength: 4 }) },
      { weight: 2, arbitrary: fc.constant('roll' as const) },
    ),
    { maxLength: 25 },
  );

  it('loses no key’s latest value, renumbers nothing and leaves what is behind it alone, however often it runs', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.record({ at: fc.nat(25), highWatermark: fc.nat(60), laterMs: fc.nat(300) }), { maxLength: 3 }), (all, cleanings) => {
        const config = configOf({ deleteRetentionMs: 200, segmentBytes: 400 });
        const original = logOf(all);
        let log = original;
        let nowMs = NOW_MS;
        for (const { highWatermark, laterMs } of cleanings) {
          nowMs += laterMs;
          log = cleaned(log, config, nowMs, Math.min(highWatermark, log.logEndOffset));
        }
        const [before, after] = [recordsOf(original), recordsOf(log)];
        expect([...after.entries()].every(([offset, record]) => before.get(offset) === record)).toBe(true);
        expect([...after.keys()]).toEqual([...after.keys()].toSorted((x, y) => x - y));
        const latest = new Map([...before].filter(([offset]) => offset < log.firstDirtyOffset).map(([offset, { key, value }]) => [key, { offset, value }]));
        for (const [, { offset, value }] of latest) if (value !== null) expect(after.has(offset)).toBe(true);
        for (const offset of before.keys()) if (offset >= log.firstDirtyOffset) expect(after.has(offset)).toBe(true);
        expect(log).toMatchObject({ length: original.length, logEndOffset: original.logEndOffset });
        expect(log.segments().at(-1)).toMatchObject({ baseOffset: original.activeBaseOffset, endOffsetExclusive: original.logEndOffset });
        expect(log.segments().reduce((bytes, { sizeInBytes }) => bytes + sizeInBytes, 0)).toBe(log.sizeInBytes);
        for (const [offset, record] of after) expect(recordAtOffset(log.batchAt(offset) as never, offset)).toBe(record);
        expect(log.prefixHash(log.logEndOffset) === original.prefixHash(log.logEndOffset)).toBe(after.size === before.size && [...log.batches()].every(({ cleaned: touched }) => touched === null));
      }),
      { numRuns: 200 },
    );
  });

  it('is on the platter at once, and what was at risk behind it still is', () => {
    fc.assert(
      fc.property(steps, fc.nat(25), fc.nat(), fc.array(fc.constantFrom('a', 'b'), { maxLength: 4 }), (all, flushedSteps, key, tail) => {
        const disk = new Disk();
        const file = 'log';
        const flushed = logOf(all.slice(0, flushedSteps)).roll();
        disk.write(file, flushed, undefined);
        disk.completeFlush(file, disk.beginFlush(file));
        const whole = tail.reduce((log, each) => log.append(withOffsets(batchOf([{ key: each, value: 'tail', timestampMs: 0 }]), log.logEndOffset, 1)), flushed);
        disk.write(file, whole, undefined);
        const after = cleaned(whole, configOf(), NOW_MS, flushed.logEndOffset);
        disk.write(file, after, undefined);
        disk.powerLost(key);
        const found = (disk.read(file) as PartitionLog).recover().log;
        expect(found.logEndOffset).toBeGreaterThanOrEqual(flushed.logEndOffset);
        expect(found.rangeHash(0, found.logEndOffset)).toBe(after.rangeHash(0, found.logEndOffset));
        expect(found.cleanedEndOffset).toBe(after.cleanedEndOffset);
      }),
    );
  });
});
