/**
 * The controller's decisions about brokers and partitions, as pure functions from an image to the records that change
 * it: registration, fencing and unfencing, controlled shutdown, elections. Who may ask, when a session has expired and
 * when a record is committed is the controller's actor.
 *
 * Records of one decision are derived from one image, touch each partition at most once and come in order of topic
 * creation and partition. ISR changes that leaders ask for are in alter-partition.ts, new topics in create-topic.ts.
 * Left out: eligible leader replicas (KIP-966), reassignment, topic deletion, log directories.
 *
 * Source: ReplicationControlManager, ClusterControlManager; KIP-497, KIP-631, KIP-841, KIP-903.
 */
import { present } from '../kernel/assert.ts';
import type { BrokerRegistrationRequest } from './api.ts';
import type { ErrorName } from './errors.ts';
import { NO_EPOCH, NO_LEADER } from './ids.ts';
import type { BrokerEpoch, NodeId, PartitionIndex, TopicName } from './ids.ts';
import type { MetadataImage, PartitionRegistration, TopicIdPartition } from './metadata.ts';
import {
  BROKER_RESOURCE,
  FENCE,
  IN_CONTROLLED_SHUTDOWN,
  NO_CHANGE,
  TOPIC_RESOURCE,
  UNFENCE,
} from './metadata-records.ts';
import type { MetadataRecord, PartitionChangeRecord } from './metadata-records.ts';
import { KAFKA_RULES, type Rules } from './rules.ts';
import { buildPartitionChange } from './partition-change-builder.ts';
import type { Election } from './partition-change-builder.ts';

/** What the decisions depend on besides the image: the rules of the version and the controller's own configs. */
export interface ReplicationControl {
  readonly rules: Rules;
  /** `unclean.leader.election.enable` of the controller, where neither topic nor cluster sets it. */
  readonly uncleanLeaderElectionEnable: boolean;
  /** `min.insync.replicas` of the controller, where neither topic nor cluster sets it. */
  readonly minInsyncReplicas: number;
}

/** The newest rules and Kafka's default configs. */
export const DEFAULT_CONTROL: ReplicationControl = { rules: KAFKA_RULES, uncleanLeaderElectionEnable: false, minInsyncReplicas: 1 };

/** ReplicationControlManager.MAX_ELECTIONS_PER_IMBALANCE: elections that one periodic task makes at most. */
export const MAX_ELECTIONS_PER_IMBALANCE = 1_000;

/** The topic's setting, else the cluster's, else the controller's own. */
export function uncleanLeaderElectionEnabledForTopic(
  image: MetadataImage,
  control: ReplicationControl,
  topic: TopicName,
): boolean {
  const name = 'unclean.leader.election.enable';
  const set = image.configValue(TOPIC_RESOURCE, topic, name) ?? image.configValue(BROKER_RESOURCE, '', name);
  return set === undefined ? control.uncleanLeaderElectionEnable : set === 'true';
}

/** The partitions for which `test` holds, in order of topic creation and partition. */
export function partitionsWhere(
  image: MetadataImage,
  test: (partition: PartitionRegistration) => boolean,
): readonly TopicIdPartition[] {
  const found: TopicIdPartition[] = [];
  for (const { topicId, name, partitions } of image.topics) {
    for (let partition = 0; partition < partitions.length; partition += 1) {
      if (test(partitions[partition] as PartitionRegistration)) found.push({ topicId, topic: name, partition });
    }
  }
  return found;
}

/** BrokersToIsrs.hasLeaderships. */
export function hasLeaderships(image: MetadataImage, brokerId: NodeId): boolean {
  return image.topics.some((topic) => topic.partitions.some((partition) => partition.leader === brokerId));
}

const partitionsWithBrokerInIsr = (image: MetadataImage, brokerId: NodeId): readonly TopicIdPartition[] =>
  partitionsWhere(image, (partition) => partition.isr.includes(brokerId));
const partitionsWithNoLeader = (image: MetadataImage): readonly TopicIdPartition[] =>
  partitionsWhere(image, (partition) => partition.leader === NO_LEADER);

// --- brokers --------------------------------------------------------------------------------------------------------

export interface BrokerRegistrationResult {
  readonly errorCode: ErrorName;
  /** -1 with an error. */
  readonly brokerEpoch: BrokerEpoch;
  readonly records: readonly MetadataRecord[];
}

/**
 * Registers a broker's process. A new incarnation gets `newBrokerEpoch`, starts fenced, and leaves every ISR its
 * predecessor was in; the same incarnation again keeps its epoch and state. DUPLICATE_BROKER_REGISTRATION while another
 * incarnation's session is valid.
 */
