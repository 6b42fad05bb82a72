/**
 * KafkaProducer.send, from the call to the record's place in a batch: wait for the topic's metadata, choose the partition,
 * take memory. A call that cannot go on blocks for up to `max.block.ms` and then certainly fails.
 *
 * Simplified: every call has a thread of its own, so that one that blocks does not hold up sends to other topics; blocked
 * calls go on in the order in which they were made. `max.request.size` counts the exact size of a batch with the record alone,
 * where Kafka takes an upper bound. A topic stays of interest for good (`metadata.max.idle.ms`).
 *
 * Source: KafkaProducer.doSend, waitOnMetadata, ensureValidRecordSize; BuiltInPartitioner (KIP-480, KIP-794).
 */
import type { Stimulus } from '../../kernel/effects.ts';
import type { SendInvoked } from '../../history/observations.ts';
import { errorInfo } from '../../kafka/errors.ts';
import type { PartitionIndex } from '../../kafka/ids.ts';
import { partitionForKey, roundRobinPartition, type StickyPartitioner } from '../../kafka/partitioner.ts';
import type { Record } from '../../kafka/records.ts';
import { topicMetadata, withTopic } from '../client/metadata.ts';
import { maybeUpdateMetadata, requestUpdate } from '../client/metadata-updater.ts';
import { connectionOf } from '../client/network-client.ts';
import type { Reduced } from '../reduction.ts';
import { append, hasLeader } from './accumulator.ts';
import { exceeds, isFull } from './batch.ts';
import { failSend } from './outcomes.ts';
import { sendProducerData } from './sender.ts';
import {
  allBatchesFull, batchCount, beginTurn, isMemoryExhausted, isMuted, topicIndex, type BlockedSend, type PartitionQueue, type ProducerState, type ProducerTopic, type ProducerTurn, type SendCall,
} from './state.ts';

export type SendEvent = Stimulus<'app.send', SendCall>;

/** Nothing is known of the cluster yet: the call blocks. */
export function blockSend(state: ProducerState, event: SendEvent): Reduced<ProducerState> {
  const turn = beginTurn(state, event);
  observeInvocation(turn, event.data);
  turn.state.metadata = withTopic(turn.state.metadata, event.data.topic);
  block(turn, event.data, 'metadata');
  maybeUpdateMetadata(turn);
  return turn.end();
}

export function appendSend(state: ProducerState, event: SendEvent): Reduced<ProducerState> {
  const turn = beginTurn(state, event);
  const call = event.data;
  observeInvocation(turn, call);
  const result = doSend(turn, call);
  if (typeof result === 'number') {
    wakeSender(turn, result);
  } else if (result !== 'failed') {
    block(turn, call, result);
    // What blocks it may be gone in this very turn: with memory exhausted nothing lingers, and acks=0 frees it at once.
    if (result === 'memory') settle(turn);
    maybeUpdateMetadata(turn);
  }
  return turn.end();
}

function observeInvocation(turn: ProducerTurn, { sendId, topic, key, value }: SendCall): void {
  const observation: SendInvoked = { type: 'send.invoked', sendId, topic, key, value, acks: turn.state.config.acks };
  turn.effects.push({ kind: 'observe', observation });
}

function block(turn: ProducerTurn, call: SendCall, waitsFor: BlockedSend['waitsFor']): void {
  const { state, nowMs } = turn;
  const deadlineMs = nowMs + state.config.maxBlockMs;
  state.blocked = [...state.blocked, { call, deadlineMs, waitsFor }];
  turn.timeoutBy(deadlineMs);
}

/**
 * What follows anything that may have made batches ready, leaders known or memory free: blocked calls go on and batches
 * go out, for as long as one makes room for the other.
 */
export function settle(turn: ProducerTurn): void {
  const { state } = turn;
  for (;;) {
    resumeBlockedSends(turn);
    const availableBytes = state.availableBytes;
    sendProducerData(turn);
    if (state.availableBytes === availableBytes || !isMemoryExhausted(state)) return;
  }
}

/** Blocked calls go on, in order, as far as they can; memory is given out first come, first served. */
function resumeBlockedSends(turn: ProducerTurn): void {
  const { state } = turn;
  if (state.blocked.length === 0) return;
  const waiting = state.blocked;
  const stillBlocked: BlockedSend[] = [];
  for (const each of waiting) {
    state.blocked = stillBlocked;
    const result = doSend(turn, each.call);
    if (result !== 'metadata' && result !== 'memory') continue;
    stillBlocked.push(result === each.waitsFor ? each : { ...each, waitsFor: result });
  }
  state.blocked = stillBlocked;
  if (stillBlocked.some(({ waitsFor }) => waitsFor === 'metadata')) requestUpdate(turn);
}

/** `max.block.ms` is over for some: nothing of theirs ever left. */
export function expireBlockedSends(turn: ProducerTurn): void {
  const { state, nowMs } = turn;
  if (state.blocked.length === 0) return;
  const stillBlocked: BlockedSend[] = [];
  for (const each of state.blocked) {
    if (each.deadlineMs <= nowMs) {
      failSend(turn, each.call.sendId, 'REQUEST_TIMED_OUT');
    } else {
      stillBlocked.push(each);
      turn.timeoutBy(each.deadlineMs);
    }
  }
  state.blocked = stillBlocked;
}

