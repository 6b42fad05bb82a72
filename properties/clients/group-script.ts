/**
 * A coordinator for one member of a group, scripted: what it remembers is the requests it got, so every answer is
 * a function of them. A test puts its own word in where it wants another answer.
 */
import type {
  ApiRequest, ConsumerAssignment, ConsumerGroupHeartbeatRequest, FetchPartition, FetchRequest, JoinGroupRequest, OffsetCommitRequest, OffsetFetchRequest, SyncGroupRequest,
} from '../../src/kafka/api.ts';
import type { ErrorName } from '../../src/kafka/errors.ts';
import { batchOf, withOffsets, type RecordBatch } from '../../src/kafka/records.ts';
import type { Effect, Received } from '../../src/kernel/effects.ts';
import { is, metadata, reply, TOPIC, type BrokerMemory, type Leader, type Script } from './scripted-cluster.ts';

export interface GroupScene {
  /** Partition logs by index; one record a batch. */
  readonly logs: readonly (readonly RecordBatch[])[];
  /** The error of a request, given how many of its kind came before; NONE by default. */
  readonly errorOf?: (event: Received<ApiRequest>, before: number, memory: BrokerMemory) => ErrorName | 'silence' | undefined;
  /** The assignment of a generation; by default what the leader assigned. */
  readonly assignment?: (generationId: number) => ConsumerAssignment;
  /** Committed before anybody joined, by partition. */
  readonly committed?: readonly number[];
  readonly leads?: boolean;
  /** The consumer protocol: the answer to the n-th heartbeat, from 0. */
  readonly consumerHeartbeat?: (request: ConsumerGroupHeartbeatRequest, before: number) => { readonly memberEpoch: number; readonly partitions?: readonly number[] };
  /** Else a fetch with nothing to bring waits for ever. */
  readonly answersIdleFetches?: boolean;
}

export const MEMBER = 'member-1';
const LEADER: Leader = { leaderId: 0, leaderEpoch: 1 };

/** Records `from .. to - 1` of a partition, one a batch. */
export function logOf(partition: number, count: number): readonly RecordBatch[] {
  return Array.from({ length: count }, (_, offset) => withOffsets(batchOf([{ key: null, value: `${partition}:${offset}`, timestampMs: 0 }]), offset, 1));
}

function countOf(memory: BrokerMemory, type: string): number {
  return memory.requests.filter((event) => event.type === type).length;
}

/** Generations begin at 1 and rise with every JoinGroup that carries the member's id. */
function generationOf(memory: BrokerMemory): number {
  return memory.requests.filter(({ message }) => message.type === 'JoinGroupRequest' && message.memberId !== '').length;
}

function committedOffset(memory: BrokerMemory, scene: GroupScene, refused: (index: number) => boolean, partition: number): number {
  let found = scene.committed?.[partition] ?? -1;
  let index = -1;
  for (const { message } of memory.requests) {
    if (message.type !== 'OffsetCommitRequest') continue;
    index += 1;
    if (refused(index)) continue;
    for (const topic of message.topics) for (const each of topic.partitions) if (each.partitionIndex === partition) found = each.committedOffset;
  }
  return found;
}

export function groupBroker(scene: GroupScene): Script {
  return (memory, event) => {
    const before = countOf(memory, event.type) - 1;
    const word = scene.errorOf?.(event, before, memory) ?? 'NONE';
    return word === 'silence' ? [] : answer(scene, memory, event, word);
  };
}

