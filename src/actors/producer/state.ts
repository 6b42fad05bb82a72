/**
 * The producer's state: the accumulator (KafkaProducer's side), requests in flight (Sender's side), and sends that block
 * their callers. Immutable below its top level; plain data.
 *
 * Memory: `availableBytes + sum of reservedBytes of all batches that are not done == buffer.memory`.
 *
 * Source: KafkaProducer, RecordAccumulator, Sender.
 */
import { isFull, type OpenBatch, type ProducerBatch } from './batch.ts';
import type { ProducerConfig } from '../../kafka/config.ts';
import type { LeaderEpoch, NodeId, PartitionIndex, TopicName } from '../../kafka/ids.ts';
import type { StickyPartitioner } from '../../kafka/partitioner.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { ClientState, MetadataPurpose } from '../client/metadata-updater.ts';
import { Turn, type TurnEvent } from '../client/turn.ts';
import type { Idempotence } from './sequences.ts';

export interface ProducerInput {
  /** Nodes of brokers, in the order of `bootstrap.servers`. */
  readonly bootstrapServers: readonly NodeId[];
  readonly config: ProducerConfig;
  readonly rules: Rules;
  /** Topics to learn of at once; others are asked for when a record is sent to them. */
  readonly topics: readonly TopicName[];
  readonly nowMs: number;
  readonly draw: number;
  readonly incarnation: number;
}

/** The application calls `send`. `sendId` is unique among the sends of the node over all its incarnations. */
export interface SendCall {
  readonly sendId: number;
  readonly topic: TopicName;
  readonly key: string | null;
  readonly value: string;
  /** null leaves it to the partitioner. */
  readonly partition: PartitionIndex | null;
}

/** A call that has not returned: its topic is not known or there is no memory. Fails when `deadlineMs` is reached. */
export interface BlockedSend {
  readonly call: SendCall;
  readonly deadlineMs: number;
  readonly waitsFor: 'metadata' | 'memory';
}

/** The deque of one partition: `closed` batches, front first, then the `open` one. */
export interface PartitionQueue {
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly closed: readonly ProducerBatch[];
  readonly open: OpenBatch | null;
  /** Requests in flight that carry a batch of this partition. */
  readonly inFlightCount: number;
  /** It has had a batch. Load decides about keyless records once every partition has had one (KIP-794). */
  readonly isUsed: boolean;
}

export interface ProducerTopic {
  readonly name: TopicName;
  readonly sticky: StickyPartitioner;
  /** Records that RoundRobinPartitioner has placed. */
  readonly placedCount: number;
  /** Places in `queues`, by partition. */
  readonly queues: readonly number[];
}

/** InitProducerId. */
interface InitProducerIdPurpose {
  readonly kind: 'initProducerId';
}

export interface ProducePurpose {
  readonly kind: 'produce';
  readonly batches: readonly ProducerBatch[];
}

/** What a request of the producer in flight is for. */
export type ProducerPurpose = ProducePurpose | InitProducerIdPurpose | MetadataPurpose;

export interface ProducerState extends ClientState<ProducePurpose | InitProducerIdPurpose> {
  readonly config: ProducerConfig;
  readonly rules: Rules;
  readonly topics: readonly ProducerTopic[];
  /** Of all topics; a partition keeps its place. */
  readonly queues: readonly PartitionQueue[];
  /** Places of the queues that hold batches, rising: the sender looks at them after every event, and most are empty. */
  readonly waiting: readonly number[];
  /** Of `buffer.memory`. */
  readonly availableBytes: number;
  /** In the order of the calls. */
  readonly blocked: readonly BlockedSend[];
  /** Where the next drain begins among `queues`, by place in `connections`; absent means 0. */
  readonly drainIndexes: readonly number[];
  /** Null without `enable.idempotence`. */
  readonly idempotence: Idempotence | null;
}

export type ProducerTurn = Turn<ProducerState>;

export function beginTurn(state: ProducerState, event: TurnEvent): ProducerTurn {
  return new Turn<ProducerState>(
    {
      wakeupAtMs: state.wakeupAtMs, timeoutAtMs: state.timeoutAtMs, config: state.config, rules: state.rules, bootstrapServers: state.bootstrapServers, metadata: state.metadata,
      connections: state.connections, lastCorrelationId: state.lastCorrelationId, topics: state.topics, queues: state.queues, waiting: state.waiting,
      availableBytes: state.availableBytes, blocked: state.blocked, drainIndexes: state.drainIndexes,
      idempotence: state.idempotence,
    },
    event,
  );
}

export function isEmpty(queue: PartitionQueue): boolean {
  return queue.open === null && queue.closed.length === 0;
}

/** Batches that wait in a queue. */
export function batchCount(queue: PartitionQueue): number {
  return queue.closed.length + (queue.open === null ? 0 : 1);
}

/** The last batch is full, or there is none. */
export function allBatchesFull(queue: PartitionQueue): boolean {
  return queue.open === null || isFull(queue.open);
}

/** With `max.in.flight.requests.per.connection` = 1 a partition is muted while it has a request in flight (KAFKA-3197). */
export function isMuted({ config, rules }: Pick<ProducerState, 'config' | 'rules'>, queue: PartitionQueue): boolean {
  return queue.inFlightCount > 0 && config.maxInFlightRequestsPerConnection === 1 && rules.mutesPartitionInFlight;
}

/** Sends are blocked for memory (BufferPool.queued > 0). */
export function isMemoryExhausted({ blocked }: Pick<ProducerState, 'blocked'>): boolean {
  return blocked.some(({ waitsFor }) => waitsFor === 'memory');
}

export function setQueue(turn: ProducerTurn, at: number, queue: PartitionQueue): void {
  const { state } = turn;
  const wasEmpty = isEmpty(state.queues[at] as PartitionQueue);
  const queues = state.queues.slice();
  queues[at] = queue;
  state.queues = queues;
  if (wasEmpty === isEmpty(queue)) return;
  const place = placeInWaiting(state.waiting, at);
  state.waiting = wasEmpty ? state.waiting.toSpliced(place, 0, at) : state.waiting.toSpliced(place, 1);
}

/** First place in `waiting` with a queue at or after `at`. */
export function placeInWaiting(waiting: readonly number[], at: number): number {
  let place = 0;
  while (place < waiting.length && (waiting[place] as number) < at) place += 1;
  return place;
}

export function topicIndex(state: Pick<ProducerState, 'topics'>, name: TopicName): number {
  for (let i = 0; i < state.topics.length; i += 1) {
    if ((state.topics[i] as ProducerTopic).name === name) return i;
  }
  return -1;
}
