/**
 * The consumer's state: what it is assigned and where it stands in each partition (Kafka's SubscriptionState), its
 * connections and its metadata. Immutable below its top level; plain data.
 *
 * A partition is in one of Kafka's FetchStates, or not in the assignment at all:
 *
 *   UNASSIGNED        of a subscribed topic, and not this member's (Kafka has no state for that)
 *   INITIALIZING      has no position yet: the committed offset decides, or there is no rule to find one
 *   AWAIT_RESET       asks for the offset that the reset policy names
 *   FETCHING          has a valid position and is fetched
 *   AWAIT_VALIDATION  has a position, and a new leader that must first confirm it (KIP-320)
 *
 * `position` is the offset of the next record to return, or -1 (INITIALIZING, AWAIT_RESET before the first reset). In UNASSIGNED
 * it is what it was, and means nothing.
 *
 * Source: SubscriptionState, SubscriptionState.FetchStates, KafkaConsumer.assign.
 */
import type { FetchPartitionData, FetchRequest } from '../../kafka/api.ts';
import type { ConsumerConfig } from '../../kafka/config.ts';
import type { LeaderEpoch, NodeId, Offset, PartitionIndex, TopicName } from '../../kafka/ids.ts';
import type { Rules } from '../../kafka/rules.ts';
import { newMetadata } from '../client/metadata.ts';
import { maybeUpdateMetadata, type ClientState } from '../client/metadata-updater.ts';
import { firstCorrelationId } from '../client/network-client.ts';
import { NO_TIMERS, Turn, type TurnEvent } from '../client/turn.ts';
import type { Reduced } from '../reduction.ts';
import { newGroup, type GroupState } from './group-state.ts';

/** The rules that a consumer itself obeys. */
export type ConsumerRules = Pick<Rules, 'fencesFetchesByLeaderEpoch' | 'consumerValidatesPositions' | 'consumerStopsBeforeRevocation' | 'consumerCommitsOwnedOnly' | 'consumerRevokesBeforeAck' | 'consumerRetriesOffsetFetch'>;

export interface ConsumerInput {
  /** Nodes of brokers, in the order of `bootstrap.servers`. */
  readonly bootstrapServers: readonly NodeId[];
  readonly config: ConsumerConfig;
  /** All partitions of these are assigned, also those that appear later. */
  readonly topics: readonly TopicName[];
  /** `group.id`; null reads without a group. */
  readonly groupId: string | null;
  readonly rules: ConsumerRules;
  readonly nowMs: number;
  readonly draw: number;
  readonly incarnation: number;
}

export type FetchState = 'UNASSIGNED' | 'INITIALIZING' | 'AWAIT_RESET' | 'FETCHING' | 'AWAIT_VALIDATION';
export type ResetReason = 'initial' | 'outOfRange' | 'truncation';

export interface TopicPartitionState {
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly fetchState: FetchState;
  readonly position: Offset;
  /** Of the last record before `position`; -1 when no record was read since the last reset by timestamp: nothing to validate. */
  readonly offsetEpoch: LeaderEpoch;
  /** The leader that the position is fetched from, as the metadata had it last. */
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  /** Why AWAIT_RESET. */
  readonly resetReason: ResetReason;
  /** Not to be asked for before then, ms on the node's clock; NEVER_MS while a reset or validation is in flight. */
  readonly nextRetryMs: number;
  readonly isPaused: boolean;
  /** It is about to be revoked, and nothing of it is returned any more (KAFKA-14196). */
  readonly isPendingRevocation: boolean;
}

/** A fetch in flight. While `partitions` is unchanged, the next request to the node repeats `topics`. */
export interface FetchPurpose {
  readonly kind: 'fetch';
  readonly topics: FetchRequest['topics'];
  /** The state that `topics` was made from. */
  readonly partitions: readonly TopicPartitionState[];
  /** Fetched partitions by place in `partitions`, in the order of `topics`. */
  readonly places: readonly number[];
  /** No partition was left out for its backoff, which ends without a change of state. */
  readonly isComplete: boolean;
}

export interface OffsetsPurpose {
  readonly kind: 'listOffsets';
  readonly places: readonly number[];
}

