/**
 * Fetches of the metadata log as a leader serves them, and as any other replica refuses them.
 *
 * A fetch says where it goes on and in which epoch the record before that was written. When the leader's log has another
 * end of that epoch the two part: the answer names the divergence, and the fetcher cuts. Otherwise the fetch offset is
 * the acknowledgement of all that stands before it. Records above the high watermark are served too, flushed or not:
 * what counts is where they are flushed.
 *
 * A fetch with nothing to answer waits for `maxWaitMs`, for records, or for a higher high watermark (KIP-1166).
 * Simplified: an answer holds all there is, whatever `maxBytes` says.
 *
 * Source: KafkaRaftClient.handleFetchRequest, tryCompleteFetchRequest, validateLeaderOnlyRequest,
 * ReplicatedLog.validateOffsetAndEpoch; KIP-595, KIP-630, KIP-1166.
 */
import type { Effect, Received, ReplyTo } from '../../kernel/effects.ts';
import { CLUSTER_METADATA_TOPIC, type CurrentLeader, type EpochEndOffset, type FetchPartition, type FetchPartitionData, type FetchRequest, type FetchResponse, type MetadataBatch } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_EPOCH, NO_OFFSET, type LeaderEpoch, type NodeId } from '../../kafka/ids.ts';
import { maybeAdvanceHighWatermark, noteFetchOf } from './leader.ts';
import { knownLeader, type Leadership, type ParkedFetch, type RaftState } from './state.ts';

const NO_RECORDS: readonly MetadataBatch[] = [];

type Found = Partial<Pick<FetchPartitionData<MetadataBatch>, 'divergingEpoch' | 'snapshotId' | 'records'>>;

/** Why this replica does not serve a request of `currentLeaderEpoch`: NONE when it does (validateLeaderOnlyRequest). */
export function leaderOnlyError({ epoch, leadership }: RaftState, currentLeaderEpoch: LeaderEpoch): ErrorName {
  if (currentLeaderEpoch < epoch) return 'FENCED_LEADER_EPOCH';
  if (currentLeaderEpoch > epoch) return 'UNKNOWN_LEADER_EPOCH';
  return leadership === null ? 'NOT_LEADER_OR_FOLLOWER' : 'NONE';
}

export function currentLeaderOf(state: RaftState): CurrentLeader {
  return { leaderId: knownLeader(state), leaderEpoch: state.epoch };
}

export function handleFetch(before: RaftState, { message, replyTo, from }: Received<FetchRequest>, effects: Effect[]): RaftState {
  const partition = message.topics[0]?.partitions[0];
  const { correlationId } = message;
  if (message.topics[0]?.topic !== CLUSTER_METADATA_TOPIC || partition === undefined) {
    effects.push(fetchResponse(before, replyTo, correlationId, 'INVALID_REQUEST', {}));
    return before;
  }
  const errorCode = leaderOnlyError(before, partition.currentLeaderEpoch);
  if (errorCode !== 'NONE' || before.leadership === null) {
    effects.push(fetchResponse(before, replyTo, correlationId, errorCode, {}));
    return before;
  }
  const { replicaId } = message.replicaState;
  const parting = partingOf(before, partition);
  const heard = noteFetchOf(before, before.leadership, replicaId, parting === null ? partition.fetchOffset : null, effects);
  if (parting !== null) {
    effects.push(fetchResponse(heard, replyTo, correlationId, 'NONE', parting));
    return heard;
  }
  const state = maybeAdvanceHighWatermark(heard);
  const fetch: ParkedFetch = { source: from, replyTo, correlationId, fetchOffset: partition.fetchOffset, highWatermark: partition.highWatermark ?? null };
  if (message.maxWaitMs > 0 && !isDue(state, fetch)) return park(state, fetch, message.maxWaitMs, effects);
  effects.push(answer(state, fetch));
  return state;
}

/** Where the fetcher's log parts from this one, or which snapshot it needs first; null when it goes on from here. */
function partingOf({ log, snapshot }: RaftState, { fetchOffset, lastFetchedEpoch }: FetchPartition): Found | null {
  if (fetchOffset === 0 && log.startOffset === 0) return null;
  const isBeforeLog = fetchOffset < log.startOffset || lastFetchedEpoch < log.startEpoch || (fetchOffset === log.startOffset && lastFetchedEpoch !== log.startEpoch);
  if (isBeforeLog && snapshot !== null) return { snapshotId: { epoch: snapshot.epoch, endOffset: snapshot.endOffset } };
  const end: EpochEndOffset = log.endOffsetForEpoch(lastFetchedEpoch);
  return end.epoch !== lastFetchedEpoch || end.endOffset < fetchOffset ? { divergingEpoch: end } : null;
}

