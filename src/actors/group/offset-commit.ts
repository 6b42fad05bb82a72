/**
 * OffsetCommit (api key 8): one record per partition, the last one of a partition holds. A client may commit what it likes,
 * also an offset behind the one before (GRP-8). Who may commit: ClassicGroup.validateOffsetCommit, ConsumerGroup.validateOffsetCommit.
 *
 * Left out: transactional commits, expiry times that the client asks for (gone since version 5).
 * Source: OffsetMetadataManager.commitOffset, validateOffsetCommit.
 */
import type { Received } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { OffsetCommitRequest } from '../../kafka/group-api.ts';
import { memberOf, validateOffsetCommit } from '../../kafka/group/classic-group.ts';
import type { CoordinatorRecord } from '../../kafka/group/coordinator-records.ts';
import { validateConsumerOffsetCommit } from '../../kafka/group/consumer-group.ts';
import { isUnknown } from './offset-fetch.ts';
import type { GroupState } from './state.ts';
import type { GroupTurn } from './turn.ts';

export function handleOffsetCommit(turn: GroupTurn, { message: request, replyTo }: Received<OffsetCommitRequest>): void {
  const waiter = { replyTo, request };
  const { config, groupId, image } = turn.state;
  const errorCode = validate(turn.state, request);
  if (errorCode !== 'NONE') return turn.refuse(waiter, errorCode);
  const { group } = turn;
  // In the classic protocol a commit says that the member is alive, as a heartbeat does.
  if (image.consumer === null && (group.state === 'Stable' || group.state === 'PreparingRebalance')) {
    turn.expectHeartbeat(request.memberId, memberOf(group, request.memberId).sessionTimeoutMs);
  }
  const records: CoordinatorRecord[] = [];
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }): { partitionIndex: number; errorCode: ErrorName } => {
      if (committedMetadata.length > config.offsetMetadataMaxBytes) return { partitionIndex, errorCode: 'OFFSET_METADATA_TOO_LARGE' };
      records.push({
        type: 'OffsetCommit', key: { group: groupId, topic: name, partition: partitionIndex },
        value: { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: committedMetadata, commitTimestamp: turn.nowMs },
      });
      return { partitionIndex, errorCode: 'NONE' };
    }),
  }));
  const response = { type: 'OffsetCommitResponse', correlationId: request.correlationId, topics } as const;
  if (records.length === 0) turn.respond(waiter, response);
  else turn.write(records, [{ kind: 'respond', waiter, response }]);
}

function validate(state: GroupState, { memberId, groupInstanceId, generationIdOrMemberEpoch }: OffsetCommitRequest): ErrorName {
  const { image, classic } = state;
  if (isUnknown(state)) return generationIdOrMemberEpoch < 0 ? 'NONE' : 'GROUP_ID_NOT_FOUND';
  if (image.consumer !== null) return validateConsumerOffsetCommit(image.consumer, memberId, generationIdOrMemberEpoch);
  return validateOffsetCommit(classic, memberId, groupInstanceId, generationIdOrMemberEpoch);
}
