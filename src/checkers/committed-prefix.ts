/**
 * The ghost that most of safety rests on: the committed prefix of each partition, that is, the greatest high watermark
 * that a legitimate leader reached, and the log that it had then. One ghost for all checkers that ask what is committed.
 *
 * It is held against a legitimate leader's log when one takes over and whenever its high watermark rises or its log
 * shrinks at either end; then it grows up to the high watermark. Where the leader does not hold it, whoever judges that has been told,
 * and the ghost goes on with what the leader has: one loss is reported once. What a legitimate leader deletes, by retention or
 * DeleteRecords, leaves the ghost as well: a replica that has yet to hear of it may stand in its place with anything there, since
 * a leader with no record above its log start knows no epoch to tell it from (LeaderEpochFileCache.truncateFromStart).
 *
 * What a leader commits after it was replaced, and before it knows, joins the ghost with its successor's high watermark.
 * Source: `trueHW` and `committed` of the KIP-966 specification; Kafka documentation, 4.7.
 */
import type { Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { commonPrefixEnd, dataBatches, holdsPrefix, isSameBatch } from './compare-logs.ts';

/** `log` below `endOffset` is committed. */
export interface CommittedPrefix {
  readonly log: PartitionLog;
  readonly endOffset: Offset;
  /** The greatest log start of a legitimate leader: nobody has to hold what is below. */
  readonly deletedTo: Offset;
}

export class CommittedPrefixes {
  /** By partition id; absent until something was committed. */
  private prefixes: (CommittedPrefix | undefined)[] = [];

  /** Undefined until something was committed. */
  of(partition: TrackedPartition): CommittedPrefix | undefined {
    return this.prefixes[partition.id];
  }

  /** Holds the log of a legitimate leader against the ghost, then lets the ghost grow. False when the leader lacks a part. */
  advance({ id }: TrackedPartition, leader: TrackedReplica): boolean {
    const { log } = leader;
    const highWatermark = leader.view?.highWatermark ?? 0;
    const known = this.prefixes[id];
    if (known === undefined) {
      if (highWatermark > log.logStartOffset) this.set(id, { log, endOffset: highWatermark, deletedTo: log.logStartOffset });
      return true;
    }
    const deletedTo = Math.max(known.deletedTo, log.logStartOffset);
    if (holdsPrefix(log, known.log, known.endOffset)) {
      if (highWatermark > known.endOffset) this.set(id, { log, endOffset: highWatermark, deletedTo });
      else if (deletedTo > known.deletedTo) this.set(id, { ...known, deletedTo });
      return true;
    }
    this.set(id, { log, endOffset: Math.max(standingEnd(known, log), highWatermark), deletedTo });
    return false;
  }

  fork(): CommittedPrefixes {
    const copy = new CommittedPrefixes();
    copy.prefixes = this.prefixes.slice();
    return copy;
  }

  private set(id: number, prefix: CommittedPrefix): void {
    while (this.prefixes.length < id) this.prefixes.push(undefined);
    this.prefixes[id] = prefix;
  }
}

/** How much of what is committed stands in `log` from its beginning on. */
export function standingEnd({ log: known, endOffset }: Pick<CommittedPrefix, 'log' | 'endOffset'>, log: PartitionLog): Offset {
  return Math.min(commonPrefixEnd(log, known), endOffset);
}

/** The committed data batches that `log` does not hold, oldest first; it is not asked for what retention or a cleaning took. */
export function missingBatches(log: PartitionLog, known: CommittedPrefix): readonly RecordBatch[] {
  const start = Math.max(standingEnd(known, log), known.deletedTo, log.logStartOffset, log.cleanedEndOffset);
  return [...dataBatches(known.log, start, known.endOffset)].filter((batch) => !holdsBatch(log, batch));
}

function holdsBatch(log: PartitionLog, batch: RecordBatch): boolean {
  const held = log.batchAt(batch.baseOffset);
  return held !== undefined && isSameBatch(held, batch);
}
