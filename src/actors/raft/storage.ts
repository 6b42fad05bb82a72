/**
 * The log on the disk: what is appended goes to the page cache at once and to the platter with the next flush. One flush
 * at a time; what is appended meanwhile goes with the next one (group commit).
 *
 * An observer does not flush, its copy counts for nothing. While the file still holds what an installed snapshot
 * replaces, nothing is written: a log that begins after a snapshot which a power loss takes back would have a hole.
 *
 * Source: KafkaRaftClient.appendAsLeader, appendAsFollower, flushLog.
 */
import type { DiskOutcome, Effect } from '../../kernel/effects.ts';
import type { RaftLog } from '../../kafka/raft-log.ts';
import { flushesFirst, RAFT_LOG_FILE, type RaftState } from './state.ts';

/** What a flush of the log carries to its completion. */
interface LogFlush {
  readonly endOffset: number;
  readonly truncations: number;
}

/** The log with something appended. */
export function writeLog(state: RaftState, log: RaftLog, effects: Effect[]): RaftState {
  if (!state.awaitsSnapshotFlush) effects.push({ kind: 'write', file: RAFT_LOG_FILE, content: log });
  return state.with({ log });
}

/** The log cut to `endOffset`, or to the last batch boundary below it. */
export function truncateLog(state: RaftState, endOffset: number, effects: Effect[]): RaftState {
  const log = state.log.truncateTo(endOffset);
  if (log === state.log) return state;
  if (!state.awaitsSnapshotFlush) effects.push({ kind: 'write', file: RAFT_LOG_FILE, content: log, keptLength: log.length });
  return state.with({ log, flushedEndOffset: Math.min(state.flushedEndOffset, log.endOffset), truncations: state.truncations + 1 });
}

/** A log in place of all that was there. */
export function replaceLog(state: RaftState, log: RaftLog, effects: Effect[]): RaftState {
  if (!state.awaitsSnapshotFlush) effects.push({ kind: 'write', file: RAFT_LOG_FILE, content: log, keptLength: 0 });
  return state.with({ log, flushedEndOffset: log.startOffset, truncations: state.truncations + 1 });
}

/** Begins a flush if there is anything to flush and none is under way. */
export function maybeFlushLog(state: RaftState, effects: Effect[]): RaftState {
  const { log, truncations } = state;
  if (!flushesFirst(state) || state.isFlushing || state.awaitsSnapshotFlush || state.flushedEndOffset >= log.endOffset) return state;
  const data: LogFlush = { endOffset: log.endOffset, truncations };
  effects.push({ kind: 'flush', file: RAFT_LOG_FILE, then: 'log.flushed', data });
  return state.with({ isFlushing: true });
}

export function noteLogFlushed(state: RaftState, { data }: DiskOutcome): RaftState {
  const { endOffset, truncations } = data as LogFlush;
  const flushedEndOffset = truncations === state.truncations ? endOffset : state.flushedEndOffset;
  return state.with({ isFlushing: false, flushedEndOffset });
}

/** Up to where this replica's own copy counts. */
export function ownEndOffset(state: RaftState): number {
  return flushesFirst(state) ? state.flushedEndOffset : state.log.endOffset;
}
