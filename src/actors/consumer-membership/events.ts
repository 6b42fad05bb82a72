/**
 * The reducers of the consumer protocol's membership: one per event, each a turn that takes in what came and then does what
 * is due.
 * Source: ConsumerMembershipManager, AbstractHeartbeatRequestManager.poll, CommitRequestManager.
 */
import { assert, unreachable } from '../../kernel/assert.ts';
import type { ConnectionLost, Received, Stimulus } from '../../kernel/effects.ts';
import type { ConsumerGroupHeartbeatResponse, FindCoordinatorResponse, OffsetCommitResponse, OffsetFetchResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { takeAnswered, takeLost, takeTimedOut, type Undecided } from '../client/network-client.ts';
import type { ToMembership } from '../group-events.ts';
import { ensureCoordinatorKnown, findLater, handleFindCoordinatorResponse, markCoordinatorUnknown } from '../membership/coordinator.ts';
import { handleOffsetCommitResponse, handleOffsetFetchResponse, offsetsUndecided, offsetsWanted, refuseWaiting, sendWaiting } from '../membership/offsets.ts';
import type { MembershipPurpose } from '../membership/state.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { becomeStale, fatal, handleHeartbeatResponse, heartbeatFailed, heartbeatIfDue, join, leave, left, reconciled } from './heartbeat.ts';
import { beginTurn, isHeartbeating, type ConsumerMembershipState, type ConsumerMembershipTurn } from './state.ts';

export type ConsumerGroupAnswer = FindCoordinatorResponse | ConsumerGroupHeartbeatResponse | OffsetCommitResponse | OffsetFetchResponse;

export function consumerWants(state: ConsumerMembershipState, event: ToMembership): Reduced<ConsumerMembershipState> {
  const turn = beginTurn(state, event);
  switch (event.type) {
    case 'membership.join':
      join(turn, event.topics);
      break;
    case 'membership.reconciled':
      reconciled(turn, event.target);
      break;
    case 'membership.commit':
    case 'membership.fetchOffsets':
      offsetsWanted(turn, event);
      break;
    case 'membership.pollIntervalExceeded':
      becomeStale(turn);
      break;
    case 'membership.close':
      leave(turn);
      break;
    case 'membership.brokers':
      turn.state.brokers = event.brokers;
      break;
    case 'membership.assigned':
      assert(false, () => `${event.type} belongs to the classic protocol`);
      break;
    default:
      unreachable(event, 'what the consumer wants');
  }
  return goOn(turn);
}

export function processAnswer(state: ConsumerMembershipState, event: Received<ConsumerGroupAnswer>): Reduced<ConsumerMembershipState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  take(turn, request.purpose, event);
  return goOn(turn);
}

function take(turn: ConsumerMembershipTurn, purpose: MembershipPurpose, { message, from }: Received<ConsumerGroupAnswer>): void {
  switch (purpose.kind) {
    case 'findCoordinator':
      failUnlessNone(turn, handleFindCoordinatorResponse(turn, message as FindCoordinatorResponse));
      return;
    case 'heartbeat':
      handleHeartbeatResponse(turn, purpose, message as ConsumerGroupHeartbeatResponse, from);
      return;
    case 'leaveGroup':
      left(turn);
      return;
    case 'commit':
      // Whatever a commit says of the membership: it is for the heartbeat to hear it (CommitRequestManager fences nobody).
      handleOffsetCommitResponse(turn, purpose, message as OffsetCommitResponse, from);
      return;
    case 'offsetFetch':
      handleOffsetFetchResponse(turn, purpose.askedIn, message as OffsetFetchResponse, from);
      return;
    case 'joinGroup':
    case 'syncGroup':
      assert(false, () => `${purpose.kind} belongs to the classic protocol`);
      return;
    default:
      unreachable(purpose, 'purpose of a request');
  }
}

function failUnlessNone(turn: ConsumerMembershipTurn, errorCode: ErrorName): void {
  if (errorCode !== 'NONE') fatal(turn, errorCode);
}

export function connectionLost(state: ConsumerMembershipState, event: Stimulus<'connection.lost', ConnectionLost>): Reduced<ConsumerMembershipState> {
  const turn = beginTurn(state, event);
  handleUndecided(turn, takeLost(turn, event.data));
  return goOn(turn);
}

export function timerFired(state: ConsumerMembershipState, event: Stimulus<'wakeup'> | Stimulus<'timeout'>): Reduced<ConsumerMembershipState> {
  const turn = beginTurn(state, event);
  turn.fired(event.type);
  if (event.type === 'timeout') for (const undecided of takeTimedOut(turn)) handleUndecided(turn, undecided);
  return goOn(turn);
}

function handleUndecided(turn: ConsumerMembershipTurn, { nodeId, requests, wasSent }: Undecided<MembershipPurpose>): void {
  markCoordinatorUnknown(turn, nodeId);
  for (const { purpose } of requests) {
    switch (purpose.kind) {
      case 'findCoordinator':
        findLater(turn);
        break;
      case 'heartbeat':
        heartbeatFailed(turn, turn.nowMs + turn.state.config.retryBackoffMs);
        break;
      case 'leaveGroup':
        left(turn);
        break;
      case 'commit':
      case 'offsetFetch':
        offsetsUndecided(turn, purpose, wasSent);
        break;
      case 'joinGroup':
      case 'syncGroup':
        assert(false, () => `${purpose.kind} belongs to the classic protocol`);
        break;
      default:
        unreachable(purpose, 'purpose of a request');
    }
  }
}

function goOn(turn: ConsumerMembershipTurn): Reduced<ConsumerMembershipState> {
  const { state } = turn;
  if (!state.hasFailed) {
    ensureCoordinatorKnown(turn, isHeartbeating(state) || state.waiting.length > 0);
    heartbeatIfDue(turn);
    sendWaiting(turn, state.generationId > 0 ? 'NONE' : 'UNKNOWN_MEMBER_ID');
  } else refuseWaiting(turn);
  return turn.end();
}
