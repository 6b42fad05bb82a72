/**
 * Records and record batches, message format v2 (magic 2). A batch is what a producer sends, a log stores and a fetch
 * returns; the leader gives it its base offset and leader epoch at append, followers keep both.
 * `baseOffset <= offset of record i = baseOffset + i <= lastOffset = baseOffset + lastOffsetDelta`.
 *
 * Compaction removes records and leaves the batch's offsets as they are; `offsetOfRecord` and `recordAtOffset` know.
 *
 * Modelled: the header fields that decide anything, the exact uncompressed size, corruption as one bit in place of the
 * CRC. Left out: compression, log-append-time timestamps.
 *
 * Source: the protocol guide's "Record Batch"; DefaultRecordBatch, DefaultRecord, ByteUtils.
 */
import { assert } from '../kernel/assert.ts';
import { fmix32, mix32, mix53 } from '../kernel/hash.ts';
import { NO_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE } from './ids.ts';
import type { LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence } from './ids.ts';
import { utf8Length } from './utf8.ts';

export interface RecordHeader {
  readonly key: string;
  readonly value: string | null;
}

/** Keys and values are text; in the log they count as their UTF-8 bytes. A null value is a tombstone. */
export interface Record {
  readonly key: string | null;
  readonly value: string | null;
  /** Milliseconds on the producer's clock (CreateTime). */
  readonly timestampMs: number;
  readonly headers?: readonly RecordHeader[];
}

/** DefaultRecordBatch.RECORD_BATCH_OVERHEAD: the bytes of a v2 batch before its first record. */
export const RECORD_BATCH_OVERHEAD = 61;
/** Sequences are int32 and wrap to 0 (KIP-98). */
const MAX_SEQUENCE = 0x7fff_ffff;
const TWO_32 = 0x1_0000_0000;

/** What a cleaning of the log left of a batch (LOG-10). */
export interface Cleaned {
  /** Of the records that stay, rising; the batch keeps its own first and last offset. */
  readonly offsetDeltas: readonly number[];
  /** From when on its tombstones may go; NO_DELETE_HORIZON while it has none. */
  readonly deleteHorizonMs: number;
}

/** RecordBatch.NO_TIMESTAMP, where the delete horizon of a batch would stand. */
export const NO_DELETE_HORIZON = -1;

/** Made by `batchOf`, `withOffsets`, `retaining` and `torn` only; every field is final. */
export class RecordBatch {
  readonly baseOffset: Offset;
  readonly lastOffsetDelta: number;
  /** -1 until a leader has appended the batch. */
  readonly partitionLeaderEpoch: LeaderEpoch;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly baseSequence: Sequence;
  readonly isTransactional: boolean;
  /** True for transaction markers and other control records, which no consumer is handed. */
  readonly isControl: boolean;
  readonly records: readonly Record[];
  readonly sizeInBytes: number;
  /**
   * Hash of the records and producer fields, a safe integer of 53 bits: what a producer sent, wherever and whenever it
   * was appended. Two batches that differ only in base offset or leader epoch share it.
   */
  readonly contentHash: number;
  /** A power loss tore the batch: its CRC would not match. */
  readonly isCorrupt: boolean;
  /** Null while no cleaning has touched it: record `i` stands at `baseOffset + i` then. */
  readonly cleaned: Cleaned | null;

  /** @internal Positional, because it runs for every append on every replica; use the functions below. */
  constructor(
    baseOffset: Offset,
    lastOffsetDelta: number,
    partitionLeaderEpoch: LeaderEpoch,
    baseTimestamp: number,
    maxTimestamp: number,
    producerId: ProducerId,
    producerEpoch: ProducerEpoch,
    baseSequence: Sequence,
    isTransactional: boolean,
    isControl: boolean,
    records: readonly Record[],
    sizeInBytes: number,
    contentHash: number,
    isCorrupt: boolean,
    cleaned: Cleaned | null,
  ) {
    this.baseOffset = baseOffset;
    this.lastOffsetDelta = lastOffsetDelta;
    this.partitionLeaderEpoch = partitionLeaderEpoch;
    this.baseTimestamp = baseTimestamp;
    this.maxTimestamp = maxTimestamp;
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.baseSequence = baseSequence;
    this.isTransactional = isTransactional;
    this.isControl = isControl;
    this.records = records;
    this.sizeInBytes = sizeInBytes;
    this.contentHash = contentHash;
    this.isCorrupt = isCorrupt;
    this.cleaned = cleaned;
  }

  get lastOffset(): Offset {
    return this.baseOffset + this.lastOffsetDelta;
  }

  /** The offset that follows this batch. */
  get nextOffset(): Offset {
    return this.baseOffset + this.lastOffsetDelta + 1;
  }

