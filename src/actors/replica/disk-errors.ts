/**
 * A disk that refuses a write or a flush (LOG-14): the replica leads and follows no more, and its broker halts with its
 * only log directory.
 *
 * Without the rule diskErrorStopsReplica (KAFKA-7866, before 2.3) the replica goes on. The append that failed has put its
 * batch where readers find it, but the log's end was not moved on: the next append gets the same offset. Its producer is
 * told of the error. A flush that failed is taken for done.
 *
 * Simplified: the refused batch is readable from memory and not in the file, where Kafka has it twice.
 * Source: LogDirFailureChannel, ReplicaManager.handleLogDirFailure; UnifiedLog.append.
 */
import type { DiskOutcome, Effect, Stimulus } from '../../kernel/effects.ts';
import { NO_OFFSET } from '../../kafka/ids.ts';
import { tell } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { logFlushed } from './flush.ts';
import { truncateStates } from './producer-states.ts';
import { logFile, withHighWatermark, withStorage, type ReplicaState } from './state.ts';
import { logDirFailed } from './transitions.ts';

export function writeFailed(state: ReplicaState, { data }: Stimulus<string, DiskOutcome>): Reduced<ReplicaState> {
  if (state.settings.rules.diskErrorStopsReplica) return logDirFailed(state);
  const { log, leadership, topicPartition } = state;
  if (data.file !== logFile(topicPartition) || leadership === null || log.lastBatch === undefined) return quietly(state);
  const failed = withStorage(state, { failedAppendOffset: log.lastBatch.baseOffset });
  const waiting = leadership.awaitingReplication;
  const last = waiting[waiting.length - 1];
  if (last?.requiredOffset !== log.logEndOffset) return quietly(failed);
  const effects: Effect[] = [
    tell(last.ticket.answerTo, {
      type: 'produce.appended', ticket: last.ticket, errorCode: 'KAFKA_STORAGE_ERROR', baseOffset: NO_OFFSET, logStartOffset: log.logStartOffset, awaitsReplication: false,
    }),
  ];
  return { state: failed.with({ leadership: { ...leadership, awaitingReplication: waiting.slice(0, -1) } }), effects };
}

export function flushFailed(state: ReplicaState, event: Stimulus<string, DiskOutcome>): Reduced<ReplicaState> {
  if (state.settings.rules.diskErrorStopsReplica) return logDirFailed(state);
  return event.data.file === logFile(state.topicPartition) ? logFlushed(state, event) : quietly(state);
}

/** The log as the next append finds it: without the batch that the disk refused, which had the offset that comes now. */
export function withoutFailedAppend(state: ReplicaState): ReplicaState {
  const { failedAppendOffset } = state.storage;
  if (failedAppendOffset === NO_OFFSET) return state;
  const settled = withStorage(state, { failedAppendOffset: NO_OFFSET });
  if (state.log.lastBatch?.baseOffset !== failedAppendOffset) return settled;
  return withHighWatermark(truncateStates(settled.with({ log: state.log.truncateTo(failedAppendOffset) }), []), state.highWatermark);
}
