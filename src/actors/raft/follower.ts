/**
 * Following: a replica fetches from its leader, again and again, and a replica that knows no leader asks the voters one
 * by one until one of them names it. A fetch of a voter tells the leader what it has flushed, so it leaves only when
 * everything in its log is on the platter.
 *
 * A follower never cuts below its high watermark: what is there is committed (KAFKA-12460, where Kafka's fault handler
 * ends the process). Under a broken rule it happens all the same; it cuts then, and the checkers judge what that lost.
 *
 * Source: KafkaRaftClient.buildFetchRequest, handleFetchResponse, pollFollower, pollUnattached.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import { draw32, scaleDraw } from '../../kernel/hash.ts';
import { CLUSTER_METADATA_TOPIC, type EpochEndOffset, type FetchPartitionData, type FetchRequest, type FetchResponse, type FetchSnapshotRequest, type MetadataBatch } from '../../kafka/api.ts';
import { NO_EPOCH, NO_LEADER, type LeaderEpoch, type NodeId } from '../../kafka/ids.ts';
import { standForElection } from './elections.ts';
import { armFetchTimeout, maybeTransition, transitionToUnattached } from './quorum-state.ts';
import { awaitsAnswer, fail, isExpected, isReady, sendRequest, succeed } from './requests.ts';
import { flushesFirst, otherVoters, type RaftState } from './state.ts';
import { truncateLog, writeLog } from './storage.ts';

/** KafkaRaftClient.MAX_FETCH_WAIT_MS. */
const FETCH_MAX_WAIT_MS = 500;
/** KafkaRaftClient.MAX_FETCH_SIZE_BYTES. */
const FETCH_MAX_BYTES = 8 * 1_048_576;

// --- asking ------------------------------------------------------------------------------------------------------------

/** Fetches when nothing else is under way (poll). */
export function maybeFetch(state: RaftState, effects: Effect[]): RaftState {
  if (awaitsAnswer(state) || state.awaitsSnapshotFlush) return state;
  if (flushesFirst(state) && state.flushedEndOffset < state.log.endOffset) return state;
  const target = state.role === 'Follower' ? state.leaderId : randomVoter(state);
  if (target === NO_LEADER || !isReady(state, target)) return state;
  if (state.fetchingSnapshot !== null) return fetchSnapshot(state, target, state.fetchingSnapshot, effects);
  const { nodeId, epoch, log, highWatermark, rules } = state;
  return sendRequest(state, target, (correlationId): FetchRequest => ({
    type: 'FetchRequest',
    correlationId,
    replicaState: { replicaId: nodeId, replicaEpoch: NO_EPOCH },
    maxWaitMs: FETCH_MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: FETCH_MAX_BYTES,
    isolationLevel: 'read_uncommitted',
    topics: [
      {
        topic: CLUSTER_METADATA_TOPIC,
        partitions: [
          {
            partition: 0, currentLeaderEpoch: epoch, fetchOffset: log.endOffset, lastFetchedEpoch: log.lastEpoch, logStartOffset: log.startOffset, partitionMaxBytes: FETCH_MAX_BYTES,
            ...(rules.raftFetchWaitsForHighWatermark ? { highWatermark } : {}),
          },
        ],
      },
    ],
  }), effects);
}

function fetchSnapshot(state: RaftState, leaderId: NodeId, snapshotId: EpochEndOffset, effects: Effect[]): RaftState {
  const { nodeId, epoch } = state;
  return sendRequest(state, leaderId, (correlationId): FetchSnapshotRequest => ({ type: 'FetchSnapshotRequest', correlationId, replicaId: nodeId, currentLeaderEpoch: epoch, snapshotId }), effects);
}

/** One of the voters that may be asked now, -1 when there is none. */
function randomVoter(state: RaftState): NodeId {
  const ready = otherVoters(state).filter((id) => isReady(state, id));
  return ready[scaleDraw(draw32(state.draw, 3), ready.length)] ?? NO_LEADER;
}

/** The leader has not answered for a fetch timeout, or has said goodbye. An observer looks for another, a voter stands. */
export function fetchTimedOut(state: RaftState, effects: Effect[]): RaftState {
  if (state.role !== 'Follower') return state;
  return state.isVoter ? standForElection(state, effects) : transitionToUnattached(state, state.epoch, effects);
}

// --- the answer --------------------------------------------------------------------------------------------------------

