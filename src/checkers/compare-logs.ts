/**
 * Questions about two logs, or one, answered by hashes of ranges: O(log batches) each, whatever the length. Logs are
 * values, so a log that was kept answers for the past.
 *
 * Retention moves logs' starts apart, and each replica cleans its log when it likes: two logs are compared from the higher
 * start on, and from where neither was cleaned. What a cleaning may take is judged when it happens (retained-as-promised).
 */
import type { Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import { recordAtOffset } from '../kafka/records.ts';
import type { Record, RecordBatch } from '../kafka/records.ts';

/** Hash of the whole batches in `[startOffsetInclusive, endOffsetExclusive)`. */
function hashOf(log: PartitionLog, startOffsetInclusive: Offset, endOffsetExclusive: Offset): number {
  // Offset 0 is where almost every comparison starts, and there the hash of a prefix costs one search less.
  return startOffsetInclusive === 0 ? log.prefixHash(endOffsetExclusive) : log.rangeHash(startOffsetInclusive, endOffsetExclusive);
}

/** From here on both logs hold what was appended; below it a hole may be a cleaning's. */
export function comparableFrom(a: PartitionLog, b: PartitionLog): Offset {
  return Math.max(a.logStartOffset, b.logStartOffset, a.cleanedEndOffset, b.cleanedEndOffset);
}

/** True when both logs hold the same batches below `endOffsetExclusive`, from where they can be compared on. */
export function agreeBelow(a: PartitionLog, b: PartitionLog, endOffsetExclusive: Offset): boolean {
  if (a === b) return true;
  const start = comparableFrom(a, b);
  return start >= endOffsetExclusive || hashOf(a, start, endOffsetExclusive) === hashOf(b, start, endOffsetExclusive);
}

/** True when `log` reaches `endOffsetExclusive` and agrees with `kept` below it. */
export function holdsPrefix(log: PartitionLog, kept: PartitionLog, endOffsetExclusive: Offset): boolean {
  return log.logEndOffset >= endOffsetExclusive && agreeBelow(log, kept, endOffsetExclusive);
}

/**
 * Where two logs part: the greatest offset, at a batch boundary, below which they agree; at most the lower of their ends.
 * A log that was emptied and begins above the other's end parts from it at the other's end. Where DeleteRecords has moved a start
 * into the middle of a batch, that batch counts: both logs hold all of it.
 */
export function commonPrefixEnd(a: PartitionLog, b: PartitionLog): Offset {
  let agreed = comparableFrom(a, b);
  let low = agreed;
  let high = Math.min(a.logEndOffset, b.logEndOffset);
  if (low >= high) return high;
  const [one, other] = [a.batchAt(low), b.batchAt(low)];
  if (one !== undefined && other !== undefined && one.baseOffset < low && other.baseOffset < low && !isSameBatch(one, other)) return Math.min(one.baseOffset, other.baseOffset);
  // Agreement below an offset implies agreement below every smaller one.
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (agreeBelow(a, b, middle)) {
      agreed = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return Math.min(startOfBatchAt(a, agreed), startOfBatchAt(b, agreed));
}

export function isSameBatch(a: RecordBatch, b: RecordBatch): boolean {
  return a.baseOffset === b.baseOffset && a.partitionLeaderEpoch === b.partitionLeaderEpoch && a.contentHash === b.contentHash;
}

/** A batch that is not wholly below `offset` was not compared. */
function startOfBatchAt(log: PartitionLog, offset: Offset): Offset {
  return log.batchAt(offset)?.baseOffset ?? offset;
}

/** The data record at `offset`, undefined when there is none. */
export function recordAt(log: PartitionLog, offset: Offset): Record | undefined {
  const batch = log.batchAt(offset);
  return batch === undefined || batch.isControl || batch.isCorrupt ? undefined : recordAtOffset(batch, offset);
}

/** True when `log` still answers for `offset`: neither retention nor a cleaning took it. */
export function isRetained(log: PartitionLog, offset: Offset): boolean {
  return offset >= log.logStartOffset && (offset >= log.cleanedEndOffset || recordAt(log, offset) !== undefined);
}

/** Data batches that reach into `[startOffsetInclusive, endOffsetExclusive)`, oldest first. */
export function* dataBatches(log: PartitionLog, startOffsetInclusive: Offset, endOffsetExclusive: Offset): IterableIterator<RecordBatch> {
  let offset = Math.max(startOffsetInclusive, log.logStartOffset);
  while (offset < endOffsetExclusive && offset < log.logEndOffset) {
    const [batch] = log.read(offset, log.logEndOffset, 1, true);
    if (batch === undefined || batch.baseOffset >= endOffsetExclusive) return;
    if (!batch.isControl) yield batch;
    offset = batch.nextOffset;
  }
}
