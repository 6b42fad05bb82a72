/**
 * The state of one group at its coordinator: what its records say (`image`), what of that is committed, the writes on their
 * way from the one to the other, and, of the classic protocol, what is known of it between records.
 *
 * A write is replayed into `image` at once, its answer is given when the high watermark has passed it, and a write that the
 * log refuses takes `image` back to what is in the log. Invariants: `image` = replay of what is in the log, once the log has
 * answered the last append; `committed` = replay up to the high watermark as far as the group has heard of it.
 *
 * Simplified: an answer that must wait for what was written before waits for the writes of its own group; Kafka's waits for
 * those of all groups of the partition. Source: CoordinatorRuntime (CoordinatorWriteEvent, DeferredEventQueue), SnapshotRegistry.
 */
import type { ReplyTo } from '../../kernel/effects.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import type { ConsumerAssignment, GroupResponse } from '../../kafka/group-api.ts';
import type { ClassicGroup, ClassicMember } from '../../kafka/group/classic-group.ts';
import { classicGroupOf, newClassicGroup } from '../../kafka/group/classic-group.ts';
import type { CoordinatorRecord } from '../../kafka/group/coordinator-records.ts';
import { consumerGroupStateOf } from '../../kafka/group/consumer-group.ts';
import type { OneGroupRequest } from '../../kafka/group/group-error.ts';
import type { GroupImage } from '../../kafka/group/group-image.ts';
import type { PartitionIndex, TopicPartition } from '../../kafka/ids.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { KnownTopics } from './events.ts';

/** Who asked, and what. */
export interface Waiter {
  readonly replyTo: ReplyTo;
  readonly request: OneGroupRequest;
}

export type Group = ClassicGroup<Waiter>;
export type Member = ClassicMember<Waiter>;

/** What is to be done when a write is committed, or has failed. */
export type Completion =
  /** The answer that waited for it. */
  | { readonly kind: 'respond'; readonly waiter: Waiter; readonly response: GroupResponse }
  /** OffsetFetch is answered from what is committed then. */
  | { readonly kind: 'fetchOffsets'; readonly waiter: Waiter }
  /** The leader's assignment of a generation. */
  | { readonly kind: 'assign'; readonly generationId: number; readonly assignments: ReadonlyMap<string, ConsumerAssignment> }
  /** A static member came back under a new id; `before` is the old one. */
  | { readonly kind: 'replaceMember'; readonly memberId: string; readonly before: Member; readonly leaderBefore: string | null }
  /** Nothing is left of the group. */
  | { readonly kind: 'end' };

export interface PendingWrite {
  readonly id: number;
  readonly records: readonly CoordinatorRecord[];
  readonly before: GroupImage;
  readonly after: GroupImage;
  /** The log has taken it. */
  readonly isAppended: boolean;
  readonly completions: readonly Completion[];
}

export interface GroupState {
  readonly groupId: string;
  readonly brokerId: number;
  readonly config: BrokerConfig;
  readonly rules: Rules;
  /** Of `__consumer_offsets`. */
  readonly partition: PartitionIndex;
  readonly topicPartition: TopicPartition;
  readonly image: GroupImage;
  readonly committed: GroupImage;
  /** In the order of the log. */
  readonly writes: readonly PendingWrite[];
  readonly lastWriteId: number;
  readonly classic: Group;
  readonly topics: KnownTopics;
  /** Those that a consumer group has looked at; null before it has. */
  readonly refreshedTopics: KnownTopics | null;
}

export interface GroupInput {
  readonly groupId: string;
  readonly brokerId: number;
  readonly config: BrokerConfig;
  readonly rules: Rules;
  readonly partition: PartitionIndex;
  readonly topicPartition: TopicPartition;
  readonly nowMs: number;
  /** As loaded from the whole log, and from what of it was committed. */
  readonly image: GroupImage;
  readonly committed: GroupImage;
  readonly topics: KnownTopics;
}

/** Of the write that stands for what was loaded and is not committed yet. */
export const LOADED_WRITE_ID = 0;

export function newGroup({ groupId, brokerId, config, rules, partition, topicPartition, nowMs, image, committed, topics }: GroupInput): GroupState {
  const writes: PendingWrite[] = image === committed ? [] : [{ id: LOADED_WRITE_ID, records: [], before: committed, after: image, isAppended: true, completions: [] }];
  const classic: Group = image.metadata === null ? newClassicGroup(nowMs) : classicGroupOf(image.metadata);
  return { groupId, brokerId, config, rules, partition, topicPartition, image, committed, writes, lastWriteId: LOADED_WRITE_ID, classic, topics, refreshedTopics: null };
}

/** Kafka's GroupState: of either protocol, as DescribeGroups says it. */
export type GroupStateName = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead';

export function heartbeatTimer(memberId: string): string {
  return `heartbeat/${memberId}`;
}

/** Of a member that is to give partitions up (consumer protocol). */
export function rebalanceTimer(memberId: string): string {
  return `rebalance/${memberId}`;
}

export function writeTimer(id: number): string {
  return `write/${id}`;
}

export const JOIN_TIMER = 'join';
export const SYNC_TIMER = 'sync';

/** The state that the group is in. */
export function stateNameOf({ image, classic }: GroupState): GroupStateName {
  return image.consumer === null || classic.state === 'Dead' ? classic.state : consumerGroupStateOf(image.consumer);
}
