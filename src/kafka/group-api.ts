/**
 * The requests of consumer groups, by API, in the field names of Kafka's message definitions (lowerCamel): finding the
 * coordinator, the classic protocol, committed offsets, and the consumer protocol of KIP-848.
 *
 * Simplified: topics by name, not id (KIP-516); subscriptions, assignments and user data as values, not bytes; one key per
 * FindCoordinator and one group per OffsetFetch; no regular expressions, no racks, no administration of groups.
 *
 * Source: clients/src/main/resources/common/message/*.json; ConsumerProtocolSubscription.json,
 * ConsumerProtocolAssignment.json; KIP-62, KIP-345, KIP-394, KIP-429, KIP-447, KIP-848.
 */
import type { Request, Response } from './api-message.ts';
import type { ErrorName } from './errors.ts';
import type { LeaderEpoch, NodeId, Offset, PartitionIndex, TopicName } from './ids.ts';

/** Partitions by topic; topics in order of name, partitions rising. */
export interface TopicPartitions {
  readonly topic: TopicName;
  readonly partitions: readonly PartitionIndex[];
}

// --- FindCoordinator (10) --------------------------------------------------------------------------------------------

/** CoordinatorType. */
export type CoordinatorType = 'GROUP' | 'TRANSACTION';

export interface FindCoordinatorRequest extends Request<'FindCoordinatorRequest'> {
  /** Group id or transactional id. */
  readonly key: string;
  readonly keyType: CoordinatorType;
}

export interface FindCoordinatorResponse extends Response<'FindCoordinatorResponse'> {
  readonly errorCode: ErrorName;
  /** -1 with an error. */
  readonly nodeId: NodeId;
}

// --- JoinGroup (11), Heartbeat (12), LeaveGroup (13), SyncGroup (14) -------------------------------------------------

/** ConsumerProtocolSubscription: what a member of the classic protocol says of itself, once per assignor it can use. */
export interface ConsumerSubscription {
  readonly topics: readonly TopicName[];
  /** What it owns as it joins; the cooperative protocol does not give it to others before it is revoked (KIP-429). */
  readonly ownedPartitions: readonly TopicPartitions[];
  /** Generation in which it came to own them, -1 for none (KIP-792). */
  readonly generationId: number;
  /** Of the assignor: plain data. */
  readonly userData: unknown;
}

/** ConsumerProtocolAssignment. */
export interface ConsumerAssignment {
  readonly assignedPartitions: readonly TopicPartitions[];
  readonly userData: unknown;
}

export interface JoinGroupProtocol {
  /** Name of an assignor. */
  readonly name: string;
  readonly metadata: ConsumerSubscription;
}

export interface JoinGroupRequest extends Request<'JoinGroupRequest'> {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  /** `max.poll.interval.ms` of the member. */
  readonly rebalanceTimeoutMs: number;
  /** '' on the first try. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: 'consumer';
  /** In the order of the member's preference. */
  readonly protocols: readonly JoinGroupProtocol[];
  readonly reason: string;
}

export interface JoinGroupMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: ConsumerSubscription;
}

export interface JoinGroupResponse extends Response<'JoinGroupResponse'> {
  readonly errorCode: ErrorName;
  /** -1 with an error. */
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leader: string;
  /** The leader of a group that has not changed does not assign anew (KIP-814). */
  readonly skipAssignment: boolean;
  readonly memberId: string;
  /** Of all members, for the leader; empty for the others. */
  readonly members: readonly JoinGroupMember[];
}

