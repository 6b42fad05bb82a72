/**
 * Reassigning partitions (KIP-455): an administrator names the replicas a partition is to have, or gives up what is
 * under way. What the controller decides at once is the start and the cancellation; the completion comes with whatever
 * change of the partition makes it possible, see partition-change-builder.ts.
 *
 * As in Kafka a new target replaces the one under way: what the old one had added and the new one does not want goes.
 * Where the new target takes nobody away, though, whom the old one was removing is still removed, and so for adding.
 * Ours is only the refusal of a request that names a partition twice, which Kafka's clients cannot send.
 *
 * Source: ReplicationControlManager.alterPartitionReassignments, changePartitionReassignment,
 * cancelPartitionReassignment, listPartitionReassignments.
 */
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  OngoingPartitionReassignment,
} from './admin-api.ts';
import { reassigningPartitions } from './brokers-to-isrs.ts';
import type { ErrorName } from './errors.ts';
import type { NodeId, PartitionIndex, TopicName } from './ids.ts';
import type { MetadataImage, TopicImage } from './metadata.ts';
import type { PartitionChangeRecord } from './metadata-records.ts';
import { invalidAssignment } from './new-partitions.ts';
import { changePartition, onlineElection, uncleanLeaderElectionEnabledForTopic } from './partition-changes.ts';
import type { ReplicationControl } from './partition-changes.ts';
import { isReassignmentInProgress, revertReassignment, startReassignment } from './partition-reassignment.ts';
import { NO_REPLICAS } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';

export interface AlterPartitionReassignmentResult {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  /** Undefined with an error, and when the partition is as wanted. */
  readonly record: PartitionChangeRecord | undefined;
}

export interface AlterPartitionReassignmentsResult {
  readonly records: readonly PartitionChangeRecord[];
  readonly response: Pick<AlterPartitionReassignmentsResponse, 'errorCode' | 'errorMessage' | 'responses'>;
}

const refuse = (errorCode: ErrorName, errorMessage: string): AlterPartitionReassignmentResult => ({
  errorCode,
  errorMessage,
  record: undefined,
});

/** Decides an AlterPartitionReassignments request, every partition for itself, all against the same image. */
export function alterPartitionReassignments(
  image: MetadataImage,
  control: ReplicationControl,
  request: Pick<AlterPartitionReassignmentsRequest, 'topics'>,
): AlterPartitionReassignmentsResult {
  const records: PartitionChangeRecord[] = [];
  const seen = new Set<string>();
  const responses = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, replicas }) => {
      const id = `${name}-${partitionIndex}`;
      const { errorCode, errorMessage, record } = seen.has(id)
        ? refuse('INVALID_REQUEST', `The request names partition ${id} more than once.`)
        : alterPartitionReassignment(image, control, name, partitionIndex, replicas);
      seen.add(id);
      if (record !== undefined) records.push(record);
      return { partitionIndex, errorCode, errorMessage };
    }),
  }));
  return { records, response: { errorCode: 'NONE', errorMessage: null, responses } };
}

/**
 * One partition of it: `replicas` is the target, the preferred leader first; null cancels. Refused with
 * UNKNOWN_TOPIC_OR_PARTITION, INVALID_REPLICA_ASSIGNMENT or NO_REASSIGNMENT_IN_PROGRESS.
 */
export function alterPartitionReassignment(
  image: MetadataImage,
  control: ReplicationControl,
  topicName: TopicName,
  partitionIndex: PartitionIndex,
  replicas: readonly NodeId[] | null,
): AlterPartitionReassignmentResult {
  const topic = image.topic(topicName);
  if (topic === undefined) return refuse('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${topicName}.`);
  const partition = topic.partitions[partitionIndex];
  if (partition === undefined)
    return refuse('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find partition ${topicName}:${partitionIndex}.`);
  return replicas === null
    ? cancel(image, control, topic, partitionIndex, partition)
    : change(image, control, topic, partitionIndex, partition, replicas);
}

function change(
  image: MetadataImage,
  control: ReplicationControl,
  topic: TopicImage,
  partitionIndex: PartitionIndex,
  partition: PartitionRegistration,
  target: readonly NodeId[],
): AlterPartitionReassignmentResult {
  const invalid = invalidAssignment(image, target, undefined);
  if (invalid !== undefined) return refuse('INVALID_REPLICA_ASSIGNMENT', invalid);
  const { replicas, addingReplicas, removingReplicas } = startReassignment(partition.replicas, target);
  const record = changePartition(image, control, topic, partitionIndex, {
    // Kafka does not let an unclean election follow from a reassignment, whatever the topic allows.
    election: 'ONLINE',
    targetReplicas: replicas,
    ...(addingReplicas.length > 0 && { targetAdding: addingReplicas }),
    ...(removingReplicas.length > 0 && { targetRemoving: removingReplicas }),
  });
  return { errorCode: 'NONE', errorMessage: null, record };
}

function cancel(
  image: MetadataImage,
  control: ReplicationControl,
  topic: TopicImage,
  partitionIndex: PartitionIndex,
  partition: PartitionRegistration,
): AlterPartitionReassignmentResult {
  if (!isReassignmentInProgress(partition))
    return refuse('NO_REASSIGNMENT_IN_PROGRESS', 'No partition reassignment is in progress.');
  const { replicas, isr, unclean } = revertReassignment(partition);
  if (unclean && !uncleanLeaderElectionEnabledForTopic(image, control, topic.name)) {
    return refuse(
      'INVALID_REPLICA_ASSIGNMENT',
      `Unable to revert partition assignment for ${topic.name}:${partitionIndex} because it would require an unclean leader election.`,
    );
  }
  const record = changePartition(image, control, topic, partitionIndex, {
    election: onlineElection(image, control, topic.name),
    targetIsr: isr,
    targetReplicas: replicas,
    targetAdding: NO_REPLICAS,
    targetRemoving: NO_REPLICAS,
  });
  return { errorCode: 'NONE', errorMessage: null, record };
}

/**
 * The reassignments under way among the partitions asked for, or all of them (null). What does not exist or is not being
 * reassigned is left out.
 */
export function listPartitionReassignments(
  image: MetadataImage,
  topics: ListPartitionReassignmentsRequest['topics'],
): ListPartitionReassignmentsResponse['topics'] {
  const asked = topics ?? reassigningByTopic(image);
  return asked
    .map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.flatMap((partitionIndex): OngoingPartitionReassignment[] => {
        const partition = image.partition(name, partitionIndex);
        if (partition === undefined || !isReassignmentInProgress(partition)) return [];
        const { replicas, addingReplicas, removingReplicas } = partition;
        return [{ partitionIndex, replicas, addingReplicas, removingReplicas }];
      }),
    }))
    .filter(({ partitions }) => partitions.length > 0);
}

function reassigningByTopic(
  image: MetadataImage,
): readonly { readonly name: TopicName; readonly partitionIndexes: readonly PartitionIndex[] }[] {
  const byTopic = new Map<TopicName, PartitionIndex[]>();
  for (const { topic, partition } of reassigningPartitions(image)) {
    const indexes = byTopic.get(topic);
    if (indexes === undefined) byTopic.set(topic, [partition]);
    else indexes.push(partition);
  }
  return [...byTopic].map(([name, partitionIndexes]) => ({ name, partitionIndexes }));
}
