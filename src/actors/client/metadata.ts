/**
 * What a client knows of the cluster: brokers, and leader and leader epoch of every partition of its topics. Any broker
 * answers from its own, possibly stale, cache; so an older leader epoch of a partition is never taken for news (META-2).
 *
 * When it is refreshed: after `metadata.max.age.ms`, at once for a new topic, and on request (an InvalidMetadata error, a
 * lost connection) after a backoff that grows with failed refreshes and with answers that brought nothing new, so that
 * clients do not storm a cluster that is electing (KIP-580).
 *
 * Simplified: every refresh asks for all topics of interest; topics have no ids, so a recreated topic counts as stale.
 * Source: Metadata, MetadataSnapshot.
 */
import type { MetadataPartition, MetadataResponse } from '../../kafka/api.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import { NO_LEADER, type LeaderEpoch, type NodeId, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import { exponentialBackoffMs } from './backoff.ts';

export interface PartitionMetadata {
  /** NO_LEADER while an election is on. */
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
}

export interface TopicMetadata {
  readonly name: TopicName;
  /** NONE when the topic is known to exist; LEADER_NOT_AVAILABLE before the first answer. */
  readonly errorCode: ErrorName;
  /** By partition index; kept while the topic is in error, for the epochs. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface ClientMetadata {
  /** Empty before the first answer. */
  readonly brokers: readonly NodeId[];
  /** Topics of interest, in the order in which they became so. */
  readonly topics: readonly TopicMetadata[];
  readonly updateRequested: boolean;
  /** A topic was added that no request has asked for yet: the next refresh does not wait. */
  readonly hasNewTopics: boolean;
  /** A MetadataRequest is in flight. */
  readonly inProgress: boolean;
  /** Last answer or failure, and last answer; ms on the node's clock. */
  readonly lastRefreshMs: number;
  readonly lastSuccessfulRefreshMs: number;
  readonly failedAttempts: number;
  /** Answers in a row that brought no newer leader epoch. */
  readonly equivalentResponses: number;
  /** Least wait between `lastRefreshMs` and the next requested refresh. */
  readonly backoffMs: number;
}

