/**
 * What a change of a partition takes from the image beside its target: whether an unclean election is allowed, how many
 * replicas must be in sync, who is active, and the rules of the version. Every decision of the controller about a
 * partition goes through `changePartition`.
 *
 * Left out: configs that a single broker overrides.
 *
 * Source: ReplicationControlManager, ConfigurationControlManager.
 */
import { present } from '../kernel/assert.ts';
import type { NodeId, PartitionIndex, TopicName } from './ids.ts';
import type { MetadataImage, TopicImage } from './metadata.ts';
import { BROKER_RESOURCE, TOPIC_RESOURCE } from './metadata-records.ts';
import type { PartitionChangeRecord } from './metadata-records.ts';
import { buildPartitionChange } from './partition-change-builder.ts';
import type { Election, PartitionChange } from './partition-change-builder.ts';
import { KAFKA_RULES, type Rules } from './rules.ts';

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

export const MIN_INSYNC_REPLICAS = 'min.insync.replicas';

/** The topic's setting, else the cluster's. */
function configOfTopic(image: MetadataImage, topic: TopicName, name: string): string | undefined {
  return image.configValue(TOPIC_RESOURCE, topic, name) ?? image.configValue(BROKER_RESOURCE, '', name);
}

/** The topic's setting, else the cluster's, else the controller's own. */
export function uncleanLeaderElectionEnabledForTopic(
  image: MetadataImage,
  control: ReplicationControl,
  topic: TopicName,
): boolean {
  const set = configOfTopic(image, topic, 'unclean.leader.election.enable');
  return set === undefined ? control.uncleanLeaderElectionEnable : set === 'true';
}

/**
 * `min.insync.replicas` of a topic, set as above, but never more than its first partition has replicas
 * (ReplicationControlManager.getTopicEffectiveMinIsr).
 */
export function effectiveMinInsyncReplicas(
  image: MetadataImage,
  control: ReplicationControl,
  topic: TopicImage,
): number {
  const set = configOfTopic(image, topic.name, MIN_INSYNC_REPLICAS);
  const minInsyncReplicas = set === undefined ? control.minInsyncReplicas : Number(set);
  return Math.min(minInsyncReplicas, present(topic.partitions[0], `partition ${topic.name}-0`).replicas.length);
}

/** How a partition of the topic elects when it must. */
export function onlineElection(image: MetadataImage, control: ReplicationControl, topic: TopicName): Election {
  return uncleanLeaderElectionEnabledForTopic(image, control, topic) ? 'UNCLEAN' : 'ONLINE';
}

type Wanted = Pick<
  PartitionChange,
  | 'targetIsr'
  | 'targetReplicas'
  | 'targetAdding'
  | 'targetRemoving'
  | 'targetLeaderRecoveryState'
  | 'uncleanShutdownReplicas'
> & {
  readonly election: Election;
  /** Absent: whoever is active. */
  readonly isAcceptableLeader?: (id: NodeId) => boolean;
};

/** The record that brings a partition of the image to what is wanted, undefined when nothing changes. */
export function changePartition(
  image: MetadataImage,
  control: ReplicationControl,
  topic: TopicImage,
  partitionId: PartitionIndex,
  wanted: Wanted,
): PartitionChangeRecord | undefined {
  const { rules } = control;
  return buildPartitionChange({
    topicId: topic.topicId,
    partitionId,
    partition: present(topic.partitions[partitionId], `partition ${topic.name}-${partitionId}`),
    isAcceptableLeader: (id) => image.isActive(id),
    minInsyncReplicas: effectiveMinInsyncReplicas(image, control, topic),
    eligibleLeaderReplicas: rules.eligibleLeaderReplicas,
    lastKnownLeaderMustBeActive: rules.lastKnownLeaderMustBeActive,
    bumpsLeaderEpochOnIsrShrink: rules.bumpsLeaderEpochOnIsrShrink,
    ...wanted,
  });
}