  /** Sequence of the last record, -1 without idempotence. */
  get lastSequence(): Sequence {
    return this.baseSequence === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(this.baseSequence, this.lastOffsetDelta);
  }
}

/** `sequence + increment` in int32 without the negative half (DefaultRecordBatch.incrementSequence). */
export function incrementSequence(sequence: Sequence, increment: number): Sequence {
  return sequence > MAX_SEQUENCE - increment ? increment - (MAX_SEQUENCE - sequence) - 1 : sequence + increment;
}

/** Who sent a batch and as what; absent fields mean: no idempotence, no transaction, data. */
export interface BatchOptions {
  readonly producerId?: ProducerId;
  readonly producerEpoch?: ProducerEpoch;
  readonly baseSequence?: Sequence;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
}

const PLAIN: BatchOptions = {};

/**
 * A batch as its producer sends it: base offset 0 and no leader epoch. `records` must not be empty
 * (InvalidRecordException in LogValidator); the array is kept, not copied.
 */
export function batchOf(records: readonly Record[], options: BatchOptions = PLAIN): RecordBatch {
  const first = records[0];
  if (first === undefined) assert(false, 'a record batch holds at least one record');
  const producerId = options.producerId ?? NO_PRODUCER_ID;
  const producerEpoch = options.producerEpoch ?? NO_EPOCH;
  const baseSequence = options.baseSequence ?? NO_SEQUENCE;
  const isTransactional = options.isTransactional ?? false;
  const isControl = options.isControl ?? false;
  assert(producerId !== NO_PRODUCER_ID || !isTransactional, 'a transactional batch has a producer id');
  const baseTimestamp = first.timestampMs;
  let maxTimestamp = baseTimestamp;
  let sizeInBytes = RECORD_BATCH_OVERHEAD;
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] as Record;
    if (record.timestampMs > maxTimestamp) maxTimestamp = record.timestampMs;
    sizeInBytes += recordSizeInBytes(record, i, record.timestampMs - baseTimestamp);
  }
  const contentHash = hashContent(records, producerId, producerEpoch, baseSequence, isTransactional, isControl);
  return new RecordBatch(
    0,
    records.length - 1,
    NO_EPOCH,
    baseTimestamp,
    maxTimestamp,
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
    isControl,
    records,
    sizeInBytes,
    contentHash,
    false,
    null,
  );
}

/** The batch as the leader of `leaderEpoch` appends it at `baseOffset` (LogValidator.assignOffsets). */
export function withOffsets(batch: RecordBatch, baseOffset: Offset, leaderEpoch: LeaderEpoch): RecordBatch {
  assert(
    baseOffset >= 0 && leaderEpoch >= 0,
    () => `cannot append at offset ${baseOffset} in leader epoch ${leaderEpoch}`,
  );
  return new RecordBatch(
    baseOffset,
    batch.lastOffsetDelta,
    leaderEpoch,
    batch.baseTimestamp,
    batch.maxTimestamp,
    batch.producerId,
    batch.producerEpoch,
    batch.baseSequence,
    batch.isTransactional,
    batch.isControl,
    batch.records,
    batch.sizeInBytes,
    batch.contentHash,
    batch.isCorrupt,
    batch.cleaned,
  );
}

/**
 * The first batch holds records below `offset`, which was asked for: where DeleteRecords has moved a log's start into a batch, the
 * leader sends all of it, and a follower may refuse it.
 */
export function beginsBelow(records: readonly RecordBatch[], offset: Offset): boolean {
  const [first] = records;
  return first !== undefined && first.baseOffset < offset;
}

/** The batch as a power loss leaves it when only part of it reached the platter: its bytes hash to something else. */
export function torn(batch: RecordBatch): RecordBatch {
  if (batch.isCorrupt) return batch;
  const tornHash = fmix32(mix53(0x7042, batch.contentHash)) >>> 0;
  return new RecordBatch(
    batch.baseOffset,
    batch.lastOffsetDelta,
    batch.partitionLeaderEpoch,
    batch.baseTimestamp,
    batch.maxTimestamp,
    batch.producerId,
    batch.producerEpoch,
    batch.baseSequence,
    batch.isTransactional,
    batch.isControl,
    batch.records,
    batch.sizeInBytes,
    tornHash,
    true,
    batch.cleaned,
  );
}

/** Offset of record number `i` of `batch`. */
export function offsetOfRecord(batch: RecordBatch, i: number): Offset {
  return batch.baseOffset + (batch.cleaned === null ? i : (batch.cleaned.offsetDeltas[i] as number));
}

/** The record of `batch` at `offset`, undefined when a cleaning removed it or it never was there. */
export function recordAtOffset(batch: RecordBatch, offset: Offset): Record | undefined {
  const delta = offset - batch.baseOffset;
  return batch.records[batch.cleaned === null ? delta : batch.cleaned.offsetDeltas.indexOf(delta)];
}

