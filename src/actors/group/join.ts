/**
 * JoinGroup (api key 11). A member without an id is given one and asked to come back with it (KIP-394), unless it is static. A
 * member that is known joins again: in a stable group only the leader, or one whose subscription changed, begins a rebalance.
 *
 * Left out: versions of the request before 4, clients that cannot be told to come back with an id.
 * Source: GroupMetadataManager.classicGroupJoin, classicGroupJoinNewMember, classicGroupJoinExistingMember, acceptJoiningMember.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { Received } from '../../kernel/effects.ts';
import type { JoinGroupRequest } from '../../kafka/group-api.ts';
import { awaitedJoins, EMPTY_ASSIGNMENT, matchesProtocols, memberOf, staticMemberId, supportsProtocols, validateMember, withNewMember, withoutMember } from '../../kafka/group/classic-group.ts';
import { tombstonesOf } from '../../kafka/group/consumer-group.ts';
import { isNoGroup } from '../../kafka/group/group-image.ts';
import { replaceStaticMember } from './join-static.ts';
import { joined, maybePrepareRebalanceOrCompleteJoin, storeEmptyGroup } from './rebalance.ts';
import type { Group } from './state.ts';
import type { GroupTurn } from './turn.ts';

/** A join of a new member is parked no longer than this, whatever its session timeout (classicGroupNewMemberJoinTimeoutMs). */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;

export interface JoinWaiter {
  readonly replyTo: number;
  readonly request: JoinGroupRequest;
}

export function handleJoin(turn: GroupTurn, { message: request, replyTo, from }: Received<JoinGroupRequest>): void {
  const waiter: JoinWaiter = { replyTo, request };
  const { config, image } = turn.state;
  const { groupId, memberId, sessionTimeoutMs } = request;
  if (groupId === '') return turn.refuse(waiter, 'INVALID_GROUP_ID');
  if (sessionTimeoutMs < config.groupMinSessionTimeoutMs || sessionTimeoutMs > config.groupMaxSessionTimeoutMs) return turn.refuse(waiter, 'INVALID_SESSION_TIMEOUT');
  if (image.consumer !== null && image.consumer.members.size > 0) return turn.refuse(waiter, 'INCONSISTENT_GROUP_PROTOCOL');
  if (image.consumer !== null && memberId !== '') return turn.refuse(waiter, 'UNKNOWN_MEMBER_ID');
  const isNewGroup = image.consumer !== null || (isNoGroup(image) && turn.group.generationId === 0 && turn.group.members.size === 0 && turn.group.pendingJoinMembers.length === 0);
  if (isNewGroup && memberId !== '') return turn.refuse(waiter, 'UNKNOWN_MEMBER_ID');
  // An empty group of the consumer protocol makes way (maybeDeleteEmptyConsumerGroup).
  if (image.consumer !== null) turn.write(tombstonesOf(groupId, image.consumer), []);
  const writesBefore = turn.state.lastWriteId;
  if (!isAccepted(turn.group, memberId, config.groupMaxSize)) {
    turn.group = withoutMember(turn.group, memberId);
    turn.refuse(waiter, 'GROUP_MAX_SIZE_REACHED');
  } else if (turn.group.state === 'Dead') {
    turn.refuse(waiter, 'COORDINATOR_NOT_AVAILABLE');
  } else if (!supportsProtocols(turn.group, request.protocols)) {
    turn.refuse(waiter, 'INCONSISTENT_GROUP_PROTOCOL');
  } else if (memberId === '') {
    joinNewMember(turn, waiter, from);
  } else {
    joinExistingMember(turn, waiter);
  }
  // A group that nobody has written anything about yet is written down as empty, whoever is in it by now: nobody has an assignment.
  if (isNewGroup && turn.state.lastWriteId === writesBefore) storeEmptyGroup(turn);
}

