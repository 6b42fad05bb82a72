/**
 * SyncGroup (api key 14): the leader brings the assignment of its generation, which is written down before anybody hears of
 * it; the others wait for theirs. In a stable group a member gets what it has.
 *
 * Source: GroupMetadataManager.classicGroupSyncToClassicGroup, validateSyncGroup, setAndPropagateAssignment.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { Received } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { SyncGroupRequest } from '../../kafka/group-api.ts';
import { EMPTY_ASSIGNMENT, inState, memberOf, metadataValueOf, validateMember } from '../../kafka/group/classic-group.ts';
import { maybePrepareRebalanceOrCompleteJoin, propagateAssignment, resetAssignment } from './rebalance.ts';
import type { Completion, Group, Waiter } from './state.ts';
import type { GroupTurn } from './turn.ts';

export function handleSync(turn: GroupTurn, { message: request, replyTo }: Received<SyncGroupRequest>): void {
  const waiter: Waiter = { replyTo, request };
  const { memberId, correlationId } = request;
  const { group } = turn;
  const errorCode = validate(group, request);
  if (errorCode !== 'NONE') return turn.refuse(waiter, errorCode);
  switch (group.state) {
    case 'PreparingRebalance':
      return turn.refuse(waiter, 'REBALANCE_IN_PROGRESS');
    case 'CompletingRebalance':
      turn.changeMember(memberId, { awaitingSync: waiter });
      hasSynced(turn, memberId);
      if (group.leaderId === memberId) storeAssignment(turn, request);
      return;
    case 'Stable': {
      hasSynced(turn, memberId);
      const { assignment } = memberOf(group, memberId);
      return turn.reply(waiter, { type: 'SyncGroupResponse', correlationId, errorCode: 'NONE', protocolName: group.protocolName, assignment });
    }
    case 'Empty':
    case 'Dead':
      return turn.refuse(waiter, 'UNKNOWN_MEMBER_ID');
    default:
      return unreachable(group.state, 'state of a classic group');
  }
}

function validate(group: Group, { memberId, groupInstanceId, generationId, protocolName }: SyncGroupRequest): ErrorName {
  if (group.state === 'Empty') return 'UNKNOWN_MEMBER_ID';
  // The group was removed a moment ago: the client finds its coordinator again and joins anew.
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const errorCode = validateMember(group, memberId, groupInstanceId);
  if (errorCode !== 'NONE') return errorCode;
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  return protocolName !== group.protocolName && group.protocolName !== null ? 'INCONSISTENT_GROUP_PROTOCOL' : 'NONE';
}

function hasSynced(turn: GroupTurn, memberId: string): void {
  turn.group = { ...turn.group, pendingSyncMembers: turn.group.pendingSyncMembers.filter((id) => id !== memberId) };
}

/** A member that the leader forgot has nothing. */
function storeAssignment(turn: GroupTurn, { generationId, assignments: given }: SyncGroupRequest): void {
  const assignments = new Map(given.map(({ memberId, assignment }) => [memberId, assignment]));
  const value = metadataValueOf(turn.group, ({ memberId }) => assignments.get(memberId) ?? EMPTY_ASSIGNMENT);
  turn.write([{ type: 'GroupMetadata', key: { group: turn.state.groupId }, value }], [{ kind: 'assign', generationId, assignments }]);
}

/** The assignment is committed, or could not be written. Another rebalance may have begun meanwhile: then it means nothing. */
export function assignmentCommitted(turn: GroupTurn, { generationId, assignments }: Extract<Completion, { kind: 'assign' }>, errorCode: ErrorName): void {
  if (turn.group.state !== 'CompletingRebalance' || generationId !== turn.group.generationId) return;
  if (errorCode !== 'NONE') {
    resetAssignment(turn, errorCode);
    maybePrepareRebalanceOrCompleteJoin(turn);
    return;
  }
  for (const { memberId } of turn.group.members.values()) turn.changeMember(memberId, { assignment: assignments.get(memberId) ?? EMPTY_ASSIGNMENT });
  propagateAssignment(turn, 'NONE');
  turn.group = inState(turn.group, 'Stable', turn.nowMs);
}
