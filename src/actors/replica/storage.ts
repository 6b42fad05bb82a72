/**
 * How a replica's log changes on disk: appends into the page cache, segments rolled, truncations, checkpoints. When a log
 * is flushed is said in flush.ts: by default with a roll and no sooner (LOG-11), replication is Kafka's durability.
 *
 * Source: UnifiedLog.append, roll and truncateTo; LogManager.truncateTo, LeaderEpochFileCache, CheckpointFile.
 */
import type { LeaderEpoch, Offset } from '../../kafka/ids.ts';
import type { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import type { RecordBatch } from '../../kafka/records.ts';
import type { Effect } from '../../kernel/effects.ts';
import { NO_LIMIT, type FlushedUpTo } from './log-storage.ts';
import { takeSnapshot, truncateStates } from './producer-states.ts';
import { epochFile, highWatermarkFile, logFile, recoveryPointFile, withHighWatermark, withStorage, type ReplicaState } from './state.ts';

export function writeLog(state: ReplicaState, log: PartitionLog): Effect {
  return { kind: 'write', file: logFile(state.topicPartition), content: log };
}

/**
 * The state in which `batch` may be appended: with a new active segment when the present one has no room for it. What is
 * below the new segment is flushed meanwhile, which nobody waits for.
 */
export function makeRoom(state: ReplicaState, batch: RecordBatch, effects: Effect[]): ReplicaState {
  const { segmentBytes, segmentMs } = state.settings.logConfig;
  if (!state.log.mustRoll(batch, segmentBytes, segmentMs)) return state;
  const data: FlushedUpTo = { endOffset: state.log.logEndOffset, truncations: state.storage.truncations };
  effects.push({ kind: 'mark', label: 'segment rolled' }, { kind: 'flush', file: logFile(state.topicPartition), then: 'log.flushed', data });
  const snapshotted = takeSnapshot(state, effects);
  return snapshotted.with({ log: snapshotted.log.roll() });
}

/** The state after `epoch` began at `startOffset`; the checkpoint is replaced and, since KAFKA-16541, flushed. */
export function assignEpoch(state: ReplicaState, epoch: LeaderEpoch, startOffset: Offset, effects: Effect[]): ReplicaState {
  return replaceEpochs(state, state.epochs.assign(epoch, startOffset), effects);
}

export function replaceEpochs(state: ReplicaState, epochs: LeaderEpochCache, effects: Effect[]): ReplicaState {
  if (epochs === state.epochs) return state;
  const file = epochFile(state.topicPartition);
  effects.push({ kind: 'replace', file, value: epochs });
  if (state.settings.rules.flushesEpochCheckpoint) effects.push({ kind: 'flush', file, then: 'checkpoint.flushed' });
  return state.with({ epochs });
}

/**
 * Cuts the log and the epoch cache at `offset` (EPO-6, EPO-8: the cache even when the log is short already, which is the
 * rule truncatesEpochsOfShortLog). The high watermark follows the log down.
 */
export function truncateTo(state: ReplicaState, offset: Offset, effects: Effect[]): ReplicaState {
  const log = state.log.truncateTo(offset);
  if (log !== state.log) {
    effects.push({ kind: 'mark', label: 'follower truncated' });
    effects.push({ kind: 'write', file: logFile(state.topicPartition), content: log, keptLength: log.length });
  }
  if (log === state.log && !state.settings.rules.truncatesEpochsOfShortLog) return state;
  return withHighWatermark(replaceEpochs(logCut(state, log, offset, effects), state.epochs.truncateFromEnd(offset), effects), state.highWatermark);
}

/** The state with a log that was cut at `offset`: what was flushed above it is not there any more, and the checkpoint must not say so. */
export function logCut(state: ReplicaState, log: PartitionLog, offset: Offset, effects: Effect[]): ReplicaState {
  if (log === state.log) return state;
  const { recoveryPoint, truncations, countedEndOffset } = state.storage;
  if (offset < recoveryPoint) writeRecoveryPoint(state, offset, effects);
  const change = { recoveryPoint: Math.min(recoveryPoint, offset), truncations: truncations + 1, countedEndOffset: countedEndOffset === NO_LIMIT ? NO_LIMIT : Math.min(countedEndOffset, offset) };
  return truncateStates(withStorage(state.with({ log }), change), effects);
}

export function writeRecoveryPoint({ topicPartition }: ReplicaState, value: Offset, effects: Effect[]): void {
  const file = recoveryPointFile(topicPartition);
  effects.push({ kind: 'replace', file, value }, { kind: 'flush', file, then: 'checkpoint.flushed' });
}

/** Arms the checkpoint of a high watermark that moved, unless one is due already. */
export function checkpointLater(state: ReplicaState, effects: Effect[]): ReplicaState {
  if (state.checkpointDue) return state;
  const delayMs = state.settings.config.replicaHighWatermarkCheckpointIntervalMs;
  effects.push({ kind: 'schedule', key: 'checkpoint', delayMs, type: 'timer.checkpoint' });
  return state.with({ checkpointDue: true });
}

export function checkpointHighWatermark(state: ReplicaState): { readonly state: ReplicaState; readonly effects: readonly Effect[] } {
  const file = highWatermarkFile(state.topicPartition);
  return {
    state: state.with({ checkpointDue: false }),
    effects: [
      { kind: 'replace', file, value: state.highWatermark },
      { kind: 'flush', file, then: 'checkpoint.flushed' },
    ],
  };
}