export function registerBroker(
  image: MetadataImage,
  control: ReplicationControl,
  request: Pick<BrokerRegistrationRequest, 'brokerId' | 'incarnationId'>,
  newBrokerEpoch: BrokerEpoch,
  hasValidSession: boolean,
): BrokerRegistrationResult {
  const { brokerId, incarnationId } = request;
  const existing = image.broker(brokerId);
  if (existing !== undefined && existing.incarnationId === incarnationId) {
    const { epoch: brokerEpoch, fenced, inControlledShutdown } = existing;
    return {
      errorCode: 'NONE',
      brokerEpoch,
      records: [{ type: 'RegisterBrokerRecord', brokerId, incarnationId, brokerEpoch, fenced, inControlledShutdown }],
    };
  }
  if (existing !== undefined && hasValidSession)
    return { errorCode: 'DUPLICATE_BROKER_REGISTRATION', brokerEpoch: NO_EPOCH, records: [] };
  const records: readonly MetadataRecord[] = [
    ...leaderAndIsrUpdates(image, control, { brokerToRemove: brokerId }, partitionsWithBrokerInIsr(image, brokerId)),
    {
      type: 'RegisterBrokerRecord',
      brokerId,
      incarnationId,
      brokerEpoch: newBrokerEpoch,
      fenced: true,
      inControlledShutdown: false,
    },
  ];
  return { errorCode: 'NONE', brokerEpoch: newBrokerEpoch, records };
}

/**
 * NONE, or STALE_BROKER_EPOCH when the broker is unknown or registered in another epoch
 * (ClusterControlManager.checkBrokerEpoch).
 */
export function checkBrokerEpoch(image: MetadataImage, brokerId: NodeId, brokerEpoch: BrokerEpoch): ErrorName {
  return image.broker(brokerId)?.epoch === brokerEpoch ? 'NONE' : 'STALE_BROKER_EPOCH';
}

/**
 * The broker leaves every ISR, its partitions elect, then it is fenced. The last member of an ISR stays, without a
 * leader.
 */
export function handleBrokerFenced(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
): readonly MetadataRecord[] {
  const brokerEpoch = present(image.broker(brokerId), `registration of broker ${brokerId}`).epoch;
  return [
    ...leaderAndIsrUpdates(image, control, { brokerToRemove: brokerId }, partitionsWithBrokerInIsr(image, brokerId)),
    { type: 'BrokerRegistrationChangeRecord', brokerId, brokerEpoch, fenced: FENCE, inControlledShutdown: NO_CHANGE },
  ];
}

/** The broker is unfenced; partitions without a leader may now elect it. */
export function handleBrokerUnfenced(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
): readonly MetadataRecord[] {
  const brokerEpoch = present(image.broker(brokerId), `registration of broker ${brokerId}`).epoch;
  return [
    { type: 'BrokerRegistrationChangeRecord', brokerId, brokerEpoch, fenced: UNFENCE, inControlledShutdown: NO_CHANGE },
    ...leaderAndIsrUpdates(image, control, { brokerToAdd: brokerId }, partitionsWithNoLeader(image)),
  ];
}

/** The broker is marked as leaving and gives up its leaderships and its places in ISRs. */
export function handleBrokerInControlledShutdown(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
): readonly MetadataRecord[] {
  const { epoch: brokerEpoch, inControlledShutdown } = present(
    image.broker(brokerId),
    `registration of broker ${brokerId}`,
  );
  const updates = leaderAndIsrUpdates(
    image,
    control,
    { brokerToRemove: brokerId },
    partitionsWithBrokerInIsr(image, brokerId),
  );
  if (inControlledShutdown) return updates;
  return [
    {
      type: 'BrokerRegistrationChangeRecord',
      brokerId,
      brokerEpoch,
      fenced: NO_CHANGE,
      inControlledShutdown: IN_CONTROLLED_SHUTDOWN,
    },
    ...updates,
  ];
}

/** The broker leaves every ISR and is forgotten. */
export function handleBrokerUnregistered(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
): readonly MetadataRecord[] {
  const brokerEpoch = present(image.broker(brokerId), `registration of broker ${brokerId}`).epoch;
  return [
    ...leaderAndIsrUpdates(image, control, { brokerToRemove: brokerId }, partitionsWithBrokerInIsr(image, brokerId)),
    { type: 'UnregisterBrokerRecord', brokerId, brokerEpoch },
  ];
}

interface BrokerMove {
  /** Never acceptable as a leader, and taken out of the ISR. */
  readonly brokerToRemove?: NodeId;
  /** Acceptable though the image still shows it fenced. */
  readonly brokerToAdd?: NodeId;
}

