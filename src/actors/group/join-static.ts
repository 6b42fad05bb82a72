/**
 * A static member that comes back (KIP-345): the same `group.instance.id` under a new member id. In a stable group it takes
 * its old assignment and nobody rebalances, unless the protocol that all agree on would be another one. Whoever still uses the
 * old member id is fenced. A leader that comes back is told not to assign anew (KIP-814).
 *
 * Source: GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin, ClassicGroup.replaceStaticMember.
 */
import { assert } from '../../kernel/assert.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { memberOf, metadataValueOf, selectProtocol, withReplacedMember } from '../../kafka/group/classic-group.ts';
import type { JoinWaiter } from './join.ts';
import { completeJoin, completeSync, joined, maybeCompleteJoinPhase, maybePrepareRebalanceOrCompleteJoin, prepareRebalance, refuseJoin } from './rebalance.ts';
import type { Completion, Member } from './state.ts';
import type { GroupTurn } from './turn.ts';

export function replaceStaticMember(turn: GroupTurn, waiter: JoinWaiter, oldMemberId: string, newMemberId: string): void {
  const leaderBefore = turn.group.leaderId;
  replace(turn, oldMemberId, newMemberId);
  const before: Member = { ...memberOf(turn.group, newMemberId), memberId: oldMemberId };
  const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = waiter.request;
  turn.expectHeartbeat(newMemberId, before.sessionTimeoutMs);
  turn.changeMember(newMemberId, { protocols, rebalanceTimeoutMs, sessionTimeoutMs, awaitingJoin: waiter });
  const { group } = turn;
  assert(group.state !== 'Empty' && group.state !== 'Dead', () => `an instance comes back to the group ${turn.state.groupId}, which is ${group.state}`);
  if (group.state === 'CompletingRebalance') {
    // The leader may be assigning to the old id already; the new one would get nothing.
    prepareRebalance(turn);
  } else if (group.state === 'PreparingRebalance') {
    maybeCompleteJoinPhase(turn);
  } else if (selectProtocol(group) !== group.protocolName) {
    maybePrepareRebalanceOrCompleteJoin(turn);
  } else {
    const value = metadataValueOf(group, ({ assignment }) => assignment);
    turn.write([{ type: 'GroupMetadata', key: { group: turn.state.groupId }, value }], [{ kind: 'replaceMember', memberId: newMemberId, before, leaderBefore }]);
  }
}

/** The old id is gone at once: whoever waits under it is a duplicate, and told so. */
function replace(turn: GroupTurn, oldMemberId: string, newMemberId: string): void {
  refuseJoin(turn, memberOf(turn.group, oldMemberId), 'FENCED_INSTANCE_ID');
  completeSync(turn, memberOf(turn.group, oldMemberId), 'FENCED_INSTANCE_ID');
  turn.forgetHeartbeat(oldMemberId);
  turn.group = withReplacedMember(turn.group, oldMemberId, newMemberId);
}

/** The new member id is committed, or could not be written: then the old one is the member again. */
export function replacementCommitted(turn: GroupTurn, { memberId, before, leaderBefore }: Extract<Completion, { kind: 'replaceMember' }>, errorCode: ErrorName): void {
  const member = turn.group.members.get(memberId);
  // Replaced again, or gone, in the meantime.
  if (member === undefined) return;
  if (errorCode === 'NONE') {
    const { group } = turn;
    completeJoin(turn, member, (correlationId) => ({ ...joined(group, correlationId, memberId), skipAssignment: group.leaderId === memberId }));
    return;
  }
  completeJoin(turn, member, (correlationId) => ({
    type: 'JoinGroupResponse', correlationId, errorCode, generationId: turn.group.generationId, protocolName: turn.group.protocolName, leader: leaderBefore ?? '', skipAssignment: false, memberId: '', members: [],
  }));
  const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = before;
  turn.changeMember(memberId, { protocols, rebalanceTimeoutMs, sessionTimeoutMs });
  replace(turn, memberId, before.memberId);
  turn.expectHeartbeat(before.memberId, before.sessionTimeoutMs);
}
