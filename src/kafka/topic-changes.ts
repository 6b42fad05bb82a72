/**
 * An existing topic gains partitions or is deleted. What becomes of the replicas on the brokers' disks is the brokers'
 * business.
 *
 * Left out: quotas (KIP-599).
 *
 * Source: ReplicationControlManager.createPartitions, deleteTopics; KIP-195, KIP-516.
 */
import { present } from '../kernel/assert.ts';
import type { ErrorName } from './errors.ts';
import type { NodeId, TopicName } from './ids.ts';
import type { MetadataImage } from './metadata.ts';
import type { MetadataRecord } from './metadata-records.ts';
import { assignPartitions, drawPartitions } from './new-partitions.ts';

export interface TopicChangeResult {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly records: readonly MetadataRecord[];
}

const refuse = (errorCode: ErrorName, errorMessage: string): TopicChangeResult => ({
  errorCode,
  errorMessage,
  records: [],
});

const unknownTopic = (name: TopicName): TopicChangeResult =>
  refuse('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`);

/** Decides one topic of a DeleteTopics request: UNKNOWN_TOPIC_OR_PARTITION, or the record that removes it. */
export function deleteTopic(image: MetadataImage, name: TopicName): TopicChangeResult {
  const topic = image.topic(name);
  if (topic === undefined) return unknownTopic(name);
  return { errorCode: 'NONE', errorMessage: null, records: [{ type: 'RemoveTopicRecord', topicId: topic.topicId }] };
}

/** One topic of a CreatePartitions request. */
export interface CreatePartitionsTopic {
  readonly name: TopicName;
  /** The new total. */
  readonly count: number;
  /** The replicas of each new partition. Absent or null: a draw decides. */
  readonly assignments?: readonly (readonly NodeId[])[] | null;
}

/**
 * Decides one topic of a CreatePartitions request: the new partitions have as many replicas as the first one. `draw` is
 * an unsigned 32-bit integer that decides where they go. Refused with UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS,
 * INVALID_REPLICA_ASSIGNMENT or INVALID_REPLICATION_FACTOR.
 */
export function createPartitions(
  image: MetadataImage,
  { name, count, assignments = null }: CreatePartitionsTopic,
  draw: number,
): TopicChangeResult {
  const topic = image.topic(name);
  if (topic === undefined) return unknownTopic(name);
  const existing = topic.partitions.length;
  if (count === existing) return refuse('INVALID_PARTITIONS', `Topic already has ${existing} partition(s).`);
  if (count < existing) {
    return refuse(
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    );
  }
  const additional = count - existing;
  if (assignments !== null && assignments.length !== additional) {
    return refuse(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${additional} additional partition(s), but ${assignments.length} assignment(s) were specified.`,
    );
  }
  const replicationFactor = present(topic.partitions[0], `partition ${name}-0`).replicas.length;
  const added =
    assignments === null
      ? drawPartitions(image, topic.topicId, existing, additional, replicationFactor, draw)
      : assignPartitions(image, topic.topicId, existing, assignments, replicationFactor);
  if ('refusal' in added) return refuse(added.refusal.errorCode, added.refusal.errorMessage);
  return { errorCode: 'NONE', errorMessage: null, records: added.partitions };
}