/** ReplicationControlManager.generateLeaderAndIsrUpdates. */
function leaderAndIsrUpdates(
  image: MetadataImage,
  control: ReplicationControl,
  { brokerToRemove, brokerToAdd }: BrokerMove,
  partitions: readonly TopicIdPartition[],
): readonly PartitionChangeRecord[] {
  const isAcceptableLeader = (id: NodeId): boolean =>
    id !== brokerToRemove && (id === brokerToAdd || image.isActive(id));
  const records: PartitionChangeRecord[] = [];
  for (const { topicId, topic, partition: partitionId } of partitions) {
    const partition = present(image.partition(topic, partitionId), `partition ${topic}-${partitionId}`);
    const record = buildPartitionChange({
      topicId,
      partitionId,
      partition,
      isAcceptableLeader,
      election: onlineElection(image, control, topic),
      targetIsr: partition.isr.filter((id) => id !== brokerToRemove),
      bumpsLeaderEpochOnIsrShrink: control.rules.bumpsLeaderEpochOnIsrShrink,
    });
    if (record !== undefined) records.push(record);
  }
  return records;
}

function onlineElection(image: MetadataImage, control: ReplicationControl, topic: TopicName): Election {
  return uncleanLeaderElectionEnabledForTopic(image, control, topic) ? 'UNCLEAN' : 'ONLINE';
}

// --- elections ------------------------------------------------------------------------------------------------------

export type ElectionType = 'PREFERRED' | 'UNCLEAN';

export interface ElectLeaderResult {
  readonly errorCode: ErrorName;
  readonly records: readonly PartitionChangeRecord[];
}

const electionFailed = (errorCode: ErrorName): ElectLeaderResult => ({ errorCode, records: [] });

/** One partition of an ElectLeaders request. */
export function electLeader(
  image: MetadataImage,
  control: ReplicationControl,
  topic: TopicName,
  partitionId: PartitionIndex,
  type: ElectionType,
): ElectLeaderResult {
  const topicId = image.topic(topic)?.topicId;
  const partition = image.partition(topic, partitionId);
  if (topicId === undefined || partition === undefined) return electionFailed('UNKNOWN_TOPIC_OR_PARTITION');
  if (type === 'PREFERRED' ? partition.leader === partition.replicas[0] : partition.leader !== NO_LEADER)
    return electionFailed('ELECTION_NOT_NEEDED');
  const record = buildPartitionChange({
    topicId,
    partitionId,
    partition,
    isAcceptableLeader: (id) => image.isActive(id),
    election: type,
    bumpsLeaderEpochOnIsrShrink: control.rules.bumpsLeaderEpochOnIsrShrink,
  });
  if (record === undefined)
    return electionFailed(type === 'PREFERRED' ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE');
  return { errorCode: 'NONE', records: [record] };
}

export interface PeriodicElections {
  readonly records: readonly PartitionChangeRecord[];
  /** The limit was reached: run the task again at once. */
  readonly mayHaveMore: boolean;
}

/** Tries to give every partition its preferred leader (`auto.leader.rebalance.enable`). */
export function maybeBalancePartitionLeaders(
  image: MetadataImage,
  control: ReplicationControl,
  maxElections = MAX_ELECTIONS_PER_IMBALANCE,
): PeriodicElections {
  return electEach(
    image,
    control,
    'PREFERRED',
    maxElections,
    partitionsWhere(image, (partition) => partition.leader !== partition.replicas[0]),
  );
}

/** Elects unclean leaders for leaderless partitions of topics that allow it (`unclean.leader.election.interval.ms`). */
export function maybeElectUncleanLeaders(
  image: MetadataImage,
  control: ReplicationControl,
  maxElections = MAX_ELECTIONS_PER_IMBALANCE,
): PeriodicElections {
  const allowed = partitionsWithNoLeader(image).filter(({ topic }) =>
    uncleanLeaderElectionEnabledForTopic(image, control, topic),
  );
  return electEach(image, control, 'UNCLEAN', maxElections, allowed);
}

function electEach(
  image: MetadataImage,
  control: ReplicationControl,
  type: ElectionType,
  maxElections: number,
  partitions: readonly TopicIdPartition[],
): PeriodicElections {
  const records: PartitionChangeRecord[] = [];
  for (const { topic, partition } of partitions) {
    if (records.length >= maxElections) break;
    records.push(...electLeader(image, control, topic, partition, type).records);
  }
  return { records, mayHaveMore: records.length >= maxElections };
}
