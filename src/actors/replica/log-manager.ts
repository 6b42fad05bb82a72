/**
 * What a broker does with its logs from time to time: retention, cleaning, the checkpoint of the log start. Leaders and
 * followers do it alike, each on its own, so that replicas of one partition may begin apart and have different holes.
 *
 * Simplified: every replica has its own timers (Kafka: one retention task and `log.cleaner.threads` for all logs, the
 * dirtiest first), all with the first round of the retention after 30 s; a cleaning takes no time.
 * Source: LogManager.startup, cleanupLogs, checkpointLogStartOffsets; LogCleaner.
 */
import type { Effect, Stimulus } from '../../kernel/effects.ts';
import { clean, isWorthCleaning, logToClean } from '../../kafka/compaction.ts';
import type { Offset } from '../../kafka/ids.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import { compacts, deleteOldSegments } from '../../kafka/retention.ts';
import { BROKER_MACHINES, tell } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { scheduleFlush } from './flush.ts';
import { recordsDeleted } from './producer-states.ts';
import { replaceEpochs, writeLog } from './storage.ts';
import { logStartFile, withHighWatermark, withStorage, type ReplicaSettings, type ReplicaState } from './state.ts';

/** `log.initial.task.delay.ms`. */
const INITIAL_TASK_DELAY_MS = 30_000;

/** The timers of a replica that has just been loaded. */
export function startLogManager(settings: ReplicaSettings): Effect[] {
  const effects = scheduleFlush({ settings });
  if (compacts(settings.logConfig)) {
    if (settings.config.logCleanerEnable) effects.push(cleanerTimer(settings));
  } else {
    effects.push({ kind: 'schedule', key: 'retention', delayMs: INITIAL_TASK_DELAY_MS, type: 'timer.retention' });
  }
  return effects;
}

function cleanerTimer({ config }: ReplicaSettings): Effect {
  return { kind: 'schedule', key: 'cleaner', delayMs: config.logCleanerBackoffMs, type: 'timer.cleaner' };
}

export function retain(state: ReplicaState, { nowMs }: Stimulus): Reduced<ReplicaState> {
  const { config } = state.settings;
  const effects: Effect[] = [{ kind: 'schedule', key: 'retention', delayMs: config.logRetentionCheckIntervalMs, type: 'timer.retention' }];
  return { state: deleteSegments(state, nowMs, effects), effects };
}

/** A log that is compacted is cleaned when it is dirty enough; the cleaner sees to its retention, too. */
export function cleanLog(state: ReplicaState, { nowMs }: Stimulus): Reduced<ReplicaState> {
  const { settings } = state;
  const { logConfig } = settings;
  const effects: Effect[] = [cleanerTimer(settings)];
  const work = logToClean(state.log, logConfig, state.highWatermark, nowMs);
  let cleaned = state;
  if (isWorthCleaning(work, logConfig)) {
    const log = clean(state.log, work, logConfig, nowMs);
    effects.push({ kind: 'mark', label: 'log cleaned' }, writeLog(state, log));
    cleaned = state.with({ log });
  }
  return { state: deleteSegments(cleaned, nowMs, effects), effects };
}

function deleteSegments(state: ReplicaState, nowMs: number, effects: Effect[]): ReplicaState {
  const { logConfig, rules } = state.settings;
  const context = { nowMs, highWatermark: state.highWatermark, stopsAtHighWatermark: rules.retentionStopsAtHighWatermark };
  const log = deleteOldSegments(state.log, logConfig, context);
  if (log === state.log) return state;
  effects.push({ kind: 'mark', label: 'retention deleted segments' }, writeLog(state, log));
  return logStartMoved(state, log, effects);
}

/** The log begins later than it did: the epochs before that are forgotten, and whoever waits for its followers is told. */
export function logStartMoved(state: ReplicaState, log: PartitionLog, effects: Effect[]): ReplicaState {
  if (log.logStartOffset === state.log.logStartOffset) return state.with({ log });
  const moved = replaceEpochs(recordsDeleted(state.with({ log })), state.epochs.truncateFromStart(log.logStartOffset), effects);
  const followers = moved.leadership === null ? [] : moved.watchers.filter(({ isFollower }) => isFollower).map(({ source }) => source);
  if (followers.length > 0) effects.push(tell(BROKER_MACHINES.apis, { type: 'fetch.outdated', sources: followers }));
  return checkpointLogStartLater(withHighWatermark(moved, moved.highWatermark), effects);
}

/** LOG-9: the checkpoint may be a minute old, so after a crash the log may start where it did before. */
export function checkpointLogStartLater(state: ReplicaState, effects: Effect[]): ReplicaState {
  if (state.storage.isLogStartDue) return state;
  const delayMs = state.settings.config.logFlushStartOffsetCheckpointIntervalMs;
  effects.push({ kind: 'schedule', key: 'logStart', delayMs, type: 'timer.logStart' });
  return withStorage(state, { isLogStartDue: true });
}

export function checkpointLogStart(state: ReplicaState): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  writeLogStart(state, state.log.logStartOffset, effects);
  return { state: withStorage(state, { isLogStartDue: false }), effects };
}

export function writeLogStart({ topicPartition }: ReplicaState, value: Offset, effects: Effect[]): void {
  const file = logStartFile(topicPartition);
  effects.push({ kind: 'replace', file, value }, { kind: 'flush', file, then: 'checkpoint.flushed' });
}
