/**
 * The fetcher: keeps one fetch in flight at every node that leads a fetchable partition. Without a group, what comes goes
 * to an application that polls at once; with one it is buffered until the next poll collects it, and a partition with
 * buffered data is not fetched. A fetch waits at the broker for `fetch.max.wait.ms`, so a partition without news costs
 * nothing but that; its request is repeated as it was.
 *
 * What is dropped: data whose fetch offset is not the position any more; records below the position (a batch is returned
 * whole); control batches, which the position passes over. A corrupt batch stops its partition (`check.crcs`).
 *
 * Kafka repeats a fetch that failed for a partition as fast as the network allows, until the metadata is fresh; here such
 * a partition waits `retry.backoff.ms` as well. Left out: fetch sessions (KIP-227), preferred read replicas (KIP-392),
 * aborted transactions (CON-4).
 *
 * Source: AbstractFetch, FetchCollector, CompletedFetch.
 */
import { assert } from '../../kernel/assert.ts';
import type { Polled } from '../../history/observations.ts';
import { CONSUMER_REPLICA_ID, type FetchPartition, type FetchPartitionData, type FetchRequest, type FetchResponse } from '../../kafka/api.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import { NO_EPOCH, NO_LEADER, NO_OFFSET, type NodeId, type TopicName } from '../../kafka/ids.ts';
import type { RecordBatch } from '../../kafka/records.ts';
import { requestUpdate } from '../client/metadata-updater.ts';
import { connectableAtMs, connectionOf, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { throwFromPoll } from './exceptions.ts';
import { takeRecords } from './records.ts';
import { placeOf, setPartition, type CompletedFetch, type ConsumerState, type ConsumerTurn, type FetchPurpose, type TopicPartitionState } from './state.ts';
import { advanced, awaitingReset, backingOff, isFetchable } from './subscription.ts';

/** Sends a fetch to every node that has something to fetch and none in flight. */
export function sendFetches(turn: ConsumerTurn): void {
  const { state, nowMs } = turn;
  let nodes: NodeId[] | undefined;
  for (let place = 0; place < state.partitions.length; place += 1) {
    const each = state.partitions[place] as TopicPartitionState;
    if (!isFetchable(each) || isBuffered(state, place)) continue;
    if (each.leaderId === NO_LEADER) requestUpdate(turn);
    else if (each.nextRetryMs > nowMs) turn.wakeBy(each.nextRetryMs);
    else if (nodes === undefined) nodes = [each.leaderId];
    else if (!nodes.includes(each.leaderId)) nodes.push(each.leaderId);
  }
  if (nodes === undefined) return;
  for (const nodeId of nodes) sendFetch(turn, nodeId, undefined);
}

/** Sends a fetch to a node unless one is in flight there, or nothing is to be fetched. `last` is the one just answered. */
export function sendFetch(turn: ConsumerTurn, nodeId: NodeId, last: FetchPurpose | undefined): void {
  const { state, nowMs } = turn;
  const connection = connectionOf(state, nodeId);
  const atMs = connectableAtMs(connection, nowMs);
  if (atMs > nowMs) {
    turn.wakeBy(atMs);
    return;
  }
  if (connection !== undefined && connection.inFlight.length > 0 && connection.inFlight.some(({ purpose }) => purpose.kind === 'fetch')) return;
  const purpose = last !== undefined && last.isComplete && last.partitions === state.partitions && state.completedFetches.length === 0 ? last : fetchOf(turn, nodeId);
  if (purpose === undefined) return;
  const { config } = state;
  const message: FetchRequest = {
    type: 'FetchRequest',
    correlationId: nextCorrelationId(turn),
    replicaState: CONSUMER_STATE,
    maxWaitMs: config.fetchMaxWaitMs,
    minBytes: config.fetchMinBytes,
    maxBytes: config.fetchMaxBytes,
    isolationLevel: config.isolationLevel,
    topics: purpose.topics,
  };
  sendRequest(turn, nodeId, message, purpose);
}

const CONSUMER_STATE: FetchRequest['replicaState'] = { replicaId: CONSUMER_REPLICA_ID, replicaEpoch: NO_EPOCH };

/** All fetchable partitions that the node leads; undefined when there are none. */
function fetchOf(turn: ConsumerTurn, nodeId: NodeId): FetchPurpose | undefined {
  const { partitions, config, rules } = turn.state;
  const topics: { topic: TopicName; partitions: FetchPartition[] }[] = [];
  const places: number[] = [];
  let isComplete = true;
  let current: { topic: TopicName; partitions: FetchPartition[] } | undefined;
  for (let place = 0; place < partitions.length; place += 1) {
    const each = partitions[place] as TopicPartitionState;
    if (each.leaderId !== nodeId || !isFetchable(each) || isBuffered(turn.state, place)) continue;
    if (each.nextRetryMs > turn.nowMs) {
      isComplete = false;
      continue;
    }
    if (current === undefined || current.topic !== each.topic) {
      current = { topic: each.topic, partitions: [] };
      topics.push(current);
    }
    // KIP-320 fences by `currentLeaderEpoch`; `lastFetchedEpoch` is for followers (KIP-595).
    current.partitions.push({
      partition: each.partition, currentLeaderEpoch: rules.fencesFetchesByLeaderEpoch ? each.leaderEpoch : NO_EPOCH, fetchOffset: each.position, lastFetchedEpoch: NO_EPOCH, logStartOffset: NO_OFFSET,
      partitionMaxBytes: config.maxPartitionFetchBytes,
    });
    places.push(place);
  }
  return places.length === 0 ? undefined : { kind: 'fetch', topics, partitions, places, isComplete };
}

/** Takes in the answer to `purpose`; partitions without news are passed over. */
export function handleFetchResponse(turn: ConsumerTurn, purpose: FetchPurpose, { responses }: FetchResponse, from: NodeId): void {
  const { places } = purpose;
  let next = 0;
  for (let t = 0; t < responses.length; t += 1) {
    const { topic, partitions } = responses[t] as FetchResponse['responses'][number];
    for (let p = 0; p < partitions.length; p += 1) {
      const data = partitions[p] as FetchPartitionData;
      const hint = places[next] ?? 0;
      next += 1;
      if (data.errorCode === 'NONE' && data.records.length === 0) continue;
      const place = placeOf(purpose, topic, data.partitionIndex, hint);
      assert(place !== -1, () => `${topic}-${data.partitionIndex} was fetched without being assigned`);
      const { position: fetchOffset } = purpose.partitions[place] as TopicPartitionState;
      completeFetch(turn, place, fetchOffset, data, from);
    }
  }
}

function isBuffered({ completedFetches }: Pick<ConsumerState, 'completedFetches'>, place: number): boolean {
  for (let i = 0; i < completedFetches.length; i += 1) if ((completedFetches[i] as CompletedFetch).place === place) return true;
  return false;
}

/** One partition of an answer; `fetchOffset` is where it was fetched from. */
export function completeFetch(turn: ConsumerTurn, place: number, fetchOffset: number, data: FetchPartitionData, from: NodeId): void {
  const { state } = turn;
  const partition = state.partitions[place] as TopicPartitionState;
  if (partition.fetchState !== 'FETCHING' || partition.position !== fetchOffset) return;
  if (partition.isPaused || state.group !== null) state.completedFetches = [...state.completedFetches, { place, fetchOffset, data, from }];
  else if (data.errorCode === 'NONE') poll(turn, place, data.records, from);
  else fetchFailed(turn, place, data.errorCode);
}

/** The fetch of a partition that stands at the fetch offset ended with an error. */
export function fetchFailed(turn: ConsumerTurn, place: number, errorCode: ErrorName): void {
  const { state } = turn;
  const partition = state.partitions[place] as TopicPartitionState;
  if (errorCode === 'OFFSET_OUT_OF_RANGE') {
    const reset = awaitingReset(partition, 'outOfRange', state.config);
    if (reset === undefined) throwFromPoll(turn, { errorCode, exception: 'OffsetOutOfRangeException' });
    setPartition(turn, place, reset ?? waiting(turn, partition));
    return;
  }
  if (errorInfo(errorCode).invalidMetadata || errorCode === 'OFFSET_NOT_AVAILABLE') requestUpdate(turn);
  setPartition(turn, place, waiting(turn, partition));
}

export function waiting(turn: ConsumerTurn, partition: TopicPartitionState): TopicPartitionState {
  const nextRetryMs = turn.nowMs + turn.state.config.retryBackoffMs;
  turn.wakeBy(nextRetryMs);
  return backingOff(partition, nextRetryMs);
}

/** The application polls until the fetched records are used up, at most `max.poll.records` at a time. */
function poll(turn: ConsumerTurn, place: number, batches: readonly RecordBatch[], from: NodeId): void {
  const { maxPollRecords, checkCrcs } = turn.state.config;
  const before = turn.state.partitions[place] as TopicPartitionState;
  let { position, offsetEpoch } = before;
  for (;;) {
    const taken = takeRecords(batches, position, offsetEpoch, maxPollRecords, checkCrcs);
    if (taken.records.length > 0) observePoll(turn, polledOf(before, taken.records, from));
    position = taken.position;
    offsetEpoch = taken.offsetEpoch;
    if (taken.end === 'limit') continue;
    const after = position === before.position ? before : advanced(before, position, offsetEpoch);
    if (taken.end === 'corrupt') setPartition(turn, place, waiting(turn, after));
    else if (after !== before) setPartition(turn, place, after);
    return;
  }
}

/**
 * A fetch in flight, and what is buffered, is taken when its offset is the position, whoever leads by then and confirmed it
 * (FetchCollector.initialize).
 */
export function polledOf({ topic, partition, leaderId }: TopicPartitionState, records: Polled['records'], from: NodeId): Polled {
  const polled: Polled = { type: 'poll', topic, partition, records, from };
  return leaderId === from || leaderId === NO_LEADER ? polled : { ...polled, isFromFormerLeader: true };
}

export function observePoll(turn: ConsumerTurn, observation: Polled): void {
  turn.effects.push({ kind: 'observe', observation });
}

/** Buffered data of partitions that are not paused any more goes to the application that polls at once. */
export function returnCompletedFetches(turn: ConsumerTurn): void {
  const buffered = turn.state.completedFetches;
  turn.state.completedFetches = [];
  for (const { place, fetchOffset, data, from } of buffered) completeFetch(turn, place, fetchOffset, data, from);
}
