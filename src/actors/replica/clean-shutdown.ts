/**
 * A replica before its broker stops in good order: the log and every checkpoint go to the platter. When all of them are
 * there the broker writes its clean-shutdown marker (broker/clean-shutdown.ts), and the next start scans nothing.
 *
 * Source: LogManager.shutdown, ReplicaManager.shutdown (checkpointHWs).
 */
import type { Effect } from '../../kernel/effects.ts';
import type { Reduced } from '../reduction.ts';
import { flushLog } from './flush.ts';
import { writeLogStart } from './log-manager.ts';
import { checkpointHighWatermark, writeRecoveryPoint } from './storage.ts';
import { epochFile, type ReplicaState } from './state.ts';

/** Flushes the log, the epochs, the high watermark, the log start and the recovery point, which is the log end then. */
export function cleanShutdown(state: ReplicaState): Reduced<ReplicaState> {
  const { log, topicPartition } = state;
  const effects: Effect[] = [flushLog(state, log.logEndOffset), { kind: 'flush', file: epochFile(topicPartition), then: 'checkpoint.flushed' }];
  writeRecoveryPoint(state, log.logEndOffset, effects);
  writeLogStart(state, log.logStartOffset, effects);
  const { state: checkpointed, effects: highWatermark } = checkpointHighWatermark(state);
  effects.push(...highWatermark);
  return { state: checkpointed, effects };
}
