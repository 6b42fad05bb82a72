/**
 * What becomes of batches whose request has ended: answered, lost with its connection, or timed out. Success completes
 * the sends; MESSAGE_TOO_LARGE splits a batch of several records; a retriable error puts the batch back to the front of its queue
 * while `retries` and `delivery.timeout.ms` allow; everything else ends it.
 *
 * A batch in flight when `delivery.timeout.ms` is over ends there and then with its outcome unknown; its partition stays
 * muted until the request has ended, so that order holds.
 *
 * Source: Sender.handleProduceResponse, completeBatch, canRetry, getExpiredInflightBatches.
 */
import { assert, present } from '../../kernel/assert.ts';
import type { ProducePartitionResponse, ProduceResponse } from '../../kafka/api.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import { NO_OFFSET, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import { exponentialBackoffMs } from '../client/backoff.ts';
import { metadataFailed, requestUpdate } from '../client/metadata-updater.ts';
import type { InFlightRequest, NodeConnection, Undecided } from '../client/network-client.ts';
import { countInFlight, reenqueue, splitAndReenqueue } from './accumulator.ts';
import { sequenced, type ProducerBatch } from './batch.ts';
import { producerIdFailed } from './init-producer-id.ts';
import { completeBatch, expireBatch, failBatch } from './outcomes.ts';
import { acknowledged, failed, mayRetry, takeBackSequence } from './sequences.ts';
import type { PartitionQueue, ProducePurpose, ProducerPurpose, ProducerTurn } from './state.ts';

/** The answer to a request that has left flight. */
export function handleProduceResponse(turn: ProducerTurn, { batches }: ProducePurpose, { responses }: ProduceResponse): void {
  countInFlight(turn, batches, -1);
  for (const batch of batches) {
    const { topic, partition } = turn.state.queues[batch.queue] as PartitionQueue;
    const answer = present(answerFor(responses, topic, partition), `the answer for ${topic}-${partition}`);
    attemptEnded(turn, batch, answer);
  }
}

function answerFor(responses: ProduceResponse['responses'], topic: TopicName, partition: PartitionIndex): ProducePartitionResponse | undefined {
  for (const { name, partitionResponses } of responses) {
    if (name !== topic) continue;
    for (const response of partitionResponses) if (response.index === partition) return response;
  }
  return undefined;
}

/** Requests that get no answer. */
export function handleUndecided(turn: ProducerTurn, { requests, wasSent }: Undecided<ProducerPurpose>): void {
  if (!wasSent) putBack(turn, requests);
  for (const { purpose } of requests) {
    if (purpose.kind === 'metadata') metadataFailed(turn);
    else if (purpose.kind === 'initProducerId') producerIdFailed(turn);
    else if (wasSent) loseBatches(turn, purpose.batches);
  }
  requestUpdate(turn);
}

/** In the order of sending, each to the front: without idempotence that turns the order of a partition's batches round, as in Kafka. */
function loseBatches(turn: ProducerTurn, batches: readonly ProducerBatch[]): void {
  countInFlight(turn, batches, -1);
  for (const batch of batches) attemptEnded(turn, batch, NO_ANSWER);
}

type Answer = Pick<ProducePartitionResponse, 'errorCode' | 'baseOffset' | 'logStartOffset'>;

const NO_ANSWER: Answer = { errorCode: 'NETWORK_EXCEPTION', baseOffset: NO_OFFSET, logStartOffset: NO_OFFSET };

/** The connection never stood: Kafka would not have drained these. They stand in their queues as before; no attempt was made. */
function putBack(turn: ProducerTurn, requests: readonly InFlightRequest<ProducerPurpose>[]): void {
  for (const { purpose } of requests.toReversed()) {
    if (purpose.kind !== 'produce') continue;
    countInFlight(turn, purpose.batches, -1);
    for (const batch of purpose.batches) {
      if (batch.isDone) continue;
      const isTakenBack = turn.state.idempotence !== null && takeBackSequence(turn, batch);
      reenqueue(turn, isTakenBack ? sequenced(batch) : batch);
    }
  }
}

