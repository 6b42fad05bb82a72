/**
 * The heartbeat of the consumer protocol: it joins, acknowledges, and brings epoch and assignment. A field that has not
 * changed since the last answered heartbeat is left out. After a failure without an answer everything is said again.
 *
 * Source: ConsumerHeartbeatRequestManager (HeartbeatState.buildRequestData), AbstractMembershipManager.shouldHeartbeatNow,
 * AbstractHeartbeatRequestManager.onErrorResponse.
 */
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { LEAVE_GROUP_MEMBER_EPOCH, LEAVE_GROUP_STATIC_MEMBER_EPOCH, type TopicPartitions } from '../../kafka/group-api.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { NEVER_MS } from '../client/turn.ts';
import { coordinatorReadyAtMs, markCoordinatorUnknown } from '../membership/coordinator.ts';
import { isStatic, NO_COORDINATOR, tellConsumer, type GenerationPurpose } from '../membership/state.ts';
import { isHeartbeating, isSame, type ConsumerMembershipTurn } from './state.ts';

/** JOINING: epoch 0, owning nothing. */
export function join(turn: ConsumerMembershipTurn, topics: readonly string[]): void {
  const { state } = turn;
  if (state.hasFailed) return;
  state.memberState = 'JOINING';
  state.topics = topics;
  state.generationId = 0;
  state.target = null;
  state.owned = [];
  state.saysEverything = true;
  state.heartbeatAtMs = Math.max(turn.nowMs, state.joinAtMs);
}

export function heartbeatIfDue(turn: ConsumerMembershipTurn): void {
  const { state, nowMs } = turn;
  if (!isHeartbeating(state) || state.isHeartbeatInFlight || state.coordinator === NO_COORDINATOR) return;
  // That it is due at once is a matter of the state: another target in the answer before calls the acknowledgement off.
  const atMs = Math.max(state.memberState === 'ACKNOWLEDGING' ? nowMs : state.heartbeatAtMs, coordinatorReadyAtMs(turn));
  if (atMs > nowMs) turn.wakeBy(atMs);
  else sendHeartbeat(turn, state.generationId);
}

function sendHeartbeat(turn: ConsumerMembershipTurn, memberEpoch: number): void {
  const { state, nowMs } = turn;
  const { saysEverything, memberId, owned, sentOwned, config } = state;
  const isLeaving = memberEpoch < 0;
  const saysOwned = saysEverything || sentOwned === null || !isSame(owned, sentOwned) || state.memberState === 'ACKNOWLEDGING';
  const message: ConsumerGroupHeartbeatRequest = {
    type: 'ConsumerGroupHeartbeatRequest', correlationId: nextCorrelationId(turn), groupId: state.groupId, memberId, memberEpoch, instanceId: state.groupInstanceId,
    rebalanceTimeoutMs: saysEverything && !isLeaving ? config.maxPollIntervalMs : -1, subscribedTopicNames: saysEverything && !isLeaving ? state.topics : null,
    serverAssignor: saysEverything && !isLeaving && config.groupRemoteAssignor !== '' ? config.groupRemoteAssignor : null,
    topicPartitions: saysOwned && !isLeaving ? owned : null,
  };
  sendRequest(turn, state.coordinator, message, { kind: isLeaving ? 'leaveGroup' : 'heartbeat', generationId: memberEpoch, memberId });
  if (isLeaving) return;
  state.isHeartbeatInFlight = true;
  state.saysEverything = false;
  state.sentOwned = owned;
  state.heartbeatAtMs = nowMs + state.heartbeatIntervalMs;
  turn.wakeBy(state.heartbeatAtMs);
  // The acknowledgement is on its way: what else the coordinator wants is in its answer, or known already.
  if (state.memberState === 'ACKNOWLEDGING') state.memberState = state.target === null || isSame(state.target, owned) ? 'STABLE' : 'RECONCILING';
}