/** The configs that govern refreshing, as producers and consumers share them. */
export interface RefreshConfig {
  readonly metadataMaxAgeMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

const NO_PARTITIONS: readonly PartitionMetadata[] = [];

export function newMetadata(topics: readonly TopicName[], nowMs: number): ClientMetadata {
  return {
    brokers: [], topics: topics.map(unknownTopic), updateRequested: false, hasNewTopics: topics.length > 0, inProgress: false,
    lastRefreshMs: nowMs, lastSuccessfulRefreshMs: nowMs, failedAttempts: 0, equivalentResponses: 0, backoffMs: 0,
  };
}

function unknownTopic(name: TopicName): TopicMetadata {
  return { name, errorCode: 'LEADER_NOT_AVAILABLE', partitions: NO_PARTITIONS };
}

export function topicMetadata(metadata: ClientMetadata, name: TopicName): TopicMetadata | undefined {
  for (let i = 0; i < metadata.topics.length; i += 1) {
    const topic = metadata.topics[i] as TopicMetadata;
    if (topic.name === name) return topic;
  }
  return undefined;
}

/** Makes `name` a topic of interest; the next refresh is due at once. */
export function withTopic(metadata: ClientMetadata, name: TopicName): ClientMetadata {
  if (topicMetadata(metadata, name) !== undefined) return metadata;
  return { ...metadata, topics: [...metadata.topics, unknownTopic(name)], hasNewTopics: true, equivalentResponses: 0 };
}

/** What is known looks wrong: refresh as soon as the backoff allows (Metadata.requestUpdate). */
export function withUpdateRequested(metadata: ClientMetadata): ClientMetadata {
  return metadata.updateRequested ? metadata : { ...metadata, updateRequested: true };
}

/** When the next MetadataRequest is due, ms on the node's clock (Metadata.timeToNextUpdate). */
export function nextUpdateAtMs(metadata: ClientMetadata, config: RefreshConfig): number {
  if (metadata.hasNewTopics && metadata.failedAttempts === 0) return metadata.lastRefreshMs;
  const allowedAtMs = metadata.lastRefreshMs + metadata.backoffMs;
  const isWanted = metadata.updateRequested || metadata.hasNewTopics;
  return isWanted ? allowedAtMs : Math.max(metadata.lastSuccessfulRefreshMs + config.metadataMaxAgeMs, allowedAtMs);
}

/** A MetadataRequest for all topics of interest is on its way. */
export function withRequestSent(metadata: ClientMetadata): ClientMetadata {
  return { ...metadata, inProgress: true, hasNewTopics: false };
}

/** The request came to nothing (Metadata.failedUpdate). */
export function withFailedUpdate(metadata: ClientMetadata, config: RefreshConfig, nowMs: number, draw: number): ClientMetadata {
  const backoffMs = exponentialBackoffMs(config.retryBackoffMs, config.retryBackoffMaxMs, metadata.failedAttempts, draw);
  return { ...metadata, inProgress: false, updateRequested: true, lastRefreshMs: nowMs, failedAttempts: metadata.failedAttempts + 1, backoffMs };
}

/**
 * The answer taken in (Metadata.update). Asks for another refresh when it names a topic or partition that is not well:
 * one without a leader, or one that the broker does not know yet. An answer without brokers is a failure: that broker has
 * not caught up with the cluster.
 */
export function withResponse(metadata: ClientMetadata, response: MetadataResponse, config: RefreshConfig, nowMs: number, draw: number): ClientMetadata {
  if (response.brokers.length === 0) return withFailedUpdate(metadata, config, nowMs, draw);
  let hasNews = false;
  let isUnwell = false;
  const topics = metadata.topics.map((known): TopicMetadata => {
    const told = response.topics.find(({ name }) => name === known.name);
    if (told === undefined) return known;
    if (told.errorCode !== 'NONE') {
      isUnwell ||= errorInfo(told.errorCode).retriable;
      return { ...known, errorCode: told.errorCode };
    }
    const partitions: PartitionMetadata[] = known.partitions.slice();
    for (const partition of told.partitions) {
      const before = known.partitions[partition.partitionIndex];
      const after = merged(before, partition);
      if (before === undefined || after.leaderEpoch > before.leaderEpoch) hasNews = true;
      partitions[partition.partitionIndex] = after;
      isUnwell ||= partition.errorCode !== 'NONE' && errorInfo(partition.errorCode).invalidMetadata;
    }
    return { name: known.name, errorCode: 'NONE', partitions: withoutGaps(partitions) };
  });
  const equivalentResponses = hasNews ? 0 : metadata.equivalentResponses + 1;
  return {
    ...metadata,
    brokers: response.brokers.map(({ nodeId }) => nodeId),
    topics,
    updateRequested: isUnwell,
    inProgress: false,
    lastRefreshMs: nowMs,
    lastSuccessfulRefreshMs: nowMs,
    failedAttempts: 0,
    equivalentResponses,
    backoffMs: exponentialBackoffMs(config.retryBackoffMs, config.retryBackoffMaxMs, Math.max(0, equivalentResponses - 1), draw),
  };
}

/** META-2: an equal epoch may bring a leader back online or take it off; an older one brings nothing. */
function merged(before: PartitionMetadata | undefined, { leaderId, leaderEpoch }: MetadataPartition): PartitionMetadata {
  if (before === undefined) return { leaderId, leaderEpoch };
  if (leaderEpoch < before.leaderEpoch || (leaderEpoch === before.leaderEpoch && leaderId === before.leaderId)) return before;
  return { leaderId, leaderEpoch };
}

/** Partitions are numbered without gaps; one that this answer left out has no leader that anybody knows. */
function withoutGaps(partitions: PartitionMetadata[]): readonly PartitionMetadata[] {
  for (let i = 0; i < partitions.length; i += 1) partitions[i] ??= { leaderId: NO_LEADER, leaderEpoch: -1 };
  return partitions;
}

/**
 * A leader epoch was seen elsewhere (with a committed offset, in a ListOffsets answer): when it is newer, the leader that is known is
 * stale and counts for nobody, and answers that are older will not do (Metadata.updateLastSeenEpochIfNewer, partitionMetadataIfCurrent).
 */
export function withSeenEpoch(metadata: ClientMetadata, name: TopicName, partition: PartitionIndex, leaderEpoch: LeaderEpoch): ClientMetadata {
  const at = metadata.topics.findIndex((topic) => topic.name === name);
  const topic = metadata.topics[at];
  const known = topic?.partitions[partition];
  if (topic === undefined || known === undefined || leaderEpoch <= known.leaderEpoch) return metadata;
  const partitions = topic.partitions.with(partition, { leaderId: NO_LEADER, leaderEpoch });
  return { ...metadata, updateRequested: true, topics: metadata.topics.with(at, { ...topic, partitions }) };
}
