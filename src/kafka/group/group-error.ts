/**
 * How a request of a group is refused, by API, and which error a client is told when a record could not be written.
 *
 * Source: GroupCoordinatorService.handleOperationException, AbstractRequest.getErrorResponse of the group APIs.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { ErrorName } from '../errors.ts';
import type { GroupRequest, GroupResponse } from '../group-api.ts';
import { NO_OFFSET } from '../ids.ts';
import { EMPTY_ASSIGNMENT } from './classic-group.ts';

/** What a request of one group is; finding its coordinator is none. */
export type OneGroupRequest = Exclude<GroupRequest, { type: 'FindCoordinatorRequest' }>;

export function refusal(request: OneGroupRequest, errorCode: ErrorName): GroupResponse {
  const { correlationId } = request;
  switch (request.type) {
    case 'JoinGroupRequest':
      return { type: 'JoinGroupResponse', correlationId, errorCode, generationId: -1, protocolName: null, leader: '', skipAssignment: false, memberId: request.memberId, members: [] };
    case 'SyncGroupRequest':
      return { type: 'SyncGroupResponse', correlationId, errorCode, protocolName: null, assignment: EMPTY_ASSIGNMENT };
    case 'HeartbeatRequest':
      return { type: 'HeartbeatResponse', correlationId, errorCode };
    case 'LeaveGroupRequest':
      return { type: 'LeaveGroupResponse', correlationId, errorCode, members: [] };
    case 'OffsetCommitRequest':
      return {
        type: 'OffsetCommitResponse', correlationId,
        topics: request.topics.map(({ name, partitions }) => ({ name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) })),
      };
    case 'OffsetFetchRequest': {
      const nothing = { committedOffset: NO_OFFSET, committedLeaderEpoch: -1, metadata: '' };
      const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({ name, partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...nothing, errorCode })) }));
      return { type: 'OffsetFetchResponse', correlationId, errorCode, topics };
    }
    case 'ConsumerGroupHeartbeatRequest':
      return { type: 'ConsumerGroupHeartbeatResponse', correlationId, errorCode, errorMessage: null, memberId: request.memberId, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
    default:
      return unreachable(request, 'request of a group');
  }
}

/** What a client is told when its coordinator could not write; all of them may have been written all the same, or will be tried again. */
export function errorOfFailedWrite(error: ErrorName): ErrorName {
  switch (error) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
    case 'REQUEST_TIMED_OUT':
      return 'COORDINATOR_NOT_AVAILABLE';
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR';
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_FETCH_SIZE':
      return 'UNKNOWN_SERVER_ERROR';
    default:
      return error;
  }
}
