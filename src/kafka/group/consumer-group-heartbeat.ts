/**
 * What a heartbeat of the consumer protocol (KIP-848) does to its group, as records: a member joins or changes, the group epoch
 * rises with it, a target assignment is made for the new epoch, and the member takes its next step towards it. In a group at
 * rest it does nothing.
 *
 * Epochs: `memberEpoch <= assignmentEpoch <= groupEpoch`. A member that names another epoch than its own is fenced, but for one
 * that lost the answer which raised it: it names the one before, and owns nothing that it was not assigned.
 *
 * A member that joins with epoch 0 while the coordinator keeps it in a later epoch is fenced as well, until the session of its
 * older self is over: so is Kafka's.
 *
 * Left out: regular expressions, racks, members of the classic protocol in a consumer group (online migration), the minimum
 * interval between assignments of later versions.
 *
 * Source: GroupMetadataManager.consumerGroupHeartbeat, throwIfConsumerGroupMemberEpochIsInvalid,
 * getOrMaybeSubscribeStaticConsumerGroupMember, maybeReconcile, consumerGroupLeave, consumerGroupFenceMember.
 */
import type { ErrorName } from '../errors.ts';
import { LEAVE_GROUP_MEMBER_EPOCH, LEAVE_GROUP_STATIC_MEMBER_EPOCH, type ConsumerGroupHeartbeatRequest } from '../group-api.ts';
import { topicPartition, type PartitionIndex, type TopicName } from '../ids.ts';
import type { Rules } from '../rules.ts';
import type { CoordinatorRecord } from './coordinator-records.ts';
import { isReconciledTo, isSameAssignment, reconcile, type CurrentAssignment } from './current-assignment.ts';
import { GroupDraft, type MemberMetadata, type TopicSizes } from './group-draft.ts';
import type { ConsumerGroupImage, GroupImage } from './group-image.ts';
import { isSameSet, isSubset, namesOf, type PartitionSet } from './partition-sets.ts';
import { updateTargetAssignment } from './target-assignment.ts';

export interface HeartbeatContext {
  readonly groupId: string;
  /** The group is of the consumer protocol, empty, or none yet. */
  readonly image: GroupImage;
  /** All that there are, in order of name. */
  readonly topics: TopicSizes;
  /** They may have changed since the group looked at them last. */
  readonly isRefreshDue: boolean;
  /** `group.consumer.assignors` */
  readonly assignorNames: readonly string[];
  readonly maxSize: number;
  readonly rules: Pick<Rules, 'partitionsAreReleasedFirst'>;
}

export interface HeartbeatResult {
  readonly records: readonly CoordinatorRecord[];
  readonly rebalanceTimeoutMs: number;
  readonly current: CurrentAssignment;
  /** The member took a step. */
  readonly isReconciled: boolean;
  /** To be answered; null when it is what the member knows. */
  readonly assignment: PartitionSet | null;
}

const NO_MEMBER: MemberMetadata = { instanceId: null, subscribedTopicNames: [], rebalanceTimeoutMs: -1, serverAssignor: null };

/** INVALID_REQUEST, UNSUPPORTED_ASSIGNOR or NONE (throwIfConsumerGroupHeartbeatRequestIsInvalid). */
export function errorOfRequest({ memberId, memberEpoch, instanceId, rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, serverAssignor }: ConsumerGroupHeartbeatRequest, assignorNames: readonly string[]): ErrorName {
  if (memberId === '' || instanceId === '' || memberEpoch < LEAVE_GROUP_STATIC_MEMBER_EPOCH) return 'INVALID_REQUEST';
  const saysAll = rebalanceTimeoutMs !== -1 && topicPartitions?.length === 0 && subscribedTopicNames !== null && subscribedTopicNames.length > 0;
  if (memberEpoch === 0 && !saysAll) return 'INVALID_REQUEST';
  if (memberEpoch === LEAVE_GROUP_STATIC_MEMBER_EPOCH && instanceId === null) return 'INVALID_REQUEST';
  return serverAssignor !== null && !assignorNames.includes(serverAssignor) ? 'UNSUPPORTED_ASSIGNOR' : 'NONE';
}

