/**
 * Which segments of a log may be deleted (LOG-8): those whose records are all too old by their own timestamps, those
 * beyond the size the log may have, those wholly below the log start. Oldest first, and never past the first that stays.
 *
 * A segment may only go when the high watermark has passed it: what is not committed yet must not be forgotten
 * (KAFKA-5634; without that rule followers that lag are cut off from records nobody else may have). The active segment is
 * rolled before it goes, so a log is never without one. Timestamps are the producers', and so are their wrong clocks.
 *
 * Source: UnifiedLog.deleteOldSegments, deletableSegments, deleteRetentionMsBreachedSegments,
 * deleteRetentionSizeBreachedSegments, deleteLogStartOffsetBreachedSegments.
 */
import type { TopicConfig } from './config.ts';
import type { Offset } from './ids.ts';
import type { PartitionLog } from './log.ts';
import type { LogSegment } from './log-layout.ts';

export interface RetentionContext {
  readonly nowMs: number;
  readonly highWatermark: Offset;
  /** The rule retentionStopsAtHighWatermark. */
  readonly stopsAtHighWatermark: boolean;
}

export function deletes({ cleanupPolicy }: TopicConfig): boolean {
  return cleanupPolicy !== 'compact';
}

export function compacts({ cleanupPolicy }: TopicConfig): boolean {
  return cleanupPolicy !== 'delete';
}

/** The log without the segments that `config` lets go; the very same log when all stay. */
export function deleteOldSegments(log: PartitionLog, config: TopicConfig, context: RetentionContext): PartitionLog {
  let left = deleteFirst(log, context, (segment) => segment.endOffsetExclusive <= log.logStartOffset && !segment.isActive);
  if (!deletes(config)) return left;
  const { retentionBytes, retentionMs } = config;
  if (retentionBytes >= 0) {
    let excessBytes = left.sizeInBytes - retentionBytes;
    left = deleteFirst(left, context, ({ sizeInBytes }) => {
      excessBytes -= sizeInBytes;
      return excessBytes >= 0;
    });
  }
  if (retentionMs >= 0) left = deleteFirst(left, context, ({ largestTimestamp }) => context.nowMs - largestTimestamp > retentionMs);
  return left;
}

/** Deletes segments from the oldest on, as long as `isBreached`, in that order, says so. */
function deleteFirst(log: PartitionLog, { highWatermark, stopsAtHighWatermark }: RetentionContext, isBreached: (segment: LogSegment) => boolean): PartitionLog {
  const segments = log.segments();
  let count = 0;
  for (const segment of segments) {
    const isEmptyActive = segment.isActive && segment.sizeInBytes === 0;
    if (isEmptyActive || (stopsAtHighWatermark && segment.endOffsetExclusive > highWatermark) || !isBreached(segment)) break;
    count += 1;
  }
  return (count === segments.length ? log.roll() : log).deleteSegments(count);
}
