/**
 * Kafka's requests and responses, by API, in the field names of Kafka's message definitions (lowerCamel). They travel
 * as values; turning them into bytes is the business of the wire layer.
 *
 * Simplified: error codes by name; topics by name, not id (KIP-516); no throttling, no fetch sessions (KIP-227), no
 * tagged fields that nothing here reads; a produced partition carries one record batch, as every Kafka client sends it.
 * A node's address is its index in the simulated network, and equals its `node.id`.
 *
 * Source: clients/src/main/resources/common/message/*.json.
 */
import type { AdminRequest, AdminResponse } from './admin-api.ts';
import type { Request, Response } from './api-message.ts';
import type { ErrorName } from './errors.ts';
import type { GroupRequest, GroupResponse } from './group-api.ts';
import type { BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionEpoch, PartitionIndex, TopicName } from './ids.ts';
import type { MetadataImage } from './metadata.ts';
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse, InitProducerIdRequest, InitProducerIdResponse } from './producer-api.ts';
import type { LeaderRecoveryState, MetadataRecord } from './metadata-records.ts';
import type { RecordBatch } from './records.ts';

/** CreateTopics to UnregisterBroker, and DeleteRecords. */
export * from './admin-api.ts';
/** FindCoordinator to ConsumerGroupHeartbeat. */
export * from './group-api.ts';
/** InitProducerId, AllocateProducerIds. */
export * from './producer-api.ts';

// --- Produce (0) -----------------------------------------------------------------------------------------------------

export interface ProduceRequest extends Request<'ProduceRequest'> {
  readonly acks: -1 | 0 | 1;
  /** How long the leader may wait for the in-sync replicas, ms. */
  readonly timeoutMs: number;
  readonly topicData: readonly {
    readonly name: TopicName;
    readonly partitionData: readonly { readonly index: PartitionIndex; readonly records: RecordBatch }[];
  }[];
}

export interface ProducePartitionResponse {
  readonly index: PartitionIndex;
  readonly errorCode: ErrorName;
  /** Offset of the first record, -1 when the append failed. */
  readonly baseOffset: Offset;
  readonly logStartOffset: Offset;
}

export interface ProduceResponse extends Response<'ProduceResponse'> {
  readonly responses: readonly { readonly name: TopicName; readonly partitionResponses: readonly ProducePartitionResponse[] }[];
}

// --- Fetch (1) -------------------------------------------------------------------------------------------------------

/** `replicaId` of a fetch that is not a follower's. */
export const CONSUMER_REPLICA_ID: NodeId = -1;

export interface FetchPartition {
  readonly partition: PartitionIndex;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  /** Epoch of the last record the fetcher holds (KIP-595), -1 when unknown or empty. */
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly logStartOffset: Offset;
  readonly partitionMaxBytes: number;
  /** Of the metadata log: the high watermark that the fetcher knows; it is answered when the leader's is higher (KIP-1166, 4.1). */
  readonly highWatermark?: Offset;
}

export interface FetchRequest extends Request<'FetchRequest'> {
  readonly replicaState: { readonly replicaId: NodeId; readonly replicaEpoch: BrokerEpoch };
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: 'read_uncommitted' | 'read_committed';
  readonly topics: readonly { readonly topic: TopicName; readonly partitions: readonly FetchPartition[] }[];
}

export interface EpochEndOffset {
  readonly epoch: LeaderEpoch;
  readonly endOffset: Offset;
}

export interface FetchPartitionData<Batch = RecordBatch> {
  readonly partitionIndex: PartitionIndex;
  readonly errorCode: ErrorName;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  readonly logStartOffset: Offset;
  /** Where the fetcher's log parts from the leader's (KIP-595); then there are no records. */
  readonly divergingEpoch?: EpochEndOffset;
  /** Of the metadata log: who leads, for a fetcher that asked somebody else (KIP-595). */
  readonly currentLeader?: CurrentLeader;
  /** Of the metadata log: the fetch offset is below the log's start; fetch this snapshot first (KIP-630). */
  readonly snapshotId?: EpochEndOffset;
  readonly records: readonly Batch[];
}

export interface FetchResponse<Batch = RecordBatch> extends Response<'FetchResponse'> {
  readonly responses: readonly { readonly topic: TopicName; readonly partitions: readonly FetchPartitionData<Batch>[] }[];
}

/** The metadata log as a partition (KIP-595). */
export const CLUSTER_METADATA_TOPIC: TopicName = '__cluster_metadata';

/** A batch of the metadata log: the records of one controller event, applied as a whole, or one control record of the quorum. */
export interface MetadataBatch {
  readonly baseOffset: Offset;
  readonly partitionLeaderEpoch: LeaderEpoch;
  readonly records: readonly (MetadataRecord | LeaderChangeMessage)[];
}

