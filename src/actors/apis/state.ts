/**
 * The requests a broker has under way, and what it answers metadata from. A request is split by partition; what its
 * replicas say is gathered in an operation, which waits (acks=all, long poll) in the purgatory until it is complete or
 * its time is up.
 *
 * Source: kafka.server.KafkaApis, DelayedOperationPurgatory, DelayedFetch, DelayedProduce.
 */
import type { ReplyTo } from '../../kernel/effects.ts';
import type { DeleteRecordsPartitionResult, DeleteRecordsRequest, FetchRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest, ProduceRequest } from '../../kafka/api.ts';
import type { FetchPartition, FetchPartitionData, ListOffsetsPartitionResponse, OffsetForLeaderEpochPartitionResponse, ProducePartitionResponse } from '../../kafka/api.ts';
import type { NodeId, PartitionIndex, TopicName, TopicPartition } from '../../kafka/ids.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import type { ReadPosition, ReadResult } from '../local-events.ts';
import { changed, type Fields } from '../state-class.ts';

interface OperationBase {
  readonly id: number;
  readonly replyTo: ReplyTo;
  readonly source: NodeId;
}

/** DelayedProduce. `results` by position over all partitions of the request. */
export interface ProduceOperation extends OperationBase {
  readonly kind: 'produce';
  readonly request: ProduceRequest;
  readonly results: readonly ProducePartitionResponse[];
  /** Per position: the answer is still open. */
  readonly open: readonly boolean[];
}

/** DelayedFetch. A partition is hosted here and among the positions, or it is refused. */
export interface FetchOperation extends OperationBase {
  readonly kind: 'fetch';
  readonly request: FetchRequest;
  /** The first partition to read, in the order of the request. */
  readonly first: ReadPosition;
  readonly refused: readonly RefusedPartition[];
  /** Waits for data; else its replicas are being read. */
  readonly isParked: boolean;
  /** Its timer is armed. */
  readonly isTimed: boolean;
  readonly isTimeUp: boolean;
  /** Something came for it while its replicas were being read. */
  readonly isWoken: boolean;
  /** What its replicas said when it was parked, as long as they would say the same; else null. */
  readonly known: ReadResult | null;
}

export interface RefusedPartition {
  readonly request: FetchPartition;
  readonly data: FetchPartitionData;
}

export interface OffsetsOperation extends OperationBase {
  readonly kind: 'listOffsets';
  readonly request: ListOffsetsRequest;
  readonly results: readonly (ListOffsetsPartitionResponse | undefined)[];
}

export interface EpochsOperation extends OperationBase {
  readonly kind: 'offsetForLeaderEpoch';
  readonly request: OffsetForLeaderEpochRequest;
  readonly results: readonly (OffsetForLeaderEpochPartitionResponse | undefined)[];
}

/** DelayedDeleteRecords. `results` by position over all partitions of the request; undefined while one waits. */
export interface DeleteRecordsOperation extends OperationBase {
  readonly kind: 'deleteRecords';
  readonly request: DeleteRecordsRequest;
  readonly results: readonly (DeleteRecordsPartitionResult | undefined)[];
}

export type Operation = DeleteRecordsOperation | ProduceOperation | FetchOperation | OffsetsOperation | EpochsOperation;

export class ApisState {
  readonly brokerId: NodeId;
  readonly image: MetadataImage;
  /** By `id % capacity`; ids are given so that the place is free. */
  readonly operations: readonly (Operation | undefined)[];
  readonly lastOperationId: number;

  constructor(fields: Fields<ApisState>) {
    this.brokerId = fields.brokerId;
    this.image = fields.image;
    this.operations = fields.operations;
    this.lastOperationId = fields.lastOperationId;
  }

  /** The state with some fields changed. */
  with(change: Partial<Fields<ApisState>>): ApisState {
    return changed(new ApisState(this), change);
  }
}

export interface ApisInput {
  readonly brokerId: NodeId;
  readonly image: MetadataImage;
}

const INITIAL_CAPACITY = 16;

export function newApis({ brokerId, image }: ApisInput): ApisState {
  return new ApisState({ brokerId, image, operations: new Array<Operation | undefined>(INITIAL_CAPACITY).fill(undefined), lastOperationId: 0 });
}

/** An id whose place is free, growing the table when there is none. */
export function nextOperationId(state: ApisState): { readonly state: ApisState; readonly id: number } {
  const capacity = state.operations.length;
  for (let id = state.lastOperationId + 1; id <= state.lastOperationId + capacity; id += 1) {
    if (state.operations[id % capacity] === undefined) return { state: state.with({ lastOperationId: id }), id };
  }
  return nextOperationId(grown(state));
}

export function operationOf(state: ApisState, id: number): Operation | undefined {
  const operation = state.operations[id % state.operations.length];
  return operation !== undefined && operation.id === id ? operation : undefined;
}

export function withOperation(state: ApisState, operation: Operation): ApisState {
  return state.with({ operations: state.operations.with(operation.id % state.operations.length, operation) });
}

export function withoutOperation(state: ApisState, id: number): ApisState {
  return state.with({ operations: state.operations.with(id % state.operations.length, undefined) });
}

/** Twice the capacity; ids that collided in the small table may not collide in the large one, never the other way. */
function grown(state: ApisState): ApisState {
  const operations = new Array<Operation | undefined>(state.operations.length * 2).fill(undefined);
  for (const operation of state.operations) if (operation !== undefined) operations[operation.id % operations.length] = operation;
  return state.with({ operations });
}

/** The name of the replica machine that runs here, undefined when this broker is none of the replicas. */
export function hostedReplica({ image, brokerId }: ApisState, topic: TopicName, partition: PartitionIndex): TopicPartition | undefined {
  const described = image.topic(topic);
  return described?.partitions[partition]?.replicas.includes(brokerId) === true ? described.partitionNames[partition] : undefined;
}
