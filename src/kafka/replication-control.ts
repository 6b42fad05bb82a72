/**
 * The controller's decisions about brokers, as pure functions from an image to the records that change it:
 * registration, fencing and unfencing, controlled shutdown, unregistration, with the elections they bring about. Who
 * may ask, when a session has expired and when a record is committed is the controller's actor.
 *
 * Records of one decision are derived from one image, touch each partition at most once and come in order of topic
 * creation and partition. Its neighbours: ISR changes that leaders ask for (alter-partition.ts), elections
 * (leader-elections.ts), reassignments (alter-partition-reassignments.ts), topics (create-topic.ts,
 * topic-changes.ts), configs (alter-configs.ts). Left out: log directories.
 *
 * Source: ReplicationControlManager, ClusterControlManager; KIP-497, KIP-631, KIP-841, KIP-903, KIP-966.
 */
import { present } from '../kernel/assert.ts';
import type { BrokerRegistrationRequest } from './api.ts';
import { partitionsWithBrokerInIsr, partitionsWithBrokerInIsrOrElr, partitionsWithNoLeader } from './brokers-to-isrs.ts';
import type { ErrorName } from './errors.ts';
import { NO_EPOCH } from './ids.ts';
import type { BrokerEpoch, NodeId } from './ids.ts';
import type { MetadataImage, TopicIdPartition } from './metadata.ts';
import { FENCE, IN_CONTROLLED_SHUTDOWN, NO_CHANGE, UNFENCE } from './metadata-records.ts';
import type { MetadataRecord, PartitionChangeRecord } from './metadata-records.ts';
import { changePartition, onlineElection } from './partition-changes.ts';
import type { ReplicationControl } from './partition-changes.ts';

export { hasLeaderships, partitionsWhere } from './brokers-to-isrs.ts';
export * from './leader-elections.ts';
export {
  DEFAULT_CONTROL,
  effectiveMinInsyncReplicas,
  uncleanLeaderElectionEnabledForTopic,
} from './partition-changes.ts';
export type { ReplicationControl } from './partition-changes.ts';

export interface BrokerRegistrationResult {
  readonly errorCode: ErrorName;
  /** -1 with an error. */
  readonly brokerEpoch: BrokerEpoch;
  readonly records: readonly MetadataRecord[];
}

/**
 * Registers a broker's process. A new incarnation gets `newBrokerEpoch`, starts fenced, and leaves every ISR its
 * predecessor was in, and every ELR unless its predecessor shut down cleanly; the same incarnation again keeps its
 * epoch and state. DUPLICATE_BROKER_REGISTRATION while another incarnation's session is valid.
 */
export function registerBroker(
  image: MetadataImage,
  control: ReplicationControl,
  request: Pick<BrokerRegistrationRequest, 'brokerId' | 'incarnationId' | 'previousBrokerEpoch'>,
  newBrokerEpoch: BrokerEpoch,
  hasValidSession: boolean,
): BrokerRegistrationResult {
  const { brokerId, incarnationId, previousBrokerEpoch = NO_EPOCH } = request;
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
    ...handleBrokerShutdown(image, control, brokerId, existing?.epoch === previousBrokerEpoch),
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
 * A process is known to have ended because another took its place. Who shut down cleanly still has its log as it was,
 * and is treated as if fenced only now; who did not may lack what it once had, and is no eligible leader any more
 * (ReplicationControlManager.handleBrokerShutdown; KAFKA-18106).
 */
function handleBrokerShutdown(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
  isCleanShutdown: boolean,
): readonly PartitionChangeRecord[] {
  if (!control.rules.newIncarnationLeavesIsr) return [];
  return control.rules.eligibleLeaderReplicas && !isCleanShutdown
    ? leaderAndIsrUpdates(
        image,
        control,
        { brokerWithUncleanShutdown: brokerId },
        partitionsWithBrokerInIsrOrElr(image, brokerId),
      )
    : leaderAndIsrUpdates(image, control, { brokerToRemove: brokerId }, partitionsWithBrokerInIsr(image, brokerId));
}

/**
 * NONE, or STALE_BROKER_EPOCH when the broker is unknown or registered in another epoch
 * (ClusterControlManager.checkBrokerEpoch).
 */
export function checkBrokerEpoch(image: MetadataImage, brokerId: NodeId, brokerEpoch: BrokerEpoch): ErrorName {
  return image.broker(brokerId)?.epoch === brokerEpoch ? 'NONE' : 'STALE_BROKER_EPOCH';
}

/**
 * The broker leaves every ISR, its partitions elect, then it is fenced. Without ELR the last member of an ISR stays,
 * without a leader.
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

/**
 * The broker leaves every ISR and is forgotten. Kafka leaves it in ELRs, from which its next registration, of a process
 * that nobody knows, takes it.
 */
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

export interface UnregisterBrokerResult {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly records: readonly MetadataRecord[];
}

/** An UnregisterBroker request: BROKER_ID_NOT_REGISTERED, or as `handleBrokerUnregistered`. */
export function unregisterBroker(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
): UnregisterBrokerResult {
  if (image.broker(brokerId) === undefined) {
    const errorMessage = `Broker ${brokerId} is not registered.`;
    return { errorCode: 'BROKER_ID_NOT_REGISTERED', errorMessage, records: [] };
  }
  return { errorCode: 'NONE', errorMessage: null, records: handleBrokerUnregistered(image, control, brokerId) };
}

interface BrokerMove {
  /** Never acceptable as a leader, and taken out of the ISR. */
  readonly brokerToRemove?: NodeId;
  /** Acceptable though the image still shows it fenced. */
  readonly brokerToAdd?: NodeId;
  /** As `brokerToRemove`, and taken out of the ELR. */
  readonly brokerWithUncleanShutdown?: NodeId;
}

/** ReplicationControlManager.generateLeaderAndIsrUpdates. */
function leaderAndIsrUpdates(
  image: MetadataImage,
  control: ReplicationControl,
  { brokerToRemove, brokerToAdd, brokerWithUncleanShutdown }: BrokerMove,
  partitions: readonly TopicIdPartition[],
): readonly PartitionChangeRecord[] {
  const goes = (id: NodeId): boolean => id === brokerToRemove || id === brokerWithUncleanShutdown;
  const isAcceptableLeader = (id: NodeId): boolean => !goes(id) && (id === brokerToAdd || image.isActive(id));
  const uncleanShutdownReplicas = brokerWithUncleanShutdown === undefined ? [] : [brokerWithUncleanShutdown];
  const records: PartitionChangeRecord[] = [];
  for (const { topic: name, partition: partitionId } of partitions) {
    const topic = present(image.topic(name), `topic ${name}`);
    const { isr } = present(topic.partitions[partitionId], `partition ${name}-${partitionId}`);
    const record = changePartition(image, control, topic, partitionId, {
      isAcceptableLeader,
      election: onlineElection(image, control, name),
      targetIsr: isr.filter((id) => !goes(id)),
      uncleanShutdownReplicas,
    });
    if (record !== undefined) records.push(record);
  }
  return records;
}
