/**
 * How one version of a replica's log became the next: where it was cut off and which batches were appended. Versions
 * share their batches, so the usual case looks at the end only.
 */
import type { Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { RecordBatch } from '../kafka/records.ts';

export interface LogChange {
  /** The log was cut off there before anything was appended; undefined when all of it stands. */
  readonly truncatedTo: Offset | undefined;
  readonly appended: readonly RecordBatch[];
}

/** Batches that a cleaning replaced count as standing where they stood. */
export function logChange(before: PartitionLog, after: PartitionLog): LogChange {
  const kept = commonEnd(before, after);
  const appended = after.logEndOffset > kept && after.batchCount > 0 ? after.read(Math.max(kept, after.logStartOffset), after.logEndOffset, Number.MAX_SAFE_INTEGER, false) : [];
  return { truncatedTo: kept < before.logEndOffset ? kept : undefined, appended: appended.filter(({ baseOffset }) => baseOffset >= kept) };
}

/** The offset up to which both hold the same batches, or none. */
function commonEnd(before: PartitionLog, after: PartitionLog): Offset {
  const end = Math.min(before.logEndOffset, after.logEndOffset);
  if (end === 0 || isSameAt(before, after, end - 1)) return end;
  let low = Math.max(before.logStartOffset, after.logStartOffset);
  if (low >= end) return end;
  if (!isSameAt(before, after, low)) return low;
  let high = end - 1;
  // Log matching: two versions that part stay apart, so the last offset at which they agree can be searched for.
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (isSameAt(before, after, middle)) low = middle;
    else high = middle;
  }
  return Math.min(end, (before.batchAt(low)?.nextOffset ?? low + 1));
}

function isSameAt(one: PartitionLog, other: PartitionLog, offset: Offset): boolean {
  const a = one.batchAt(offset);
  const b = other.batchAt(offset);
  if (a === b) return true;
  // In the hole that a cleaning left, or below the start of one of them.
  if (a === undefined || b === undefined) return true;
  return a.partitionLeaderEpoch === b.partitionLeaderEpoch && a.baseOffset === b.baseOffset;
}
