/**
 * Log compaction (LOG-10): of the records below a clean point the latest of each key stays. Offsets and order never change;
 * a removed record leaves a hole, and a batch that loses all its records goes, unless it is the last of its producer or of
 * the log below the active segment, where it stays empty to say what sequence and what offset came last.
 *
 * A tombstone (null value) stays as long as it is the latest of its key and, from the first cleaning that met it, for
 * `delete.retention.ms`: a reader that takes longer from the head to the end may miss the deletion.
 *
 *   uncleanable from: min(high watermark, base of the active segment, first segment younger than `min.compaction.lag.ms`)
 *   dirty ratio: cleanable bytes / (clean bytes + cleanable bytes); a log is cleaned when it exceeds the minimum
 *
 * Simplified: one pass sees every dirty key (Kafka's offset map is bounded by `log.cleaner.dedupe.buffer.size`); there are
 * no transactions here, so every control batch stays. Left out: `max.compaction.lag.ms`, throttling.
 *
 * Source: Cleaner.clean, buildOffsetMap, cleanInto, shouldRetainRecord, groupSegmentsBySize;
 * LogCleanerManager.cleanableOffsets, LogToClean.
 */
import { assert } from '../kernel/assert.ts';
import type { TopicConfig } from './config.ts';
import { NO_PRODUCER_ID } from './ids.ts';
import type { Offset, ProducerId } from './ids.ts';
import type { PartitionLog } from './log.ts';
import type { LogSegment } from './log-layout.ts';
import { NO_DELETE_HORIZON, offsetOfRecord, retaining } from './records.ts';
import type { Record, RecordBatch } from './records.ts';

/** Where the next cleaning of a log begins and may end, and what it would gain (LogToClean). */
export interface LogToClean {
  readonly firstDirtyOffset: Offset;
  readonly firstUncleanableOffset: Offset;
  readonly cleanableBytes: number;
  readonly cleanableRatio: number;
}

export function logToClean(log: PartitionLog, config: TopicConfig, highWatermark: Offset, nowMs: number): LogToClean {
  const firstDirtyOffset = Math.max(log.firstDirtyOffset, log.logStartOffset);
  // The active segment is never cleaned; most logs have nothing else, and are asked again and again.
  if (log.activeBaseOffset <= firstDirtyOffset) return { firstDirtyOffset, firstUncleanableOffset: firstDirtyOffset, cleanableBytes: 0, cleanableRatio: 0 };
  const segments = log.segments();
  const { minCompactionLagMs } = config;
  const isYoung = ({ endOffsetExclusive, largestTimestamp }: LogSegment): boolean =>
    minCompactionLagMs > 0 && endOffsetExclusive > firstDirtyOffset && largestTimestamp > nowMs - minCompactionLagMs;
  const young = segments.find(isYoung)?.baseOffset ?? log.logEndOffset;
  const firstUncleanableOffset = Math.max(firstDirtyOffset, boundaryBelow(log, Math.min(highWatermark, log.activeBaseOffset, young)));
  const bytesOf = (from: Offset, to: Offset): number =>
    segments.reduce((bytes, { baseOffset, sizeInBytes }) => (baseOffset >= from && baseOffset < to ? bytes + sizeInBytes : bytes), 0);
  const cleanBytes = bytesOf(0, firstDirtyOffset);
  const cleanableBytes = bytesOf(firstDirtyOffset, firstUncleanableOffset);
  return { firstDirtyOffset, firstUncleanableOffset, cleanableBytes, cleanableRatio: cleanableBytes === 0 ? 0 : cleanableBytes / (cleanBytes + cleanableBytes) };
}

export function isWorthCleaning({ cleanableBytes, cleanableRatio }: LogToClean, { minCleanableDirtyRatio }: TopicConfig): boolean {
  return cleanableBytes > 0 && cleanableRatio > minCleanableDirtyRatio;
}