export function handleHeartbeatResponse(turn: ConsumerMembershipTurn, purpose: GenerationPurpose, response: ConsumerGroupHeartbeatResponse, from: NodeId): void {
  const { state, nowMs } = turn;
  state.isHeartbeatInFlight = false;
  // Fenced, left or joined anew meanwhile.
  if (!isHeartbeating(state) || purpose.generationId !== state.generationId) return;
  const { errorCode } = response;
  switch (errorCode) {
    case 'NONE':
      state.generationId = response.memberEpoch;
      state.heartbeatIntervalMs = response.heartbeatIntervalMs;
      state.heartbeatAtMs = Math.min(state.heartbeatAtMs, nowMs + response.heartbeatIntervalMs);
      if (response.assignment !== null) takeTarget(turn, response.assignment.topicPartitions);
      return;
    case 'FENCED_MEMBER_EPOCH':
    case 'UNKNOWN_MEMBER_ID':
      fenced(turn);
      return;
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      markCoordinatorUnknown(turn, from);
      heartbeatFailed(turn, nowMs);
      return;
    case 'COORDINATOR_LOAD_IN_PROGRESS':
      heartbeatFailed(turn, nowMs + state.config.retryBackoffMs);
      return;
    case 'UNRELEASED_INSTANCE_ID':
    case 'FENCED_INSTANCE_ID':
    default:
      fatal(turn, errorCode);
  }
}

/** Again, at `atMs`, with everything: nobody knows what of it arrived. */
export function heartbeatFailed(turn: ConsumerMembershipTurn, atMs: number): void {
  const { state } = turn;
  state.isHeartbeatInFlight = false;
  state.saysEverything = true;
  state.heartbeatAtMs = atMs;
}

/** The coordinator wants it to own this: the consumer is told, and does it with its next poll. */
function takeTarget(turn: ConsumerMembershipTurn, target: readonly TopicPartitions[]): void {
  const { state } = turn;
  state.target = target;
  // The consumer may be on its way to an earlier target: then it must hear of this one even if it is where it was before.
  const isThere = (state.memberState === 'STABLE' || state.memberState === 'ACKNOWLEDGING') && isSame(target, state.owned);
  if (isThere) return;
  state.memberState = 'RECONCILING';
  tellConsumer(turn, { type: 'group.reconcile', memberEpoch: state.generationId, memberId: state.memberId, target });
}

/** The consumer owns what it was told to: acknowledged with a heartbeat at once. */
export function reconciled(turn: ConsumerMembershipTurn, target: readonly TopicPartitions[]): void {
  const { state } = turn;
  if (state.memberState !== 'RECONCILING') return;
  state.owned = target;
  state.memberState = 'ACKNOWLEDGING';
}

/** Thrown out: everything owned is lost, and the consumer joins again with its next poll. */
export function fenced(turn: ConsumerMembershipTurn): void {
  const { state } = turn;
  // Refused while it joins: the coordinator keeps an older self of this member, until the session of that one is over.
  if (state.memberState === 'JOINING') state.joinAtMs = turn.nowMs + state.config.retryBackoffMs;
  state.memberState = 'FENCED';
  resign(turn);
  tellConsumer(turn, { type: 'group.rejoin', isLost: true });
}

function resign(turn: ConsumerMembershipTurn): void {
  const { state } = turn;
  state.generationId = 0;
  state.target = null;
  state.owned = [];
  state.heartbeatAtMs = NEVER_MS;
}

export function fatal(turn: ConsumerMembershipTurn, errorCode: ErrorName): void {
  const { state } = turn;
  if (state.hasFailed) return;
  state.memberState = 'FATAL';
  state.hasFailed = true;
  resign(turn);
  tellConsumer(turn, { type: 'group.failed', errorCode });
}

/** The application does not poll: the member leaves, and is STALE until it does. The consumer knows already. */
export function becomeStale(turn: ConsumerMembershipTurn): void {
  if (turn.state.hasFailed) return;
  if (isHeartbeating(turn.state)) sendLeave(turn);
  turn.state.memberState = 'STALE';
  resign(turn);
}

/** Leaves for good; a static member says that it will be back (KIP-345). */
export function leave(turn: ConsumerMembershipTurn): void {
  const { state } = turn;
  const isTold = isHeartbeating(state) && sendLeave(turn);
  state.waiting = [];
  state.memberState = isTold ? 'LEAVING' : 'UNSUBSCRIBED';
  resign(turn);
  if (!isTold) tellConsumer(turn, { type: 'group.closed' });
}

/** False when no coordinator is there to be told. */
function sendLeave(turn: ConsumerMembershipTurn): boolean {
  const { state } = turn;
  if (state.coordinator === NO_COORDINATOR) return false;
  sendHeartbeat(turn, isStatic(state) ? LEAVE_GROUP_STATIC_MEMBER_EPOCH : LEAVE_GROUP_MEMBER_EPOCH);
  return true;
}

/** The coordinator knows that it left, or will find out. */
export function left(turn: ConsumerMembershipTurn): void {
  if (turn.state.memberState !== 'LEAVING') return;
  turn.state.memberState = 'UNSUBSCRIBED';
  tellConsumer(turn, { type: 'group.closed' });
}
