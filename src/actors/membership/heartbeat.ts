/**
 * The heartbeat thread: while the member is in a generation it tells the coordinator so, whatever the application does.
 * A heartbeat is where a member learns of a rebalance, and that it is no member any more. A session timeout without an
 * answer makes the coordinator suspect, not the membership: only the coordinator ends a session.
 *
 * The other end of the thread's work, `max.poll.interval.ms`, is watched by the consumer, which knows when it was polled.
 *
 * Source: AbstractCoordinator.HeartbeatThread, HeartbeatResponseHandler; Heartbeat; KIP-62.
 */
import type { HeartbeatRequest, HeartbeatResponse } from '../../kafka/api.ts';
import { errorInfo } from '../../kafka/errors.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { coordinatorReadyAtMs, markCoordinatorUnknown } from './coordinator.ts';
import { failMembership, requestRejoin, resetGeneration } from './generation.ts';
import { isOfPresentGeneration, NO_COORDINATOR, type GenerationPurpose, type MembershipTurn } from './state.ts';

/** One round of the thread: the session, then the heartbeat if it is due. */
export function heartbeatIfDue(turn: MembershipTurn): void {
  const { state, nowMs } = turn;
  if (state.memberState !== 'COMPLETING_REBALANCE' && state.memberState !== 'STABLE') return;
  if (state.coordinator === NO_COORDINATOR) return;
  if (state.sessionEndsAtMs <= nowMs) {
    markCoordinatorUnknown(turn, state.coordinator);
    state.sessionEndsAtMs = nowMs + state.config.sessionTimeoutMs;
    return;
  }
  turn.timeoutBy(state.sessionEndsAtMs);
  if (state.isHeartbeatInFlight) return;
  const atMs = Math.max(state.heartbeatAtMs, coordinatorReadyAtMs(turn));
  if (atMs > nowMs) {
    turn.wakeBy(atMs);
    return;
  }
  const { generationId, memberId } = state;
  state.isHeartbeatInFlight = true;
  state.heartbeatAtMs = nowMs + state.config.heartbeatIntervalMs;
  turn.wakeBy(state.heartbeatAtMs);
  const message: HeartbeatRequest = {
    type: 'HeartbeatRequest', correlationId: nextCorrelationId(turn), groupId: state.groupId, generationId, memberId, groupInstanceId: state.groupInstanceId,
  };
  sendRequest(turn, state.coordinator, message, { kind: 'heartbeat', generationId, memberId });
}

export function handleHeartbeatResponse(turn: MembershipTurn, purpose: GenerationPurpose, { errorCode }: HeartbeatResponse, from: NodeId): void {
  const { state, nowMs } = turn;
  if (!isOfPresentGeneration(state, purpose)) return;
  state.isHeartbeatInFlight = false;
  switch (errorCode) {
    case 'NONE':
      state.sessionEndsAtMs = nowMs + state.config.sessionTimeoutMs;
      return;
    case 'REBALANCE_IN_PROGRESS':
      // The member is a valid one; while it completes a rebalance, the answer is about the one that it is in.
      state.sessionEndsAtMs = nowMs + state.config.sessionTimeoutMs;
      if (state.memberState === 'STABLE') requestRejoin(turn, false);
      return;
    case 'ILLEGAL_GENERATION':
    case 'UNKNOWN_MEMBER_ID':
      resetGeneration(turn, errorCode);
      return;
    case 'FENCED_INSTANCE_ID':
      failMembership(turn, errorCode);
      return;
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      markCoordinatorUnknown(turn, from);
      heartbeatFailed(turn);
      return;
    default:
      if (errorInfo(errorCode).retriable) heartbeatFailed(turn);
      else failMembership(turn, errorCode);
  }
}

/** Again, after `retry.backoff.ms` (Heartbeat.failHeartbeat). */
export function heartbeatFailed(turn: MembershipTurn): void {
  turn.state.isHeartbeatInFlight = false;
  turn.state.heartbeatAtMs = turn.nowMs + turn.state.config.retryBackoffMs;
}
