/**
 * The requests that a controller serves, as ControllerApis hands them on: those of brokers and those of administrators.
 * A controller that is not the active one says NOT_CONTROLLER; whoever asked looks for another.
 *
 * Source: kafka.server.ControllerApis, QuorumController.appendWriteEvent.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { Received } from '../../kernel/effects.ts';
import type { AllocateProducerIdsRequest, AlterPartitionRequest, ApiResponse, BrokerHeartbeatRequest, BrokerRegistrationRequest, ControllerAdminRequest } from '../../kafka/api.ts';
import type { Reduced } from '../reduction.ts';
import { alterConfigs, createPartitions, createTopics, deleteTopics, electLeaders, listReassignments, reassignPartitions, refuseAdmin, unregister } from './administer.ts';
import { handleAlterPartition, refuseAlterPartition } from './decide.ts';
import { handleBrokerHeartbeat, handleBrokerRegistration, heartbeatRefused, refuseRegistration } from './heartbeats.ts';
import { handleAllocateProducerIds, refuseAllocateProducerIds } from './producer-ids.ts';
import type { ControllerState } from './state.ts';

export type ControllerRequest = BrokerRegistrationRequest | BrokerHeartbeatRequest | AlterPartitionRequest | AllocateProducerIdsRequest | ControllerAdminRequest;

export const CONTROLLER_REQUESTS = [
  'BrokerRegistrationRequest', 'BrokerHeartbeatRequest', 'AlterPartitionRequest', 'AllocateProducerIdsRequest', 'CreateTopicsRequest', 'DeleteTopicsRequest', 'CreatePartitionsRequest',
  'ElectLeadersRequest', 'AlterPartitionReassignmentsRequest', 'ListPartitionReassignmentsRequest', 'IncrementalAlterConfigsRequest', 'UnregisterBrokerRequest',
] as const satisfies readonly ControllerRequest['type'][];

type ReceivedRequest = { [Type in ControllerRequest['type']]: Received<Extract<ControllerRequest, { type: Type }>> }[ControllerRequest['type']];

export function handleRequest(state: ControllerState, event: ReceivedRequest): Reduced<ControllerState> {
  switch (event.type) {
    case 'BrokerRegistrationRequest':
      return handleBrokerRegistration(state, event);
    case 'BrokerHeartbeatRequest':
      return handleBrokerHeartbeat(state, event);
    case 'AlterPartitionRequest':
      return handleAlterPartition(state, event);
    case 'AllocateProducerIdsRequest':
      return handleAllocateProducerIds(state, event);
    case 'CreateTopicsRequest':
      return createTopics(state, event);
    case 'DeleteTopicsRequest':
      return deleteTopics(state, event);
    case 'CreatePartitionsRequest':
      return createPartitions(state, event);
    case 'ElectLeadersRequest':
      return electLeaders(state, event);
    case 'AlterPartitionReassignmentsRequest':
      return reassignPartitions(state, event);
    case 'ListPartitionReassignmentsRequest':
      return listReassignments(state, event);
    case 'IncrementalAlterConfigsRequest':
      return alterConfigs(state, event);
    case 'UnregisterBrokerRequest':
      return unregister(state, event);
    default:
      return unreachable(event, 'request to a controller');
  }
}

export function refuseRequest(state: ControllerState, { message, replyTo }: ReceivedRequest): Reduced<ControllerState> {
  return { state, effects: [{ kind: 'reply', to: replyTo, message: notController(message) }] };
}

function notController(message: ControllerRequest): ApiResponse {
  switch (message.type) {
    case 'BrokerRegistrationRequest':
      return refuseRegistration(message);
    case 'BrokerHeartbeatRequest':
      return heartbeatRefused(message, 'NOT_CONTROLLER');
    case 'AlterPartitionRequest':
      return refuseAlterPartition(message);
    case 'AllocateProducerIdsRequest':
      return refuseAllocateProducerIds(message);
    case 'CreateTopicsRequest':
    case 'DeleteTopicsRequest':
    case 'CreatePartitionsRequest':
    case 'ElectLeadersRequest':
    case 'AlterPartitionReassignmentsRequest':
    case 'ListPartitionReassignmentsRequest':
    case 'IncrementalAlterConfigsRequest':
    case 'UnregisterBrokerRequest':
      return refuseAdmin(message);
    default:
      return unreachable(message, 'request to a controller');
  }
}
