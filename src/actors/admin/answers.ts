/**
 * What the answers of the administrator's APIs say, brought to one form: an error of the whole, and a result for each
 * thing that was asked about. Also the other way: a call as the request that goes on the wire.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { AdminResult } from '../../history/observations.ts';
import type { AdminResponse, ControllerAdminCall, ControllerAdminRequest } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';

export interface AdminAnswer {
  /** NONE where the API has no error of the whole. */
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly results: readonly AdminResult[];
}

export function requestOf(call: ControllerAdminCall, correlationId: number, timeoutMs: number): ControllerAdminRequest {
  switch (call.type) {
    case 'IncrementalAlterConfigsRequest':
    case 'UnregisterBrokerRequest':
      return { ...call, correlationId };
    default:
      return { ...call, correlationId, timeoutMs };
  }
}

export function answerOf(response: AdminResponse): AdminAnswer {
  switch (response.type) {
    case 'CreateTopicsResponse':
      return ofItems(response.topics.map(topicResult));
    case 'DeleteTopicsResponse':
      return ofItems(response.responses.map(topicResult));
    case 'CreatePartitionsResponse':
      return ofItems(response.results.map(topicResult));
    case 'ElectLeadersResponse':
      return {
        errorCode: response.errorCode,
        errorMessage: null,
        results: response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
          partitionResult.map(({ partitionId, errorCode, errorMessage }) => ({ name: topic, partition: partitionId, errorCode, errorMessage }))),
      };
    case 'AlterPartitionReassignmentsResponse':
      return {
        errorCode: response.errorCode,
        errorMessage: response.errorMessage,
        results: response.responses.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, errorCode, errorMessage }) => ({ name, partition: partitionIndex, errorCode, errorMessage }))),
      };
    case 'IncrementalAlterConfigsResponse':
      return ofItems(response.responses.map(({ resourceName, errorCode, errorMessage }) => ({ name: resourceName, partition: -1, errorCode, errorMessage })));
    case 'ListPartitionReassignmentsResponse':
    case 'UnregisterBrokerResponse':
      return { errorCode: response.errorCode, errorMessage: response.errorMessage, results: [] };
    case 'DeleteRecordsResponse':
      return ofItems(response.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, errorCode, lowWatermark }) => ({ name, partition: partitionIndex, errorCode, errorMessage: null, lowWatermark }))));
    default:
      return unreachable(response, 'answer to an administrator');
  }
}

function ofItems(results: readonly AdminResult[]): AdminAnswer {
  return { errorCode: 'NONE', errorMessage: null, results };
}

function topicResult({ name, errorCode, errorMessage }: { readonly name: string; readonly errorCode: ErrorName; readonly errorMessage: string | null }): AdminResult {
  return { name, partition: -1, errorCode, errorMessage };
}

/** The node that answered is not the active controller (any more). */
export function isNotController({ errorCode, results }: AdminAnswer): boolean {
  return errorCode === 'NOT_CONTROLLER' || results.some((result) => result.errorCode === 'NOT_CONTROLLER');
}