function answer(scene: GroupScene, memory: BrokerMemory, event: Received<ApiRequest>, errorCode: ErrorName): readonly Effect[] {
  const { correlationId } = event.message;
  if (is(event, 'MetadataRequest')) return metadata(event, [0], scene.logs.map(() => LEADER));
  if (is(event, 'FindCoordinatorRequest')) return reply(event, { type: 'FindCoordinatorResponse', correlationId, errorCode, nodeId: errorCode === 'NONE' ? 0 : -1 });
  if (is(event, 'JoinGroupRequest')) return joined(scene, memory, event, errorCode);
  if (is(event, 'SyncGroupRequest')) return reply(event, { type: 'SyncGroupResponse', correlationId, errorCode, protocolName: 'range', assignment: assignmentOf(scene, event) });
  if (is(event, 'ConsumerGroupHeartbeatRequest')) {
    const { memberId } = event.message;
    const { memberEpoch, partitions } = scene.consumerHeartbeat?.(event.message, countOf(memory, event.type) - 1) ?? { memberEpoch: -1 };
    const topicPartitions = (partitions ?? []).length === 0 ? [] : [{ topic: TOPIC, partitions: partitions ?? [] }];
    return reply(event, {
      type: 'ConsumerGroupHeartbeatResponse', correlationId, errorCode, errorMessage: null, memberId, memberEpoch, heartbeatIntervalMs: 2_000,
      assignment: errorCode !== 'NONE' || partitions === undefined ? null : { topicPartitions },
    });
  }
  if (is(event, 'HeartbeatRequest')) return reply(event, { type: 'HeartbeatResponse', correlationId, errorCode });
  if (is(event, 'LeaveGroupRequest')) return reply(event, { type: 'LeaveGroupResponse', correlationId, errorCode, members: [] });
  if (is(event, 'OffsetCommitRequest')) return committed(event, errorCode);
  if (is(event, 'OffsetFetchRequest')) return offsets(scene, memory, event, errorCode);
  if (is(event, 'ListOffsetsRequest')) {
    return reply(event, {
      type: 'ListOffsetsResponse', correlationId,
      topics: event.message.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex, errorCode: 'NONE', timestamp: -1, offset: timestamp === -2 ? 0 : (scene.logs[partitionIndex]?.length ?? 0), leaderEpoch: 1,
        })),
      })),
    });
  }
  if (is(event, 'OffsetForLeaderEpochRequest')) {
    return reply(event, {
      type: 'OffsetForLeaderEpochResponse', correlationId,
      topics: event.message.topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(({ partition }) => ({ partition, errorCode: 'NONE', leaderEpoch: 1, endOffset: 1_000_000 })) })),
    });
  }
  return is(event, 'FetchRequest') ? fetched(scene, event) : [];
}

function joined({ leads = true }: GroupScene, memory: BrokerMemory, event: Received<JoinGroupRequest>, errorCode: ErrorName): readonly Effect[] {
  const { correlationId, memberId, protocols, groupInstanceId } = event.message;
  const none = { type: 'JoinGroupResponse' as const, correlationId, generationId: -1, protocolName: null, leader: '', skipAssignment: false, members: [] };
  if (errorCode !== 'NONE') return reply(event, { ...none, errorCode, memberId });
  if (memberId === '' && groupInstanceId === null) return reply(event, { ...none, errorCode: 'MEMBER_ID_REQUIRED', memberId: MEMBER });
  const members = leads ? [{ memberId: MEMBER, groupInstanceId, metadata: (protocols[0] as JoinGroupRequest['protocols'][number]).metadata }] : [];
  return reply(event, { ...none, errorCode, memberId: MEMBER, generationId: generationOf(memory), protocolName: protocols[0]?.name ?? null, leader: leads ? MEMBER : 'another', members });
}

function assignmentOf(scene: GroupScene, { message }: Received<SyncGroupRequest>): ConsumerAssignment {
  const own = message.assignments.find(({ memberId }) => memberId === MEMBER)?.assignment ?? { assignedPartitions: [], userData: null };
  return scene.assignment?.(message.generationId) ?? own;
}

function committed(event: Received<OffsetCommitRequest>, errorCode: ErrorName): readonly Effect[] {
  const { correlationId, topics } = event.message;
  return reply(event, {
    type: 'OffsetCommitResponse', correlationId, topics: topics.map(({ name, partitions }) => ({ name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) })),
  });
}

function offsets(scene: GroupScene, memory: BrokerMemory, event: Received<OffsetFetchRequest>, errorCode: ErrorName): readonly Effect[] {
  const commits = memory.requests.filter((each) => each.type === 'OffsetCommitRequest');
  const refused = (index: number): boolean => (scene.errorOf?.(commits[index] as Received<ApiRequest>, index, memory) ?? 'NONE') !== 'NONE';
  return reply(event, {
    type: 'OffsetFetchResponse', correlationId: event.message.correlationId, errorCode,
    topics: errorCode !== 'NONE' ? [] : (event.message.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex, committedOffset: committedOffset(memory, scene, refused, partitionIndex), committedLeaderEpoch: -1, metadata: '', errorCode: 'NONE' as const,
      })),
    })),
  });
}

function fetched({ logs, answersIdleFetches = false }: GroupScene, event: Received<FetchRequest>): readonly Effect[] {
  const recordsOf = ({ partition, fetchOffset }: FetchPartition): readonly RecordBatch[] => (logs[partition] ?? []).filter(({ baseOffset }) => baseOffset >= fetchOffset);
  if (!answersIdleFetches && !event.message.topics.some(({ partitions }) => partitions.some((each) => recordsOf(each).length > 0))) return [];
  return reply(event, {
    type: 'FetchResponse', correlationId: event.message.correlationId,
    responses: event.message.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((each) => ({ partitionIndex: each.partition, errorCode: 'NONE' as const, highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, records: recordsOf(each) })),
    })),
  });
}
