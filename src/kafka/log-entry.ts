/**
 * A record batch at its place in a log: the sums over all that stands before it, and its own hash there, in two lanes of
 * 32 bits. What the batch contains is hashed once when it is made (records.ts).
 */
import { fmix32, mix32, mix53 } from '../kernel/hash.ts';
import type { RecordBatch } from './records.ts';

/** A batch and the sums over all batches before it, so that any range's sum is a difference. */
export class LogEntry {
  readonly batch: RecordBatch;
  readonly bytesBefore: number;
  readonly hashABefore: number;
  readonly hashBBefore: number;

  constructor(batch: RecordBatch, bytesBefore: number, hashABefore: number, hashBBefore: number) {
    this.batch = batch;
    this.bytesBefore = bytesBefore;
    this.hashABefore = hashABefore;
    this.hashBBefore = hashBBefore;
  }
}

/**
 * Hash of a batch where it stands. Since its offsets are part of it, the hash of a log can be the plain sum over its
 * batches: order is implied, and the hash of a range is the difference of two sums.
 */
export function placedHash(batch: RecordBatch): number {
  return fmix32(
    mix53(
      mix32(mix32(mix53(0, batch.baseOffset), batch.lastOffsetDelta), batch.partitionLeaderEpoch),
      batch.contentHash,
    ),
  );
}

/** An independent second lane for the same batch. */
export function secondLane(first: number, batch: RecordBatch): number {
  return fmix32(
    mix32(mix53(mix53(0x27d4eb2f, batch.contentHash), batch.baseOffset) ^ batch.partitionLeaderEpoch, first),
  );
}
