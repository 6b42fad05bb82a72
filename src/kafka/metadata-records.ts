/**
 * Records of the metadata log (`__cluster_metadata`), under the names and with the fields of Kafka's record schemas. A
 * nullable tagged field that is absent on the wire is null here; `-2` for the leader of a change means "no change".
 *
 * Left out: listeners (a node's address is its id), feature levels, racks, log directories, reassignment fields, and
 * the fields of KIP-966 (eligible leader replicas), which would join PartitionRecord and PartitionChangeRecord as
 * further fields of the same kind.
 *
 * Source: the JSON schemas under metadata/src/main/resources/common/metadata; KIP-631.
 */
import type { BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, TopicName } from './ids.ts';

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

export type MetadataRecord =
  | RegisterBrokerRecord
  | UnregisterBrokerRecord
  | BrokerRegistrationChangeRecord
  | TopicRecord
  | PartitionRecord
  | PartitionChangeRecord
  | ConfigRecord;
