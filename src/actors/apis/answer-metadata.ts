/**
 * Metadata (api key 3), answered from this broker's own image, which may be behind (META-2).
 *
 * Simplified: one listener; no topic ids; no auto-creation (`auto.create.topics.enable` matters to the controller).
 * Source: KafkaApis.handleTopicMetadataRequest, KRaftMetadataCache.
 */
import type { Received } from '../../kernel/effects.ts';
import type { MetadataPartition, MetadataRequest, MetadataResponse, MetadataTopic } from '../../kafka/api.ts';
import { NO_LEADER } from '../../kafka/ids.ts';
import { isActive, type MetadataImage, type PartitionRegistration, type TopicImage } from '../../kafka/metadata.ts';
import type { Reduced } from '../reduction.ts';
import type { ApisState } from './state.ts';

export function handleMetadata(state: ApisState, { message, replyTo }: Received<MetadataRequest>): Reduced<ApisState> {
  const { image } = state;
  const topics =
    message.topics === null
      ? image.topics.map((topic) => describeTopic(image, topic))
      : message.topics.map(({ name }): MetadataTopic => {
          const topic = image.topic(name);
          return topic === undefined ? { errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', name, partitions: [] } : describeTopic(image, topic);
        });
  const response: MetadataResponse = {
    type: 'MetadataResponse',
    correlationId: message.correlationId,
    brokers: image.brokers.filter(isActive).map(({ id }) => ({ nodeId: id })),
    controllerId: state.brokerId,
    topics,
  };
  return { state, effects: [{ kind: 'reply', to: replyTo, message: response }] };
}

function describeTopic(image: MetadataImage, { name, partitions }: TopicImage): MetadataTopic {
  return { errorCode: 'NONE', name, partitions: partitions.map((registration, index) => describePartition(image, registration, index)) };
}

/** A leader that is not alive is not named: the client must ask again. */
function describePartition(image: MetadataImage, registration: PartitionRegistration, partitionIndex: number): MetadataPartition {
  const { leader, leaderEpoch, replicas, isr } = registration;
  const isAvailable = leader !== NO_LEADER && image.broker(leader)?.fenced === false;
  return {
    errorCode: isAvailable ? 'NONE' : 'LEADER_NOT_AVAILABLE',
    partitionIndex,
    leaderId: isAvailable ? leader : NO_LEADER,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: replicas.filter((id) => image.broker(id)?.fenced !== false),
  };
}
