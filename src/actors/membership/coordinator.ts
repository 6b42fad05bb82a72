/**
 * Finding the coordinator, and losing it: any broker names the one that leads the group's partition of the offsets topic.
 * A coordinator counts as unknown when it says that it is none, when its connection is lost, and when a session timeout
 * passes without an answer to a heartbeat.
 *
 * Simplified: one connection per node, where Kafka keeps the coordinator's apart from that of a plain broker.
 * Source: AbstractCoordinator.ensureCoordinatorReady, lookupCoordinator, FindCoordinatorResponseHandler, markCoordinatorUnknown.
 */
import type { FindCoordinatorRequest, FindCoordinatorResponse } from '../../kafka/api.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { connectableAtMs, connectionOf, leastLoadedNode, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { NEVER_MS } from '../client/turn.ts';
import { NO_COORDINATOR, type CoordinatedTurn } from './state.ts';

/** Asks for the coordinator if somebody needs it, it is unknown, and nobody has been asked. */
export function ensureCoordinatorKnown(turn: CoordinatedTurn, isNeeded: boolean): void {
  const { state, nowMs } = turn;
  if (state.coordinator !== NO_COORDINATOR || state.isFinding || !isNeeded) return;
  if (state.findAtMs > nowMs) {
    turn.wakeBy(state.findAtMs);
    return;
  }
  const nodeId = leastLoadedNode(turn, state.brokers);
  if (nodeId === undefined) {
    turn.wakeBy(state.brokers.reduce((atMs, each) => Math.min(atMs, connectableAtMs(connectionOf(state, each), nowMs)), NEVER_MS));
    return;
  }
  state.isFinding = true;
  const message: FindCoordinatorRequest = { type: 'FindCoordinatorRequest', correlationId: nextCorrelationId(turn), key: state.groupId, keyType: 'GROUP' };
  sendRequest(turn, nodeId, message, { kind: 'findCoordinator' });
}

/** Returns the error that ends the membership, NONE for all others. */
export function handleFindCoordinatorResponse(turn: CoordinatedTurn, { errorCode, nodeId }: FindCoordinatorResponse): ErrorName {
  const { state } = turn;
  state.isFinding = false;
  if (errorCode === 'NONE') state.coordinator = nodeId;
  else if (errorInfo(errorCode).retriable) findLater(turn);
  else return errorCode;
  return 'NONE';
}

/** The request came to nothing. */
export function findLater(turn: CoordinatedTurn): void {
  const { state } = turn;
  state.isFinding = false;
  state.findAtMs = turn.nowMs + state.config.retryBackoffMs;
}

/** `nodeId`, which an answer or a connection spoke of, is not the coordinator any more. */
export function markCoordinatorUnknown(turn: CoordinatedTurn, nodeId: NodeId): void {
  if (turn.state.coordinator === nodeId) turn.state.coordinator = NO_COORDINATOR;
}

/** When a request may go to the coordinator; NEVER_MS while there is none. */
export function coordinatorReadyAtMs({ state, nowMs }: CoordinatedTurn): number {
  return state.coordinator === NO_COORDINATOR ? NEVER_MS : connectableAtMs(connectionOf(state, state.coordinator), nowMs);
}
