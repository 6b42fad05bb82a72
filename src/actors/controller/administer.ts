/**
 * What administrators ask of the active controller: topics, elections, reassignments, configs, brokers. Each item of a
 * request is decided by itself, in order; the answer leaves when all of it is committed.
 *
 * Left out: `validateOnly`, quotas on topic mutations (KIP-599), authorization.
 * Source: kafka.server.ControllerApis, QuorumController, ReplicationControlManager, ConfigurationControlManager.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { Effect, Received } from '../../kernel/effects.ts';
import { draw32, hex64 } from '../../kernel/hash.ts';
import { incrementalAlterConfigs } from '../../kafka/alter-configs.ts';
import { alterPartitionReassignments, listPartitionReassignments } from '../../kafka/alter-partition-reassignments.ts';
import type {
  AlterPartitionReassignmentsRequest, ControllerAdminRequest, ControllerAdminResponse, CreatePartitionsRequest, CreateTopicsRequest, CreateTopicsTopic, CreateTopicsTopicResult, DeleteTopicsRequest,
  ElectLeadersRequest, IncrementalAlterConfigsRequest, ListPartitionReassignmentsRequest, TopicResult, UnregisterBrokerRequest,
} from '../../kafka/api.ts';
import { createTopic } from '../../kafka/create-topic.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import { electLeaders as decideElections, unregisterBroker } from '../../kafka/replication-control.ts';
import { createPartitions as decidePartitions, deleteTopic } from '../../kafka/topic-changes.ts';
import type { Reduced } from '../reduction.ts';
import { answerWhenCommitted, appendRecords, type ControllerState } from './state.ts';

export function createTopics(before: ControllerState, { message, replyTo, draw }: Received<CreateTopicsRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const topics: CreateTopicsTopicResult[] = [];
  const { numPartitions, defaultReplicationFactor } = before.config;
  let state = before;
  message.topics.forEach((topic, index) => {
    const topicId = hex64(draw32(draw, 2 * index), draw32(draw, 2 * index + 1));
    const configs = Object.fromEntries(topic.configs.map(({ name, value }) => [name, value]));
    const { records, errorCode, errorMessage } = createTopic(state.image, { ...topic, topicId, configs }, draw32(draw, index), { numPartitions, defaultReplicationFactor });
    state = appendRecords(state, records, effects);
    const created = state.image.topic(topic.name)?.partitions;
    topics.push(
      errorCode === 'NONE'
        ? { name: topic.name, topicId, errorCode, errorMessage, numPartitions: created?.length ?? 0, replicationFactor: created?.[0]?.replicas.length ?? 0 }
        : notCreated(topic, errorCode, errorMessage),
    );
  });
  return answer(state, replyTo, message, { type: 'CreateTopicsResponse', correlationId: message.correlationId, topics }, effects);
}

export function deleteTopics(before: ControllerState, { message, replyTo }: Received<DeleteTopicsRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { state, results: responses } = eachTopic(before, message.topicNames.map((name) => ({ name })), (image, { name }) => deleteTopic(image, name), effects);
  return answer(state, replyTo, message, { type: 'DeleteTopicsResponse', correlationId: message.correlationId, responses }, effects);
}

export function createPartitions(before: ControllerState, { message, replyTo, draw }: Received<CreatePartitionsRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { state, results } = eachTopic(before, message.topics, (image, topic, index) => decidePartitions(image, topic, draw32(draw, index)), effects);
  return answer(state, replyTo, message, { type: 'CreatePartitionsResponse', correlationId: message.correlationId, results }, effects);
}

export function electLeaders(before: ControllerState, { message, replyTo }: Received<ElectLeadersRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { records, response } = decideElections(before.image, before.control, message);
  const state = appendRecords(before, records, effects);
  return answer(state, replyTo, message, { type: 'ElectLeadersResponse', correlationId: message.correlationId, ...response }, effects);
}

export function reassignPartitions(before: ControllerState, { message, replyTo }: Received<AlterPartitionReassignmentsRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { records, response } = alterPartitionReassignments(before.image, before.control, message);
  const state = appendRecords(before, records, effects);
  return answer(state, replyTo, message, { type: 'AlterPartitionReassignmentsResponse', correlationId: message.correlationId, ...response }, effects);
}

/** A read: it, too, waits until what it saw is committed. */
export function listReassignments(state: ControllerState, { message, replyTo }: Received<ListPartitionReassignmentsRequest>): Reduced<ControllerState> {
  const topics = listPartitionReassignments(state.image, message.topics);
  return answer(state, replyTo, message, { type: 'ListPartitionReassignmentsResponse', correlationId: message.correlationId, errorCode: 'NONE', errorMessage: null, topics }, []);
}

