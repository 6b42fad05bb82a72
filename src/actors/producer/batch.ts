/**
 * A batch in the producer's hands. While records may be added it is an `OpenBatch`; closed, it has the bytes that go on the
 * wire, which no retry changes, and the account of its attempts. An account answers one question: may the records have been
 * appended? Only a batch whose every attempt was proven without effect, or never left, has certainly failed.
 *
 * Room is taken as Kafka takes it: a first record always fits, later ones while the batch stays within
 * `max(batch.size, first record)`.
 *
 * Source: ProducerBatch, MemoryRecordsBuilder.hasRoomFor; the outcome classes of Jepsen's Kafka client.
 */
import { assert } from '../../kernel/assert.ts';
import { NO_EPOCH, NO_SEQUENCE, type LeaderEpoch } from '../../kafka/ids.ts';
import { batchOf, incrementSequence, RECORD_BATCH_OVERHEAD, recordSizeInBytes, type BatchOptions, type Record, type RecordBatch } from '../../kafka/records.ts';

/** A record in an open batch, linked to the one before it: adding one copies nothing. */
interface Appended {
  readonly record: Record;
  readonly sendId: number;
  readonly before: Appended | null;
}

export interface OpenBatch {
  /** `delivery.timeout.ms` and `linger.ms` count from here. */
  readonly createdMs: number;
  /** Taken from `buffer.memory`, given back when the batch is done; also the room it has: `sizeInBytes <= reservedBytes`. */
  readonly reservedBytes: number;
  readonly sizeInBytes: number;
  readonly recordCount: number;
  readonly baseTimestampMs: number;
  readonly last: Appended;
}

export interface ProducerBatch {
  /** Place of its partition in the accumulator. */
  readonly queue: number;
  readonly createdMs: number;
  /** Of `buffer.memory`; 0 for a part of a split batch, which Kafka allocates elsewhere. */
  readonly reservedBytes: number;
  /** As it goes on the wire; its producer fields say what an idempotent producer is (KIP-98). */
  readonly records: RecordBatch;
  /** By record. */
  readonly sendIds: readonly number[];
  /** Requests that carried it and ended without success. */
  readonly attempts: number;
  readonly lastAttemptMs: number;
  /** The leader epoch the last attempt was meant for. */
  readonly lastAttemptLeaderEpoch: LeaderEpoch;
  /** Least wait after `lastAttemptMs`, unless the leader changes. */
  readonly backoffMs: number;
  /** Some attempt ended without proof that it appended nothing. */
  readonly maybeAppended: boolean;
  /** It was renumbered under a new epoch (ProducerBatch.reopened). */
  readonly sequenceHasBeenReset: boolean;
  /** Its sends have their outcome already; what comes of the request does not matter any more. */
  readonly isDone: boolean;
}

/** Bytes of a batch that holds this record only. */
export function soleSizeInBytes(record: Record): number {
  return RECORD_BATCH_OVERHEAD + recordSizeInBytes(record, 0, 0);
}

/** Ample for the varints and fixed fields of a record without headers. */
const RECORD_OVERHEAD_BOUND = 32;
const UTF8_BYTES_PER_UTF16_UNIT = 3;

/** Does the record alone need more than `limitBytes`? Counts bytes only when a bound on them does not settle it. */
export function exceeds(record: Record, limitBytes: number): boolean {
  const units = (record.key === null ? 0 : record.key.length) + (record.value === null ? 0 : record.value.length);
  return RECORD_BATCH_OVERHEAD + RECORD_OVERHEAD_BOUND + UTF8_BYTES_PER_UTF16_UNIT * units > limitBytes && soleSizeInBytes(record) > limitBytes;
}

/** A batch with its first record; `reservedBytes >= soleSizeInBytes(record)`. */
export function openBatch(record: Record, sendId: number, reservedBytes: number, nowMs: number): OpenBatch {
  const sizeInBytes = soleSizeInBytes(record);
  assert(sizeInBytes <= reservedBytes, () => `a record of ${sizeInBytes} bytes in a buffer of ${reservedBytes}`);
  return {
    createdMs: nowMs, reservedBytes, sizeInBytes, recordCount: 1, baseTimestampMs: record.timestampMs,
    last: { record, sendId, before: null },
  };
}

