/**
 * Heartbeat (api key 12) and LeaveGroup (13). A heartbeat keeps the session alive, also while the group rebalances, and is
 * how a member learns of that.
 *
 * Source: GroupMetadataManager.classicGroupHeartbeatToClassicGroup, classicGroupLeaveToClassicGroup; KIP-345 (batched leave).
 */
import type { Received } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { HeartbeatRequest, LeaveGroupRequest, LeaveGroupResponse } from '../../kafka/group-api.ts';
import { memberOf, staticMemberId, validateMember, withoutMember } from '../../kafka/group/classic-group.ts';
import { maybeCompleteJoinPhase, maybePrepareRebalanceOrCompleteJoin, removeMember } from './rebalance.ts';
import type { Group } from './state.ts';
import type { GroupTurn } from './turn.ts';

export function handleHeartbeat(turn: GroupTurn, { message: request, replyTo }: Received<HeartbeatRequest>): void {
  const { memberId, correlationId } = request;
  const { group } = turn;
  const waiter = { replyTo, request };
  const errorCode = validateHeartbeat(group, request);
  if (errorCode !== 'NONE') return turn.refuse(waiter, errorCode);
  turn.expectHeartbeat(memberId, memberOf(group, memberId).sessionTimeoutMs);
  turn.respond(waiter, { type: 'HeartbeatResponse', correlationId, errorCode: group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE' });
}

function validateHeartbeat(group: Group, { memberId, groupInstanceId, generationId }: HeartbeatRequest): ErrorName {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const errorCode = validateMember(group, memberId, groupInstanceId);
  if (errorCode !== 'NONE') return errorCode;
  return generationId !== group.generationId ? 'ILLEGAL_GENERATION' : 'NONE';
}

export function handleLeave(turn: GroupTurn, { message: request, replyTo }: Received<LeaveGroupRequest>): void {
  const waiter = { replyTo, request };
  if (turn.group.state === 'Dead') return turn.refuse(waiter, 'COORDINATOR_NOT_AVAILABLE');
  const members = request.members.map(({ memberId, groupInstanceId }): LeaveGroupResponse['members'][number] => ({ memberId, groupInstanceId, errorCode: leave(turn, memberId, groupInstanceId) }));
  if (members.some(({ errorCode }) => errorCode === 'NONE')) {
    if (turn.group.state === 'Stable' || turn.group.state === 'CompletingRebalance') maybePrepareRebalanceOrCompleteJoin(turn);
    else if (turn.group.state === 'PreparingRebalance') maybeCompleteJoinPhase(turn);
  }
  turn.respond(waiter, { type: 'LeaveGroupResponse', correlationId: request.correlationId, errorCode: 'NONE', members });
}

/** An administrator names the instance alone. */
function leave(turn: GroupTurn, memberId: string, groupInstanceId: string | null): ErrorName {
  if (memberId === '') {
    const existing = groupInstanceId === null ? undefined : staticMemberId(turn.group, groupInstanceId);
    if (existing === undefined) return 'UNKNOWN_MEMBER_ID';
    removeMember(turn, existing);
    return 'NONE';
  }
  if (turn.group.pendingJoinMembers.includes(memberId)) {
    turn.group = withoutMember(turn.group, memberId);
    turn.forgetHeartbeat(memberId);
    return 'NONE';
  }
  const errorCode = validateMember(turn.group, memberId, groupInstanceId);
  if (errorCode === 'NONE') removeMember(turn, memberId);
  return errorCode;
}
