/**
 * A replica before its broker stops in good order: the log and every checkpoint go to the platter. When all of them are
 * there the broker writes its clean-shutdown marker (broker/clean-shutdown.ts), and the next start scans nothing.
 *
 * Source: LogManager.shutdown, ReplicaManager.shutdown (checkpointHWs).
 */
import type { Effect } from '../../kernel/effects.ts';
import type { Reduced } from '../reduction.ts';
import { writeLogStart } from './log-manager.ts';
import { takeSnapshot } from './producer-states.ts';
import { checkpointHighWatermark, writeRecoveryPoint } from './storage.ts';
import { epochFile, type ReplicaState } from './state.ts';

/**
 * Writes and flushes the checkpoints of a log that is flushed up to its end: epochs, recovery point, log start, high watermark, and
 * a snapshot of the states of producers. Not before it is: a recovery point beyond what a power loss leaves would keep a torn batch
 * out of the next scan.
 */
export function checkpointFlushedLog(before: ReplicaState): Reduced<ReplicaState> {
  const snapshot: Effect[] = [];
  const state = takeSnapshot(before, snapshot);
  const { log, topicPartition } = state;
  const effects: Effect[] = [{ kind: 'flush', file: epochFile(topicPartition), then: 'checkpoint.flushed' }, ...snapshot];
  writeRecoveryPoint(state, log.logEndOffset, effects);
  writeLogStart(state, log.logStartOffset, effects);
  const { state: checkpointed, effects: highWatermark } = checkpointHighWatermark(state);
  effects.push(...highWatermark);
  return { state: checkpointed, effects };
}