/**
 * The batch with only the records at `indices` (rising), as MemoryRecords.filterTo rebuilds it: base offset, last offset
 * and producer stay, also of a batch that loses every record. Timestamps of the header stay too, which Kafka recomputes.
 */
export function retaining(batch: RecordBatch, indices: readonly number[], deleteHorizonMs: number): RecordBatch {
  const records = indices.map((i) => batch.records[i] as Record);
  const offsetDeltas = indices.map((i) => offsetOfRecord(batch, i) - batch.baseOffset);
  let sizeInBytes = RECORD_BATCH_OVERHEAD;
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] as Record;
    sizeInBytes += recordSizeInBytes(record, offsetDeltas[i] as number, record.timestampMs - batch.baseTimestamp);
  }
  const { producerId, producerEpoch, baseSequence, isTransactional, isControl } = batch;
  const recordsHash = hashContent(records, producerId, producerEpoch, baseSequence, isTransactional, isControl);
  const contentHash = fmix32(offsetDeltas.reduce(mix32, mix53(0x61c8_8647, recordsHash))) >>> 0;
  return new RecordBatch(
    batch.baseOffset,
    batch.lastOffsetDelta,
    batch.partitionLeaderEpoch,
    batch.baseTimestamp,
    batch.maxTimestamp,
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
    isControl,
    records,
    sizeInBytes,
    contentHash,
    batch.isCorrupt,
    { offsetDeltas, deleteHorizonMs },
  );
}

/**
 * Bytes that `record` takes as number `offsetDelta` of a batch, without compression: DefaultRecord.sizeInBytes, exact
 * for UTF-8 keys and values.
 */
export function recordSizeInBytes(record: Record, offsetDelta: number, timestampDelta: number): number {
  const headers = record.headers;
  let body =
    1 +
    sizeOfVarlong(timestampDelta) +
    sizeOfVarint(offsetDelta) +
    sizeOfNullable(record.key) +
    sizeOfNullable(record.value);
  body += sizeOfVarint(headers === undefined ? 0 : headers.length);
  if (headers !== undefined) {
    for (const header of headers) body += sizeOfNullable(header.key) + sizeOfNullable(header.value);
  }
  return sizeOfVarint(body) + body;
}

/** Length prefix and bytes; null is the length -1 and nothing more. */
function sizeOfNullable(text: string | null): number {
  if (text === null) return 1;
  const length = utf8Length(text);
  return sizeOfVarint(length) + length;
}

/** Bytes of a zig-zag varint (ByteUtils.sizeOfVarint). */
function sizeOfVarint(value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let bytes = 1;
  while (zigzag >= 0x80) {
    zigzag >>>= 7;
    bytes += 1;
  }
  return bytes;
}

/** Bytes of a zig-zag varlong, for safe integers: beyond 32 bits shifts would wrap, so this divides. */
function sizeOfVarlong(value: number): number {
  let zigzag = value >= 0 ? value * 2 : -value * 2 - 1;
  let bytes = 1;
  while (zigzag >= 0x80) {
    zigzag = Math.floor(zigzag / 0x80);
    bytes += 1;
  }
  return bytes;
}

/** Two 32-bit lanes walked together, so that text is read once; `null` and `''` differ. */
function hashContent(
  records: readonly Record[],
  producerId: ProducerId,
  producerEpoch: ProducerEpoch,
  baseSequence: Sequence,
  isTransactional: boolean,
  isControl: boolean,
): number {
  const flags = (isTransactional ? 1 : 0) | (isControl ? 2 : 0);
  laneA = mix32(mix32(mix32(mix53(records.length, producerId), producerEpoch), baseSequence), flags);
  laneB = fmix32(laneA ^ 0x5bd1e995);
  for (const record of records) {
    laneA = mix53(laneA, record.timestampMs);
    hashText(record.key);
    hashText(record.value);
    const headers = record.headers;
    if (headers === undefined) continue;
    laneA = mix32(laneA, headers.length);
    for (const header of headers) {
      hashText(header.key);
      hashText(header.value);
    }
  }
  return (fmix32(laneB ^ laneA) & 0x1f_ffff) * TWO_32 + (fmix32(laneA) >>> 0);
}

// The lanes of the hash under way: local to one call of hashContent, kept here so that no pair is allocated.
let laneA = 0;
let laneB = 0;

function hashText(text: string | null): void {
  let a = laneA;
  let b = laneB;
  const length = text === null ? -1 : text.length;
  a = mix32(a, length);
  for (let i = 0; i < length; i += 1) {
    const unit = (text as string).charCodeAt(i);
    a = mix32(a, unit);
    b = Math.imul(b ^ unit, 0x0100_0193);
  }
  laneA = a;
  laneB = fmix32(b ^ length);
}
