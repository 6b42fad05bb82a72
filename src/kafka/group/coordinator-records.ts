/**
 * What a group coordinator writes into `__consumer_offsets`: records of a group's metadata, of its committed offsets, and of
 * the consumer protocol's members and assignments. The last record of a key is what holds; a null value takes it back.
 *
 * Keys and values are text: JSON with Kafka's field names, the kind of the key first, which Kafka gives as a version number.
 * Left out: regular expressions, racks, members of a classic protocol in a consumer group, share and streams groups.
 *
 * Source: group-coordinator/src/main/resources/common/message/*.json (GroupMetadataKey/Value, OffsetCommitKey/Value,
 * ConsumerGroup*Key/Value), GroupCoordinatorRecordHelpers; KIP-848.
 */
import { assert, present } from '../../kernel/assert.ts';
import type { ConsumerAssignment, ConsumerSubscription, TopicPartitions } from '../group-api.ts';
import type { LeaderEpoch, Offset, PartitionIndex, TopicName } from '../ids.ts';
import type { Record } from '../records.ts';

export interface OffsetCommitKey {
  readonly group: string;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
}

export interface OffsetCommitValue {
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
  readonly metadata: string;
  readonly commitTimestamp: number;
}

export interface GroupMetadataMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly rebalanceTimeout: number;
  readonly sessionTimeout: number;
  /** Of the selected protocol alone. */
  readonly subscription: ConsumerSubscription;
  readonly assignment: ConsumerAssignment;
}

/** A group of the classic protocol as it was when its last generation was settled. */
export interface GroupMetadataValue {
  /** null of a group that only commits offsets. */
  readonly protocolType: 'consumer' | null;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string | null;
  /** When it came into its state, ms; offsets of an empty group expire from then on (KIP-211). */
  readonly currentStateTimestamp: number;
  readonly members: readonly GroupMetadataMember[];
}

export interface GroupKey {
  readonly groupId: string;
}

export interface MemberKey {
  readonly groupId: string;
  readonly memberId: string;
}

export interface ConsumerGroupMetadataValue {
  /** The group epoch. */
  readonly epoch: number;
}

/** Of the topics the group subscribes to, as the target assignment knows them. */
export interface ConsumerGroupPartitionMetadataValue {
  readonly topics: readonly { readonly topicName: TopicName; readonly numPartitions: number }[];
}

export interface ConsumerGroupMemberMetadataValue {
  readonly instanceId: string | null;
  readonly subscribedTopicNames: readonly TopicName[];
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
}

export interface ConsumerGroupTargetAssignmentMetadataValue {
  readonly assignmentEpoch: number;
}

export interface ConsumerGroupTargetAssignmentMemberValue {
  readonly topicPartitions: readonly TopicPartitions[];
}

/** MemberState. */
export type MemberState = 'STABLE' | 'UNREVOKED_PARTITIONS' | 'UNRELEASED_PARTITIONS';

export interface ConsumerGroupCurrentMemberAssignmentValue {
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assignedPartitions: readonly TopicPartitions[];
  readonly partitionsPendingRevocation: readonly TopicPartitions[];
}

/** CoordinatorRecord: a key of some kind with its value; null is a tombstone. */
export type CoordinatorRecord =
  | { readonly type: 'OffsetCommit'; readonly key: OffsetCommitKey; readonly value: OffsetCommitValue | null }
  | { readonly type: 'GroupMetadata'; readonly key: { readonly group: string }; readonly value: GroupMetadataValue | null }
  | { readonly type: 'ConsumerGroupMetadata'; readonly key: GroupKey; readonly value: ConsumerGroupMetadataValue | null }
  | { readonly type: 'ConsumerGroupPartitionMetadata'; readonly key: GroupKey; readonly value: ConsumerGroupPartitionMetadataValue | null }
  | { readonly type: 'ConsumerGroupMemberMetadata'; readonly key: MemberKey; readonly value: ConsumerGroupMemberMetadataValue | null }
  | { readonly type: 'ConsumerGroupTargetAssignmentMetadata'; readonly key: GroupKey; readonly value: ConsumerGroupTargetAssignmentMetadataValue | null }
  | { readonly type: 'ConsumerGroupTargetAssignmentMember'; readonly key: MemberKey; readonly value: ConsumerGroupTargetAssignmentMemberValue | null }
  | { readonly type: 'ConsumerGroupCurrentMemberAssignment'; readonly key: MemberKey; readonly value: ConsumerGroupCurrentMemberAssignmentValue | null };

export type CoordinatorRecordType = CoordinatorRecord['type'];

/** The group a record is about. */
export function groupOf(record: CoordinatorRecord): string {
  return record.type === 'OffsetCommit' || record.type === 'GroupMetadata' ? record.key.group : record.key.groupId;
}

/** The record as a log holds it (CoordinatorRecordSerde). */
export function encodeCoordinatorRecord({ type, key, value }: CoordinatorRecord, timestampMs: number): Record {
  return { key: JSON.stringify({ type, ...key }), value: value === null ? null : JSON.stringify(value), timestampMs };
}

/** A memo of a pure function: replicas share their records, and every coordinator that loads them reads them again. */
const DECODED = new WeakMap<Record, CoordinatorRecord>();

/** The inverse. Nobody else writes into the topic, so what cannot be read is a broken invariant of ours. */
export function decodeCoordinatorRecord(record: Record): CoordinatorRecord {
  let decoded = DECODED.get(record);
  if (decoded === undefined) {
    decoded = decode(record);
    DECODED.set(record, decoded);
  }
  return decoded;
}

function decode({ key: text, value }: Record): CoordinatorRecord {
  const { type, key } = keyOf(present(text ?? undefined, 'key of a coordinator record'));
  return { type, key, value: value === null ? null : (JSON.parse(value) as unknown) } as unknown as CoordinatorRecord;
}

interface DecodedKey {
  readonly type: CoordinatorRecordType;
  readonly key: unknown;
}

/** Few keys come again and again: a memo of a pure function, which forgets everything when it is full. */
const KEYS = new Map<string, DecodedKey>();
const MOST_KEYS = 10_000;

function keyOf(text: string): DecodedKey {
  const known = KEYS.get(text);
  if (known !== undefined) return known;
  const { type, ...key } = JSON.parse(text) as { type: CoordinatorRecordType };
  assert(typeof type === 'string', () => `a coordinator record with the key ${text}`);
  if (KEYS.size >= MOST_KEYS) KEYS.clear();
  const decoded = { type, key };
  KEYS.set(text, decoded);
  return decoded;
}