function attemptEnded(turn: ProducerTurn, batch: ProducerBatch, answer: Answer): void {
  const { errorCode, baseOffset } = answer;
  const error = errorInfo(errorCode);
  if (error.invalidMetadata) requestUpdate(turn);
  const isIdempotent = turn.state.idempotence !== null;
  const isSuccess = errorCode === 'NONE' || (errorCode === 'DUPLICATE_SEQUENCE_NUMBER' && !batch.isDone);
  // The sends of a batch that was given up are over, but what the broker has of it counts.
  if (isSuccess && isIdempotent) acknowledged(turn, batch, baseOffset);
  if (batch.isDone) return;
  if (isSuccess) {
    assert(baseOffset >= 0 || errorCode !== 'NONE', () => `a batch was appended at offset ${baseOffset}`);
    completeBatch(turn, batch, errorCode === 'NONE' ? baseOffset : NO_OFFSET);
  } else if (errorCode === 'MESSAGE_TOO_LARGE' && batch.sendIds.length > 1) {
    splitAndReenqueue(turn, batch);
  } else if (canRetry(turn, batch) && (isIdempotent ? mayRetry(turn, batch, answer) : error.retriable)) {
    retry(turn, batch, errorCode);
  } else {
    if (isIdempotent) failed(turn, batch, errorCode, batch.attempts < turn.state.config.retries);
    failBatch(turn, batch, errorCode);
  }
}

function canRetry({ state, nowMs }: ProducerTurn, batch: ProducerBatch): boolean {
  return batch.attempts < state.config.retries && nowMs - batch.createdMs < state.config.deliveryTimeoutMs;
}

function retry(turn: ProducerTurn, batch: ProducerBatch, errorCode: ErrorName): void {
  const { retryBackoffMs, retryBackoffMaxMs } = turn.state.config;
  reenqueue(turn, {
    ...batch,
    attempts: batch.attempts + 1,
    lastAttemptMs: turn.nowMs,
    lastAttemptLeaderEpoch: (turn.state.queues[batch.queue] as PartitionQueue).leaderEpoch,
    backoffMs: exponentialBackoffMs(retryBackoffMs, retryBackoffMaxMs, batch.attempts, turn.nextDraw()),
    maybeAppended: batch.maybeAppended || !errorInfo(errorCode).definite,
  });
}

/** Ends the batches in flight that are past their delivery timeout; their requests stay in flight. */
export function expireInFlightBatches(turn: ProducerTurn): void {
  const { state, nowMs } = turn;
  const { deliveryTimeoutMs } = state.config;
  let connections: NodeConnection<ProducerPurpose>[] | undefined;
  for (let at = 0; at < state.connections.length; at += 1) {
    const connection = state.connections[at] as NodeConnection<ProducerPurpose>;
    let hasExpired = false;
    for (const batch of connection.inFlight.flatMap(batchesOf)) {
      if (batch.isDone) continue;
      if (batch.createdMs + deliveryTimeoutMs > nowMs) {
        turn.timeoutBy(batch.createdMs + deliveryTimeoutMs);
        continue;
      }
      expireBatch(turn, batch, 'inFlight');
      hasExpired = true;
    }
    if (!hasExpired) continue;
    connections ??= state.connections.slice();
    connections[at] = { ...connection, inFlight: connection.inFlight.map((request) => withExpired(request, nowMs - deliveryTimeoutMs)) };
  }
  if (connections !== undefined) state.connections = connections;
}

function batchesOf({ purpose }: InFlightRequest<ProducerPurpose>): readonly ProducerBatch[] {
  return purpose.kind === 'produce' ? purpose.batches : [];
}

function withExpired(request: InFlightRequest<ProducerPurpose>, createdUntilMs: number): InFlightRequest<ProducerPurpose> {
  const { purpose } = request;
  if (purpose.kind !== 'produce') return request;
  return { ...request, purpose: { kind: 'produce', batches: purpose.batches.map((batch) => (batch.createdMs <= createdUntilMs ? { ...batch, isDone: true } : batch)) } };
}
