/**
 * Produce (api key 0): each partition's batch goes to its replica; the answer leaves when every partition has one.
 * acks=0 has no answer, and an error closes the connection, which is all its client will ever learn. acks=all waits for
 * the replicas until `timeoutMs`, then says REQUEST_TIMED_OUT: the records are in the log and may yet be committed.
 *
 * Source: KafkaApis.handleProduceRequest, DelayedProduce.
 */
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { ProducePartitionResponse, ProduceRequest, ProduceResponse } from '../../kafka/api.ts';
import { NO_OFFSET } from '../../kafka/ids.ts';
import { BROKER_MACHINES, tell, type Appended, type Replicated } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { hostedReplica, nextOperationId, operationOf, withOperation, withoutOperation, type ApisState, type ProduceOperation } from './state.ts';

export function handleProduce(before: ApisState, event: Received<ProduceRequest>): Reduced<ApisState> {
  const { message: request, nowMs, replyTo, from: source } = event;
  const { state, id } = nextOperationId(before);
  const effects: Effect[] = [];
  const results: ProducePartitionResponse[] = [];
  const open: boolean[] = [];
  for (const { name, partitionData } of request.topicData) {
    for (const { index, records } of partitionData) {
      const replica = hostedReplica(state, name, index);
      const errorCode = replica !== undefined ? 'NONE' : state.image.partition(name, index) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER';
      const ticket = { answerTo: BROKER_MACHINES.apis, operationId: id, position: results.length };
      if (replica !== undefined) effects.push(tell(replica, { type: 'produce.append', nowMs, ticket, acks: request.acks, origin: 'CLIENT', records }));
      results.push({ index, errorCode, baseOffset: NO_OFFSET, logStartOffset: NO_OFFSET });
      open.push(replica !== undefined);
    }
  }
  const operation: ProduceOperation = { kind: 'produce', id, replyTo, source, request, results, open };
  if (!open.includes(true)) return respond(state, operation, effects);
  if (request.acks === -1) effects.push({ kind: 'schedule', key: timerKey(id), delayMs: request.timeoutMs, type: 'timer.produce', data: id });
  return { state: withOperation(state, operation), effects };
}

export function appended(state: ApisState, { ticket, errorCode, baseOffset, logStartOffset, awaitsReplication }: Appended): Reduced<ApisState> {
  const operation = operationOf(state, ticket.operationId);
  if (operation?.kind !== 'produce') return quietly(state);
  const { index } = operation.results[ticket.position] as ProducePartitionResponse;
  return settle(state, operation, ticket.position, { index, errorCode, baseOffset, logStartOffset }, awaitsReplication);
}

export function replicated(state: ApisState, { ticket, errorCode }: Replicated): Reduced<ApisState> {
  const operation = operationOf(state, ticket.operationId);
  if (operation?.kind !== 'produce') return quietly(state);
  const result = operation.results[ticket.position] as ProducePartitionResponse;
  return settle(state, operation, ticket.position, { ...result, errorCode, baseOffset: errorCode === 'NONE' ? result.baseOffset : NO_OFFSET }, false);
}

export function produceTimedOut(state: ApisState, { data: id }: Stimulus<string, number>): Reduced<ApisState> {
  const operation = operationOf(state, id);
  if (operation?.kind !== 'produce') return quietly(state);
  const results = operation.results.map(
    (result, position): ProducePartitionResponse => (operation.open[position] === true ? { ...result, errorCode: 'REQUEST_TIMED_OUT', baseOffset: NO_OFFSET } : result),
  );
  return respond(withoutOperation(state, id), { ...operation, results }, []);
}

function settle(state: ApisState, operation: ProduceOperation, position: number, result: ProducePartitionResponse, staysOpen: boolean): Reduced<ApisState> {
  const settled: ProduceOperation = { ...operation, results: operation.results.with(position, result), open: operation.open.with(position, staysOpen) };
  if (settled.open.includes(true)) return quietly(withOperation(state, settled));
  const effects: Effect[] = operation.request.acks === -1 ? [{ kind: 'cancel', key: timerKey(operation.id), forget: true }] : [];
  return respond(withoutOperation(state, operation.id), settled, effects);
}

function respond(state: ApisState, { request, replyTo, results }: ProduceOperation, effects: Effect[]): Reduced<ApisState> {
  if (request.acks === 0) {
    const isRefused = results.some(({ errorCode }) => errorCode !== 'NONE');
    effects.push(isRefused ? { kind: 'hangUp', to: replyTo } : { kind: 'release', to: replyTo });
    return { state, effects };
  }
  let position = 0;
  const responses = request.topicData.map(({ name, partitionData }) => {
    const partitionResponses = results.slice(position, position + partitionData.length);
    position += partitionData.length;
    return { name, partitionResponses };
  });
  const message: ProduceResponse = { type: 'ProduceResponse', correlationId: request.correlationId, responses };
  effects.push({ kind: 'reply', to: replyTo, message });
  return { state, effects };
}

function timerKey(id: number): string {
  return `produce/${id}`;
}
