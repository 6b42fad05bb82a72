/**
 * ListOffsets (api key 2) and OffsetForLeaderEpoch (api key 23): asked of every partition's replica, answered together.
 * Source: KafkaApis.handleListOffsetRequest, handleOffsetForLeaderEpochRequest.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import type {
  ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse, OffsetForLeaderEpochPartitionResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
} from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_EPOCH, NO_OFFSET } from '../../kafka/ids.ts';
import { tell, type EpochEndRead, type OffsetsRead } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { hostedReplica, nextOperationId, operationOf, withOperation, withoutOperation, type ApisState, type EpochsOperation, type OffsetsOperation } from './state.ts';

export function handleListOffsets(before: ApisState, event: Received<ListOffsetsRequest>): Reduced<ApisState> {
  const { message: request, replyTo, from: source } = event;
  const { state, id } = nextOperationId(before);
  const effects: Effect[] = [];
  const results: (ListOffsetsPartitionResponse | undefined)[] = [];
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex, currentLeaderEpoch, timestamp } of partitions) {
      const ticket = { operationId: id, position: results.length };
      const replica = hostedReplica(state, name, partitionIndex);
      if (replica !== undefined) {
        effects.push(tell(replica, { type: 'listOffsets.read', ticket, replicaId: request.replicaId, currentLeaderEpoch, timestamp }));
        results.push(undefined);
      } else {
        results.push({ partitionIndex, errorCode: missing(state, name, partitionIndex), timestamp: -1, offset: NO_OFFSET, leaderEpoch: NO_EPOCH });
      }
    }
  }
  return settleOffsets(state, { kind: 'listOffsets', id, replyTo, source, request, results }, effects);
}

export function offsetsRead(state: ApisState, { ticket, errorCode, offset, timestamp, leaderEpoch }: OffsetsRead): Reduced<ApisState> {
  const operation = operationOf(state, ticket.operationId);
  if (operation?.kind !== 'listOffsets') return quietly(state);
  const partitionIndex = operation.request.topics.flatMap(({ partitions }) => partitions)[ticket.position]?.partitionIndex ?? -1;
  const results = operation.results.with(ticket.position, { partitionIndex, errorCode, timestamp, offset, leaderEpoch });
  return settleOffsets(state, { ...operation, results }, []);
}

function settleOffsets(state: ApisState, operation: OffsetsOperation, effects: Effect[]): Reduced<ApisState> {
  const { id, request, replyTo, results } = operation;
  if (results.includes(undefined)) return { state: withOperation(state, operation), effects };
  let position = 0;
  const topics = request.topics.map(({ name, partitions }) => {
    const answered = results.slice(position, position + partitions.length) as ListOffsetsPartitionResponse[];
    position += partitions.length;
    return { name, partitions: answered };
  });
  const message: ListOffsetsResponse = { type: 'ListOffsetsResponse', correlationId: request.correlationId, topics };
  effects.push({ kind: 'reply', to: replyTo, message });
  return { state: withoutOperation(state, id), effects };
}

export function handleOffsetForLeaderEpoch(before: ApisState, event: Received<OffsetForLeaderEpochRequest>): Reduced<ApisState> {
  const { message: request, replyTo, from: source } = event;
  const { state, id } = nextOperationId(before);
  const effects: Effect[] = [];
  const results: (OffsetForLeaderEpochPartitionResponse | undefined)[] = [];
  for (const { topic, partitions } of request.topics) {
    for (const { partition, currentLeaderEpoch, leaderEpoch } of partitions) {
      const ticket = { operationId: id, position: results.length };
      const replica = hostedReplica(state, topic, partition);
      if (replica !== undefined) {
        effects.push(tell(replica, { type: 'offsetForLeaderEpoch.read', ticket, currentLeaderEpoch, leaderEpoch }));
        results.push(undefined);
      } else {
        results.push({ partition, errorCode: missing(state, topic, partition), leaderEpoch: NO_EPOCH, endOffset: NO_OFFSET });
      }
    }
  }
  return settleEpochs(state, { kind: 'offsetForLeaderEpoch', id, replyTo, source, request, results }, effects);
}

export function epochEndRead(state: ApisState, { ticket, errorCode, leaderEpoch, endOffset }: EpochEndRead): Reduced<ApisState> {
  const operation = operationOf(state, ticket.operationId);
  if (operation?.kind !== 'offsetForLeaderEpoch') return quietly(state);
  const partition = operation.request.topics.flatMap(({ partitions }) => partitions)[ticket.position]?.partition ?? -1;
  const results = operation.results.with(ticket.position, { partition, errorCode, leaderEpoch, endOffset });
  return settleEpochs(state, { ...operation, results }, []);
}

function settleEpochs(state: ApisState, operation: EpochsOperation, effects: Effect[]): Reduced<ApisState> {
  const { id, request, replyTo, results } = operation;
  if (results.includes(undefined)) return { state: withOperation(state, operation), effects };
  let position = 0;
  const topics = request.topics.map(({ topic, partitions }) => {
    const answered = results.slice(position, position + partitions.length) as OffsetForLeaderEpochPartitionResponse[];
    position += partitions.length;
    return { topic, partitions: answered };
  });
  const message: OffsetForLeaderEpochResponse = { type: 'OffsetForLeaderEpochResponse', correlationId: request.correlationId, topics };
  effects.push({ kind: 'reply', to: replyTo, message });
  return { state: withoutOperation(state, id), effects };
}

function missing(state: ApisState, topic: string, partition: number): ErrorName {
  return state.image.partition(topic, partition) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER';
}