/** Appends the call's record and returns the place of its queue; or fails the call for good; or says what it must wait for. */
function doSend(turn: ProducerTurn, call: SendCall): number | BlockedSend['waitsFor'] | 'failed' {
  const { state } = turn;
  const topicAt = topicIndex(state, call.topic);
  const topic = state.topics[topicAt];
  if (topic === undefined || (call.partition !== null && call.partition >= topic.queues.length)) return awaitTopic(turn, call);
  const record: Record = { key: call.key, value: call.value, timestampMs: turn.nowMs };
  const { maxRequestSize, bufferMemory, batchSize } = state.config;
  if (batchSize > bufferMemory || exceeds(record, Math.min(maxRequestSize, bufferMemory))) {
    failSend(turn, call.sendId, 'MESSAGE_TOO_LARGE');
    return 'failed';
  }
  const decided = call.partition ?? decidedPartition(state, topic, call);
  const partition = decided ?? stickyPartition(turn, topicAt);
  const at = topic.queues[partition] as number;
  const grewBytes = append(turn, at, record, call.sendId, !isMemoryExhausted(state));
  if (grewBytes === 0) return 'memory';
  if (decided === null) countSticky(turn, topicAt, at, grewBytes);
  else if (call.partition === null && state.config.partitionerClass !== 'default') setTopic(turn, topicAt, { ...topic, placedCount: topic.placedCount + 1 });
  return at;
}

/** Null leaves it to the sticky partition. */
function decidedPartition({ config, queues }: ProducerState, topic: ProducerTopic, { key }: SendCall): PartitionIndex | null {
  const numPartitions = topic.queues.length;
  if (config.partitionerClass === 'default') return key === null || config.partitionerIgnoreKeys ? null : partitionForKey(key, numPartitions);
  const available = topic.queues.flatMap((at, partition) => (hasLeader(queues[at] as PartitionQueue) ? [partition] : []));
  return roundRobinPartition(topic.placedCount, available, numPartitions);
}

/** What the metadata says of the topic decides: an error that no refresh cures fails the call. */
function awaitTopic(turn: ProducerTurn, call: SendCall): 'metadata' | 'failed' {
  const { state } = turn;
  const errorCode = topicMetadata(state.metadata, call.topic)?.errorCode ?? 'LEADER_NOT_AVAILABLE';
  if (errorCode !== 'NONE' && !errorInfo(errorCode).retriable) {
    failSend(turn, call.sendId, errorCode);
    return 'failed';
  }
  state.metadata = withTopic(state.metadata, call.topic);
  if (errorCode === 'NONE') requestUpdate(turn);
  return 'metadata';
}

/** KIP-794: the topic's sticky partition, chosen by load if it has to be chosen. */
function stickyPartition(turn: ProducerTurn, topicAt: number): PartitionIndex {
  const { state } = turn;
  const topic = state.topics[topicAt] as ProducerTopic;
  if (!topic.sticky.mustChoose) return topic.sticky.partition;
  const available: PartitionIndex[] = [];
  const queueSizes: number[] = [];
  let areAllUsed = true;
  for (let partition = 0; partition < topic.queues.length; partition += 1) {
    const queue = state.queues[topic.queues[partition] as number] as PartitionQueue;
    areAllUsed &&= queue.isUsed;
    if (!hasLeader(queue)) continue;
    available.push(partition);
    queueSizes.push(batchCount(queue));
  }
  const numPartitions = topic.queues.length;
  const isAdaptive = state.config.partitionerAdaptivePartitioningEnable && areAllUsed;
  const loaded = isAdaptive ? topic.sticky.withQueueSizes(queueSizes, available, numPartitions) : topic.sticky;
  const sticky = loaded.choose({ draw: turn.nextDraw(), available, numPartitions });
  setSticky(turn, topicAt, sticky);
  return sticky.partition;
}

function countSticky(turn: ProducerTurn, topicAt: number, at: number, grewBytes: number): void {
  const { sticky } = turn.state.topics[topicAt] as ProducerTopic;
  setSticky(turn, topicAt, sticky.appended(grewBytes, allBatchesFull(turn.state.queues[at] as PartitionQueue)));
}

function setSticky(turn: ProducerTurn, topicAt: number, sticky: StickyPartitioner): void {
  const { name, placedCount, queues } = turn.state.topics[topicAt] as ProducerTopic;
  setTopic(turn, topicAt, { name, sticky, placedCount, queues });
}

function setTopic(turn: ProducerTurn, topicAt: number, topic: ProducerTopic): void {
  const topics = turn.state.topics.slice();
  topics[topicAt] = topic;
  turn.state.topics = topics;
}

/**
 * Wakes the sender when the record's batch is ready (KafkaProducer.doSend: batchIsFull or newBatchCreated), else sees to
 * its linger. While the leader's connection is full, its next answer does that.
 */
function wakeSender(turn: ProducerTurn, at: number): void {
  const { state } = turn;
  const { lingerMs, maxInFlightRequestsPerConnection } = state.config;
  const queue = state.queues[at] as PartitionQueue;
  const { open } = queue;
  if (open === null || isMuted(state, queue)) return;
  if (lingerMs > 0 && queue.closed.length === 0 && !isFull(open)) {
    if (open.recordCount === 1) turn.wakeBy(open.createdMs + lingerMs);
    return;
  }
  const connection = connectionOf(state, queue.leaderId);
  if (connection === undefined || connection.inFlight.length < maxInFlightRequestsPerConnection) settle(turn);
}
