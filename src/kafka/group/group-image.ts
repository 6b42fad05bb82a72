/**
 * A group as its records say it is: what replaying them, in the order of the log, leaves. The coordinator that wrote them has
 * the same image, and so has every one that loads them later.
 *
 * `replay(log)` = the last value of each key, those with a null value gone. A group of the consumer protocol is there from
 * its first ConsumerGroupMetadata record to its tombstone.
 *
 * Source: GroupMetadataManager.replay, OffsetMetadataManager.replay.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { TopicPartitions } from '../group-api.ts';
import { topicPartition, type PartitionIndex, type TopicName, type TopicPartition } from '../ids.ts';
import type {
  ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue, ConsumerGroupPartitionMetadataValue, CoordinatorRecord, GroupMetadataValue, OffsetCommitValue,
} from './coordinator-records.ts';

type OffsetCommitRecord = Extract<CoordinatorRecord, { readonly type: 'OffsetCommit' }>;

export interface OffsetAndMetadata extends OffsetCommitValue {
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
}

/** By topic-partition. */
export type OffsetTable = ReadonlyMap<TopicPartition, OffsetAndMetadata>;

/** A group of the consumer protocol (KIP-848). */
export interface ConsumerGroupImage {
  readonly groupEpoch: number;
  readonly partitionMetadata: ConsumerGroupPartitionMetadataValue['topics'];
  readonly members: ReadonlyMap<string, ConsumerGroupMemberMetadataValue>;
  /** Epoch of the target assignment, -1 before there is one; `assignmentEpoch <= groupEpoch`. */
  readonly assignmentEpoch: number;
  readonly targetAssignment: ReadonlyMap<string, readonly TopicPartitions[]>;
  readonly currentAssignment: ReadonlyMap<string, ConsumerGroupCurrentMemberAssignmentValue>;
}

export interface GroupImage {
  /** Of the classic protocol. */
  readonly metadata: GroupMetadataValue | null;
  readonly consumer: ConsumerGroupImage | null;
  readonly offsets: OffsetTable;
}

export const EMPTY_GROUP_IMAGE: GroupImage = { metadata: null, consumer: null, offsets: new Map() };

export const NEW_CONSUMER_GROUP: ConsumerGroupImage = {
  groupEpoch: 0, partitionMetadata: [], members: new Map(), assignmentEpoch: -1, targetAssignment: new Map(), currentAssignment: new Map(),
};

/** Is there anything left to know of the group? */
export function isNoGroup({ metadata, consumer, offsets }: GroupImage): boolean {
  return metadata === null && consumer === null && offsets.size === 0;
}

/** The image after one more record of the group. */
export function replay(image: GroupImage, record: CoordinatorRecord): GroupImage {
  switch (record.type) {
    case 'OffsetCommit':
      return { ...image, offsets: withOffsets(image.offsets, [record]) };
    case 'GroupMetadata':
      return { ...image, metadata: record.value };
    case 'ConsumerGroupMetadata':
      return { ...image, consumer: record.value === null ? null : { ...(image.consumer ?? NEW_CONSUMER_GROUP), groupEpoch: record.value.epoch } };
    case 'ConsumerGroupPartitionMetadata':
      return withConsumer(image, { partitionMetadata: record.value?.topics ?? [] });
    case 'ConsumerGroupMemberMetadata':
      return withConsumer(image, { members: withEntry(consumerOf(image).members, record.key.memberId, record.value) });
    case 'ConsumerGroupTargetAssignmentMetadata':
      return withConsumer(image, { assignmentEpoch: record.value?.assignmentEpoch ?? -1 });
    case 'ConsumerGroupTargetAssignmentMember':
      return withConsumer(image, { targetAssignment: withEntry(consumerOf(image).targetAssignment, record.key.memberId, record.value?.topicPartitions ?? null) });
    case 'ConsumerGroupCurrentMemberAssignment':
      return withConsumer(image, { currentAssignment: withEntry(consumerOf(image).currentAssignment, record.key.memberId, record.value) });
    default:
      return unreachable(record, 'coordinator record');
  }
}

/** `records.reduce(replay, image)`, with one copy of the offsets for all that are committed together. */
export function replayAll(image: GroupImage, records: readonly CoordinatorRecord[]): GroupImage {
  const others = records.filter(({ type }) => type !== 'OffsetCommit');
  const commits = records.filter((record) => record.type === 'OffsetCommit');
  const replayed = others.reduce(replay, image);
  return commits.length === 0 ? replayed : { ...replayed, offsets: withOffsets(replayed.offsets, commits) };
}

function withOffsets(before: OffsetTable, commits: readonly OffsetCommitRecord[]): OffsetTable {
  const offsets = new Map(before);
  for (const { key: { topic, partition }, value } of commits) {
    const name = topicPartition(topic, partition);
    if (value === null) offsets.delete(name);
    else offsets.set(name, { topic, partition, ...value });
  }
  return offsets;
}

/** A member's first record comes before the group's first epoch does (getOrMaybeCreatePersistedConsumerGroup). */
function consumerOf({ consumer }: GroupImage): ConsumerGroupImage {
  return consumer ?? NEW_CONSUMER_GROUP;
}

/** Tombstones of what never was, or is gone with its group, create none. */
function withConsumer(image: GroupImage, change: Partial<ConsumerGroupImage>): GroupImage {
  const consumer = { ...consumerOf(image), ...change };
  const isNone = image.consumer === null && consumer.members.size === 0 && consumer.targetAssignment.size === 0 && consumer.currentAssignment.size === 0 && consumer.assignmentEpoch === -1 && consumer.partitionMetadata.length === 0;
  return isNone ? image : { ...image, consumer };
}

function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value | null): ReadonlyMap<Key, Value> {
  if (value === null && !map.has(key)) return map;
  const copy = new Map(map);
  if (value === null) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

// --- many groups -----------------------------------------------------------------------------------------------------

/** The groups of one partition of `__consumer_offsets`. */
export type GroupImages = ReadonlyMap<string, GroupImage>;
