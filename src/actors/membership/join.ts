/**
 * Joining: JoinGroup, which the coordinator answers when every member has joined or the rebalance timeout is over, and
 * SyncGroup, which brings the assignment that the leader of the generation made.
 *
 * Kafka takes in the answer to JoinGroup inside poll only; here a follower goes on to SyncGroup at once, and only the leader's
 * assignment waits for poll.
 *
 * Source: AbstractCoordinator.sendJoinGroupRequest, JoinGroupResponseHandler, onLeaderElected, SyncGroupResponseHandler,
 * joinGroupIfNeeded; KIP-62, KIP-345, KIP-394, KIP-792, KIP-814.
 */
import type { ConsumerAssignment, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest, SyncGroupResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { errorInfo } from '../../kafka/errors.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { nextCorrelationId, sendRequest } from '../client/network-client.ts';
import type { GroupAssigned, JoinWanted } from '../group-events.ts';
import { coordinatorReadyAtMs, markCoordinatorUnknown } from './coordinator.ts';
import { failMembership, resetGeneration, unjoin } from './generation.ts';
import { isOfPresentGeneration, NO_COORDINATOR, tellConsumer, type GenerationPurpose, type MembershipTurn } from './state.ts';

/** How much longer than the rebalance the client waits for its answer (JOIN_GROUP_TIMEOUT_LAPSE). */
const JOIN_GROUP_TIMEOUT_LAPSE_MS = 5_000;
/** A Java int: the timeout of a request. */
const INT_MAX = 2_147_483_647;

/** The consumer is prepared. */
export function joinWanted(turn: MembershipTurn, event: JoinWanted): void {
  const { state } = turn;
  if (state.hasFailed) return;
  state.join = event;
  state.joinAtMs = turn.nowMs;
  state.isRejoinTold = false;
}

/** Sends JoinGroup if the consumer wants to join and none is in flight. */
export function joinIfNeeded(turn: MembershipTurn): void {
  const { state, nowMs } = turn;
  if (state.join === null || (state.memberState !== 'UNJOINED' && state.memberState !== 'STABLE') || state.coordinator === NO_COORDINATOR) return;
  const atMs = Math.max(state.joinAtMs, coordinatorReadyAtMs(turn));
  if (atMs > nowMs) {
    turn.wakeBy(atMs);
    return;
  }
  unjoin(turn);
  state.memberState = 'PREPARING_REBALANCE';
  const { config, join, generationId } = state;
  const message: JoinGroupRequest = {
    type: 'JoinGroupRequest',
    correlationId: nextCorrelationId(turn),
    groupId: state.groupId,
    sessionTimeoutMs: config.sessionTimeoutMs,
    rebalanceTimeoutMs: config.maxPollIntervalMs,
    memberId: state.memberId,
    groupInstanceId: state.groupInstanceId,
    protocolType: 'consumer',
    protocols: config.partitionAssignmentStrategy.split(',').map((name, i) => ({
      name, metadata: { topics: join.topics, ownedPartitions: join.owned, generationId, userData: join.userData[i] ?? null },
    })),
    reason: '',
  };
  const timeoutMs = Math.min(INT_MAX, Math.max(config.requestTimeoutMs, config.maxPollIntervalMs + JOIN_GROUP_TIMEOUT_LAPSE_MS));
  sendRequest(turn, state.coordinator, message, { kind: 'joinGroup', generationId, memberId: state.memberId }, timeoutMs);
}

export function handleJoinGroupResponse(turn: MembershipTurn, purpose: GenerationPurpose, response: JoinGroupResponse, from: NodeId): void {
  const { state } = turn;
  // The member left, or was reset, while it was on its way.
  if (state.memberState !== 'PREPARING_REBALANCE' || !isOfPresentGeneration(state, purpose)) return;
  const { errorCode } = response;
  switch (errorCode) {
    case 'NONE':
      joined(turn, response);
      return;
    case 'MEMBER_ID_REQUIRED':
      state.memberId = response.memberId;
      rejoinAtOnce(turn);
      return;
    case 'UNKNOWN_MEMBER_ID':
      resetGeneration(turn, errorCode);
      return;
    case 'REBALANCE_IN_PROGRESS':
      rejoinAtOnce(turn);
      return;
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      markCoordinatorUnknown(turn, from);
      joinFailed(turn);
      return;
    default:
      refused(turn, errorCode);
  }
}

/** What the protocol has no answer to: try again if it can be tried again, else it is the end. */
function refused(turn: MembershipTurn, errorCode: ErrorName): void {
  if (errorInfo(errorCode).retriable) joinFailed(turn);
  else failMembership(turn, errorCode);
}

function rejoinAtOnce(turn: MembershipTurn): void {
  unjoin(turn);
  turn.state.joinAtMs = turn.nowMs;
}

/** The rebalance came to nothing: again, after `retry.backoff.ms`. */
export function joinFailed(turn: MembershipTurn): void {
  unjoin(turn);
  turn.state.joinAtMs = turn.nowMs + turn.state.config.retryBackoffMs;
}

/** In a new generation: the heartbeat thread is on, and SyncGroup asks for the assignment. */
function joined(turn: MembershipTurn, { generationId, memberId, protocolName, leader, members, skipAssignment }: JoinGroupResponse): void {
  const { state, nowMs } = turn;
  state.memberState = 'COMPLETING_REBALANCE';
  state.generationId = generationId;
  state.memberId = memberId;
  state.leader = leader;
  state.protocolName = protocolName ?? '';
  state.heartbeatAtMs = nowMs + state.config.heartbeatIntervalMs;
  state.sessionEndsAtMs = nowMs + state.config.sessionTimeoutMs;
  if (leader !== memberId) syncGroup(turn, []);
  else tellConsumer(turn, { type: 'group.elected', generationId, protocolName: state.protocolName, members, skipAssignment });
}

/** The consumer has assigned, as the leader; the generation may be over. */
export function assigned(turn: MembershipTurn, { generationId, assignments }: GroupAssigned): void {
  const { state } = turn;
  if (state.memberState === 'COMPLETING_REBALANCE' && state.generationId === generationId) syncGroup(turn, assignments);
}

function syncGroup(turn: MembershipTurn, assignments: SyncGroupRequest['assignments']): void {
  const { state } = turn;
  if (state.coordinator === NO_COORDINATOR) {
    joinFailed(turn);
    return;
  }
  const { generationId, memberId } = state;
  const message: SyncGroupRequest = {
    type: 'SyncGroupRequest', correlationId: nextCorrelationId(turn), groupId: state.groupId, generationId, memberId, groupInstanceId: state.groupInstanceId,
    protocolName: state.protocolName, assignments,
  };
  sendRequest(turn, state.coordinator, message, { kind: 'syncGroup', generationId, memberId });
}

export function handleSyncGroupResponse(turn: MembershipTurn, purpose: GenerationPurpose, { errorCode, assignment }: SyncGroupResponse, from: NodeId): void {
  const { state } = turn;
  if (state.memberState !== 'COMPLETING_REBALANCE' || !isOfPresentGeneration(state, purpose)) return;
  switch (errorCode) {
    case 'NONE':
      stable(turn, assignment);
      return;
    case 'REBALANCE_IN_PROGRESS':
      rejoinAtOnce(turn);
      return;
    case 'UNKNOWN_MEMBER_ID':
    case 'ILLEGAL_GENERATION':
      resetGeneration(turn, errorCode);
      return;
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      markCoordinatorUnknown(turn, from);
      joinFailed(turn);
      return;
    default:
      refused(turn, errorCode);
  }
}

function stable(turn: MembershipTurn, assignment: ConsumerAssignment): void {
  const { state } = turn;
  state.memberState = 'STABLE';
  state.join = null;
  const { generationId, memberId, protocolName, leader } = state;
  tellConsumer(turn, { type: 'group.joined', generationId, memberId, protocolName, isLeader: leader === memberId, assignment });
}
