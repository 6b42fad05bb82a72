/**
 * ConsumerGroupHeartbeat (api key 68): the whole of the consumer protocol (KIP-848). A member joins, says what it owns, is told
 * its epoch and what to own, and leaves, all in one request.
 *
 * An empty group of the other protocol makes way. One with members does not: online migration is left out, and a heartbeat to a
 * classic group with members is told GROUP_ID_NOT_FOUND, as by a Kafka whose `group.consumer.migration.policy` is disabled.
 *
 * Source: GroupMetadataManager.consumerGroupHeartbeat, getOrMaybeCreateConsumerGroup; GroupCoordinatorService.
 */
import type { Received } from '../../kernel/effects.ts';
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from '../../kafka/group-api.ts';
import { newClassicGroup } from '../../kafka/group/classic-group.ts';
import { errorOfRequest, heartbeat, leave, type HeartbeatResult } from '../../kafka/group/consumer-group-heartbeat.ts';
import type { TopicsChanged } from './events.ts';
import { awaitRevocation } from './consumer-members.ts';
import { rebalanceTimer, type Waiter } from './state.ts';
import type { GroupTurn } from './turn.ts';

export function handleConsumerGroupHeartbeat(turn: GroupTurn, { message: request, replyTo }: Received<ConsumerGroupHeartbeatRequest>): void {
  const waiter: Waiter = { replyTo, request };
  const { state } = turn;
  const { memberEpoch } = request;
  const errorCode = errorOfRequest(request, state.config.groupConsumerAssignors.split(','));
  if (errorCode !== 'NONE') return turn.refuse(waiter, errorCode);
  const makesWay = memberEpoch === 0 && state.classic.state === 'Empty';
  if (state.image.consumer === null && !makesWay) return turn.refuse(waiter, 'GROUP_ID_NOT_FOUND');
  if (memberEpoch < 0) handleLeave(turn, waiter, request);
  else handleHeartbeat(turn, waiter, request);
}

function handleHeartbeat(turn: GroupTurn, waiter: Waiter, request: ConsumerGroupHeartbeatRequest): void {
  const { state } = turn;
  const { groupId, image, topics, config, rules } = state;
  const isRefreshDue = state.refreshedTopics !== topics;
  const result = heartbeat({ groupId, image, topics, isRefreshDue, assignorNames: config.groupConsumerAssignors.split(','), maxSize: config.groupConsumerMaxSize, rules }, request);
  if (typeof result === 'string') return turn.refuse(waiter, result);
  state.refreshedTopics = topics;
  if (image.consumer === null) forgetClassicGroup(turn);
  turn.expectHeartbeat(request.memberId, config.groupConsumerSessionTimeoutMs);
  if (result.isReconciled) watchRevocation(turn, request.memberId, result);
  const response: ConsumerGroupHeartbeatResponse = {
    type: 'ConsumerGroupHeartbeatResponse', correlationId: request.correlationId, errorCode: 'NONE', errorMessage: null, memberId: request.memberId, memberEpoch: result.current.memberEpoch,
    heartbeatIntervalMs: config.groupConsumerHeartbeatIntervalMs, assignment: result.assignment === null ? null : { topicPartitions: result.assignment },
  };
  if (result.records.length === 0) turn.respond(waiter, response);
  else turn.write(result.records, [{ kind: 'respond', waiter, response }]);
}

/** Members that were given an id in the classic protocol and have not come back with it are forgotten. */
function forgetClassicGroup(turn: GroupTurn): void {
  for (const memberId of turn.group.pendingJoinMembers) turn.forgetHeartbeat(memberId);
  turn.group = newClassicGroup(turn.nowMs);
}

/** A member that is to give something up has its rebalance timeout for it. */
function watchRevocation(turn: GroupTurn, memberId: string, { current, rebalanceTimeoutMs }: HeartbeatResult): void {
  if (current.state === 'UNREVOKED_PARTITIONS') awaitRevocation(turn, memberId, current.memberEpoch, rebalanceTimeoutMs);
  else turn.effects.push({ kind: 'cancel', key: rebalanceTimer(memberId), forget: true });
}

/** Its timers go on, for the case that the log refuses: they find nobody otherwise. */
function handleLeave(turn: GroupTurn, waiter: Waiter, request: ConsumerGroupHeartbeatRequest): void {
  const { groupId, image, topics } = turn.state;
  const records = leave(groupId, image, topics, request);
  if (typeof records === 'string') return turn.refuse(waiter, records);
  const { memberId, memberEpoch, correlationId } = request;
  const response: ConsumerGroupHeartbeatResponse = {
    type: 'ConsumerGroupHeartbeatResponse', correlationId, errorCode: 'NONE', errorMessage: null, memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null,
  };
  turn.write(records, [{ kind: 'respond', waiter, response }]);
}

/** The next heartbeat of a member looks whether the group is concerned. */
export function topicsChanged(turn: GroupTurn, { topics }: TopicsChanged): void {
  turn.state.topics = topics;
}
