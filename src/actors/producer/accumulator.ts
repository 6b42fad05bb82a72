/**
 * The record accumulator: per partition a deque of batches. Appending fills the open batch at the back; draining takes
 * from the front; a batch to be retried goes to the front again, in front of younger ones: with idempotence by its sequence,
 * without it also in front of older ones that failed before it in the same instant, as in Kafka.
 *
 * A partition is ready when its first batch is full, or not alone, or has lingered, or has waited out its retry backoff, or when
 * a send is blocked for memory. One ready partition makes its leader's node ready, and a drain takes one batch of every
 * partition of that node.
 *
 * Source: RecordAccumulator.append, ready, drain, reenqueue, splitAndReenqueue, expiredBatches; BufferPool.
 */
import { assert } from '../../kernel/assert.ts';
import { NO_LEADER, NO_SEQUENCE, type NodeId } from '../../kafka/ids.ts';
import type { Record } from '../../kafka/records.ts';
import { appended, closed, exceeds, isFull, openBatch, sequenced, soleSizeInBytes, split, type OpenBatch, type ProducerBatch } from './batch.ts';
import { expireBatch, release } from './outcomes.ts';
import { hasSequence, mustHoldBack, nextSequenceOf, trackParts } from './sequences.ts';
import { batchCount, isEmpty, isMemoryExhausted, isMuted, placeInWaiting, setQueue, type PartitionQueue, type ProducerTurn } from './state.ts';

/**
 * Puts a record at the end of the queue at place `at`. Returns the bytes by which the queue grew, 0 when it needs a new
 * batch and there is no memory, or others wait for it (`mayAllocate` false). A batch that had no room takes no more
 * records, so that none overtakes this one.
 */
export function append(turn: ProducerTurn, at: number, record: Record, sendId: number, mayAllocate: boolean): number {
  const { state, nowMs } = turn;
  const queue = state.queues[at] as PartitionQueue;
  if (queue.open !== null) {
    const open = appended(queue.open, record, sendId);
    if (open !== undefined) {
      setQueue(turn, at, withOpen(queue, open));
      return open.sizeInBytes - queue.open.sizeInBytes;
    }
  }
  const room = queue.open === null ? queue : withClosed(queue, [...queue.closed, closed(queue.open, at)], null);
  const { batchSize } = state.config;
  const reservedBytes = exceeds(record, batchSize) ? soleSizeInBytes(record) : batchSize;
  if (!mayAllocate || reservedBytes > state.availableBytes) {
    if (room !== queue) setQueue(turn, at, room);
    return 0;
  }
  state.availableBytes -= reservedBytes;
  const open = openBatch(record, sendId, reservedBytes, nowMs);
  setQueue(turn, at, withOpen(room, open));
  turn.timeoutBy(nowMs + state.config.deliveryTimeoutMs);
  return open.sizeInBytes;
}

function withOpen(queue: PartitionQueue, open: OpenBatch): PartitionQueue {
  return {
    topic: queue.topic, partition: queue.partition, leaderId: queue.leaderId, leaderEpoch: queue.leaderEpoch, closed: queue.closed, open,
    inFlightCount: queue.inFlightCount, isUsed: true,
  };
}

function withClosed(queue: PartitionQueue, batches: readonly ProducerBatch[], open: OpenBatch | null): PartitionQueue {
  return {
    topic: queue.topic, partition: queue.partition, leaderId: queue.leaderId, leaderEpoch: queue.leaderEpoch, closed: batches, open,
    inFlightCount: queue.inFlightCount, isUsed: queue.isUsed,
  };
}

/** The end of a retried batch's backoff; a new leader ends it at once (KIP-951). */
function backoffEndMs(queue: PartitionQueue, batch: ProducerBatch): number {
  const hasLeaderChanged = queue.leaderEpoch > batch.lastAttemptLeaderEpoch;
  return batch.attempts === 0 || hasLeaderChanged ? 0 : batch.lastAttemptMs + batch.backoffMs;
}

/** When the queue's first batch may be sent, ms on the node's clock (RecordAccumulator.batchReady). The queue is not empty. */
export function readyAtMs(turn: ProducerTurn, queue: PartitionQueue): number {
  const { state } = turn;
  const { config } = state;
  const first = queue.closed[0];
  const isExhausted = isMemoryExhausted(state);
  if (first !== undefined) {
    // A retried batch that is not full lingers again, from its last attempt.
    const mustLinger = first.attempts > 0 && !isExhausted && batchCount(queue) === 1 && first.records.sizeInBytes < first.reservedBytes;
    return Math.max(backoffEndMs(queue, first), mustLinger ? first.lastAttemptMs + config.lingerMs : 0);
  }
  const open = queue.open;
  assert(open !== null, 'an empty queue is never ready');
  return isExhausted || isFull(open) ? 0 : open.createdMs + config.lingerMs;
}

/**
 * Takes the first batch of every partition led by `nodeId` that is not muted and not backing off, until the next one
 * would exceed `max.request.size`, or one that idempotence holds back; `drainIndex` rotates so that the one left out is
 * first next time. The batches leave their queues, closed and with a sequence if they need one.
 */
