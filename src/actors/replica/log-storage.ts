/**
 * What a replica knows of its log's way to the platter, and of its start: how far the log is flushed (the recovery point),
 * which appends wait for a flush, which checkpoints are due, which deletions of records wait for the followers.
 *
 * Partition logs are not flushed by default (LOG-11). With `flush.messages` an append that reaches that many unflushed
 * messages is flushed before it counts: before it is answered, before the high watermark may pass it, and on a follower
 * before the next fetch says that it is there. Readers see it at once, as they do in Kafka, whose append holds no lock
 * against reads.
 *
 * Invariants: what is below `recoveryPoint` is flushed; `held` is in offset order and `countedEndOffset` below its first;
 * `countedEndOffset` is NO_LIMIT while nothing is held.
 *
 * Source: UnifiedLog.append, flush, recoveryPoint; LocalLog.unflushedMessages; LogManager.checkpointLogRecoveryOffsets.
 */
import type { Appended, Ticket } from '../local-events.ts';
import type { Offset } from '../../kafka/ids.ts';
import type { ProducerSnapshot } from '../../kafka/producer-state.ts';

/** Everything counts. */
export const NO_LIMIT: Offset = Number.MAX_SAFE_INTEGER;

/** An append whose flush is under way. */
export interface HeldAppend {
  readonly endOffset: Offset;
  /** The answer that waits; null for what a follower fetched. */
  readonly answer: Appended | null;
}

/** A DeleteRecords that waits until no live replica begins below its offset (DelayedDeleteRecords). */
export interface AwaitingLowWatermark {
  readonly ticket: Ticket;
  readonly requiredOffset: Offset;
}

export interface LogStorage {
  readonly recoveryPoint: Offset;
  /** How often the log was cut: a flush that was begun before the last cut says nothing about what came after. */
  readonly truncations: number;
  readonly held: readonly HeldAppend[];
  readonly countedEndOffset: Offset;
  readonly awaitingLowWatermark: readonly AwaitingLowWatermark[];
  readonly isRecoveryPointDue: boolean;
  readonly isLogStartDue: boolean;
  /** Base offset of an append that the disk refused and that was not undone (KAFKA-7866); -1 for none. */
  readonly failedAppendOffset: Offset;
  /** Of the states of producers, oldest first. */
  readonly producerSnapshots: readonly ProducerSnapshot[];
}

export function newStorage(recoveryPoint: Offset, producerSnapshots: readonly ProducerSnapshot[] = []): LogStorage {
  return {
    recoveryPoint, truncations: 0, held: [], countedEndOffset: NO_LIMIT, awaitingLowWatermark: [], isRecoveryPointDue: false, isLogStartDue: false,
    failedAppendOffset: -1, producerSnapshots,
  };
}

/** `data` of a flush of the log. */
export interface FlushedUpTo {
  readonly endOffset: Offset;
  readonly truncations: number;
}
