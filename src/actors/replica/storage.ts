/**
 * How a replica's log changes on disk: appends into the page cache, truncations, checkpoints. Partition logs are not
 * flushed (LOG-11): replication is Kafka's durability, and `log.flush.interval.messages` is never by default.
 *
 * Source: UnifiedLog.append and truncateTo, LeaderEpochFileCache, CheckpointFile.
 */
import type { LeaderEpoch, Offset } from '../../kafka/ids.ts';
import type { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import type { Effect } from '../../kernel/effects.ts';
import { epochFile, highWatermarkFile, logFile, withHighWatermark, type ReplicaState } from './state.ts';

export function writeLog(state: ReplicaState, log: PartitionLog): Effect {
  return { kind: 'write', file: logFile(state.topicPartition), content: log };
}

/** The state after `epoch` began at `startOffset`; the checkpoint is replaced and flushed (KAFKA-16541). */
export function assignEpoch(state: ReplicaState, epoch: LeaderEpoch, startOffset: Offset, effects: Effect[]): ReplicaState {
  return replaceEpochs(state, state.epochs.assign(epoch, startOffset), effects);
}

export function replaceEpochs(state: ReplicaState, epochs: LeaderEpochCache, effects: Effect[]): ReplicaState {
  if (epochs === state.epochs) return state;
  const file = epochFile(state.topicPartition);
  effects.push({ kind: 'replace', file, value: epochs }, { kind: 'flush', file, then: 'checkpoint.flushed' });
  return state.with({ epochs });
}

/**
 * Cuts the log and the epoch cache at `offset` (EPO-6, EPO-8: the cache even when the log is short already). The high
 * watermark follows the log down.
 */
export function truncateTo(state: ReplicaState, offset: Offset, effects: Effect[]): ReplicaState {
  const log = state.log.truncateTo(offset);
  if (log !== state.log) {
    effects.push({ kind: 'mark', label: 'follower truncated' });
    effects.push({ kind: 'write', file: logFile(state.topicPartition), content: log, keptLength: log.length });
  }
  return withHighWatermark(replaceEpochs(state.with({ log }), state.epochs.truncateFromEnd(offset), effects), state.highWatermark);
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
