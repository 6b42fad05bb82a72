/**
 * The producer's reducers: one per event, each a turn that takes in what came and then lets the sender go on.
 * Source: Sender.runOnce, NetworkClient.poll.
 */
import type { ConnectionLost, Received, Stimulus } from '../../kernel/effects.ts';
import { assert } from '../../kernel/assert.ts';
import type { InitProducerIdResponse, MetadataResponse, ProduceResponse } from '../../kafka/api.ts';
import { NO_EPOCH, NO_LEADER } from '../../kafka/ids.ts';
import { StickyPartitioner } from '../../kafka/partitioner.ts';
import type { PartitionMetadata, TopicMetadata } from '../client/metadata.ts';
import { maybeUpdateMetadata, metadataAnswered } from '../client/metadata-updater.ts';
import { takeAnswered, takeLost, takeTimedOut } from '../client/network-client.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { expireQueuedBatches } from './accumulator.ts';
import { maybeInitProducerId, producerIdAnswered } from './init-producer-id.ts';
import { expireInFlightBatches, handleProduceResponse, handleUndecided } from './responses.ts';
import { expireBlockedSends, settle } from './send.ts';
import { settleSequences } from './sequences.ts';
import { beginTurn, topicIndex, type PartitionQueue, type ProducerState, type ProducerTopic, type ProducerTurn } from './state.ts';

export type TimerFired = Stimulus<'wakeup'> | Stimulus<'timeout'>;

export function processProduceResponse(state: ProducerState, event: Received<ProduceResponse>): Reduced<ProducerState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  assert(request.purpose.kind === 'produce', () => `request ${request.correlationId} was for ${request.purpose.kind}, not produce`);
  handleProduceResponse(turn, request.purpose, event.message);
  return goOn(turn);
}

export function processMetadata(state: ProducerState, event: Received<MetadataResponse>): Reduced<ProducerState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  metadataAnswered(turn, event.message);
  for (const topic of turn.state.metadata.topics) takeLeaders(turn, topic);
  return goOn(turn);
}

export function connectionLost(state: ProducerState, event: Stimulus<'connection.lost', ConnectionLost>): Reduced<ProducerState> {
  const turn = beginTurn(state, event);
  handleUndecided(turn, takeLost(turn, event.data));
  return goOn(turn);
}

/** A timer: whatever is due is done, and the next deadlines are found. */
export function timerFired(state: ProducerState, event: TimerFired): Reduced<ProducerState> {
  const turn = beginTurn(state, event);
  turn.fired(event.type);
  if (event.type === 'timeout') {
    for (const undecided of takeTimedOut(turn)) handleUndecided(turn, undecided);
    expireBlockedSends(turn);
    expireInFlightBatches(turn);
    expireQueuedBatches(turn);
  }
  return goOn(turn);
}

export function processProducerId(state: ProducerState, event: Received<InitProducerIdResponse>): Reduced<ProducerState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  producerIdAnswered(turn, event);
  return goOn(turn);
}

/** What a turn of the sender's loop ends with. */
function goOn(turn: ProducerTurn): Reduced<ProducerState> {
  if (turn.state.idempotence !== null) settleSequences(turn);
  settle(turn);
  maybeUpdateMetadata(turn);
  maybeInitProducerId(turn);
  return turn.end();
}

/** The queues of a topic as its metadata has them: more partitions get more queues, none ever goes. */
function takeLeaders(turn: ProducerTurn, { name, errorCode, partitions }: TopicMetadata): void {
  const { state } = turn;
  if (errorCode !== 'NONE') return;
  const topicAt = topicIndex(state, name);
  const known: ProducerTopic = state.topics[topicAt] ?? { name, sticky: StickyPartitioner.of(Math.max(1, state.config.batchSize)), placedCount: 0, queues: [] };
  const queues = state.queues.slice();
  for (const at of known.queues) {
    const queue = queues[at] as PartitionQueue;
    const { leaderId, leaderEpoch } = partitions[queue.partition] ?? NO_METADATA;
    if (leaderId !== queue.leaderId || leaderEpoch !== queue.leaderEpoch) queues[at] = { ...queue, leaderId, leaderEpoch };
  }
  const placesOf = known.queues.slice();
  for (let partition = placesOf.length; partition < partitions.length; partition += 1) {
    const { leaderId, leaderEpoch } = partitions[partition] ?? NO_METADATA;
    placesOf.push(queues.length);
    queues.push({ topic: name, partition, leaderId, leaderEpoch, closed: [], open: null, inFlightCount: 0, isUsed: false });
  }
  state.queues = queues;
  if (placesOf.length > known.queues.length) {
    const topic: ProducerTopic = { ...known, queues: placesOf };
    state.topics = topicAt === -1 ? [...state.topics, topic] : state.topics.with(topicAt, topic);
  }
}

const NO_METADATA: PartitionMetadata = { leaderId: NO_LEADER, leaderEpoch: NO_EPOCH };
