/**
 * Snapshots: a listener hands over the state of what is committed, which is stored and flushed before the log below it
 * goes; a follower whose log ends before the leader's begins fetches the leader's, and its log begins anew where that
 * ends. In between the file keeps what it has, whatever is known in memory: a power loss may still take the snapshot back.
 *
 * Simplified: a snapshot travels in one piece and is stored in one; the latest only is kept.
 * Source: KafkaRaftClient.handleFetchSnapshotRequest, handleFetchSnapshotResponse, KafkaRaftLog.deleteBeforeSnapshot,
 * truncateToLatestSnapshot; KIP-630.
 */
import { assert } from '../../kernel/assert.ts';
import type { Effect, Received } from '../../kernel/effects.ts';
import type { EpochEndOffset, FetchSnapshotRequest, FetchSnapshotResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { RaftLog } from '../../kafka/raft-log.ts';
import type { MetadataSnapshot, RaftSnapshotTaken } from './events.ts';
import { currentLeaderOf, leaderOnlyError } from './fetch-service.ts';
import { heardFromLeader, learn } from './follower.ts';
import { noteFetchOf } from './leader.ts';
import { isExpected } from './requests.ts';
import { isBehind, RAFT_LOG_FILE, SNAPSHOT_FILE, type RaftState } from './state.ts';

function isSame(a: EpochEndOffset, b: EpochEndOffset): boolean {
  return a.epoch === b.epoch && a.endOffset === b.endOffset;
}

/** Flushes the stored snapshot; what it makes superfluous goes when that is done. */
export function flushSnapshot(snapshot: MetadataSnapshot, effects: Effect[]): void {
  const { epoch, endOffset } = snapshot;
  effects.push({ kind: 'flush', file: SNAPSHOT_FILE, then: 'snapshot.flushed', data: { epoch, endOffset } satisfies EpochEndOffset });
}

function store(state: RaftState, snapshot: MetadataSnapshot, effects: Effect[]): RaftState {
  effects.push({ kind: 'replace', file: SNAPSHOT_FILE, value: snapshot });
  flushSnapshot(snapshot, effects);
  return state.with({ snapshot });
}

/** A listener has made a snapshot of what it has heard; one that is not newer than the present one is dropped. */
export function storeSnapshot(state: RaftState, { endOffset, image }: RaftSnapshotTaken, effects: Effect[]): RaftState {
  if (endOffset <= (state.snapshot?.endOffset ?? 0)) return state;
  assert(endOffset <= state.toldEndOffset, () => `a snapshot ends at ${endOffset}, its maker has heard up to ${state.toldEndOffset}`);
  // Only a broken rule cuts below what was told; such a snapshot is of a log that is no more.
  if (endOffset > state.log.endOffset) return state;
  assert(state.log.isBatchBoundary(endOffset), () => `a snapshot ends at ${endOffset}, within a batch`);
  return store(state, { epoch: state.log.epochBefore(endOffset), endOffset, image }, effects);
}

export function snapshotFlushed(before: RaftState, flushed: EpochEndOffset, effects: Effect[]): RaftState {
  const { snapshot } = before;
  if (snapshot === null || !isSame(snapshot, flushed)) return before;
  if (before.awaitsSnapshotFlush) {
    effects.push({ kind: 'write', file: RAFT_LOG_FILE, content: before.log, keptLength: 0 });
    return before.with({ awaitsSnapshotFlush: false });
  }
  const log = before.log.endOffset < snapshot.endOffset ? before.log : before.log.dropBelow(snapshot.endOffset);
  if (log === before.log) return before;
  effects.push({ kind: 'write', file: RAFT_LOG_FILE, content: log });
  return before.with({ log });
}

// --- the leader --------------------------------------------------------------------------------------------------------

export function handleFetchSnapshot(before: RaftState, { message, replyTo }: Received<FetchSnapshotRequest>, effects: Effect[]): RaftState {
  const { correlationId, snapshotId, replicaId, currentLeaderEpoch } = message;
  const leaderError = leaderOnlyError(before, currentLeaderEpoch);
  const { snapshot, leadership } = before;
  const isThere = snapshot !== null && isSame(snapshot, snapshotId);
  const errorCode: ErrorName = leaderError !== 'NONE' ? leaderError : isThere ? 'NONE' : 'SNAPSHOT_NOT_FOUND';
  const image = errorCode === 'NONE' && snapshot !== null ? snapshot.image : null;
  const answer: FetchSnapshotResponse = { type: 'FetchSnapshotResponse', correlationId, errorCode, currentLeader: currentLeaderOf(before), snapshotId, image };
  effects.push({ kind: 'reply', to: replyTo, message: answer });
  return leadership === null || leaderError !== 'NONE' ? before : noteFetchOf(before, leadership, replicaId, null, effects);
}

// --- the follower ------------------------------------------------------------------------------------------------------

export function handleFetchSnapshotResponse(before: RaftState, { message, from }: Received<FetchSnapshotResponse>, effects: Effect[]): RaftState {
  if (!isExpected(before, from, message.correlationId)) return before;
  const { currentLeader, snapshotId, image, errorCode } = message;
  // The leader has a newer one by now: the next fetch names it.
  const asked = before.with({ fetchingSnapshot: null });
  const { state, isOver } = learn(asked, from, currentLeader.leaderEpoch, currentLeader.leaderId, errorCode !== 'NONE' && errorCode !== 'SNAPSHOT_NOT_FOUND', effects);
  if (isOver) return state;
  const followed = heardFromLeader(state, effects);
  const snapshot = image === null ? null : { ...snapshotId, image };
  if (snapshot === null || !isBehind(followed.log, snapshot)) return followed;
  return install(followed, snapshot, effects);
}

/** The snapshot in place of the whole log. Until it is flushed the file keeps the old one, which then is replaced. */
function install(before: RaftState, snapshot: MetadataSnapshot, effects: Effect[]): RaftState {
  effects.push({ kind: 'mark', label: 'raft: a follower installed a snapshot' });
  const stored = store(before, snapshot, effects);
  return stored.with({
    log: RaftLog.startingAt(snapshot.endOffset, snapshot.epoch),
    flushedEndOffset: snapshot.endOffset,
    truncations: stored.truncations + 1,
    awaitsSnapshotFlush: true,
    highWatermark: Math.max(stored.highWatermark, snapshot.endOffset),
  });
}
