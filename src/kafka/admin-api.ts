/**
 * The requests of an administrator, by API, in the field names of Kafka's message definitions (lowerCamel). All but
 * DeleteRecords are decided by the active controller; a node that is not it answers NOT_CONTROLLER (in the answer's own
 * error code, or in that of every item where an answer has none).
 *
 * Simplified: topics by name, not id (KIP-516); no manual assignments for new partitions of a topic, no `validateOnly`, no
 * throttling; config operations by name; `replicas: null` cancels a reassignment, as in Kafka.
 *
 * Source: clients/src/main/resources/common/message/*.json; KIP-4, KIP-195, KIP-339, KIP-455, KIP-460, KIP-107, KIP-631.
 */
import type { Request, Response } from './api-message.ts';
import type { ErrorName } from './errors.ts';
import type { NodeId, Offset, PartitionIndex, TopicName } from './ids.ts';
import type { ConfigResourceType, TopicId } from './metadata-records.ts';

// --- CreateTopics (19), DeleteTopics (20), CreatePartitions (37) -----------------------------------------------------

/** One topic of a CreateTopics request (CreateTopicsRequest.CreatableTopic). */
export interface CreateTopicsTopic {
  readonly name: TopicName;
  /** -1: the default of the cluster, `num.partitions`. */
  readonly numPartitions: number;
  /** -1: the default of the cluster, `default.replication.factor`. */
  readonly replicationFactor: number;
  /** Brokers of each partition, preferred leader first; then the two numbers are -1. Empty: the controller places them. */
  readonly assignments: readonly { readonly partitionIndex: PartitionIndex; readonly brokerIds: readonly NodeId[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string }[];
}

export interface CreateTopicsRequest extends Request<'CreateTopicsRequest'> {
  readonly topics: readonly CreateTopicsTopic[];
  readonly timeoutMs: number;
}

export interface CreateTopicsTopicResult {
  readonly name: TopicName;
  /** '' with an error. */
  readonly topicId: TopicId;
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  /** -1 with an error. */
  readonly numPartitions: number;
  readonly replicationFactor: number;
}

export interface CreateTopicsResponse extends Response<'CreateTopicsResponse'> {
  readonly topics: readonly CreateTopicsTopicResult[];
}

export interface DeleteTopicsRequest extends Request<'DeleteTopicsRequest'> {
  readonly topicNames: readonly TopicName[];
  readonly timeoutMs: number;
}

export interface TopicResult {
  readonly name: TopicName;
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
}

export interface DeleteTopicsResponse extends Response<'DeleteTopicsResponse'> {
  readonly responses: readonly TopicResult[];
}

export interface CreatePartitionsRequest extends Request<'CreatePartitionsRequest'> {
  /** `count` is the new total. */
  readonly topics: readonly { readonly name: TopicName; readonly count: number }[];
  readonly timeoutMs: number;
}

export interface CreatePartitionsResponse extends Response<'CreatePartitionsResponse'> {
  readonly results: readonly TopicResult[];
}

// --- ElectLeaders (43) -----------------------------------------------------------------------------------------------

/** ElectionType: 0 and 1. */
export const PREFERRED_ELECTION = 0;
export const UNCLEAN_ELECTION = 1;
export type ElectionType = typeof PREFERRED_ELECTION | typeof UNCLEAN_ELECTION;

export interface ElectLeadersRequest extends Request<'ElectLeadersRequest'> {
  readonly electionType: ElectionType;
  /** null elects for every partition; those that need none are then left out of the answer. */
  readonly topicPartitions: readonly { readonly topic: TopicName; readonly partitions: readonly PartitionIndex[] }[] | null;
  readonly timeoutMs: number;
}

export interface ElectLeadersPartitionResult {
  readonly partitionId: PartitionIndex;
  /** ELECTION_NOT_NEEDED where the right broker leads already. */
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
}

export interface ElectLeadersResponse extends Response<'ElectLeadersResponse'> {
  readonly errorCode: ErrorName;
  readonly replicaElectionResults: readonly { readonly topic: TopicName; readonly partitionResult: readonly ElectLeadersPartitionResult[] }[];
}

// --- AlterPartitionReassignments (45), ListPartitionReassignments (46) -----------------------------------------------

export interface AlterPartitionReassignmentsRequest extends Request<'AlterPartitionReassignmentsRequest'> {
  readonly topics: readonly {
    readonly name: TopicName;
    /** `replicas`: the target, preferred leader first; null cancels what is under way. */
    readonly partitions: readonly { readonly partitionIndex: PartitionIndex; readonly replicas: readonly NodeId[] | null }[];
  }[];
  readonly timeoutMs: number;
}

export interface ReassignablePartitionResponse {
  readonly partitionIndex: PartitionIndex;
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
}

export interface AlterPartitionReassignmentsResponse extends Response<'AlterPartitionReassignmentsResponse'> {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly responses: readonly { readonly name: TopicName; readonly partitions: readonly ReassignablePartitionResponse[] }[];
}

export interface ListPartitionReassignmentsRequest extends Request<'ListPartitionReassignmentsRequest'> {
  /** null lists all. */
  readonly topics: readonly { readonly name: TopicName; readonly partitionIndexes: readonly PartitionIndex[] }[] | null;
  readonly timeoutMs: number;
}

export interface OngoingPartitionReassignment {
  readonly partitionIndex: PartitionIndex;
  readonly replicas: readonly NodeId[];
  readonly addingReplicas: readonly NodeId[];
  readonly removingReplicas: readonly NodeId[];
}

export interface ListPartitionReassignmentsResponse extends Response<'ListPartitionReassignmentsResponse'> {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  /** Only partitions that are being reassigned. */
  readonly topics: readonly { readonly name: TopicName; readonly partitions: readonly OngoingPartitionReassignment[] }[];
}

// --- IncrementalAlterConfigs (44) ------------------------------------------------------------------------------------

/** AlterConfigOp.OpType; APPEND and SUBTRACT are for configs that are lists. */
export type AlterConfigOperation = 'SET' | 'DELETE' | 'APPEND' | 'SUBTRACT';

export interface AlterableConfig {
  readonly name: string;
  readonly configOperation: AlterConfigOperation;
  /** null with DELETE. */
  readonly value: string | null;
}

export interface IncrementalAlterConfigsRequest extends Request<'IncrementalAlterConfigsRequest'> {
  readonly resources: readonly {
    readonly resourceType: ConfigResourceType;
    /** A topic's name; a broker's id in digits, '' for the default of all brokers (the cluster). */
    readonly resourceName: string;
    readonly configs: readonly AlterableConfig[];
  }[];
}

export interface AlterConfigsResourceResponse {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly resourceType: ConfigResourceType;
  readonly resourceName: string;
}

export interface IncrementalAlterConfigsResponse extends Response<'IncrementalAlterConfigsResponse'> {
  readonly responses: readonly AlterConfigsResourceResponse[];
}

// --- UnregisterBroker (64) -------------------------------------------------------------------------------------------

export interface UnregisterBrokerRequest extends Request<'UnregisterBrokerRequest'> {
  readonly brokerId: NodeId;
}

export interface UnregisterBrokerResponse extends Response<'UnregisterBrokerResponse'> {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
}

// --- DeleteRecords (21), answered by the partition's leader ----------------------------------------------------------

/** `offset` of a DeleteRecords partition: up to the high watermark (DeleteRecordsRequest.HIGH_WATERMARK). */
export const DELETE_TO_HIGH_WATERMARK: Offset = -1;

export interface DeleteRecordsRequest extends Request<'DeleteRecordsRequest'> {
  readonly topics: readonly {
    readonly name: TopicName;
    /** Records below `offset` go. */
    readonly partitions: readonly { readonly partitionIndex: PartitionIndex; readonly offset: Offset }[];
  }[];
  /** How long the leader waits for all replicas to follow, ms. */
  readonly timeoutMs: number;
}

export interface DeleteRecordsPartitionResult {
  readonly partitionIndex: PartitionIndex;
  /** The smallest log start offset of all live replicas, -1 with an error (DeleteRecordsResponse.INVALID_LOW_WATERMARK). */
  readonly lowWatermark: Offset;
  readonly errorCode: ErrorName;
}

export interface DeleteRecordsResponse extends Response<'DeleteRecordsResponse'> {
  readonly topics: readonly { readonly name: TopicName; readonly partitions: readonly DeleteRecordsPartitionResult[] }[];
}

// --- Unions ----------------------------------------------------------------------------------------------------------

/** Requests that the active controller answers. */
export type ControllerAdminRequest =
  | CreateTopicsRequest
  | DeleteTopicsRequest
  | CreatePartitionsRequest
  | ElectLeadersRequest
  | AlterPartitionReassignmentsRequest
  | ListPartitionReassignmentsRequest
  | IncrementalAlterConfigsRequest
  | UnregisterBrokerRequest;

export type ControllerAdminResponse =
  | CreateTopicsResponse
  | DeleteTopicsResponse
  | CreatePartitionsResponse
  | ElectLeadersResponse
  | AlterPartitionReassignmentsResponse
  | ListPartitionReassignmentsResponse
  | IncrementalAlterConfigsResponse
  | UnregisterBrokerResponse;

export type AdminRequest = ControllerAdminRequest | DeleteRecordsRequest;
export type AdminResponse = ControllerAdminResponse | DeleteRecordsResponse;

type CallOf<R> = R extends unknown ? Omit<R, 'correlationId' | 'timeoutMs'> : never;

/** What an administrator wants of the controller: a request before it has an id and a timeout. */
export type ControllerAdminCall = CallOf<ControllerAdminRequest>;
export type DeleteRecordsCall = CallOf<DeleteRecordsRequest>;
export type AdminCall = ControllerAdminCall | DeleteRecordsCall;
