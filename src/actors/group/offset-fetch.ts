/**
 * OffsetFetch (api key 9): what is committed, which may be less than what is written. A fetch that must be stable waits for
 * what is written; so do Kafka's consumers, all of them (KIP-447).
 *
 * Source: OffsetMetadataManager.fetchOffsets, fetchAllOffsets; GroupCoordinatorService.fetchOffsets (a stable fetch is a write
 * operation without records).
 */
import type { Received } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { OffsetFetchPartitionResponse, OffsetFetchRequest, OffsetFetchResponse } from '../../kafka/group-api.ts';
import { validateConsumerOffsetFetch } from '../../kafka/group/consumer-group.ts';
import { isNoGroup, type OffsetTable } from '../../kafka/group/group-image.ts';
import { NO_OFFSET, topicPartition, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import type { GroupState, Waiter } from './state.ts';
import type { GroupTurn } from './turn.ts';

/** Nothing was ever written about the group, and nobody has joined it: it does not exist. */
export function isUnknown({ image, classic }: GroupState): boolean {
  return isNoGroup(image) && classic.members.size === 0 && classic.pendingJoinMembers.length === 0 && classic.generationId === 0;
}

export function handleOffsetFetch(turn: GroupTurn, { message: request, replyTo }: Received<OffsetFetchRequest>): void {
  const waiter = { replyTo, request };
  if (request.requireStable && turn.state.writes.length > 0) turn.attach({ kind: 'fetchOffsets', waiter });
  else answerOffsetFetch(turn, waiter);
}

/** Answers from what is committed now. */
export function answerOffsetFetch(turn: GroupTurn, waiter: Waiter): void {
  const request = waiter.request as OffsetFetchRequest;
  const { committed, classic } = turn.state;
  const errorCode: ErrorName = committed.consumer !== null ? validateConsumerOffsetFetch(committed.consumer, request.memberId, request.memberEpoch) : 'NONE';
  if (errorCode !== 'NONE') return turn.refuse(waiter, errorCode);
  const offsets: OffsetTable = classic.state === 'Dead' ? new Map() : committed.offsets;
  const asked = request.topics ?? allOf(offsets);
  const topics = asked.map(({ name, partitionIndexes }) => ({ name, partitions: partitionIndexes.map((partition) => describe(offsets, name, partition)) }));
  turn.reply(waiter, { type: 'OffsetFetchResponse', correlationId: request.correlationId, errorCode: 'NONE', topics } satisfies OffsetFetchResponse);
}

function describe(offsets: OffsetTable, topic: TopicName, partitionIndex: PartitionIndex): OffsetFetchPartitionResponse {
  const found = offsets.get(topicPartition(topic, partitionIndex));
  if (found === undefined) return { partitionIndex, committedOffset: NO_OFFSET, committedLeaderEpoch: -1, metadata: '', errorCode: 'NONE' };
  return { partitionIndex, committedOffset: found.offset, committedLeaderEpoch: found.leaderEpoch, metadata: found.metadata, errorCode: 'NONE' };
}

/** Topics in order of name, partitions rising. */
function allOf(offsets: OffsetTable): { readonly name: TopicName; readonly partitionIndexes: readonly PartitionIndex[] }[] {
  const byTopic = new Map<TopicName, PartitionIndex[]>();
  for (const { topic, partition } of offsets.values()) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  return [...byTopic].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, partitions]) => ({ name, partitionIndexes: partitions.sort((a, b) => a - b) }));
}