/** `memberEpoch` of the request is at least 0, and it is valid. The error, or what is to be done. */
export function heartbeat({ groupId, image, topics, isRefreshDue, assignorNames, maxSize, rules }: HeartbeatContext, request: ConsumerGroupHeartbeatRequest): HeartbeatResult | ErrorName {
  const { memberId, memberEpoch } = request;
  const draft = new GroupDraft(groupId, image);
  if (draft.group.members.size >= maxSize && !draft.group.members.has(memberId)) return 'GROUP_MAX_SIZE_REACHED';
  const errorCode = memberEpoch === 0 ? subscribe(draft, request) : errorOfMember(draft.group, request);
  if (errorCode !== 'NONE') return errorCode;

  const known = draft.group.members.get(memberId) ?? NO_MEMBER;
  const before = draft.currentOf(memberId);
  const member = updated(known, request);
  if (!isSameMember(known, member)) draft.putMember(memberId, member);
  const isResubscribed = !isSameNames(known.subscribedTopicNames, member.subscribedTopicNames);
  if (isResubscribed || isRefreshDue) {
    const isOther = draft.refreshSubscriptionMetadata(topics);
    if (isResubscribed || isOther) draft.bumpEpoch();
  }
  if (draft.group.groupEpoch > draft.group.assignmentEpoch && updateTargetAssignment(draft, assignorNames) !== null) return 'UNKNOWN_SERVER_ERROR';

  const current = stepOf(draft.group, memberId, before, request.topicPartitions, rules);
  const isReconciled = !isSameAssignment(before, current);
  if (isReconciled) draft.putCurrent(memberId, current);
  const saysAll = memberEpoch === 0 || (request.rebalanceTimeoutMs !== -1 && request.subscribedTopicNames !== null && request.topicPartitions !== null);
  const isNews = saysAll || !isSameSet(before.assignedPartitions, current.assignedPartitions);
  return { records: draft.records, rebalanceTimeoutMs: member.rebalanceTimeoutMs, current, isReconciled, assignment: isNews ? current.assignedPartitions : null };
}

/** The member joins: new, again, or as a static member that comes back under a new id. */
function subscribe(draft: GroupDraft, request: ConsumerGroupHeartbeatRequest): ErrorName {
  const { memberId, instanceId } = request;
  draft.removeClassicGroup();
  const { group } = draft;
  if (instanceId === null) return group.members.has(memberId) ? errorOfEpoch(draft.currentOf(memberId), request) : 'NONE';
  const oldId = staticMemberId(group, instanceId);
  if (oldId === undefined) return 'NONE';
  const old = draft.currentOf(oldId);
  if (old.memberEpoch !== LEAVE_GROUP_STATIC_MEMBER_EPOCH) return 'UNRELEASED_INSTANCE_ID';
  draft.removeMember(oldId);
  draft.putMember(memberId, group.members.get(oldId) as MemberMetadata);
  draft.putTarget(memberId, group.targetAssignment.get(oldId) ?? []);
  draft.putCurrent(memberId, { ...old, memberEpoch: 0, previousMemberEpoch: 0 });
  return 'NONE';
}

function errorOfMember(group: ConsumerGroupImage, request: ConsumerGroupHeartbeatRequest): ErrorName {
  const errorCode = errorOfIdentity(group, request);
  return errorCode === 'NONE' ? errorOfEpoch(group.currentAssignment.get(request.memberId), request) : errorCode;
}

/** UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or NONE. */
function errorOfIdentity(group: ConsumerGroupImage, { memberId, instanceId }: ConsumerGroupHeartbeatRequest): ErrorName {
  if (instanceId === null) return group.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
  const existing = staticMemberId(group, instanceId);
  if (existing === undefined) return 'UNKNOWN_MEMBER_ID';
  return existing === memberId ? 'NONE' : 'FENCED_INSTANCE_ID';
}

