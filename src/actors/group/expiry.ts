/**
 * Offsets that are too old, groups of which nothing is left, topics that are gone (KIP-211). An offset expires
 * `offsets.retention.minutes` after
 *
 *   an empty group became empty;
 *   the last commit, in a stable group that does not subscribe to its topic any more;
 *   the last commit, in a group that has no members and never had.
 *
 * Nothing expires of topics that a group subscribes to, however old (KAFKA-4682, KAFKA-8069, KAFKA-13636: the rule
 * activeGroupsKeepOffsets). A group without members and without offsets is removed.
 *
 * Source: GroupMetadataManager.maybeDeleteGroup, OffsetMetadataManager.cleanupExpiredOffsets, onPartitionsDeleted,
 * ClassicGroup.offsetExpirationCondition, OffsetExpirationConditionImpl.
 */
import { inState, isSubscribedTo } from '../../kafka/group/classic-group.ts';
import { isConsumerGroupEmpty, isSubscribedToTopic, tombstonesOf } from '../../kafka/group/consumer-group.ts';
import type { CoordinatorRecord } from '../../kafka/group/coordinator-records.ts';
import { isNoGroup, type OffsetAndMetadata } from '../../kafka/group/group-image.ts';
import { BROKER_MACHINES, tell } from '../local-events.ts';
import { groupName, type GroupCleanup, type TopicsDeleted } from './events.ts';
import type { GroupState } from './state.ts';
import type { GroupTurn } from './turn.ts';

const MS_PER_MINUTE = 60_000;

export function cleanUp(turn: GroupTurn, { nowMs }: GroupCleanup): void {
  const { state } = turn;
  const records = [...state.image.offsets.values()].filter((offset) => isExpired(state, offset, nowMs)).map((offset) => tombstone(state, offset));
  const isLast = records.length === state.image.offsets.size && hasNoMembers(state);
  if (isLast) records.push(...tombstonesOfGroup(state));
  if (records.length > 0) turn.write(records, isLast ? [{ kind: 'end' }] : []);
  else if (isLast) maybeEnd(turn);
}

export function topicsDeleted(turn: GroupTurn, { topics }: TopicsDeleted): void {
  const { state } = turn;
  const records = [...state.image.offsets.values()].filter(({ topic }) => topics.includes(topic)).map((offset) => tombstone(state, offset));
  if (records.length > 0) turn.write(records, []);
}

/** Ends the machine of a group of which nothing is left, if nobody has come meanwhile. */
export function maybeEnd(turn: GroupTurn): void {
  const { state } = turn;
  if (!isNoGroup(state.image) || !hasNoMembers(state) || state.writes.length > 0) return;
  turn.group = inState(turn.group, 'Dead', turn.nowMs);
  turn.end([tell(BROKER_MACHINES.groupCoordinator, { type: 'group.ended', groupId: state.groupId }), { kind: 'stop', name: groupName(state.groupId) }]);
}

function hasNoMembers({ image, classic }: GroupState): boolean {
  return image.consumer !== null ? isConsumerGroupEmpty(image.consumer) : classic.state === 'Empty' && classic.pendingJoinMembers.length === 0;
}

function isExpired({ image, classic, config, rules }: GroupState, { topic, commitTimestamp }: OffsetAndMetadata, nowMs: number): boolean {
  const isOlder = (sinceMs: number): boolean => nowMs - sinceMs >= config.offsetsRetentionMinutes * MS_PER_MINUTE;
  // Before 2.1 an offset expired so long after its commit, whoever was there.
  if (!rules.activeGroupsKeepOffsets) return isOlder(commitTimestamp);
  if (image.consumer !== null) return !isSubscribedToTopic(image.consumer, topic) && isOlder(commitTimestamp);
  if (classic.protocolType === null) return isOlder(commitTimestamp);
  if (isSubscribedTo(classic, topic)) return false;
  if (classic.state === 'Empty') return isOlder(classic.stateTimestampMs);
  return classic.state === 'Stable' && isOlder(commitTimestamp);
}

function tombstone({ groupId }: GroupState, { topic, partition }: OffsetAndMetadata): CoordinatorRecord {
  return { type: 'OffsetCommit', key: { group: groupId, topic, partition }, value: null };
}

/** What takes the group itself back; of one that was never written, nothing. */
export function tombstonesOfGroup({ groupId, image }: GroupState): CoordinatorRecord[] {
  const records: CoordinatorRecord[] = image.metadata === null ? [] : [{ type: 'GroupMetadata', key: { group: groupId }, value: null }];
  return image.consumer === null ? records : [...records, ...tombstonesOf(groupId, image.consumer)];
}