export function drain(turn: ProducerTurn, nodeId: NodeId, connectionIndex: number): readonly ProducerBatch[] {
  const { state, nowMs } = turn;
  const { config, queues, waiting: places } = state;
  const start = placeInWaiting(places, state.drainIndexes[connectionIndex] ?? 0);
  const batches: ProducerBatch[] = [];
  let sizeInBytes = 0;
  let drained: PartitionQueue[] | undefined;
  for (let i = 0; i < places.length; i += 1) {
    const at = places[start + i < places.length ? start + i : start + i - places.length] as number;
    const queue = queues[at] as PartitionQueue;
    if (queue.leaderId !== nodeId || isMuted(state, queue)) continue;
    const waiting = queue.closed[0];
    if (waiting !== undefined && backoffEndMs(queue, waiting) > nowMs) continue;
    const nextBytes = waiting === undefined ? (queue.open as OpenBatch).sizeInBytes : waiting.records.sizeInBytes;
    const isTooMuch = batches.length > 0 && sizeInBytes + nextBytes > config.maxRequestSize;
    if (isTooMuch || (state.idempotence !== null && mustHoldBack(state.idempotence, at, waiting))) {
      const drainIndexes = state.drainIndexes.slice();
      while (drainIndexes.length < connectionIndex) drainIndexes.push(0);
      drainIndexes[connectionIndex] = at;
      state.drainIndexes = drainIndexes;
      break;
    }
    const batch = takeFirst(turn, at, waiting, queue.open);
    batches.push(batch);
    sizeInBytes += batch.records.sizeInBytes;
    drained ??= queues.slice();
    drained[at] = waiting === undefined ? withClosed(queue, queue.closed, null) : withClosed(queue, queue.closed.length === 1 ? NO_BATCHES : queue.closed.slice(1), queue.open);
  }
  if (drained !== undefined) {
    const left = drained;
    state.queues = left;
    state.waiting = places.filter((at) => !isEmpty(left[at] as PartitionQueue));
  }
  return batches;
}

const NO_BATCHES: readonly ProducerBatch[] = [];

/** The first batch of a queue as it is sent; for the first time with the next sequence, if it is an idempotent producer's. */
function takeFirst(turn: ProducerTurn, at: number, waiting: ProducerBatch | undefined, open: OpenBatch | null): ProducerBatch {
  const isIdempotent = turn.state.idempotence !== null;
  if (waiting === undefined) return closed(open as OpenBatch, at, isIdempotent ? nextSequenceOf(turn, at, (open as OpenBatch).recordCount) : undefined);
  return isIdempotent && !hasSequence(waiting) ? sequenced(waiting, nextSequenceOf(turn, at, waiting.sendIds.length)) : waiting;
}

/** To the front of its queue (Deque.addFirst), behind those with a lower sequence (insertInSequenceOrder). */
export function reenqueue(turn: ProducerTurn, batch: ProducerBatch): void {
  const queue = turn.state.queues[batch.queue] as PartitionQueue;
  setQueue(turn, batch.queue, withClosed(queue, inserted(queue.closed, [batch]), queue.open));
}

function inserted(waiting: readonly ProducerBatch[], batches: readonly ProducerBatch[]): readonly ProducerBatch[] {
  const { baseSequence } = (batches[0] as ProducerBatch).records;
  let place = 0;
  // One that gave its sequence back was drained after those that have one.
  for (let each = waiting[place]; each !== undefined && hasSequence(each) && (baseSequence === NO_SEQUENCE || each.records.baseSequence < baseSequence); each = waiting[place]) place += 1;
  return place === 0 ? [...batches, ...waiting] : waiting.toSpliced(place, 0, ...batches);
}

/** Splits a batch that the broker found too large; its parts stand at the front in its place. */
export function splitAndReenqueue(turn: ProducerTurn, batch: ProducerBatch): void {
  const queue = turn.state.queues[batch.queue] as PartitionQueue;
  const parts = split(batch, turn.state.config.batchSize);
  trackParts(turn, batch, parts);
  setQueue(turn, batch.queue, withClosed(queue, inserted(queue.closed, parts), queue.open));
  release(turn, batch);
}

/** Ends the batches that have waited in their queues for `delivery.timeout.ms`. */
export function expireQueuedBatches(turn: ProducerTurn): void {
  const { state, nowMs } = turn;
  const { deliveryTimeoutMs } = state.config;
  for (let at = 0; at < state.queues.length; at += 1) {
    for (let queue = state.queues[at] as PartitionQueue; !isEmpty(queue); queue = state.queues[at] as PartitionQueue) {
      const first = queue.closed[0];
      const expiresAtMs = deliveryTimeoutMs + (first === undefined ? (queue.open as OpenBatch).createdMs : first.createdMs);
      if (expiresAtMs > nowMs) {
        turn.timeoutBy(expiresAtMs);
        break;
      }
      setQueue(turn, at, first === undefined ? withClosed(queue, queue.closed, null) : withClosed(queue, queue.closed.slice(1), queue.open));
      expireBatch(turn, first ?? closed(queue.open as OpenBatch, at), 'queued');
    }
  }
}

/** One more, or one less, request in flight carries a batch of the partition. */
export function countInFlight(turn: ProducerTurn, batches: readonly ProducerBatch[], by: 1 | -1): void {
  const queues = turn.state.queues.slice();
  for (const { queue: at } of batches) {
    const queue = queues[at] as PartitionQueue;
    const inFlightCount = queue.inFlightCount + by;
    assert(inFlightCount >= 0, () => `${queue.topic}-${queue.partition} has ${inFlightCount} requests in flight`);
    queues[at] = {
      topic: queue.topic, partition: queue.partition, leaderId: queue.leaderId, leaderEpoch: queue.leaderEpoch, closed: queue.closed, open: queue.open,
      inFlightCount, isUsed: queue.isUsed,
    };
  }
  turn.state.queues = queues;
}

export function hasLeader(queue: PartitionQueue): boolean {
  return queue.leaderId !== NO_LEADER;
}
