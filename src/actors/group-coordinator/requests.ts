/**
 * FindCoordinator (api key 10), and the way of every other request to its group. The topic that keeps the groups is created
 * when it is first looked for.
 *
 * Left out: coordinators of transactions.
 * Source: KafkaApis.getCoordinator, AutoTopicCreationManager (DefaultAutoTopicCreationManager), CoordinatorRuntime.contextOrThrow.
 */
import type { ConnectionLost, Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { CreateTopicsRequest, CreateTopicsResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { FindCoordinatorRequest, FindCoordinatorResponse } from '../../kafka/group-api.ts';
import { refusal } from '../../kafka/group/group-error.ts';
import { EMPTY_GROUP_IMAGE } from '../../kafka/group/group-image.ts';
import { GROUP_METADATA_TOPIC, partitionForGroup } from '../../kafka/group/partition.ts';
import { NO_LEADER } from '../../kafka/ids.ts';
import { groupName, type GroupEnded, type GroupRequestReceived } from '../group/events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { spawnGroup } from './load.ts';
import { withPartition, type CoordinatorState } from './state.ts';

export const GROUP_REQUESTS: readonly string[] = [
  'FindCoordinatorRequest', 'JoinGroupRequest', 'SyncGroupRequest', 'HeartbeatRequest', 'LeaveGroupRequest', 'OffsetCommitRequest', 'OffsetFetchRequest', 'ConsumerGroupHeartbeatRequest',
];

/** Hands the request to its group, whose machine is started if need be. */
export function route(state: CoordinatorState, event: GroupRequestReceived): Reduced<CoordinatorState> {
  const { message: request, replyTo, nowMs } = event;
  const { groupId } = request;
  const refuse = (errorCode: ErrorName): Reduced<CoordinatorState> => ({ state, effects: [{ kind: 'reply', to: replyTo, message: refusal(request, errorCode) }] });
  if (groupId === '') return refuse('INVALID_GROUP_ID');
  const topic = state.image?.topic(GROUP_METADATA_TOPIC);
  if (topic === undefined) return refuse('NOT_COORDINATOR');
  const index = partitionForGroup(groupId, topic.partitions.length);
  const partition = state.partitions.get(index);
  if (partition === undefined || partition.state === 'Failed') return refuse('NOT_COORDINATOR');
  // To a heartbeat it says nothing of that: the session goes on (GroupCoordinatorService.heartbeat, "blindly respond").
  if (partition.state === 'Loading') return refuse(request.type === 'HeartbeatRequest' ? 'NONE' : 'COORDINATOR_LOAD_IN_PROGRESS');
  const handOn: Effect = { kind: 'tell', to: groupName(groupId), event };
  if (partition.groupIds.has(groupId)) return { state, effects: [handOn] };
  return {
    state: withPartition(state, { ...partition, groupIds: new Set(partition.groupIds).add(groupId) }),
    effects: [spawnGroup(state, index, groupId, nowMs, EMPTY_GROUP_IMAGE, EMPTY_GROUP_IMAGE), handOn],
  };
}

export function groupEnded(state: CoordinatorState, { groupId }: GroupEnded): Reduced<CoordinatorState> {
  for (const partition of state.partitions.values()) {
    if (!partition.groupIds.has(groupId)) continue;
    const groupIds = new Set(partition.groupIds);
    groupIds.delete(groupId);
    return quietly(withPartition(state, { ...partition, groupIds }));
  }
  return quietly(state);
}

export function findCoordinator(state: CoordinatorState, { message: { key, keyType, correlationId }, replyTo }: Received<FindCoordinatorRequest>): Reduced<CoordinatorState> {
  const answer = (errorCode: ErrorName, nodeId = -1): Effect => {
    const response: FindCoordinatorResponse = { type: 'FindCoordinatorResponse', correlationId, errorCode, nodeId };
    return { kind: 'reply', to: replyTo, message: response };
  };
  if (keyType === 'TRANSACTION') return { state, effects: [answer('UNSUPPORTED_VERSION')] };
  if (key === '') return { state, effects: [answer('INVALID_GROUP_ID')] };
  const topic = state.image?.topic(GROUP_METADATA_TOPIC);
  if (topic === undefined) {
    const { state: creating, effects } = createTopic(state);
    return { state: creating, effects: [...effects, answer('COORDINATOR_NOT_AVAILABLE')] };
  }
  const { leader } = topic.partitions[partitionForGroup(key, topic.partitions.length)] as { leader: number };
  const isAvailable = leader !== NO_LEADER && state.image?.broker(leader)?.fenced === false;
  return { state, effects: [isAvailable ? answer('NONE', leader) : answer('COORDINATOR_NOT_AVAILABLE')] };
}

// --- the topic -------------------------------------------------------------------------------------------------------

/** One request at a time; whoever looks for a coordinator after it has failed begins another. */
function createTopic(state: CoordinatorState): Reduced<CoordinatorState> {
  const { config, controllerId, creation } = state;
  if (creation !== null || controllerId === NO_LEADER) return quietly(state);
  const correlationId = state.lastCorrelationId + 1;
  const configs = [{ name: 'cleanup.policy', value: 'compact' }, { name: 'segment.bytes', value: String(config.offsetsTopicSegmentBytes) }];
  const message: CreateTopicsRequest = {
    type: 'CreateTopicsRequest', correlationId, timeoutMs: config.controllerSocketTimeoutMs,
    topics: [{ name: GROUP_METADATA_TOPIC, numPartitions: config.offsetsTopicNumPartitions, replicationFactor: config.offsetsTopicReplicationFactor, assignments: [], configs }],
  };
  return {
    state: { ...state, creation: { askedId: controllerId, correlationId }, lastCorrelationId: correlationId },
    effects: [{ kind: 'send', to: controllerId, message }, { kind: 'schedule', key: 'creation', delayMs: config.controllerSocketTimeoutMs, type: 'timer.creation' }],
  };
}

/** TOPIC_ALREADY_EXISTS is as good as NONE: the metadata will tell. */
export function topicCreated(state: CoordinatorState, { message: { correlationId } }: Received<CreateTopicsResponse>): Reduced<CoordinatorState> {
  return state.creation?.correlationId === correlationId ? creationOver(state) : quietly(state);
}

export function connectionLost(state: CoordinatorState, { data: { peer } }: Stimulus<string, ConnectionLost>): Reduced<CoordinatorState> {
  return state.creation?.askedId === peer ? creationOver(state) : quietly(state);
}

export function creationTimedOut(state: CoordinatorState): Reduced<CoordinatorState> {
  const { creation } = state;
  if (creation === null) return quietly(state);
  return { state: { ...state, creation: null }, effects: [{ kind: 'disconnect', to: creation.askedId }] };
}

function creationOver(state: CoordinatorState): Reduced<CoordinatorState> {
  return { state: { ...state, creation: null }, effects: [{ kind: 'cancel', key: 'creation' }] };
}

export function controllerChanged(state: CoordinatorState, { leaderId }: RaftLeaderChanged): Reduced<CoordinatorState> {
  return quietly({ ...state, controllerId: leaderId });
}
