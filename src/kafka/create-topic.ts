/**
 * Creating a topic: a TopicRecord, its configs, a PartitionRecord for each partition. Each partition begins with its
 * active replicas as ISR, led by the first of them, in leader and partition epoch 0.
 *
 * Left out: manual assignments, policies, quotas; what the configs mean is checked where they are read.
 *
 * Source: ReplicationControlManager.createTopic, validateNewTopicNames; Topic.validate.
 */
import type { ErrorName } from './errors.ts';
import type { NodeId, TopicName } from './ids.ts';
import type { MetadataImage } from './metadata.ts';
import { TOPIC_RESOURCE } from './metadata-records.ts';
import type { MetadataRecord, TopicId } from './metadata-records.ts';
import { placeReplicas } from './replica-placer.ts';

export interface CreatableTopic {
  readonly name: TopicName;
  /** Unique over the life of the cluster. */
  readonly topicId: TopicId;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  /** Topic configs by dotted name. */
  readonly configs?: { readonly [name: string]: string };
}

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
export function createTopic(image: MetadataImage, topic: CreatableTopic, draw: number): CreateTopicResult {
  const { name, topicId, numPartitions, replicationFactor } = topic;
  const badName = invalidName(name);
  if (badName !== undefined) return refuse('INVALID_TOPIC_EXCEPTION', badName);
  if (image.topic(name) !== undefined) return refuse('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  const collision = image.topics.find((each) => metricName(each.name) === metricName(name));
  if (collision !== undefined)
    return refuse('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic '${collision.name}'.`);
  if (replicationFactor <= 0)
    return refuse('INVALID_REPLICATION_FACTOR', `Replication factor must be larger than 0, not ${replicationFactor}.`);
  if (numPartitions <= 0)
    return refuse('INVALID_PARTITIONS', `Number of partitions must be larger than 0, not ${numPartitions}.`);

  const usable = image.brokers.filter((broker) => !broker.inControlledShutdown);
  const placement = placeReplicas(usable, numPartitions, replicationFactor, draw);
  if ('invalidReplicationFactor' in placement) {
    return refuse(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): ${placement.invalidReplicationFactor}`,
    );
  }
  const records: MetadataRecord[] = [{ type: 'TopicRecord', name, topicId }];
  for (const [config, value] of Object.entries(topic.configs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    records.push({ type: 'ConfigRecord', resourceType: TOPIC_RESOURCE, resourceName: name, name: config, value });
  }
  placement.assignments.forEach((replicas, partitionId) => {
    const isr = replicas.filter((id) => image.isActive(id));
    // The placer puts an unfenced broker first, and those in controlled shutdown were left out.
    const leader = isr[0] as NodeId;
    records.push({
      type: 'PartitionRecord',
      topicId,
      partitionId,
      replicas,
      isr,
      leader,
      leaderEpoch: 0,
      partitionEpoch: 0,
      leaderRecoveryState: 'RECOVERED',
    });
  });
  return { errorCode: 'NONE', errorMessage: null, records };
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