/** The positions to be confirmed, as they were when the request was sent. */
export interface ValidationPurpose {
  readonly kind: 'offsetForLeaderEpoch';
  readonly positions: readonly { readonly place: number; readonly position: Offset; readonly offsetEpoch: LeaderEpoch; readonly leaderEpoch: LeaderEpoch }[];
}

export type ConsumerPurpose = FetchPurpose | OffsetsPurpose | ValidationPurpose;

/** Fetched and not yet returned: the application is busy, or the partition paused. Returned if the position still is the fetch offset. */
export interface CompletedFetch {
  readonly place: number;
  readonly fetchOffset: Offset;
  readonly data: FetchPartitionData;
  readonly from: NodeId;
}

export interface ConsumerState extends ClientState<ConsumerPurpose> {
  readonly config: ConsumerConfig;
  readonly rules: ConsumerRules;
  /** Every partition of the topics, in the order in which it was discovered; a partition keeps its place. Without a group all are assigned. */
  readonly partitions: readonly TopicPartitionState[];
  /** How many of the assigned ones are not FETCHING; while it is 0, nobody needs to look for positions to reset or to validate. */
  readonly unsettledCount: number;
  readonly completedFetches: readonly CompletedFetch[];
  /** null for a consumer that assigned itself all partitions, and whose application polls whenever there is something. */
  readonly group: GroupState | null;
  /** The call of `poll` that the application waits in. */
  readonly poll: PollInProgress | null;
}

export interface PollInProgress {
  /** When it returns with nothing. */
  readonly deadlineMs: number;
}

export type ConsumerTurn = Turn<ConsumerState>;

/** A consumer that has just been constructed and assigned its topics. */
export function startConsumer(input: ConsumerInput): Reduced<ConsumerState> {
  const { bootstrapServers, config, topics, groupId, rules, nowMs, incarnation } = input;
  const state: ConsumerState = {
    ...NO_TIMERS, config, rules, bootstrapServers, metadata: newMetadata(topics, nowMs), connections: [], lastCorrelationId: firstCorrelationId(incarnation),
    partitions: [], unsettledCount: 0, completedFetches: [],
    group: groupId === null ? null : newGroup(groupId, topics, config, incarnation, nowMs), poll: null,
  };
  const turn = beginTurn(state, input);
  maybeUpdateMetadata(turn);
  return turn.end();
}

export function beginTurn(state: ConsumerState, event: TurnEvent): ConsumerTurn {
  return new Turn<ConsumerState>(
    {
      wakeupAtMs: state.wakeupAtMs, timeoutAtMs: state.timeoutAtMs, config: state.config, rules: state.rules, bootstrapServers: state.bootstrapServers, metadata: state.metadata,
      connections: state.connections, lastCorrelationId: state.lastCorrelationId, partitions: state.partitions, unsettledCount: state.unsettledCount,
      completedFetches: state.completedFetches, group: state.group, poll: state.poll,
    },
    event,
  );
}

export function setPartition(turn: ConsumerTurn, place: number, partition: TopicPartitionState): void {
  const { state } = turn;
  const partitions = state.partitions.slice();
  state.unsettledCount += unsettled(partition) - unsettled(partitions[place] as TopicPartitionState);
  partitions[place] = partition;
  state.partitions = partitions;
}

/** 1 for an assigned partition that is not FETCHING. */
export function unsettled({ fetchState }: TopicPartitionState): 0 | 1 {
  return fetchState === 'FETCHING' || fetchState === 'UNASSIGNED' ? 0 : 1;
}

/** The place of a partition; `hint` is where it is looked for first, then onwards and round. -1 when it is not assigned. */
export function placeOf(state: Pick<ConsumerState, 'partitions'>, topic: TopicName, partition: PartitionIndex, hint: number): number {
  const { partitions } = state;
  for (let i = 0; i < partitions.length; i += 1) {
    const place = hint + i < partitions.length ? hint + i : hint + i - partitions.length;
    const each = partitions[place] as TopicPartitionState;
    if (each.partition === partition && each.topic === topic) return place;
  }
  return -1;
}
