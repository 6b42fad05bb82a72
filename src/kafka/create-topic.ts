/**
 * Creating a topic: a TopicRecord, its configs, a PartitionRecord for each partition.
 *
 * Left out: policies, quotas; what the configs mean is checked where they are read.
 *
 * Source: ReplicationControlManager.createTopic, validateNewTopicNames; Topic.validate.
 */
import type { ErrorName } from './errors.ts';
import type { NodeId, PartitionIndex, TopicName } from './ids.ts';
import type { MetadataImage } from './metadata.ts';
import { TOPIC_RESOURCE } from './metadata-records.ts';
import type { MetadataRecord, TopicId } from './metadata-records.ts';
import { assignPartitions, drawPartitions } from './new-partitions.ts';
import type { NewPartitions } from './new-partitions.ts';

export interface CreatableTopic {
  readonly name: TopicName;
  /** Unique over the life of the cluster. */
  readonly topicId: TopicId;
  /** -1: the cluster's default, or as many as `assignments` has; so for the replication factor. */
  readonly numPartitions: number;
  readonly replicationFactor: number;
  /** Who replicates what. Absent or empty: a draw decides. */
  readonly assignments?: readonly ReplicaAssignment[];
  /** Topic configs by dotted name. */
  readonly configs?: { readonly [name: string]: string };
}

/** CreatableReplicaAssignment. */
export interface ReplicaAssignment {
  readonly partitionIndex: PartitionIndex;
  /** The preferred leader first. */
  readonly brokerIds: readonly NodeId[];
}

/** What a topic gets that asks for no number: `num.partitions`, `default.replication.factor`. */
export interface TopicDefaults {
  readonly numPartitions: number;
  readonly defaultReplicationFactor: number;
}

const KAFKA_DEFAULTS: TopicDefaults = { numPartitions: 1, defaultReplicationFactor: 1 };

export interface CreateTopicResult {
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly records: readonly MetadataRecord[];
}

const refuse = (errorCode: ErrorName, errorMessage: string): CreateTopicResult => ({
  errorCode,
  errorMessage,
  records: [],
});

/** Topic.MAX_NAME_LENGTH: the directory `<topic>-<partition>` must fit a file name. */
const MAX_NAME_LENGTH = 249;

/** Decides one topic of a CreateTopics request. `draw` is an unsigned 32-bit integer that decides where replicas go. */
export function createTopic(
  image: MetadataImage,
  topic: CreatableTopic,
  draw: number,
  defaults: TopicDefaults = KAFKA_DEFAULTS,
): CreateTopicResult {
  const { name, topicId, assignments = [] } = topic;
  const badName = invalidName(name);
  if (badName !== undefined) return refuse('INVALID_TOPIC_EXCEPTION', badName);
  if (image.topic(name) !== undefined) return refuse('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  const collision = image.topics.find((each) => metricName(each.name) === metricName(name));
  if (collision !== undefined)
    return refuse('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic '${collision.name}'.`);

  const created = assignments.length > 0 ? asAssigned(image, topic, assignments) : asDrawn(image, topic, draw, defaults);
  if ('refusal' in created) return refuse(created.refusal.errorCode, created.refusal.errorMessage);
  const records: MetadataRecord[] = [{ type: 'TopicRecord', name, topicId }];
  for (const [config, value] of Object.entries(topic.configs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    records.push({ type: 'ConfigRecord', resourceType: TOPIC_RESOURCE, resourceName: name, name: config, value });
  }
  records.push(...created.partitions);
  return { errorCode: 'NONE', errorMessage: null, records };
}

function asDrawn(image: MetadataImage, topic: CreatableTopic, draw: number, defaults: TopicDefaults): NewPartitions {
  const { topicId, numPartitions, replicationFactor } = topic;
  if (replicationFactor < -1 || replicationFactor === 0) {
    const errorMessage = `Replication factor must be larger than 0, or -1 for the default, not ${replicationFactor}.`;
    return { refusal: { errorCode: 'INVALID_REPLICATION_FACTOR', errorMessage } };
  }
  if (numPartitions < -1 || numPartitions === 0) {
    const errorMessage = `Number of partitions must be larger than 0, or -1 for the default, not ${numPartitions}.`;
    return { refusal: { errorCode: 'INVALID_PARTITIONS', errorMessage } };
  }
  return drawPartitions(
    image,
    topicId,
    0,
    numPartitions === -1 ? defaults.numPartitions : numPartitions,
    replicationFactor === -1 ? defaults.defaultReplicationFactor : replicationFactor,
    draw,
  );
}

function asAssigned(
  image: MetadataImage,
  { topicId, numPartitions, replicationFactor }: CreatableTopic,
  assignments: readonly ReplicaAssignment[],
): NewPartitions {
  if (replicationFactor !== -1 || numPartitions !== -1) {
    const given = replicationFactor !== -1 ? 'the replication factor' : 'the number of partitions';
    const errorMessage = `A manual partition assignment was specified, but ${given} was not set to -1.`;
    return { refusal: { errorCode: 'INVALID_REQUEST', errorMessage } };
  }
  const ordered = assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
  if (ordered.some(({ partitionIndex }, index) => partitionIndex !== index)) {
    const errorMessage = 'Partitions should be a consecutive 0-based integer sequence.';
    return { refusal: { errorCode: 'INVALID_REPLICA_ASSIGNMENT', errorMessage } };
  }
  return assignPartitions(image, topicId, 0, ordered.map(({ brokerIds }) => brokerIds), undefined);
}

/** Why Kafka would not have a topic of that name, undefined when it would. */
function invalidName(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed.';
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed.`;
  if (name.length > MAX_NAME_LENGTH)
    return `Topic name is invalid: its ${name.length} characters are more than ${MAX_NAME_LENGTH}.`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return `Topic name is invalid: '${name}' contains other characters than ASCII letters, digits, '.', '_' and '-'.`;
  return undefined;
}

/** Metrics write '.' as '_', so names that differ only there collide (Topic.unifyCollisionChars). */
function metricName(name: string): string {
  return name.replaceAll('.', '_');
}
