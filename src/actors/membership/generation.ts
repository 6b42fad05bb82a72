/**
 * The generation and how it ends: a member that the coordinator does not know any more joins again as a new one, and what
 * it owned is lost. A member that was fenced, or that the group will not have, fails for good.
 *
 * Source: AbstractCoordinator.resetStateOnResponseError, resetStateAndRejoin, requestRejoin, handleFatalFailure.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NEVER_MS } from '../client/turn.ts';
import { isOfPresentGeneration, NO_GENERATION, NO_MEMBER_ID, tellConsumer, type CommitPurpose, type MembershipState, type MembershipTurn } from './state.ts';

/** A heartbeat, a sync or a commit was refused: ILLEGAL_GENERATION leaves the member its id, UNKNOWN_MEMBER_ID does not. */
export function resetGeneration(turn: MembershipTurn, errorCode: ErrorName): void {
  const { state } = turn;
  state.generationId = NO_GENERATION;
  if (errorCode !== 'ILLEGAL_GENERATION') state.memberId = NO_MEMBER_ID;
  unjoin(turn);
  // Also while it joins: what it still owned is lost, and it joins with nothing (resetStateAndRejoin: needsJoinPrepare).
  state.join = null;
  requestRejoin(turn, true);
}

/** UNJOINED, with the generation as it is: a rebalance failed. Nothing is heard of the heartbeat thread. */
export function unjoin(turn: MembershipTurn): void {
  const { state } = turn;
  state.memberState = 'UNJOINED';
  state.heartbeatAtMs = NEVER_MS;
  state.sessionEndsAtMs = NEVER_MS;
  state.isHeartbeatInFlight = false;
}

/** What the answer to a commit says of the membership. One from before a rebalance says nothing about the present generation. */
export function commitAnswered(turn: MembershipTurn, purpose: CommitPurpose, errorCode: ErrorName): void {
  const { state } = turn;
  const isPresent = isOfPresentGeneration(state, purpose);
  if (errorCode === 'REBALANCE_IN_PROGRESS' && state.memberState === 'STABLE') requestRejoin(turn, false);
  if (isPresent && (errorCode === 'UNKNOWN_MEMBER_ID' || errorCode === 'ILLEGAL_GENERATION')) resetGeneration(turn, errorCode);
  if (isPresent && errorCode === 'FENCED_INSTANCE_ID') failMembership(turn, errorCode);
}

/** Why a commit is not even sent, NONE when it is (ConsumerCoordinator.sendOffsetCommitRequest, generationIfStable). */
export function refusalOf({ memberState }: MembershipState): ErrorName {
  switch (memberState) {
    case 'STABLE':
      return 'NONE';
    case 'PREPARING_REBALANCE':
    case 'COMPLETING_REBALANCE':
      return 'REBALANCE_IN_PROGRESS';
    case 'UNJOINED':
      return 'UNKNOWN_MEMBER_ID';
    default:
      return unreachable(memberState, 'member state');
  }
}

/** The consumer joins again with its next poll. */
export function requestRejoin(turn: MembershipTurn, isLost: boolean): void {
  const { state } = turn;
  if (state.isRejoinTold && !isLost) return;
  state.isRejoinTold = true;
  tellConsumer(turn, { type: 'group.rejoin', isLost });
}

/** An exception of poll: FencedInstanceIdException and the like. */
export function failMembership(turn: MembershipTurn, errorCode: ErrorName): void {
  const { state } = turn;
  if (state.hasFailed) return;
  state.hasFailed = true;
  state.join = null;
  state.generationId = NO_GENERATION;
  unjoin(turn);
  tellConsumer(turn, { type: 'group.failed', errorCode });
}