/** acceptJoiningMember */
function isAccepted(group: Group, memberId: string, maxSize: number): boolean {
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true;
    case 'PreparingRebalance':
      return (group.members.get(memberId)?.awaitingJoin ?? null) !== null || awaitedJoins(group) < maxSize;
    case 'CompletingRebalance':
    case 'Stable':
      return group.members.has(memberId) || group.members.size < maxSize;
    default:
      return unreachable(group.state, 'state of a classic group');
  }
}

function joinNewMember(turn: GroupTurn, waiter: JoinWaiter, from: number): void {
  const { request } = waiter;
  const { groupInstanceId, sessionTimeoutMs, correlationId } = request;
  const newMemberId = turn.newMemberId(groupInstanceId ?? `consumer-${from}`);
  if (groupInstanceId !== null) {
    const existing = staticMemberId(turn.group, groupInstanceId);
    if (existing === undefined) addMember(turn, waiter, newMemberId);
    else replaceStaticMember(turn, waiter, existing, newMemberId);
    return;
  }
  turn.group = { ...turn.group, pendingJoinMembers: [...turn.group.pendingJoinMembers, newMemberId] };
  turn.expectHeartbeat(newMemberId, sessionTimeoutMs);
  turn.reply(waiter, { type: 'JoinGroupResponse', correlationId, errorCode: 'MEMBER_ID_REQUIRED', generationId: -1, protocolName: null, leader: '', skipAssignment: false, memberId: newMemberId, members: [] });
}

/** addMemberThenRebalanceOrCompleteJoin */
function addMember(turn: GroupTurn, waiter: JoinWaiter, memberId: string): void {
  const { groupInstanceId, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = waiter.request;
  const { state, previousState } = turn.group;
  if (state === 'PreparingRebalance' && previousState === 'Empty') turn.group = { ...turn.group, newMemberAdded: true };
  turn.group = withNewMember(turn.group, {
    memberId, groupInstanceId, rebalanceTimeoutMs, sessionTimeoutMs, protocols, assignment: EMPTY_ASSIGNMENT, isNew: true, awaitingJoin: waiter, awaitingSync: null,
  });
  turn.expectHeartbeat(memberId, NEW_MEMBER_JOIN_TIMEOUT_MS);
  maybePrepareRebalanceOrCompleteJoin(turn);
}

function joinExistingMember(turn: GroupTurn, waiter: JoinWaiter): void {
  const { request } = waiter;
  const { memberId, groupInstanceId, protocols, correlationId } = request;
  if (turn.group.pendingJoinMembers.includes(memberId)) return addMember(turn, waiter, memberId);
  const errorCode = validateMember(turn.group, memberId, groupInstanceId);
  if (errorCode !== 'NONE') return turn.refuse(waiter, errorCode);
  const { group } = turn;
  const member = memberOf(group, memberId);
  switch (group.state) {
    case 'PreparingRebalance':
      return rejoin(turn, waiter);
    case 'CompletingRebalance':
      // It did not get the answer: the same one again.
      return matchesProtocols(member, protocols) ? turn.reply(waiter, joined(group, correlationId, memberId)) : rejoin(turn, waiter);
    case 'Stable':
      return group.leaderId === memberId || !matchesProtocols(member, protocols) ? rejoin(turn, waiter) : turn.reply(waiter, joined(group, correlationId, memberId));
    case 'Empty':
    case 'Dead':
      return turn.refuse(waiter, 'UNKNOWN_MEMBER_ID');
    default:
      return unreachable(group.state, 'state of a classic group');
  }
}

/** updateMemberThenRebalanceOrCompleteJoin. A join that was open is given up: its client does not wait for it any more. */
function rejoin(turn: GroupTurn, waiter: JoinWaiter): void {
  const { memberId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = waiter.request;
  turn.changeMember(memberId, { protocols, rebalanceTimeoutMs, sessionTimeoutMs, awaitingJoin: waiter });
  maybePrepareRebalanceOrCompleteJoin(turn);
}