/** The batch with one more record, undefined when there is no room for it. */
export function appended(batch: OpenBatch, record: Record, sendId: number): OpenBatch | undefined {
  const sizeInBytes = batch.sizeInBytes + recordSizeInBytes(record, batch.recordCount, record.timestampMs - batch.baseTimestampMs);
  if (sizeInBytes > batch.reservedBytes) return undefined;
  return {
    createdMs: batch.createdMs,
    reservedBytes: batch.reservedBytes,
    sizeInBytes,
    recordCount: batch.recordCount + 1,
    baseTimestampMs: batch.baseTimestampMs,
    last: { record, sendId, before: batch.last },
  };
}

export function isFull(batch: OpenBatch): boolean {
  return batch.sizeInBytes >= batch.reservedBytes;
}

/** Takes no more records; its bytes are final, but for the sequence if it gets that later. */
export function closed(batch: OpenBatch, queue: number, options?: BatchOptions): ProducerBatch {
  const records = new Array<Record>(batch.recordCount);
  const sendIds = new Array<number>(batch.recordCount);
  let i = batch.recordCount;
  for (let each: Appended | null = batch.last; each !== null; each = each.before) {
    i -= 1;
    records[i] = each.record;
    sendIds[i] = each.sendId;
  }
  assert(i === 0, () => `a batch of ${batch.recordCount} records has ${i} too few`);
  const recordBatch = batchOf(records, options);
  assert(recordBatch.sizeInBytes === batch.sizeInBytes, () => `a batch of ${recordBatch.sizeInBytes} bytes was counted as ${batch.sizeInBytes}`);
  return untried(queue, batch.createdMs, batch.reservedBytes, recordBatch, sendIds, false);
}

function untried(queue: number, createdMs: number, reservedBytes: number, records: RecordBatch, sendIds: readonly number[], maybeAppended: boolean): ProducerBatch {
  return {
    queue, createdMs, reservedBytes, records, sendIds, attempts: 0, lastAttemptMs: createdMs, lastAttemptLeaderEpoch: NO_EPOCH, backoffMs: 0, maybeAppended, sequenceHasBeenReset: false, isDone: false,
  };
}

/** The same records under another producer id, epoch and sequence; without options under none. */
export function sequenced(batch: ProducerBatch, options?: BatchOptions): ProducerBatch {
  return { ...batch, records: batchOf(batch.records.records, options) };
}

/**
 * A batch that the broker found too large, as batches of at most `batchSizeBytes` (a single record may exceed it) in the
 * same order, with the same age and with consecutive sequences if it has one. One that is no larger than that already is halved: Kafka would send it unchanged for
 * ever (KAFKA-8350).
 */
export function split(batch: ProducerBatch, batchSizeBytes: number): readonly ProducerBatch[] {
  const { queue, createdMs, records: { records, sizeInBytes, producerId, producerEpoch, baseSequence }, sendIds, maybeAppended } = batch;
  assert(records.length > 1, 'one record cannot be split');
  const limitBytes = sizeInBytes > batchSizeBytes ? batchSizeBytes : Math.floor(sizeInBytes / 2);
  const parts: ProducerBatch[] = [];
  let startInclusive = 0;
  let partBytes = 0;
  for (let i = 0; i <= records.length; i += 1) {
    const record = records[i];
    const count = i - startInclusive;
    const baseTimestampMs = records[startInclusive]?.timestampMs ?? 0;
    const moreBytes = record === undefined ? 0 : count === 0 ? soleSizeInBytes(record) : recordSizeInBytes(record, count, record.timestampMs - baseTimestampMs);
    if (record !== undefined && (count === 0 || partBytes + moreBytes <= limitBytes)) {
      partBytes += moreBytes;
      continue;
    }
    const sequence = baseSequence === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(baseSequence, startInclusive);
    const part = batchOf(records.slice(startInclusive, i), { producerId, producerEpoch, baseSequence: sequence });
    parts.push(untried(queue, createdMs, 0, part, sendIds.slice(startInclusive, i), maybeAppended));
    startInclusive = i;
    partBytes = record === undefined ? 0 : soleSizeInBytes(record);
  }
  assert(parts.length > 1, 'a split makes more than one batch');
  return parts;
}
