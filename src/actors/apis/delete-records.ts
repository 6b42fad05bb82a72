/**
 * DeleteRecords (api key 21): every partition's leader moves its log start; the answer waits until all live replicas have
 * followed, or `timeoutMs` is over (DelayedDeleteRecords).
 *
 * Source: KafkaApis.handleDeleteRecordsRequest, ReplicaManager.deleteRecords, DelayedDeleteRecords.
 */
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse } from '../../kafka/api.ts';
import { NO_OFFSET } from '../../kafka/ids.ts';
import { tell, type RecordsDeleted } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { hostedReplica, nextOperationId, operationOf, withOperation, withoutOperation, type ApisState, type DeleteRecordsOperation } from './state.ts';

export function handleDeleteRecords(before: ApisState, event: Received<DeleteRecordsRequest>): Reduced<ApisState> {
  const { message: request, replyTo, from: source } = event;
  const { state, id } = nextOperationId(before);
  const effects: Effect[] = [];
  const results: (DeleteRecordsPartitionResult | undefined)[] = [];
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex, offset } of partitions) {
      const replica = hostedReplica(state, name, partitionIndex);
      if (replica === undefined) {
        const errorCode = state.image.partition(name, partitionIndex) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER';
        results.push({ partitionIndex, lowWatermark: NO_OFFSET, errorCode });
      } else {
        effects.push(tell(replica, { type: 'log.deleteRecords', ticket: { operationId: id, position: results.length }, offset }));
        results.push(undefined);
      }
    }
  }
  const operation: DeleteRecordsOperation = { kind: 'deleteRecords', id, replyTo, source, request, results };
  if (!results.includes(undefined)) return respond(state, operation, effects);
  effects.push({ kind: 'schedule', key: timerKey(id), delayMs: request.timeoutMs, type: 'timer.deleteRecords', data: id });
  return { state: withOperation(state, operation), effects };
}

export function recordsDeleted(state: ApisState, { ticket, errorCode, lowWatermark }: RecordsDeleted): Reduced<ApisState> {
  const operation = operationOf(state, ticket.operationId);
  if (operation?.kind !== 'deleteRecords') return quietly(state);
  const result: DeleteRecordsPartitionResult = { partitionIndex: partitionAt(operation, ticket.position), lowWatermark, errorCode };
  const settled = { ...operation, results: operation.results.with(ticket.position, result) };
  if (settled.results.includes(undefined)) return quietly(withOperation(state, settled));
  return respond(withoutOperation(state, operation.id), settled, [{ kind: 'cancel', key: timerKey(operation.id), forget: true }]);
}

/** The log starts of leaders have moved for good; that some replica has not followed is an error all the same. */
export function deleteRecordsTimedOut(state: ApisState, { data: id }: Stimulus<string, number>): Reduced<ApisState> {
  const operation = operationOf(state, id);
  if (operation?.kind !== 'deleteRecords') return quietly(state);
  const results = operation.results.map(
    (result, position): DeleteRecordsPartitionResult => result ?? { partitionIndex: partitionAt(operation, position), lowWatermark: NO_OFFSET, errorCode: 'REQUEST_TIMED_OUT' },
  );
  return respond(withoutOperation(state, id), { ...operation, results }, []);
}

function partitionAt({ request }: DeleteRecordsOperation, position: number): number {
  return request.topics.flatMap(({ partitions }) => partitions)[position]?.partitionIndex ?? -1;
}

function respond(state: ApisState, { request, replyTo, results }: DeleteRecordsOperation, effects: Effect[]): Reduced<ApisState> {
  let position = 0;
  const topics = request.topics.map(({ name, partitions }) => {
    const answered = results.slice(position, position + partitions.length) as DeleteRecordsPartitionResult[];
    position += partitions.length;
    return { name, partitions: answered };
  });
  const message: DeleteRecordsResponse = { type: 'DeleteRecordsResponse', correlationId: request.correlationId, topics };
  effects.push({ kind: 'reply', to: replyTo, message });
  return { state, effects };
}

function timerKey(id: number): string {
  return `deleteRecords/${id}`;
}
