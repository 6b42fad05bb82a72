/**
 * A group of the consumer protocol (KIP-848), as far as its image alone says: who may commit and fetch, what it subscribes
 * to, what takes it back.
 *
 * Source: ConsumerGroup.validateOffsetCommit, validateOffsetFetch, isSubscribedToTopic, createGroupTombstoneRecords.
 */
import type { ErrorName } from '../errors.ts';
import type { TopicName } from '../ids.ts';
import type { CoordinatorRecord } from './coordinator-records.ts';
import type { ConsumerGroupImage } from './group-image.ts';

export function isConsumerGroupEmpty({ members }: ConsumerGroupImage): boolean {
  return members.size === 0;
}

export function isSubscribedToTopic({ members }: ConsumerGroupImage, topic: TopicName): boolean {
  for (const { subscribedTopicNames } of members.values()) if (subscribedTopicNames.includes(topic)) return true;
  return false;
}

/** A commit of an older epoch is stale: the member commits again when its next heartbeat has told it the new one. */
export function validateConsumerOffsetCommit(group: ConsumerGroupImage, memberId: string, memberEpoch: number): ErrorName {
  if (memberEpoch < 0 && group.members.size === 0) return 'NONE';
  return validateEpoch(group, memberId, memberEpoch);
}

/** Without a member id and epoch nothing is checked. */
export function validateConsumerOffsetFetch(group: ConsumerGroupImage, memberId: string, memberEpoch: number): ErrorName {
  return memberId === '' && memberEpoch < 0 ? 'NONE' : validateEpoch(group, memberId, memberEpoch);
}

function validateEpoch({ members, currentAssignment }: ConsumerGroupImage, memberId: string, memberEpoch: number): ErrorName {
  if (!members.has(memberId)) return 'UNKNOWN_MEMBER_ID';
  return memberEpoch !== (currentAssignment.get(memberId)?.memberEpoch ?? 0) ? 'STALE_MEMBER_EPOCH' : 'NONE';
}

/** Everything that was ever written of the group, taken back: members first, the group last. */
export function tombstonesOf(groupId: string, { members, targetAssignment, currentAssignment }: ConsumerGroupImage): CoordinatorRecord[] {
  return [
    ...[...currentAssignment.keys()].map((memberId): CoordinatorRecord => ({ type: 'ConsumerGroupCurrentMemberAssignment', key: { groupId, memberId }, value: null })),
    ...[...targetAssignment.keys()].map((memberId): CoordinatorRecord => ({ type: 'ConsumerGroupTargetAssignmentMember', key: { groupId, memberId }, value: null })),
    { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId }, value: null },
    ...[...members.keys()].map((memberId): CoordinatorRecord => ({ type: 'ConsumerGroupMemberMetadata', key: { groupId, memberId }, value: null })),
    { type: 'ConsumerGroupPartitionMetadata', key: { groupId }, value: null },
    { type: 'ConsumerGroupMetadata', key: { groupId }, value: null },
  ];
}

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

/** ConsumerGroup.maybeUpdateGroupState */
export function consumerGroupStateOf({ members, groupEpoch, assignmentEpoch, currentAssignment }: ConsumerGroupImage): ConsumerGroupState {
  if (members.size === 0) return 'Empty';
  if (groupEpoch > assignmentEpoch) return 'Assigning';
  for (const memberId of members.keys()) {
    const current = currentAssignment.get(memberId);
    if (current === undefined || current.state !== 'STABLE' || current.memberEpoch !== assignmentEpoch) return 'Reconciling';
  }
  return 'Stable';
}
