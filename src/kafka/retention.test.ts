import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultConfig, type TopicConfig } from './config.ts';
import { PartitionLog } from './log.ts';
import { batchOf, withOffsets } from './records.ts';
import { deleteOldSegments } from './retention.ts';

const NOW_MS = 1_000_000;
const configOf = (change: Partial<TopicConfig>): TopicConfig => ({ ...defaultConfig('topic'), ...change });

/** One batch of one record per timestamp, a new segment after every `perSegment` of them. */
function logOf(perSegment: number, timestamps: readonly number[]): PartitionLog {
  return timestamps.reduce((log, timestampMs, i) => {
    const batch = withOffsets(batchOf([{ key: 'k', value: 'v', timestampMs }]), log.logEndOffset, 0);
    return (i > 0 && i % perSegment === 0 ? log.roll() : log).append(batch);
  }, PartitionLog.empty());
}

const ONE = logOf(1, [0]).sizeInBytes;

function retained(log: PartitionLog, change: Partial<TopicConfig>, highWatermark = log.logEndOffset, stopsAtHighWatermark = true): PartitionLog {
  return deleteOldSegments(log, configOf(change), { nowMs: NOW_MS, highWatermark, stopsAtHighWatermark });
}

describe('the retention of a log', () => {
  it('goes by the largest timestamp of a segment, oldest segment first, and stops at the first that stays', () => {
    const log = logOf(2, [0, NOW_MS - 50, 0, 0, 0]);
    expect(retained(log, { retentionMs: 100 })).toBe(log);
    expect(retained(log, { retentionMs: 40 })).toMatchObject({ logStartOffset: 5, logEndOffset: 5, batchCount: 0 });
    expect(retained(logOf(2, [0, 0, NOW_MS, 0, 0]), { retentionMs: 100 })).toMatchObject({ logStartOffset: 2, batchCount: 3 });
    expect(retained(log, { retentionMs: -1 })).toBe(log);
  });

  it('deletes by size as long as what is left is not less than the size', () => {
    const log = logOf(2, [0, 0, 0, 0, 0]);
    const sized = (bytes: number): number => retained(log, { retentionMs: -1, retentionBytes: bytes }).logStartOffset;
    expect([5, 4, 3, 2, 1, 0].map((count) => sized(count * ONE))).toEqual([0, 0, 2, 2, 4, 5]);
  });

  it('rolls the active segment before it deletes it, and goes on at the same offset', () => {
    const empty = retained(logOf(9, [0, 0]), { retentionMs: 1 });
    expect(empty).toMatchObject({ logStartOffset: 2, logEndOffset: 2, activeBaseOffset: 2, length: 2 });
    expect(retained(empty, { retentionMs: 1 })).toBe(empty);
    expect(empty.append(withOffsets(batchOf([{ key: 'k', value: 'v', timestampMs: 0 }]), 2, 0)).logEndOffset).toBe(3);
  });

  it('deletes nothing that is not committed, unless the rule of KAFKA-5634 is off', () => {
    const log = logOf(2, [0, 0, 0, 0, 0]);
    expect(retained(log, { retentionMs: 1 }, 3).logStartOffset).toBe(2);
    expect(retained(log, { retentionMs: 1 }, 0)).toBe(log);
    expect(retained(log, { retentionMs: 1 }, 0, false).logStartOffset).toBe(5);
  });

  it('of a log that is only compacted deletes what is below the log start and nothing else', () => {
    const log = logOf(2, [0, 0, 0, 0, 0]).withLogStart(3);
    expect(retained(log, { cleanupPolicy: 'compact', retentionMs: 1, retentionBytes: 0 })).toMatchObject({ logStartOffset: 3, batchCount: 3 });
  });

  it('never passes the high watermark nor changes what it keeps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(NOW_MS), { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), fc.nat(20), fc.nat(NOW_MS), fc.nat(20),
        (timestamps, perSegment, highWatermark, retentionMs, kept) => {
          const log = logOf(perSegment, timestamps);
          const high = Math.min(highWatermark, log.logEndOffset);
          const after = retained(log, { retentionMs, retentionBytes: kept * ONE }, high);
          expect(after.logStartOffset).toBeLessThanOrEqual(high);
          expect(after.logEndOffset).toBe(log.logEndOffset);
          expect(after.length).toBe(log.length);
          expect(after.rangeHash(after.logStartOffset, log.logEndOffset)).toBe(log.rangeHash(after.logStartOffset, log.logEndOffset));
          expect(after.sizeInBytes).toBe(after.segments().reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0));
        },
      ),
    );
  });
});