export function alterConfigs(before: ControllerState, { message, replyTo }: Received<IncrementalAlterConfigsRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { records, responses } = incrementalAlterConfigs(before.image, before.control, message.resources);
  const state = appendRecords(before, records, effects);
  return answer(state, replyTo, message, { type: 'IncrementalAlterConfigsResponse', correlationId: message.correlationId, responses }, effects);
}

export function unregister(before: ControllerState, { message, replyTo }: Received<UnregisterBrokerRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { records, errorCode, errorMessage } = unregisterBroker(before.image, before.control, message.brokerId);
  const state = appendRecords(before, records, effects);
  return answer(state, replyTo, message, { type: 'UnregisterBrokerResponse', correlationId: message.correlationId, errorCode, errorMessage }, effects);
}

/** NOT_CONTROLLER, in the answer's own error code or in that of every item where an answer has none. */
export function refuseAdmin(message: ControllerAdminRequest): ControllerAdminResponse {
  const { correlationId } = message;
  const errorCode = 'NOT_CONTROLLER';
  const errorMessage = null;
  switch (message.type) {
    case 'CreateTopicsRequest':
      return { type: 'CreateTopicsResponse', correlationId, topics: message.topics.map((topic) => notCreated(topic, errorCode, errorMessage)) };
    case 'DeleteTopicsRequest':
      return { type: 'DeleteTopicsResponse', correlationId, responses: message.topicNames.map((name) => ({ name, errorCode, errorMessage })) };
    case 'CreatePartitionsRequest':
      return { type: 'CreatePartitionsResponse', correlationId, results: message.topics.map(({ name }) => ({ name, errorCode, errorMessage })) };
    case 'ElectLeadersRequest':
      return { type: 'ElectLeadersResponse', correlationId, errorCode, replicaElectionResults: [] };
    case 'AlterPartitionReassignmentsRequest':
      return { type: 'AlterPartitionReassignmentsResponse', correlationId, errorCode, errorMessage, responses: [] };
    case 'ListPartitionReassignmentsRequest':
      return { type: 'ListPartitionReassignmentsResponse', correlationId, errorCode, errorMessage, topics: [] };
    case 'IncrementalAlterConfigsRequest':
      return {
        type: 'IncrementalAlterConfigsResponse', correlationId,
        responses: message.resources.map(({ resourceType, resourceName }) => ({ errorCode, errorMessage, resourceType, resourceName })),
      };
    case 'UnregisterBrokerRequest':
      return { type: 'UnregisterBrokerResponse', correlationId, errorCode, errorMessage };
    default:
      return unreachable(message, 'request of an administrator');
  }
}

function notCreated({ name }: CreateTopicsTopic, errorCode: CreateTopicsTopicResult['errorCode'], errorMessage: string | null): CreateTopicsTopicResult {
  return { name, topicId: '', errorCode, errorMessage, numPartitions: -1, replicationFactor: -1 };
}

/** Decides each topic against the image that those before it have made. */
function eachTopic<Topic extends { readonly name: string }>(
  before: ControllerState,
  topics: readonly Topic[],
  decide: (image: MetadataImage, topic: Topic, index: number) => Omit<TopicResult, 'name'> & { readonly records: readonly MetadataRecord[] },
  effects: Effect[],
): { readonly state: ControllerState; readonly results: readonly TopicResult[] } {
  let state = before;
  const results = topics.map((topic, index) => {
    const { records, errorCode, errorMessage } = decide(state.image, topic, index);
    state = appendRecords(state, records, effects);
    return { name: topic.name, errorCode, errorMessage };
  });
  return { state, results };
}

function answer(state: ControllerState, replyTo: number, request: ControllerAdminRequest, message: ControllerAdminResponse, effects: Effect[]): Reduced<ControllerState> {
  return { state: answerWhenCommitted(state, replyTo, message, refuseAdmin(request), effects), effects };
}
