/**
 * A consumer group while a request changes it: the records so far, and the group as they leave it, so that what comes later is
 * computed from what was written before it.
 *
 * Source: GroupMetadataManager.consumerGroupHeartbeat, removeMember, replaceMember; GroupCoordinatorRecordHelpers.
 */
import type { TopicName } from '../ids.ts';
import type { ConsumerGroupMemberMetadataValue, ConsumerGroupPartitionMetadataValue, CoordinatorRecord } from './coordinator-records.ts';
import { type CurrentAssignment, NOTHING_ASSIGNED } from './current-assignment.ts';
import { NEW_CONSUMER_GROUP, replay, type ConsumerGroupImage, type GroupImage } from './group-image.ts';
import type { PartitionSet } from './partition-sets.ts';

export type MemberMetadata = ConsumerGroupMemberMetadataValue;
export type TopicSizes = ConsumerGroupPartitionMetadataValue['topics'];

export class GroupDraft {
  readonly records: CoordinatorRecord[] = [];
  private readonly groupId: string;
  private image: GroupImage;

  constructor(groupId: string, image: GroupImage) {
    this.groupId = groupId;
    this.image = image;
  }

  get group(): ConsumerGroupImage {
    return this.image.consumer ?? NEW_CONSUMER_GROUP;
  }

  currentOf(memberId: string): CurrentAssignment {
    return this.group.currentAssignment.get(memberId) ?? NOTHING_ASSIGNED;
  }

  /** Takes back an empty group of the classic protocol, which makes way (maybeDeleteEmptyClassicGroup). */
  removeClassicGroup(): void {
    if (this.image.metadata !== null) this.add({ type: 'GroupMetadata', key: { group: this.groupId }, value: null });
  }

  putMember(memberId: string, value: MemberMetadata): void {
    this.add({ type: 'ConsumerGroupMemberMetadata', key: { groupId: this.groupId, memberId }, value });
  }

  putTarget(memberId: string, topicPartitions: PartitionSet): void {
    this.add({ type: 'ConsumerGroupTargetAssignmentMember', key: { groupId: this.groupId, memberId }, value: { topicPartitions } });
  }

  putCurrent(memberId: string, value: CurrentAssignment): void {
    this.add({ type: 'ConsumerGroupCurrentMemberAssignment', key: { groupId: this.groupId, memberId }, value });
  }

  removeMember(memberId: string): void {
    const key = { groupId: this.groupId, memberId };
    this.add({ type: 'ConsumerGroupCurrentMemberAssignment', key, value: null });
    this.add({ type: 'ConsumerGroupTargetAssignmentMember', key, value: null });
    this.add({ type: 'ConsumerGroupMemberMetadata', key, value: null });
  }

  putTargetEpoch(assignmentEpoch: number): void {
    this.add({ type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId: this.groupId }, value: { assignmentEpoch } });
  }

  bumpEpoch(): void {
    this.add({ type: 'ConsumerGroupMetadata', key: { groupId: this.groupId }, value: { epoch: this.group.groupEpoch + 1 } });
  }

  /** Writes the sizes of the topics that the members subscribe to, where they are not what they were; true when so. */
  refreshSubscriptionMetadata(topics: TopicSizes): boolean {
    const subscribed = new Set<TopicName>();
    for (const { subscribedTopicNames } of this.group.members.values()) for (const name of subscribedTopicNames) subscribed.add(name);
    const sizes = topics.filter(({ topicName }) => subscribed.has(topicName));
    const before = this.group.partitionMetadata;
    const isSame = sizes.length === before.length && sizes.every(({ topicName, numPartitions }, i) => topicName === before[i]?.topicName && numPartitions === before[i]?.numPartitions);
    if (!isSame) this.add({ type: 'ConsumerGroupPartitionMetadata', key: { groupId: this.groupId }, value: { topics: sizes } });
    return !isSame;
  }

  private add(record: CoordinatorRecord): void {
    this.records.push(record);
    this.image = replay(this.image, record);
  }
}