/** The control record with which a leader begins its epoch; it takes an offset and changes no metadata. */
export interface LeaderChangeMessage {
  readonly type: 'LeaderChangeMessage';
  readonly leaderId: NodeId;
  readonly voters: readonly NodeId[];
}

// --- ListOffsets (2) -------------------------------------------------------------------------------------------------

export const LATEST_TIMESTAMP = -1;
export const EARLIEST_TIMESTAMP = -2;

export interface ListOffsetsRequest extends Request<'ListOffsetsRequest'> {
  readonly replicaId: NodeId;
  readonly isolationLevel: 'read_uncommitted' | 'read_committed';
  readonly topics: readonly {
    readonly name: TopicName;
    readonly partitions: readonly { readonly partitionIndex: PartitionIndex; readonly currentLeaderEpoch: LeaderEpoch; readonly timestamp: number }[];
  }[];
}

export interface ListOffsetsPartitionResponse {
  readonly partitionIndex: PartitionIndex;
  readonly errorCode: ErrorName;
  readonly timestamp: number;
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
}

export interface ListOffsetsResponse extends Response<'ListOffsetsResponse'> {
  readonly topics: readonly { readonly name: TopicName; readonly partitions: readonly ListOffsetsPartitionResponse[] }[];
}

// --- Metadata (3) ----------------------------------------------------------------------------------------------------

export interface MetadataRequest extends Request<'MetadataRequest'> {
  /** null asks for every topic. */
  readonly topics: readonly { readonly name: TopicName }[] | null;
}

export interface MetadataPartition {
  readonly errorCode: ErrorName;
  readonly partitionIndex: PartitionIndex;
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly replicaNodes: readonly NodeId[];
  readonly isrNodes: readonly NodeId[];
  readonly offlineReplicas: readonly NodeId[];
}

export interface MetadataTopic {
  readonly errorCode: ErrorName;
  readonly name: TopicName;
  readonly partitions: readonly MetadataPartition[];
}

export interface MetadataResponse extends Response<'MetadataResponse'> {
  readonly brokers: readonly { readonly nodeId: NodeId }[];
  readonly controllerId: NodeId;
  readonly topics: readonly MetadataTopic[];
}

// --- DeleteRecords (21) ----------------------------------------------------------------------------------------------

export interface DeleteRecordsRequest extends Request<'DeleteRecordsRequest'> {
  readonly topics: readonly {
    readonly name: TopicName;
    /** `offset` -1 is the high watermark. */
    readonly partitions: readonly { readonly partitionIndex: PartitionIndex; readonly offset: Offset }[];
  }[];
  /** How long the leader may wait for the other replicas, ms. */
  readonly timeoutMs: number;
}

export interface DeleteRecordsPartitionResult {
  readonly partitionIndex: PartitionIndex;
  /** Where the replica that begins lowest begins now; -1 with an error. */
  readonly lowWatermark: Offset;
  readonly errorCode: ErrorName;
}

export interface DeleteRecordsResponse extends Response<'DeleteRecordsResponse'> {
  readonly topics: readonly { readonly name: TopicName; readonly partitions: readonly DeleteRecordsPartitionResult[] }[];
}

// --- OffsetForLeaderEpoch (23) ---------------------------------------------------------------------------------------

export interface OffsetForLeaderEpochRequest extends Request<'OffsetForLeaderEpochRequest'> {
  readonly replicaId: NodeId;
  readonly topics: readonly {
    readonly topic: TopicName;
    readonly partitions: readonly { readonly partition: PartitionIndex; readonly currentLeaderEpoch: LeaderEpoch; readonly leaderEpoch: LeaderEpoch }[];
  }[];
}

export interface OffsetForLeaderEpochPartitionResponse {
  readonly partition: PartitionIndex;
  readonly errorCode: ErrorName;
  /** -1, with `endOffset` -1, when the leader does not know. */
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
}

export interface OffsetForLeaderEpochResponse extends Response<'OffsetForLeaderEpochResponse'> {
  readonly topics: readonly { readonly topic: TopicName; readonly partitions: readonly OffsetForLeaderEpochPartitionResponse[] }[];
}

// --- the controller quorum: Vote (52), BeginQuorumEpoch (53), EndQuorumEpoch (54), FetchSnapshot (59) ------------------
// Their requests name topics and partitions; the metadata log is one partition, whose fields stand in the request itself.

export interface CurrentLeader {
  /** -1 when unknown. */
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
}

export interface VoteRequest extends Request<'VoteRequest'> {
  /** The epoch the candidate stands for; of a pre-vote, the one it is in. */
  readonly replicaEpoch: LeaderEpoch;
  readonly replicaId: NodeId;
  readonly lastOffsetEpoch: LeaderEpoch;
  /** End of the candidate's log, exclusive. */
  readonly lastOffset: Offset;
  readonly preVote: boolean;
}

export interface VoteResponse extends Response<'VoteResponse'>, CurrentLeader {
  readonly errorCode: ErrorName;
  readonly voteGranted: boolean;
}

