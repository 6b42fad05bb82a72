/**
 * Fetch (api key 1): the partitions are read one after the other within `maxBytes`. With fewer than `minBytes` and no
 * error the fetch is parked until a replica wakes it or `maxWaitMs` is over; then everything is read again, so that the
 * answer carries what is true when it leaves.
 *
 * Source: KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages and readFromLog, DelayedFetch.
 */
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { FetchPartitionData, FetchRequest, FetchResponse } from '../../kafka/api.ts';
import { NO_OFFSET, topicPartition } from '../../kafka/ids.ts';
import { tell, type FetchOutdated, type FetchWakeUp, type PartitionsRead, type ReadPosition } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { isHosted, nextOperationId, operationOf, withOperation, withoutOperation, type ApisState, type FetchOperation } from './state.ts';

export function handleFetch(before: ApisState, event: Received<FetchRequest>): Reduced<ApisState> {
  const { message: request, replyTo, from: source, nowMs } = event;
  const { state, id } = nextOperationId(before);
  const positions: ReadPosition[] = [];
  const immediate: { topic: string; data: FetchPartitionData }[] = [];
  for (const { topic, partitions } of request.topics) {
    for (const partition of partitions) {
      if (isHosted(state, topic, partition.partition)) positions.push({ topicPartition: topicPartition(topic, partition.partition), request: partition });
      else immediate.push({ topic, data: notHosted(state, topic, partition.partition) });
    }
  }
  const operation: FetchOperation = { kind: 'fetch', id, replyTo, source, request, positions, immediate, isParked: false, isTimed: false, isTimeUp: request.maxWaitMs === 0, isWoken: false, known: null };
  if (positions.length === 0) return { state, effects: [answer(operation, [])] };
  return { state: withOperation(state, operation), effects: [read(operation, nowMs, true)] };
}

export function allRead(state: ApisState, { nowMs, operationId, results, bytesLeft, isUrgent, isOutdated }: PartitionsRead): Reduced<ApisState> {
  const operation = operationOf(state, operationId);
  if (operation?.kind !== 'fetch') return quietly(state);
  const { request, immediate, isTimeUp } = operation;
  const isEnough = request.maxBytes - bytesLeft >= request.minBytes;
  if (isEnough || isUrgent || isTimeUp || immediate.length > 0) {
    const effects: Effect[] = operation.isTimed && !isTimeUp ? [{ kind: 'cancel', key: timerKey(operation.id), forget: true }] : [];
    effects.push(answer(operation, results));
    return { state: withoutOperation(state, operationId), effects };
  }
  // What woke it came from a partition that had been read already in this round.
  if (operation.isWoken) return { state: withOperation(state, withPhase(operation, false, false)), effects: [read(operation, nowMs, false)] };
  const parked = withOperation(state, withPhase(operation, true, false, false, isOutdated ? null : results));
  return { state: parked, effects: operation.isTimed ? [] : [waitFor(operation)] };
}

export function wakeFetches(state: ApisState, { nowMs, sources }: FetchWakeUp): Reduced<ApisState> {
  let next = state;
  const effects: Effect[] = [];
  for (const operation of state.operations) {
    if (operation?.kind !== 'fetch' || !sources.includes(operation.source)) continue;
    next = withOperation(next, withPhase(operation, false, operation.isTimeUp, !operation.isParked));
    if (operation.isParked) effects.push(read(operation, nowMs, false));
  }
  return { state: next, effects };
}

/** A high watermark rose: these fetches must be read again before they are answered. */
export function outdateFetches(state: ApisState, { sources }: FetchOutdated): Reduced<ApisState> {
  let next = state;
  for (const operation of state.operations) {
    if (operation?.kind !== 'fetch' || operation.known === null || !sources.includes(operation.source)) continue;
    next = withOperation(next, withPhase(operation, operation.isParked, operation.isTimeUp));
  }
  return quietly(next);
}

/** Kafka reads every partition again (DelayedFetch.onComplete); where nothing changed, that would say the same. */
export function fetchTimeUp(state: ApisState, { data: id, nowMs }: Stimulus<string, number>): Reduced<ApisState> {
  const operation = operationOf(state, id);
  if (operation?.kind !== 'fetch') return quietly(state);
  if (operation.isParked && operation.known !== null) return { state: withoutOperation(state, id), effects: [answer(operation, operation.known)] };
  const last = withPhase(operation, false, true);
  return { state: withOperation(state, last), effects: operation.isParked ? [read(last, nowMs, false)] : [] };
}

function read(operation: FetchOperation, nowMs: number, counts: boolean): Effect {
  const { id, source, positions, request, isTimeUp } = operation;
  const first = positions[0] as ReadPosition;
  const { replicaId, replicaEpoch } = request.replicaState;
  return tell(first.topicPartition, {
    type: 'fetch.read', nowMs, operationId: id, replicaId, replicaEpoch, source, counts, positions, next: 0, bytesLeft: request.maxBytes,
    bytesWanted: isTimeUp ? 0 : request.minBytes, results: [], isUrgent: false, isOutdated: false,
  });
}

function waitFor(operation: FetchOperation): Effect {
  return { kind: 'schedule', key: timerKey(operation.id), delayMs: operation.request.maxWaitMs, type: 'timer.fetch', data: operation.id };
}

function answer({ request, replyTo, positions, immediate }: FetchOperation, results: readonly FetchPartitionData[]): Effect {
  const responses: { topic: string; partitions: FetchPartitionData[] }[] = request.topics.map(({ topic }) => ({ topic, partitions: [] }));
  // Positions and `immediate` are in the order of the request's topics.
  let at = 0;
  for (let i = 0; i < request.topics.length; i += 1) {
    const { topic, partitions } = request.topics[i] as FetchRequest['topics'][number];
    const answers = (responses[i] as { partitions: FetchPartitionData[] }).partitions;
    for (const { partition } of partitions) {
      const position = positions[at];
      const result = results[at];
      if (position !== undefined && result !== undefined && position.request.partition === partition && position.topicPartition === topicPartition(topic, partition)) {
        answers.push(result);
        at += 1;
      } else {
        const refused = immediate.find((each) => each.topic === topic && each.data.partitionIndex === partition);
        if (refused !== undefined) answers.push(refused.data);
      }
    }
  }
  const message: FetchResponse = { type: 'FetchResponse', correlationId: request.correlationId, responses };
  return { kind: 'reply', to: replyTo, message };
}

function notHosted(state: ApisState, topic: string, partitionIndex: number): FetchPartitionData {
  const errorCode = state.image.partition(topic, partitionIndex) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER';
  return { partitionIndex, errorCode, highWatermark: NO_OFFSET, lastStableOffset: NO_OFFSET, logStartOffset: NO_OFFSET, records: [] };
}

function timerKey(id: number): string {
  return `fetch/${id}`;
}

/** Spelled out, not spread: it happens several times with every fetch (see state-class.ts). A parked fetch is timed. */
function withPhase(operation: FetchOperation, isParked: boolean, isTimeUp: boolean, isWoken = false, known: FetchOperation['known'] = null): FetchOperation {
  const { kind, id, replyTo, source, request, positions, immediate, isTimed } = operation;
  return { kind, id, replyTo, source, request, positions, immediate, isParked, isTimed: isTimed || isParked, isTimeUp, isWoken, known };
}