/** The log after one cleaning of what `work` describes. */
export function clean(log: PartitionLog, { firstDirtyOffset, firstUncleanableOffset: endOffset }: LogToClean, config: TopicConfig, nowMs: number): PartitionLog {
  assert(firstDirtyOffset <= endOffset, () => `nothing between ${firstDirtyOffset} and ${endOffset}`);
  const latest = offsetMap(log, firstDirtyOffset, endOffset);
  const lastOfProducer = lastBatches(log);
  const kept: RecordBatch[] = [];
  for (const batch of log.batches()) {
    if (batch.nextOffset > endOffset) break;
    const cleaned = cleanBatch(batch, latest, nowMs, config.deleteRetentionMs);
    const mayBeEmpty = lastOfProducer.get(batch.producerId) === batch.baseOffset || batch.nextOffset === log.activeBaseOffset;
    if (cleaned.records.length > 0 || mayBeEmpty) kept.push(cleaned);
  }
  return log.cleaned(endOffset, kept, groupedBySize(log, kept, endOffset, config.segmentBytes));
}

/** Offset of the latest record of each key in the dirty part. */
function offsetMap(log: PartitionLog, firstDirtyOffset: Offset, endOffset: Offset): ReadonlyMap<string, Offset> {
  const latest = new Map<string, Offset>();
  for (const batch of log.batches()) {
    if (batch.lastOffset < firstDirtyOffset || batch.isControl) continue;
    if (batch.nextOffset > endOffset) break;
    batch.records.forEach(({ key }, i) => {
      if (key !== null) latest.set(key, offsetOfRecord(batch, i));
    });
  }
  return latest;
}

/** Base offset of the last batch of each producer, in the whole log: its sequence is what the producer's state is rebuilt from. */
function lastBatches(log: PartitionLog): ReadonlyMap<ProducerId, Offset> {
  const last = new Map<ProducerId, Offset>();
  for (const { producerId, baseOffset } of log.batches()) if (producerId !== NO_PRODUCER_ID) last.set(producerId, baseOffset);
  return last;
}

function cleanBatch(batch: RecordBatch, latest: ReadonlyMap<string, Offset>, nowMs: number, deleteRetentionMs: number): RecordBatch {
  if (batch.isControl) return batch;
  const known = batch.cleaned?.deleteHorizonMs ?? NO_DELETE_HORIZON;
  const keepsTombstones = known === NO_DELETE_HORIZON || known > nowMs;
  const isRetained = ({ key, value }: Record, i: number): boolean =>
    key !== null && (latest.get(key) ?? 0) <= offsetOfRecord(batch, i) && (value !== null || keepsTombstones);
  const indices: number[] = [];
  let hasTombstone = false;
  batch.records.forEach((record, i) => {
    if (!isRetained(record, i)) return;
    indices.push(i);
    if (record.value === null) hasTombstone = true;
  });
  const deleteHorizonMs = known === NO_DELETE_HORIZON && hasTombstone ? nowMs + deleteRetentionMs : known;
  if (indices.length === batch.records.length && deleteHorizonMs === known) return batch;
  return retaining(batch, indices, deleteHorizonMs);
}

/** Base offsets of the new segments: adjacent old ones become one while what is left of them fits into `segmentBytes`. */
function groupedBySize(log: PartitionLog, kept: readonly RecordBatch[], endOffset: Offset, segmentBytes: number): Offset[] {
  const bases: Offset[] = [];
  let bytes = 0;
  let next = 0;
  for (const { baseOffset, endOffsetExclusive, isActive } of log.segments()) {
    if (isActive || baseOffset >= endOffset) break;
    let segment = 0;
    for (; next < kept.length && (kept[next] as RecordBatch).baseOffset < endOffsetExclusive; next += 1) segment += (kept[next] as RecordBatch).sizeInBytes;
    if (bases.length === 0 || bytes + segment > segmentBytes) {
      bases.push(baseOffset);
      bytes = 0;
    }
    bytes += segment;
  }
  return bases;
}

/** A high watermark may stand inside a batch only after a truncation; a batch is cleaned whole or not at all. */
function boundaryBelow(log: PartitionLog, offset: Offset): Offset {
  return log.batchAt(offset)?.baseOffset ?? offset;
}