export interface BeginQuorumEpochRequest extends Request<'BeginQuorumEpochRequest'>, CurrentLeader {}

export interface BeginQuorumEpochResponse extends Response<'BeginQuorumEpochResponse'>, CurrentLeader {
  readonly errorCode: ErrorName;
}

export interface EndQuorumEpochRequest extends Request<'EndQuorumEpochRequest'>, CurrentLeader {
  /** Voters in the order in which they should stand for election. */
  readonly preferredSuccessors: readonly NodeId[];
}

export interface EndQuorumEpochResponse extends Response<'EndQuorumEpochResponse'>, CurrentLeader {
  readonly errorCode: ErrorName;
}

export interface FetchSnapshotRequest extends Request<'FetchSnapshotRequest'> {
  readonly replicaId: NodeId;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly snapshotId: EpochEndOffset;
}

/** The snapshot comes in one piece. */
export interface FetchSnapshotResponse extends Response<'FetchSnapshotResponse'> {
  readonly errorCode: ErrorName;
  readonly currentLeader: CurrentLeader;
  readonly snapshotId: EpochEndOffset;
  /** Null with an error. */
  readonly image: MetadataImage | null;
}

// --- AlterPartition (56), BrokerRegistration (62), BrokerHeartbeat (63) ----------------------------------------------

export interface AlterPartitionData {
  readonly partitionIndex: PartitionIndex;
  readonly leaderEpoch: LeaderEpoch;
  /** The proposed ISR with the broker epoch each member was seen with (KIP-903). */
  readonly newIsrWithEpochs: readonly { readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch }[];
  readonly leaderRecoveryState: LeaderRecoveryState;
  readonly partitionEpoch: PartitionEpoch;
}

export interface AlterPartitionRequest extends Request<'AlterPartitionRequest'> {
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly topics: readonly { readonly topicName: TopicName; readonly partitions: readonly AlterPartitionData[] }[];
}

export interface AlterPartitionPartitionResponse {
  readonly partitionIndex: PartitionIndex;
  readonly errorCode: ErrorName;
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly isr: readonly NodeId[];
  readonly leaderRecoveryState: LeaderRecoveryState;
  readonly partitionEpoch: PartitionEpoch;
}

export interface AlterPartitionResponse extends Response<'AlterPartitionResponse'> {
  readonly errorCode: ErrorName;
  readonly topics: readonly { readonly topicName: TopicName; readonly partitions: readonly AlterPartitionPartitionResponse[] }[];
}

export interface BrokerRegistrationRequest extends Request<'BrokerRegistrationRequest'> {
  readonly brokerId: NodeId;
  /** One per process life; tells a restarted broker from a repeated request. */
  readonly incarnationId: string;
  /** The epoch in which the broker last shut down cleanly (KIP-966); -1 or absent when it did not, or cannot tell. */
  readonly previousBrokerEpoch?: BrokerEpoch;
}

export interface BrokerRegistrationResponse extends Response<'BrokerRegistrationResponse'> {
  readonly errorCode: ErrorName;
  readonly brokerEpoch: BrokerEpoch;
}

export interface BrokerHeartbeatRequest extends Request<'BrokerHeartbeatRequest'> {
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  /** The last metadata offset the broker has applied. */
  readonly currentMetadataOffset: Offset;
  readonly wantFence: boolean;
  readonly wantShutDown: boolean;
}

export interface BrokerHeartbeatResponse extends Response<'BrokerHeartbeatResponse'> {
  readonly errorCode: ErrorName;
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
}

// --- Unions ----------------------------------------------------------------------------------------------------------

export type ApiRequest =
  | ProduceRequest
  | FetchRequest
  | ListOffsetsRequest
  | MetadataRequest
  | DeleteRecordsRequest
  | OffsetForLeaderEpochRequest
  | AlterPartitionRequest
  | BrokerRegistrationRequest
  | BrokerHeartbeatRequest
  | VoteRequest
  | BeginQuorumEpochRequest
  | EndQuorumEpochRequest
  | FetchSnapshotRequest
  | InitProducerIdRequest
  | AllocateProducerIdsRequest
  | AdminRequest
  | GroupRequest;

export type ApiResponse =
  | ProduceResponse
  | FetchResponse
  | FetchResponse<MetadataBatch>
  | ListOffsetsResponse
  | MetadataResponse
  | DeleteRecordsResponse
  | OffsetForLeaderEpochResponse
  | AlterPartitionResponse
  | BrokerRegistrationResponse
  | BrokerHeartbeatResponse
  | VoteResponse
  | BeginQuorumEpochResponse
  | EndQuorumEpochResponse
  | FetchSnapshotResponse
  | InitProducerIdResponse
  | AllocateProducerIdsResponse
  | AdminResponse
  | GroupResponse;
