/**
 * Fetch (api key 1): the partitions are read one after the other within `maxBytes`. With fewer than `minBytes` and no
 * error the fetch is parked until a replica wakes it or `maxWaitMs` is over; then everything is read again, so that the
 * answer carries what is true when it leaves.
 *
 * Source: KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages and readFromLog, DelayedFetch.
 */
import { present } from '../../kernel/assert.ts';
import type { Effect, Received, ReplyTo, Stimulus } from '../../kernel/effects.ts';
import type { FetchPartition, FetchPartitionData, FetchRequest, FetchResponse } from '../../kafka/api.ts';
import { NO_OFFSET } from '../../kafka/ids.ts';
import { tell, type FetchOutdated, type FetchWakeUp, type PartitionsRead, type ReadPosition, type ReadResult } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { hostedReplica, nextOperationId, operationOf, withOperation, withoutOperation, type ApisState, type FetchOperation, type RefusedPartition } from './state.ts';

export function handleFetch(before: ApisState, event: Received<FetchRequest>): Reduced<ApisState> {
  const { message: request, replyTo, from: source, nowMs } = event;
  const { state, id } = nextOperationId(before);
  const refused: RefusedPartition[] = [];
  let first: ReadPosition | null = null;
  for (let t = request.topics.length - 1; t >= 0; t -= 1) {
    const { topic, partitions } = request.topics[t] as FetchRequest['topics'][number];
    for (let p = partitions.length - 1; p >= 0; p -= 1) {
      const asked = partitions[p] as FetchPartition;
      const replica = hostedReplica(state, topic, asked.partition);
      if (replica === undefined) refused.push({ request: asked, data: notHosted(state, topic, asked.partition) });
      else first = { topicPartition: replica, request: asked, following: first };
    }
  }
  if (first === null) return { state, effects: [answer(request, replyTo, null, refused)] };
  const operation: FetchOperation = { kind: 'fetch', id, replyTo, source, request, first, refused, isParked: false, isTimed: false, isTimeUp: request.maxWaitMs === 0, isWoken: false, known: null };
  return { state: withOperation(state, operation), effects: [read(operation, nowMs, true)] };
}

export function allRead(state: ApisState, { nowMs, operationId, results, bytesLeft, isUrgent, isOutdated }: PartitionsRead): Reduced<ApisState> {
  const operation = operationOf(state, operationId);
  if (operation?.kind !== 'fetch') return quietly(state);
  const { request, replyTo, refused, isTimeUp } = operation;
  const isEnough = request.maxBytes - bytesLeft >= request.minBytes;
  if (isEnough || isUrgent || isTimeUp || refused.length > 0) {
    const reply = answer(request, replyTo, results, refused);
    return {
      state: withoutOperation(state, operationId),
      effects: operation.isTimed && !isTimeUp ? [{ kind: 'cancel', key: timerKey(operation.id), forget: true }, reply] : [reply],
    };
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
  const { isParked, known, request, replyTo, refused } = operation;
  if (isParked && known !== null) return { state: withoutOperation(state, id), effects: [answer(request, replyTo, known, refused)] };
  const last = withPhase(operation, false, true);
  return { state: withOperation(state, last), effects: isParked ? [read(last, nowMs, false)] : [] };
}

function read({ id: operationId, source, first, request, isTimeUp }: FetchOperation, nowMs: number, counts: boolean): Effect {
  const { replicaState: { replicaId, replicaEpoch }, maxBytes, minBytes } = request;
  return tell(first.topicPartition, {
    type: 'fetch.read', round: { nowMs, operationId, replicaId, replicaEpoch, source, counts }, position: first,
    bytesLeft: maxBytes, bytesWanted: isTimeUp ? 0 : minBytes, results: null, hasData: false, isUrgent: false, isOutdated: false,
  });
}

function waitFor(operation: FetchOperation): Effect {
  return { kind: 'schedule', key: timerKey(operation.id), delayMs: operation.request.maxWaitMs, type: 'timer.fetch', data: operation.id };
}

/** The answer has the order of the request. `results`, the last one first, and `refused` have one entry per partition between them. */
function answer({ correlationId, topics }: FetchRequest, to: ReplyTo, results: ReadResult | null, refused: readonly RefusedPartition[]): Effect {
  const responses = new Array<FetchResponse['responses'][number]>(topics.length);
  let last = results;
  for (let t = topics.length - 1; t >= 0; t -= 1) {
    const { topic, partitions } = topics[t] as FetchRequest['topics'][number];
    const answers = new Array<FetchPartitionData>(partitions.length);
    for (let p = partitions.length - 1; p >= 0; p -= 1) {
      const asked = partitions[p] as FetchPartition;
      if (last !== null && last.request === asked) {
        answers[p] = last.data;
        last = last.before;
      } else {
        answers[p] = present(refused.find(({ request }) => request === asked), 'an answer for every partition').data;
      }
    }
    responses[t] = { topic, partitions: answers };
  }
  const message: FetchResponse = { type: 'FetchResponse', correlationId, responses };
  return { kind: 'reply', to, message };
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
  const { kind, id, replyTo, source, request, first, refused, isTimed } = operation;
  return { kind, id, replyTo, source, request, first, refused, isParked, isTimed: isTimed || isParked, isTimeUp, isWoken, known };
}
