import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, type Record } from '../../kafka/records.ts';
import { appended, closed, exceeds, isFull, openBatch, soleSizeInBytes, split, type OpenBatch, type ProducerBatch } from './batch.ts';

const record = (value: string, timestampMs = 0, key: string | null = null): Record => ({ key, value, timestampMs });

function filled(limitBytes: number, records: readonly Record[]): OpenBatch {
  let batch = openBatch(records[0] as Record, 0, Math.max(limitBytes, soleSizeInBytes(records[0] as Record)), 5);
  for (let i = 1; i < records.length; i += 1) batch = appended(batch, records[i] as Record, i) ?? batch;
  return batch;
}

const texts = fc.array(fc.record({ key: fc.option(fc.string({ unit: 'binary', maxLength: 20 })), value: fc.string({ unit: 'binary', maxLength: 80 }), timestampMs: fc.nat(1_000_000) }), { minLength: 1, maxLength: 30 });

describe('an open batch', () => {
  it('counts its bytes as the wire will and never more than its room', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 2_000 }), (records, limitBytes) => {
        const open = filled(limitBytes, records);
        expect(open.sizeInBytes).toBeLessThanOrEqual(open.reservedBytes);
        expect(closed(open, 0).records.sizeInBytes).toBe(open.sizeInBytes);
      }),
    );
  });

  it('keeps records and their sends in order', () => {
    const batch = closed(filled(10_000, ['a', 'b', 'c'].map((value) => record(value))), 3);
    expect(batch.records.records.map(({ value }) => value)).toEqual(['a', 'b', 'c']);
    expect([batch.sendIds, batch.queue, batch.createdMs]).toEqual([[0, 1, 2], 3, 5]);
  });

  it('is full when a record too large for batch.size is in it, and takes no other', () => {
    const large = record('x'.repeat(500));
    const open = openBatch(large, 0, soleSizeInBytes(large), 0);
    expect(isFull(open)).toBe(true);
    expect(appended(open, record('y'), 1)).toBeUndefined();
  });

  it('may branch: two continuations of one batch do not see each other', () => {
    const base = filled(1_000, [record('a')]);
    const [left, right] = [appended(base, record('l'), 1), appended(base, record('r'), 2)].map((open) => closed(open as OpenBatch, 0).records.records.map(({ value }) => value));
    expect([left, right]).toEqual([['a', 'l'], ['a', 'r']]);
  });
});

describe('exceeds', () => {
  it('says whether the exact size is above the limit', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 600 }), ([first], limitBytes) => {
        expect(exceeds(first as Record, limitBytes)).toBe(soleSizeInBytes(first as Record) > limitBytes);
      }),
    );
  });
});

describe('a split', () => {
  const whole = (records: readonly Record[]): ProducerBatch => ({
    queue: 2, createdMs: 9, reservedBytes: 16_384, records: batchOf(records), sendIds: records.map((_, i) => i), attempts: 3, lastAttemptMs: 40, lastAttemptLeaderEpoch: 1,
    backoffMs: 100, maybeAppended: true, sequenceHasBeenReset: false, isDone: false,
  });

  it('keeps every record, its send and their order, makes every part smaller, and remembers age and doubt', () => {
    fc.assert(
      fc.property(texts.filter(({ length }) => length > 1), fc.integer({ min: 1, max: 3_000 }), (records, batchSize) => {
        const batch = whole(records);
        const parts = split(batch, batchSize);
        expect(parts.flatMap((part) => part.records.records)).toEqual(records);
        expect(parts.flatMap(({ sendIds }) => sendIds)).toEqual(batch.sendIds);
        for (const part of parts) {
          expect(part.records.sizeInBytes <= Math.min(batchSize, batch.records.sizeInBytes - 1) || part.sendIds.length === 1 || batch.records.sizeInBytes <= batchSize).toBe(true);
          expect(part.sendIds.length).toBeLessThan(records.length);
          expect([part.queue, part.createdMs, part.reservedBytes, part.attempts, part.maybeAppended]).toEqual([2, 9, 0, 0, true]);
        }
      }),
    );
  });
});
