/**
 * Leaving: because the application does not poll, or because it closes its consumer. A dynamic member says so, and the
 * coordinator rebalances at once; a static one says nothing and keeps its place for a session timeout (KIP-345).
 *
 * Source: AbstractCoordinator.maybeLeaveGroup, close; ConsumerCoordinator.onLeavePrepare.
 */
import type { LeaveGroupRequest } from '../../kafka/api.ts';
import { nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { unjoin } from './generation.ts';
import { isStatic, NO_COORDINATOR, NO_GENERATION, NO_MEMBER_ID, tellConsumer, type MembershipTurn } from './state.ts';

/** The application has not polled for `max.poll.interval.ms`: the consumer knows, and joins again with the next poll. */
export function pollIntervalExceeded(turn: MembershipTurn): void {
  maybeLeaveGroup(turn, 'consumer poll timeout has expired.');
}

/** Leaves for good; `group.closed` comes when the coordinator knows, or cannot be told. */
export function close(turn: MembershipTurn): void {
  turn.state.waiting = [];
  if (!maybeLeaveGroup(turn, 'the consumer is being closed')) tellConsumer(turn, { type: 'group.closed' });
}

/** False when nothing was sent. */
function maybeLeaveGroup(turn: MembershipTurn, reason: string): boolean {
  const { state } = turn;
  const { memberId, generationId } = state;
  const mustTell = !isStatic(state) && state.coordinator !== NO_COORDINATOR && state.memberState !== 'UNJOINED' && memberId !== NO_MEMBER_ID;
  if (mustTell) {
    const message: LeaveGroupRequest = {
      type: 'LeaveGroupRequest', correlationId: nextCorrelationId(turn), groupId: state.groupId, members: [{ memberId, groupInstanceId: state.groupInstanceId, reason }],
    };
    sendRequest(turn, state.coordinator, message, { kind: 'leaveGroup', generationId, memberId });
  }
  state.join = null;
  state.isRejoinTold = true;
  state.generationId = NO_GENERATION;
  state.memberId = NO_MEMBER_ID;
  unjoin(turn);
  return mustTell;
}
