import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../kernel/assert.ts';
import { batchOf, incrementSequence, RECORD_BATCH_OVERHEAD, recordSizeInBytes, torn, withOffsets } from './records.ts';
import type { BatchOptions, Record } from './records.ts';

const record = (value: string | null, timestampMs = 1_000, key: string | null = 'truck-7'): Record => ({
  key,
  value,
  timestampMs,
});

const anyText = fc.option(fc.string({ maxLength: 8 }), { nil: null });
const anyRecord: fc.Arbitrary<Record> = fc.record({ key: anyText, value: anyText, timestampMs: fc.nat() });
const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 4 });

/** The encoding of the protocol guide, byte by byte, as an independent measure of the size. */
function encodedLength(records: readonly Record[]): number {
  const varint = (value: bigint): number => {
    let zigzag = value >= 0n ? value * 2n : -value * 2n - 1n;
    let bytes = 1;
    for (; zigzag >= 128n; zigzag >>= 7n) bytes += 1;
    return bytes;
  };
  const text = (value: string | null): number => {
    if (value === null) return varint(-1n);
    const length = new TextEncoder().encode(value).length;
    return varint(BigInt(length)) + length;
  };
  return records.reduce((total, each, i) => {
    const headers = each.headers ?? [];
    const body =
      1 +
      varint(BigInt(each.timestampMs - (records[0] as Record).timestampMs)) +
      varint(BigInt(i)) +
      text(each.key) +
      text(each.value) +
      varint(BigInt(headers.length)) +
      headers.reduce((sum, header) => sum + text(header.key) + text(header.value), 0);
    return total + varint(BigInt(body)) + body;
  }, RECORD_BATCH_OVERHEAD);
}

describe('a record batch', () => {
  it('leaves its producer at offset 0 with no leader epoch', () => {
    const batch = batchOf([record('a', 1_000), record('b', 3_000), record('c', 2_000)]);
    expect(batch).toMatchObject({
      baseOffset: 0,
      lastOffsetDelta: 2,
      lastOffset: 2,
      nextOffset: 3,
      partitionLeaderEpoch: -1,
      baseTimestamp: 1_000,
      maxTimestamp: 3_000,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      lastSequence: -1,
      isTransactional: false,
      isControl: false,
      isCorrupt: false,
    });
  });

  it('gets its offsets and epoch from the leader and keeps its content', () => {
    const sent = batchOf([record('a'), record('b')], { producerId: 9, producerEpoch: 1, baseSequence: 40 });
    const appended = withOffsets(sent, 100, 7);
    expect(appended).toMatchObject({
      baseOffset: 100,
      lastOffset: 101,
      nextOffset: 102,
      partitionLeaderEpoch: 7,
      lastSequence: 41,
    });
    expect(appended.contentHash).toBe(sent.contentHash);
    expect(appended.sizeInBytes).toBe(sent.sizeInBytes);
    expect(appended.records).toBe(sent.records);
  });

  it('has the size of its v2 encoding', () => {
    expect(recordSizeInBytes(record(null, 0, null), 0, 0)).toBe(7);
    const wide: Record = {
      key: 'ключ',
      value: 'x'.repeat(300),
      timestampMs: 5,
      headers: [
        { key: 'trace', value: null },
        { key: 'n', value: '' },
      ],
    };
    expect(batchOf([wide]).sizeInBytes).toBe(encodedLength([wide]));
    // Both sides of where a zig-zag varint grows by a byte, down and up, and beyond 32 bits.
    for (const delta of [63, 64, -64, -65, 8_191, 8_192, -8_192, -8_193, 2 ** 31, 2 ** 40, -(2 ** 40)]) {
      const records = [record('a', 2 ** 41), record('b', 2 ** 41 + delta)];
      expect(batchOf(records).sizeInBytes).toBe(encodedLength(records));
    }
    const many = Array.from({ length: 65 }, (_, i) => record('x'.repeat(i)));
    expect(batchOf(many).sizeInBytes).toBe(encodedLength(many));
    fc.assert(
      fc.property(anyRecords, (records) => {
        expect(batchOf(records).sizeInBytes).toBe(encodedLength(records));
      }),
    );
  });

  it('hashes equal content equally and different content differently', () => {
    fc.assert(
      fc.property(anyRecords, anyRecords, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(batchOf(left).contentHash === batchOf(right).contentHash).toBe(same);
        expect(batchOf(left).contentHash).toBe(batchOf(structuredClone(left)).contentHash);
        expect(Number.isSafeInteger(batchOf(left).contentHash)).toBe(true);
      }),
    );
  });

  it('tells apart null and empty, key and value, and every producer field in its hash', () => {
    const variants: [readonly Record[], BatchOptions][] = [
      [[record('a')], {}],
      [[record('')], {}],
      [[record(null)], {}],
      [[record('a', 1_001)], {}],
      [[record('truck-7', 1_000, 'a')], {}],
      [[record('a'), record('a')], {}],
      [[{ ...record('a'), headers: [{ key: 'h', value: null }] }], {}],
      [[{ ...record('a'), headers: [{ key: 'h', value: '' }] }], {}],
      [[record('a')], { producerId: 1 }],
      [[record('a')], { producerId: 2 }],
      [[record('a')], { producerId: 1, producerEpoch: 0 }],
      [[record('a')], { producerId: 1, baseSequence: 0 }],
      [[record('a')], { producerId: 1, isTransactional: true }],
      [[record('a')], { isControl: true }],
    ];
    const hashes = variants.map(([records, options]) => batchOf(records, options).contentHash);
    expect(new Set(hashes).size).toBe(variants.length);
  });

  it('torn by a power loss is corrupt, stays in place and no longer hashes to what was written', () => {
    const whole = withOffsets(batchOf([record('a')]), 5, 2);
    const broken = torn(whole);
    expect(broken).toMatchObject({
      baseOffset: 5,
      lastOffset: 5,
      partitionLeaderEpoch: 2,
      isCorrupt: true,
      sizeInBytes: whole.sizeInBytes,
    });
    expect(broken.contentHash).not.toBe(whole.contentHash);
    expect(torn(broken)).toBe(broken);
    expect(whole.isCorrupt).toBe(false);
  });

  it('wraps sequences after 2^31 - 1 to 0', () => {
    expect(incrementSequence(2_147_483_647, 1)).toBe(0);
    expect(incrementSequence(2_147_483_645, 5)).toBe(2);
    expect(incrementSequence(10, 5)).toBe(15);
  });

  it('is never empty, and never at a negative offset', () => {
    expect(() => batchOf([])).toThrow(AssertionFailed);
    expect(() => withOffsets(batchOf([record('a')]), -1, 0)).toThrow(AssertionFailed);
  });
});