// --- waiting -----------------------------------------------------------------------------------------------------------

function isDue({ log, highWatermark, rules }: RaftState, fetch: ParkedFetch): boolean {
  if (fetch.fetchOffset < log.endOffset) return true;
  return rules.raftFetchWaitsForHighWatermark && fetch.highWatermark !== null && fetch.highWatermark < Math.min(highWatermark, fetch.fetchOffset);
}

function park(state: RaftState, fetch: ParkedFetch, maxWaitMs: number, effects: Effect[]): RaftState {
  const leadership = state.leadership as Leadership;
  // A node has one fetch under way; an older one came from a life or a connection that is over.
  const older = leadership.parked.find(({ source }) => source === fetch.source);
  if (older !== undefined) effects.push({ kind: 'release', to: older.replyTo });
  effects.push({ kind: 'schedule', key: `parked/${fetch.source}`, delayMs: maxWaitMs, type: 'timer.parked', data: fetch.source });
  return withParked(state, leadership, [...leadership.parked.filter((parked) => parked !== older), fetch]);
}

/** Answers the fetches that what has changed since `before` makes due (the fetch purgatory). */
export function answerDue(before: RaftState, state: RaftState, effects: Effect[]): RaftState {
  const { leadership } = state;
  if (leadership === null || leadership.parked.length === 0) return state;
  if (state.log === before.log && state.highWatermark === before.highWatermark) return state;
  const due = leadership.parked.filter((fetch) => isDue(state, fetch));
  if (due.length === 0) return state;
  for (const fetch of due) effects.push({ kind: 'cancel', key: `parked/${fetch.source}` }, answer(state, fetch));
  return withParked(state, leadership, leadership.parked.filter((fetch) => !due.includes(fetch)));
}

export function fetchTimeUp(state: RaftState, source: NodeId, effects: Effect[]): RaftState {
  const { leadership } = state;
  const fetch = leadership?.parked.find((parked) => parked.source === source);
  if (leadership === null || fetch === undefined) return state;
  effects.push(answer(state, fetch));
  return withParked(state, leadership, leadership.parked.filter((parked) => parked !== fetch));
}

/** It leads no longer: whoever waits is sent away. */
export function refuseParked(state: RaftState, { parked }: Leadership, effects: Effect[]): void {
  for (const { source, replyTo, correlationId } of parked) {
    effects.push({ kind: 'cancel', key: `parked/${source}` }, fetchResponse(state, replyTo, correlationId, 'NOT_LEADER_OR_FOLLOWER', {}));
  }
}

function withParked(state: RaftState, leadership: Leadership, parked: readonly ParkedFetch[]): RaftState {
  return state.with({ leadership: { ...leadership, parked } });
}

// --- answers -----------------------------------------------------------------------------------------------------------

function answer(state: RaftState, { replyTo, correlationId, fetchOffset }: ParkedFetch): Effect {
  return fetchResponse(state, replyTo, correlationId, 'NONE', { records: state.log.read(fetchOffset, state.log.endOffset) });
}

function fetchResponse(state: RaftState, replyTo: ReplyTo, correlationId: number, errorCode: ErrorName, found: Found): Effect {
  const { log, highWatermark } = state;
  const isServed = errorCode === 'NONE';
  const partition: FetchPartitionData<MetadataBatch> = {
    partitionIndex: 0,
    errorCode,
    highWatermark: isServed ? highWatermark : NO_OFFSET,
    lastStableOffset: isServed ? highWatermark : NO_OFFSET,
    logStartOffset: isServed ? log.startOffset : NO_EPOCH,
    currentLeader: currentLeaderOf(state),
    records: NO_RECORDS,
    ...found,
  };
  const message: FetchResponse<MetadataBatch> = { type: 'FetchResponse', correlationId, responses: [{ topic: CLUSTER_METADATA_TOPIC, partitions: [partition] }] };
  return { kind: 'reply', to: replyTo, message };
}
