/**
 * The reducers of the membership: one per event, each a turn that takes in what came and then does what is due, in the
 * order in which the coordinator's side of the client does it: find the coordinator, join, heartbeat, offsets.
 *
 * Source: AbstractCoordinator.ensureActiveGroup, HeartbeatThread.run; ConsumerNetworkClient.
 */
import { assert, unreachable } from '../../kernel/assert.ts';
import type { ConnectionLost, Received, Stimulus } from '../../kernel/effects.ts';
import type {
  FindCoordinatorResponse, HeartbeatResponse, JoinGroupResponse, LeaveGroupResponse, OffsetCommitResponse, OffsetFetchResponse, SyncGroupResponse,
} from '../../kafka/api.ts';
import { takeAnswered, takeLost, takeTimedOut, type Undecided } from '../client/network-client.ts';
import type { ToMembership } from '../group-events.ts';
import { NEVER_MS } from '../client/turn.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { ensureCoordinatorKnown, findLater, handleFindCoordinatorResponse, markCoordinatorUnknown } from './coordinator.ts';
import { commitAnswered, failMembership, refusalOf } from './generation.ts';
import { handleHeartbeatResponse, heartbeatFailed, heartbeatIfDue } from './heartbeat.ts';
import { assigned, handleJoinGroupResponse, handleSyncGroupResponse, joinFailed, joinIfNeeded, joinWanted } from './join.ts';
import { close, pollIntervalExceeded } from './leave.ts';
import { handleOffsetCommitResponse, handleOffsetFetchResponse, offsetsUndecided, offsetsWanted, refuseWaiting, sendWaiting } from './offsets.ts';
import { beginTurn, tellConsumer, type MembershipPurpose, type MembershipState, type MembershipTurn } from './state.ts';

export type GroupAnswer =
  | FindCoordinatorResponse | JoinGroupResponse | SyncGroupResponse | HeartbeatResponse | LeaveGroupResponse | OffsetCommitResponse | OffsetFetchResponse;

/** What the consumer wants. */
export function consumerWants(state: MembershipState, event: ToMembership): Reduced<MembershipState> {
  const turn = beginTurn(state, event);
  switch (event.type) {
    case 'membership.join':
      joinWanted(turn, event);
      break;
    case 'membership.assigned':
      assigned(turn, event);
      break;
    case 'membership.commit':
    case 'membership.fetchOffsets':
      offsetsWanted(turn, event);
      break;
    case 'membership.pollIntervalExceeded':
      pollIntervalExceeded(turn);
      break;
    case 'membership.close':
      close(turn);
      break;
    case 'membership.brokers':
      turn.state.brokers = event.brokers;
      break;
    case 'membership.reconciled':
      assert(false, () => `${event.type} belongs to the consumer protocol`);
      break;
    default:
      unreachable(event, 'what the consumer wants');
  }
  return goOn(turn);
}

export function processAnswer(state: MembershipState, event: Received<GroupAnswer>): Reduced<MembershipState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  take(turn, request.purpose, event);
  return goOn(turn);
}

function take(turn: MembershipTurn, purpose: MembershipPurpose, { message, from }: Received<GroupAnswer>): void {
  switch (purpose.kind) {
    case 'findCoordinator':
      found(turn, message as FindCoordinatorResponse);
      return;
    case 'joinGroup':
      handleJoinGroupResponse(turn, purpose, message as JoinGroupResponse, from);
      return;
    case 'syncGroup':
      handleSyncGroupResponse(turn, purpose, message as SyncGroupResponse, from);
      return;
    case 'heartbeat':
      handleHeartbeatResponse(turn, purpose, message as HeartbeatResponse, from);
      return;
    case 'leaveGroup':
      tellConsumer(turn, { type: 'group.closed' });
      return;
    case 'commit':
      commitAnswered(turn, purpose, handleOffsetCommitResponse(turn, purpose, message as OffsetCommitResponse, from));
      return;
    case 'offsetFetch':
      handleOffsetFetchResponse(turn, purpose.askedIn, message as OffsetFetchResponse, from);
      return;
    default:
      unreachable(purpose, 'purpose of a request');
  }
}

function found(turn: MembershipTurn, message: FindCoordinatorResponse): void {
  const { state } = turn;
  const errorCode = handleFindCoordinatorResponse(turn, message);
  if (errorCode !== 'NONE') failMembership(turn, errorCode);
  // The time of the search is not the coordinator's that was found (Heartbeat.resetSessionTimeout).
  else if (state.sessionEndsAtMs !== NEVER_MS) state.sessionEndsAtMs = turn.nowMs + state.config.sessionTimeoutMs;
}

export function connectionLost(state: MembershipState, event: Stimulus<'connection.lost', ConnectionLost>): Reduced<MembershipState> {
  const turn = beginTurn(state, event);
  handleUndecided(turn, takeLost(turn, event.data));
  return goOn(turn);
}

export function timerFired(state: MembershipState, event: Stimulus<'wakeup'> | Stimulus<'timeout'>): Reduced<MembershipState> {
  const turn = beginTurn(state, event);
  turn.fired(event.type);
  if (event.type === 'timeout') for (const undecided of takeTimedOut(turn)) handleUndecided(turn, undecided);
  return goOn(turn);
}

/** Requests that will not be answered; whoever was the coordinator is not any more. */
function handleUndecided(turn: MembershipTurn, { nodeId, requests, wasSent }: Undecided<MembershipPurpose>): void {
  markCoordinatorUnknown(turn, nodeId);
  for (const { purpose } of requests) {
    switch (purpose.kind) {
      case 'findCoordinator':
        findLater(turn);
        break;
      case 'joinGroup':
        if (turn.state.memberState === 'PREPARING_REBALANCE') joinFailed(turn);
        break;
      case 'syncGroup':
        if (turn.state.memberState === 'COMPLETING_REBALANCE') joinFailed(turn);
        break;
      case 'heartbeat':
        heartbeatFailed(turn);
        break;
      case 'leaveGroup':
        tellConsumer(turn, { type: 'group.closed' });
        break;
      case 'commit':
      case 'offsetFetch':
        offsetsUndecided(turn, purpose, wasSent);
        break;
      default:
        unreachable(purpose, 'purpose of a request');
    }
  }
}

function goOn(turn: MembershipTurn): Reduced<MembershipState> {
  const { state } = turn;
  if (!state.hasFailed) {
    heartbeatIfDue(turn);
    ensureCoordinatorKnown(turn, state.join !== null || state.waiting.length > 0 || state.memberState !== 'UNJOINED');
    joinIfNeeded(turn);
    sendWaiting(turn, refusalOf(state));
  } else refuseWaiting(turn);
  return turn.end();
}