/** Learns from an answer who leads. True in `isOver` when it says nothing more to this replica. */
export function learn(before: RaftState, from: NodeId, epoch: LeaderEpoch, leaderId: NodeId, isError: boolean, effects: Effect[]): { readonly state: RaftState; readonly isOver: boolean } {
  const answered = isError ? fail(before, from, effects) : succeed(before, from, effects);
  const state = maybeTransition(answered, epoch, leaderId, effects);
  return { state, isOver: isError || state !== answered || state.role !== 'Follower' || from !== state.leaderId };
}

export function handleFetchResponse(before: RaftState, { message, from }: Received<FetchResponse<MetadataBatch>>, effects: Effect[]): RaftState {
  if (!isExpected(before, from, message.correlationId)) return before;
  const data = message.responses[0]?.partitions[0];
  if (data === undefined) return fail(before, from, effects);
  const { leaderId, leaderEpoch } = data.currentLeader ?? { leaderId: NO_LEADER, leaderEpoch: NO_EPOCH };
  const { state, isOver } = learn(before, from, leaderEpoch, leaderId, data.errorCode !== 'NONE', effects);
  if (isOver) return state;
  const followed = heardFromLeader(state, effects);
  if (data.divergingEpoch !== undefined) return truncateToDivergence(followed, data.divergingEpoch, effects);
  if (data.snapshotId !== undefined) return followed.with({ fetchingSnapshot: data.snapshotId });
  return followLeader(appendFetched(followed, data.records, effects), data);
}

export function heardFromLeader(state: RaftState, effects: Effect[]): RaftState {
  armFetchTimeout(state, effects);
  return state.hasFetchedFromLeader ? state : state.with({ hasFetchedFromLeader: true });
}

function appendFetched(before: RaftState, batches: readonly MetadataBatch[], effects: Effect[]): RaftState {
  let state = before;
  let { log } = state;
  for (const batch of batches) {
    if (batch.baseOffset !== log.endOffset || batch.partitionLeaderEpoch < log.lastEpoch) {
      // Batches with one epoch and offset are one and the same (log matching); only a broken rule makes two of them.
      effects.push({ kind: 'mark', label: 'raft: a fetched batch does not fit the log' });
      return truncate(log === state.log ? state : writeLog(state, log, effects), batch.baseOffset, effects);
    }
    log = log.appendBatch(batch);
  }
  if (log !== state.log) state = writeLog(state, log, effects);
  return state;
}

/** KafkaRaftClient.updateFollowerHighWatermark: what the leader has committed and this log holds. */
function followLeader(state: RaftState, { highWatermark }: FetchPartitionData<MetadataBatch>): RaftState {
  const known = Math.min(highWatermark, state.log.endOffset);
  return known > state.highWatermark ? state.with({ highWatermark: known }) : state;
}

/** ReplicatedLog.truncateToEndOffset: to the end of the epoch that both logs have, or of the last one before it here. */
function truncateToDivergence(state: RaftState, { epoch, endOffset }: EpochEndOffset, effects: Effect[]): RaftState {
  const own = state.log.endOffsetForEpoch(epoch);
  const cut = truncate(state, own.epoch === epoch ? Math.min(own.endOffset, endOffset) : own.endOffset, effects);
  if (cut.log !== state.log) {
    effects.push({ kind: 'mark', label: 'raft: a follower cut what its leader does not have' });
    return cut;
  }
  if (effects.at(-1)?.kind === 'halt') return cut;
  // Its snapshot already holds what the leader does not: only a broken rule commits that. It cannot follow this leader.
  effects.push({ kind: 'mark', label: 'raft: a follower cannot cut below its snapshot' });
  return fail(state, state.leaderId, effects);
}

/**
 * KafkaMetadataLog.truncateToEndOffset: a cut below the high watermark is fatal (KAFKA-12460). Somebody broke a promise, and
 * a process that went on would have told its listeners what never was; the next one knows of no high watermark and may cut.
 */
function truncate(state: RaftState, endOffset: number, effects: Effect[]): RaftState {
  if (endOffset >= state.highWatermark) return truncateLog(state, endOffset, effects);
  effects.push({ kind: 'mark', label: 'raft: a follower was to cut what is committed' }, { kind: 'halt', reason: `the metadata log was to be cut to ${endOffset}, below its high watermark ${state.highWatermark}` });
  return state;
}
