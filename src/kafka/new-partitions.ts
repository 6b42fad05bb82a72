/**
 * The partitions that a topic begins with or gains: who replicates them, drawn or named by an administrator. Each begins
 * with its active replicas as ISR, led by the first of them, in leader and partition epoch 0.
 *
 * Source: ReplicationControlManager.createTopic, createPartitions, validateManualPartitionAssignment,
 * buildPartitionRegistration.
 */
import type { ErrorName } from './errors.ts';
import type { NodeId, PartitionIndex } from './ids.ts';
import type { MetadataImage } from './metadata.ts';
import type { PartitionRecord, TopicId } from './metadata-records.ts';
import { placeReplicas } from './replica-placer.ts';

export interface Refusal {
  readonly errorCode: ErrorName;
  readonly errorMessage: string;
}

/** The new partitions in order, or why there are none. */
export type NewPartitions = { readonly partitions: readonly PartitionRecord[] } | { readonly refusal: Refusal };

const refuse = (errorCode: ErrorName, errorMessage: string): NewPartitions => ({ refusal: { errorCode, errorMessage } });

/**
 * `count` partitions from `firstPartition` on, placed by `draw`, an unsigned 32-bit integer, on the brokers that are not
 * shutting down. INVALID_REPLICATION_FACTOR when they cannot hold them.
 */
export function drawPartitions(
  image: MetadataImage,
  topicId: TopicId,
  firstPartition: PartitionIndex,
  count: number,
  replicationFactor: number,
  draw: number,
): NewPartitions {
  const why = (reason: string): NewPartitions =>
    refuse('INVALID_REPLICATION_FACTOR', `Unable to replicate the partition ${replicationFactor} time(s): ${reason}`);
  const usable = image.brokers.filter((broker) => !broker.inControlledShutdown);
  const placement = placeReplicas(usable, count, replicationFactor, draw);
  if ('invalidReplicationFactor' in placement) return why(placement.invalidReplicationFactor);
  const partitions: PartitionRecord[] = [];
  for (const [index, replicas] of placement.assignments.entries()) {
    const partition = newPartition(image, topicId, firstPartition + index, replicas);
    if (partition === undefined) return why('All brokers are currently fenced or in controlled shutdown.');
    partitions.push(partition);
  }
  return { partitions };
}

/**
 * Partitions from `firstPartition` on with the replicas that are named, as many of each as `replicationFactor`, or as
 * the first of them has when that is undefined. INVALID_REPLICA_ASSIGNMENT when Kafka would not have them.
 */
export function assignPartitions(
  image: MetadataImage,
  topicId: TopicId,
  firstPartition: PartitionIndex,
  assignments: readonly (readonly NodeId[])[],
  replicationFactor: number | undefined,
): NewPartitions {
  const partitions: PartitionRecord[] = [];
  for (const [index, replicas] of assignments.entries()) {
    const invalid = invalidAssignment(image, replicas, replicationFactor ?? partitions[0]?.replicas.length);
    if (invalid !== undefined) return refuse('INVALID_REPLICA_ASSIGNMENT', invalid);
    const partition = newPartition(image, topicId, firstPartition + index, replicas);
    if (partition === undefined) {
      return refuse(
        'INVALID_REPLICA_ASSIGNMENT',
        `All brokers specified in the manual partition assignment for partition ${firstPartition + index} are fenced or in controlled shutdown.`,
      );
    }
    partitions.push(partition);
  }
  return { partitions };
}

/**
 * What is wrong with `replicas` as an assignment, undefined when nothing is. `replicationFactor` is that of the topic's
 * other partitions, undefined where it is free.
 */
export function invalidAssignment(
  image: MetadataImage,
  replicas: readonly NodeId[],
  replicationFactor: number | undefined,
): string | undefined {
  const includes = 'The manual partition assignment includes';
  if (replicas.length === 0) return `${includes} an empty replica list.`;
  for (const id of replicas.toSorted((a, b) => a - b)) {
    if (image.broker(id) === undefined) return `${includes} broker ${id}, but no such broker is registered.`;
    if (replicas.indexOf(id) !== replicas.lastIndexOf(id)) return `${includes} the broker ${id} more than once.`;
  }
  if (replicationFactor !== undefined && replicas.length !== replicationFactor)
    return `${includes} a partition with ${replicas.length} replica(s), but the other partitions have ${replicationFactor}.`;
  return undefined;
}

function newPartition(
  image: MetadataImage,
  topicId: TopicId,
  partitionId: PartitionIndex,
  replicas: readonly NodeId[],
): PartitionRecord | undefined {
  const isr = replicas.filter((id) => image.isActive(id));
  const leader = isr[0];
  if (leader === undefined) return undefined;
  return {
    type: 'PartitionRecord',
    topicId,
    partitionId,
    replicas,
    isr,
    leader,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 'RECOVERED',
  };
}