export interface SyncGroupRequest extends Request<'SyncGroupRequest'> {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolName: string;
  /** From the leader; empty from the others. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: ConsumerAssignment }[];
}

export interface SyncGroupResponse extends Response<'SyncGroupResponse'> {
  readonly errorCode: ErrorName;
  readonly protocolName: string | null;
  readonly assignment: ConsumerAssignment;
}

export interface HeartbeatRequest extends Request<'HeartbeatRequest'> {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface HeartbeatResponse extends Response<'HeartbeatResponse'> {
  readonly errorCode: ErrorName;
}

export interface LeaveGroupRequest extends Request<'LeaveGroupRequest'> {
  readonly groupId: string;
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | null; readonly reason: string }[];
}

export interface LeaveGroupResponse extends Response<'LeaveGroupResponse'> {
  readonly errorCode: ErrorName;
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | null; readonly errorCode: ErrorName }[];
}

// --- OffsetCommit (8), OffsetFetch (9) -------------------------------------------------------------------------------

export interface OffsetCommitRequest extends Request<'OffsetCommitRequest'> {
  readonly groupId: string;
  /** Of the classic protocol, or the member epoch of the consumer protocol; -1 from a consumer that assigned itself. */
  readonly generationIdOrMemberEpoch: number;
  /** '' from a consumer that assigned itself. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly {
    readonly name: TopicName;
    readonly partitions: readonly {
      readonly partitionIndex: PartitionIndex;
      /** The next offset to read. */
      readonly committedOffset: Offset;
      /** Epoch of the last record read, -1 when unknown. */
      readonly committedLeaderEpoch: LeaderEpoch;
      readonly committedMetadata: string;
    }[];
  }[];
}

export interface OffsetCommitResponse extends Response<'OffsetCommitResponse'> {
  readonly topics: readonly { readonly name: TopicName; readonly partitions: readonly { readonly partitionIndex: PartitionIndex; readonly errorCode: ErrorName }[] }[];
}

export interface OffsetFetchRequest extends Request<'OffsetFetchRequest'> {
  readonly groupId: string;
  /** '' and -1 when it does not matter; else checked as a commit's would be (KIP-848). */
  readonly memberId: string;
  readonly memberEpoch: number;
  /** null asks for every partition that has a committed offset. */
  readonly topics: readonly { readonly name: TopicName; readonly partitionIndexes: readonly PartitionIndex[] }[] | null;
  /** Wait for offsets of open transactions (KIP-447). */
  readonly requireStable: boolean;
}

export interface OffsetFetchPartitionResponse {
  readonly partitionIndex: PartitionIndex;
  /** -1 where nothing is committed. */
  readonly committedOffset: Offset;
  readonly committedLeaderEpoch: LeaderEpoch;
  readonly metadata: string;
  readonly errorCode: ErrorName;
}

export interface OffsetFetchResponse extends Response<'OffsetFetchResponse'> {
  readonly errorCode: ErrorName;
  readonly topics: readonly { readonly name: TopicName; readonly partitions: readonly OffsetFetchPartitionResponse[] }[];
}

// --- ConsumerGroupHeartbeat (68) -------------------------------------------------------------------------------------

/** Member epochs with which a member of the consumer protocol leaves, for good or to come back (static members). */
export const LEAVE_GROUP_MEMBER_EPOCH = -1;
export const LEAVE_GROUP_STATIC_MEMBER_EPOCH = -2;

/** A field that is null has not changed since the last heartbeat that was answered. */
export interface ConsumerGroupHeartbeatRequest extends Request<'ConsumerGroupHeartbeatRequest'> {
  readonly groupId: string;
  /** Chosen by the client, for the life of its process (KIP-1082). */
  readonly memberId: string;
  /** 0 joins; -1 and -2 leave. */
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  /** -1 when it has not changed. */
  readonly rebalanceTimeoutMs: number;
  readonly subscribedTopicNames: readonly TopicName[] | null;
  /** null leaves the choice to the coordinator. */
  readonly serverAssignor: string | null;
  /** What the member owns now. */
  readonly topicPartitions: readonly TopicPartitions[] | null;
}

export interface ConsumerGroupHeartbeatResponse extends Response<'ConsumerGroupHeartbeatResponse'> {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** null when it has not changed. */
  readonly assignment: { readonly topicPartitions: readonly TopicPartitions[] } | null;
}

export type GroupRequest =
  | FindCoordinatorRequest
  | JoinGroupRequest
  | SyncGroupRequest
  | HeartbeatRequest
  | LeaveGroupRequest
  | OffsetCommitRequest
  | OffsetFetchRequest
  | ConsumerGroupHeartbeatRequest;

export type GroupResponse =
  | FindCoordinatorResponse
  | JoinGroupResponse
  | SyncGroupResponse
  | HeartbeatResponse
  | LeaveGroupResponse
  | OffsetCommitResponse
  | OffsetFetchResponse
  | ConsumerGroupHeartbeatResponse;