function errorOfEpoch(current: CurrentAssignment | undefined, { memberEpoch: received, topicPartitions }: ConsumerGroupHeartbeatRequest): ErrorName {
  const { memberEpoch, previousMemberEpoch, assignedPartitions } = current ?? { memberEpoch: 0, previousMemberEpoch: -1, assignedPartitions: [] };
  if (received === memberEpoch) return 'NONE';
  const hasLostAnswer = received < memberEpoch && received === previousMemberEpoch && topicPartitions !== null && isSubset(topicPartitions, assignedPartitions);
  return hasLostAnswer ? 'NONE' : 'FENCED_MEMBER_EPOCH';
}

function staticMemberId({ members }: ConsumerGroupImage, wanted: string): string | undefined {
  for (const [memberId, { instanceId }] of members) if (instanceId === wanted) return memberId;
  return undefined;
}

/** What the request says, and what it does not as it was. */
function updated(known: MemberMetadata, { instanceId, subscribedTopicNames, rebalanceTimeoutMs, serverAssignor }: ConsumerGroupHeartbeatRequest): MemberMetadata {
  return {
    instanceId: instanceId ?? known.instanceId, subscribedTopicNames: subscribedTopicNames === null ? known.subscribedTopicNames : subscribedTopicNames.toSorted((a, b) => (a < b ? -1 : 1)),
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? known.rebalanceTimeoutMs : rebalanceTimeoutMs, serverAssignor: serverAssignor ?? known.serverAssignor,
  };
}

function isSameMember(a: MemberMetadata, b: MemberMetadata): boolean {
  return a.instanceId === b.instanceId && a.rebalanceTimeoutMs === b.rebalanceTimeoutMs && a.serverAssignor === b.serverAssignor && isSameNames(a.subscribedTopicNames, b.subscribedTopicNames);
}

function isSameNames(a: readonly TopicName[], b: readonly TopicName[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function stepOf(group: ConsumerGroupImage, memberId: string, before: CurrentAssignment, owned: PartitionSet | null, { partitionsAreReleasedFirst }: HeartbeatContext['rules']): CurrentAssignment {
  if (isReconciledTo(before, group.assignmentEpoch)) return before;
  const taken = new Set<string>();
  for (const { assignedPartitions, partitionsPendingRevocation } of group.currentAssignment.values()) {
    for (const name of [...namesOf(assignedPartitions), ...namesOf(partitionsPendingRevocation)]) taken.add(name);
  }
  const isFree = (topic: TopicName, partition: PartitionIndex): boolean => !partitionsAreReleasedFirst || !taken.has(topicPartition(topic, partition));
  return reconcile(before, { targetEpoch: group.assignmentEpoch, target: group.targetAssignment.get(memberId) ?? [], owned, isFree });
}

// --- leaving ---------------------------------------------------------------------------------------------------------

/** `memberEpoch` of the request is -1 or -2. The error, or the records. */
export function leave(groupId: string, image: GroupImage, topics: TopicSizes, request: ConsumerGroupHeartbeatRequest): readonly CoordinatorRecord[] | ErrorName {
  const { group } = new GroupDraft(groupId, image);
  const errorCode = errorOfIdentity(group, request);
  if (errorCode !== 'NONE') return errorCode;
  const { memberId, memberEpoch, instanceId } = request;
  if (memberEpoch === LEAVE_GROUP_MEMBER_EPOCH || instanceId === null) return fence(groupId, image, topics, memberId);
  // A static member says that it will be back: it keeps what it has, for the rest of its session.
  const draft = new GroupDraft(groupId, image);
  draft.putCurrent(memberId, { ...draft.currentOf(memberId), memberEpoch: LEAVE_GROUP_STATIC_MEMBER_EPOCH, partitionsPendingRevocation: [] });
  return draft.records;
}

/** The member is gone, and what it had is free. The next heartbeat of another makes the target of the new epoch. */
export function fence(groupId: string, image: GroupImage, topics: TopicSizes, memberId: string): readonly CoordinatorRecord[] {
  const draft = new GroupDraft(groupId, image);
  draft.removeMember(memberId);
  draft.refreshSubscriptionMetadata(topics);
  draft.bumpEpoch();
  return draft.records;
}
