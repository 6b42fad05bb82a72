/**
 * Records of the metadata log (`__cluster_metadata`), under the names and with the fields of Kafka's record schemas. A
 * nullable tagged field may be absent here as on the wire: in a PartitionRecord that means empty, in a
 * PartitionChangeRecord it means, as null does, that the field stays. `-2` for the leader of a change means "no change".
 *
 * Left out: listeners (a node's address is its id), feature levels, racks, log directories.
 *
 * Source: the JSON schemas under metadata/src/main/resources/common/metadata; KIP-631, KIP-455, KIP-966.
 */
import type { BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, ProducerId, TopicName } from './ids.ts';

/** A topic's uuid: distinguishes a topic from a later one of the same name (KIP-516). */
export type TopicId = string;
/** A uuid drawn at each start of a broker process. */
export type IncarnationId = string;

/** RECOVERING after an unclean election until the leader says it has recovered (KIP-704). */
export type LeaderRecoveryState = 'RECOVERED' | 'RECOVERING';

/** PartitionChangeRecord.leader: the leader stays (LeaderConstants.NO_LEADER_CHANGE). */
export const NO_LEADER_CHANGE: NodeId = -2;

/** BrokerRegistrationFencingChange. */
export const FENCE = 1;
export const UNFENCE = -1;
/** Nothing changes; also of BrokerRegistrationInControlledShutdownChange. */
export const NO_CHANGE = 0;
export const IN_CONTROLLED_SHUTDOWN = 1;

/** ConfigRecord.resourceType, as ConfigResource.Type numbers them. */
export const TOPIC_RESOURCE = 2;
export const BROKER_RESOURCE = 4;
export type ConfigResourceType = typeof TOPIC_RESOURCE | typeof BROKER_RESOURCE;

export interface RegisterBrokerRecord {
  readonly type: 'RegisterBrokerRecord';
  readonly brokerId: NodeId;
  readonly incarnationId: IncarnationId;
  readonly brokerEpoch: BrokerEpoch;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

export interface UnregisterBrokerRecord {
  readonly type: 'UnregisterBrokerRecord';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
}

export interface BrokerRegistrationChangeRecord {
  readonly type: 'BrokerRegistrationChangeRecord';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly fenced: typeof FENCE | typeof UNFENCE | typeof NO_CHANGE;
  readonly inControlledShutdown: typeof IN_CONTROLLED_SHUTDOWN | typeof NO_CHANGE;
}

export interface TopicRecord {
  readonly type: 'TopicRecord';
  readonly name: TopicName;
  readonly topicId: TopicId;
}

/** The topic, its partitions and its configs are gone. */
export interface RemoveTopicRecord {
  readonly type: 'RemoveTopicRecord';
  readonly topicId: TopicId;
}

/** No partition of the topic has eligible leader replicas or a last known leader any more (KIP-966). */
export interface ClearElrRecord {
  readonly type: 'ClearElrRecord';
  /** '' stands for every topic. */
  readonly topicName: TopicName;
}

export interface PartitionRecord {
  readonly type: 'PartitionRecord';
  readonly topicId: TopicId;
  readonly partitionId: PartitionIndex;
  /** In order of preference: the first is the preferred leader. */
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly leaderRecoveryState: LeaderRecoveryState;
  readonly addingReplicas?: readonly NodeId[];
  readonly removingReplicas?: readonly NodeId[];
  readonly eligibleLeaderReplicas?: readonly NodeId[];
  readonly lastKnownElr?: readonly NodeId[];
}

export interface PartitionChangeRecord {
  readonly type: 'PartitionChangeRecord';
  readonly topicId: TopicId;
  readonly partitionId: PartitionIndex;
  readonly isr: readonly NodeId[] | null;
  /** -2: no change; -1: no leader; naming even the present leader raises the leader epoch. */
  readonly leader: NodeId;
  readonly replicas: readonly NodeId[] | null;
  readonly leaderRecoveryState: LeaderRecoveryState | null;
  readonly addingReplicas?: readonly NodeId[] | null;
  readonly removingReplicas?: readonly NodeId[] | null;
  readonly eligibleLeaderReplicas?: readonly NodeId[] | null;
  readonly lastKnownElr?: readonly NodeId[] | null;
}

export interface ConfigRecord {
  readonly type: 'ConfigRecord';
  readonly resourceType: ConfigResourceType;
  /** The topic's name or the broker's id; '' for the default of all brokers. */
  readonly resourceName: string;
  readonly name: string;
  /** Null removes the entry. */
  readonly value: string | null;
}

/** A block of producer ids was given to a broker; the next block begins at `nextProducerId` (KIP-730). */
export interface ProducerIdsRecord {
  readonly type: 'ProducerIdsRecord';
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly nextProducerId: ProducerId;
}

export type MetadataRecord =
  | RegisterBrokerRecord
  | UnregisterBrokerRecord
  | BrokerRegistrationChangeRecord
  | TopicRecord
  | RemoveTopicRecord
  | PartitionRecord
  | PartitionChangeRecord
  | ClearElrRecord
  | ConfigRecord
  | ProducerIdsRecord;
