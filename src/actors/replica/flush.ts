/**
 * The flush of a replica's log: after a roll, behind the caller's back; with `flush.messages`, before an append counts;
 * with `flush.ms`, by a scheduler. What is flushed is the recovery point, checkpointed every
 * `log.flush.offset.checkpoint.interval.ms`: from there on the next start after a crash scans.
 *
 * An append that waits for its flush is in the log already: readers see it, the high watermark does not pass it, its
 * producer is not answered (KafkaApis answers after the append has returned). The follower's fetcher waits with its next
 * fetch until `fetcher.truncated`, which is how a replica tells it where to go on.
 *
 * Left out: an append of the same partition that waits for the lock which the flushing one holds (here it is written at
 * once, and flushed in its turn); a replica that begins to follow with a flush under way fetches before it is over.
 * Source: UnifiedLog.append, flushUptoOffsetExclusive; LogManager.flushDirtyLogs, checkpointRecoveryOffsetsInDir.
 */
import type { DiskOutcome, Effect, Stimulus } from '../../kernel/effects.ts';
import { LONG_MAX } from '../../kafka/config-tables.ts';
import type { Offset } from '../../kafka/ids.ts';
import { fetcherName, tell, type Appended } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { maybeIncrementHighWatermark } from './high-watermark.ts';
import { NO_LIMIT, type FlushedUpTo, type HeldAppend } from './log-storage.ts';
import { logFile, withStorage, type ReplicaState } from './state.ts';
import { writeRecoveryPoint } from './storage.ts';

/** Do the replicas of this topic flush before they acknowledge? */
export function flushesAppends({ settings }: ReplicaState): boolean {
  return settings.logConfig.flushMessages < LONG_MAX;
}

/** fsync of all that the log holds now. */
export function flushLog({ topicPartition, storage }: ReplicaState, endOffset: Offset): Effect {
  const data: FlushedUpTo = { endOffset, truncations: storage.truncations };
  return { kind: 'flush', file: logFile(topicPartition), then: 'log.flushed', data };
}

/** Is it time to flush what was appended, so that the append that ends at the log end has to wait? */
export function mustFlush({ log, storage, settings }: ReplicaState): boolean {
  return log.logEndOffset - storage.recoveryPoint >= settings.logConfig.flushMessages;
}

/** What was appended from `baseOffset` on counts only once it is flushed; `answer` is given then. */
export function holdAppend(state: ReplicaState, baseOffset: Offset, answer: Appended | null, effects: Effect[]): ReplicaState {
  const { log, storage } = state;
  effects.push(flushLog(state, log.logEndOffset));
  const held: HeldAppend[] = [...storage.held, { endOffset: log.logEndOffset, answer }];
  return withStorage(state, { held, countedEndOffset: Math.min(storage.countedEndOffset, baseOffset) });
}

/** The fsync of the log is done: whatever waited for it counts. */
export function logFlushed(state: ReplicaState, { data, nowMs }: Stimulus<string, DiskOutcome>): Reduced<ReplicaState> {
  const { endOffset, truncations } = data.data as FlushedUpTo;
  const effects: Effect[] = [];
  const isCurrent = truncations === state.storage.truncations;
  const flushed = isCurrent ? recoveryPointRose(state, endOffset, effects) : state;
  return { state: releaseHeld(flushed, endOffset, isCurrent, nowMs, effects), effects };
}

/** Answers the appends up to `endOffset`; those of a log that was cut since, all the same: they have nothing to wait for. */
export function releaseHeld(state: ReplicaState, endOffset: Offset, isCurrent: boolean, nowMs: number, effects: Effect[]): ReplicaState {
  const { held } = state.storage;
  if (held.length === 0) return state;
  const done = held.filter((append) => append.endOffset <= endOffset);
  const open = held.slice(done.length);
  const countedEndOffset = open.length === 0 ? NO_LIMIT : isCurrent ? endOffset : state.storage.countedEndOffset;
  for (const { answer } of done) if (answer !== null) effects.push(tell(answer.ticket.answerTo, state.leadership !== null ? answer : lost(answer)));
  const released = withStorage(state, { held: open, countedEndOffset });
  if (released.leadership !== null) return maybeIncrementHighWatermark(released, nowMs, effects);
  if (open.length === 0 && done.some(({ answer }) => answer === null)) effects.push(goOn(released));
  return released;
}

/** Who leads no more cannot say that acks=all was reached. */
function lost(answer: Appended): Appended {
  return answer.awaitsReplication ? { ...answer, errorCode: 'NOT_LEADER_OR_FOLLOWER', baseOffset: -1, awaitsReplication: false } : answer;
}

/** The fetcher may fetch on from the log end. */
export function goOn(state: ReplicaState): Effect {
  return tell(fetcherName(state.leaderId), {
    type: 'fetcher.truncated',
    topicPartition: state.topicPartition,
    leaderEpoch: state.leaderEpoch,
    fetchOffset: state.log.logEndOffset,
    lastFetchedEpoch: state.epochs.latestEpoch,
    truncationCompleted: true,
  });
}

function recoveryPointRose(state: ReplicaState, recoveryPoint: Offset, effects: Effect[]): ReplicaState {
  const { storage, settings } = state;
  if (recoveryPoint <= storage.recoveryPoint) return state;
  if (!storage.isRecoveryPointDue) {
    effects.push({ kind: 'schedule', key: 'recoveryPoint', delayMs: settings.config.logFlushOffsetCheckpointIntervalMs, type: 'timer.recoveryPoint' });
  }
  return withStorage(state, { recoveryPoint, isRecoveryPointDue: true });
}

export function checkpointRecoveryPoint(state: ReplicaState): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  writeRecoveryPoint(state, state.storage.recoveryPoint, effects);
  return { state: withStorage(state, { isRecoveryPointDue: false }), effects };
}

/** LogManager.flushDirtyLogs: a log whose last flush is `flush.ms` ago is flushed. */
export function flushDirtyLog(state: ReplicaState): Reduced<ReplicaState> {
  const { log, storage } = state;
  const effects = scheduleFlush(state);
  if (log.logEndOffset > storage.recoveryPoint) effects.push(flushLog(state, log.logEndOffset));
  return { state, effects };
}

/** The scheduler looks every `log.flush.scheduler.interval.ms`, which is never by default. */
export function scheduleFlush({ settings }: Pick<ReplicaState, 'settings'>): Effect[] {
  const { logFlushSchedulerIntervalMs: intervalMs } = settings.config;
  const { flushMs } = settings.logConfig;
  if (intervalMs === LONG_MAX || flushMs === LONG_MAX) return [];
  return [{ kind: 'schedule', key: 'flush', delayMs: Math.max(intervalMs, flushMs), type: 'timer.flush' }];
}
