/**
 * The consumer's reducers: one per event, each a turn that takes in what came and then asks for what is wanted next, in
 * the order in which KafkaConsumer.poll does: validate, reset, fetch.
 * Source: KafkaConsumer.poll, updateFetchPositions, pollForFetches; ConsumerNetworkClient.
 */
import { assert, unreachable } from '../../kernel/assert.ts';
import type { ConnectionLost, Received, Stimulus } from '../../kernel/effects.ts';
import type { FetchResponse, ListOffsetsResponse, MetadataResponse, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import type { PartitionMetadata } from '../client/metadata.ts';
import { maybeUpdateMetadata, metadataAnswered, metadataFailed, requestUpdate, type MetadataPurpose } from '../client/metadata-updater.ts';
import { takeAnswered, takeLost, takeTimedOut, type Undecided } from '../client/network-client.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { handleFetchResponse, returnCompletedFetches, sendFetch, sendFetches } from './fetcher.ts';
import { handleEpochEndResponse, handleListOffsetsResponse, resetPositionsIfNeeded, retryLater, validatePositionsIfNeeded } from './offset-fetcher.ts';
import { beginTurn, placeOf, unsettled, type ConsumerPurpose, type ConsumerState, type ConsumerTurn, type TopicPartitionState } from './state.ts';
import { assigned, withLeader } from './subscription.ts';

export type TimerFired = Stimulus<'wakeup'> | Stimulus<'timeout'>;

/** An answer that found the positions and the metadata as they were asks for nothing but the next fetch. */
export function processFetchResponse(state: ConsumerState, event: Received<FetchResponse>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  const { purpose } = request;
  assert(purpose.kind === 'fetch', () => `request ${request.correlationId} was for ${purpose.kind}, not fetch`);
  handleFetchResponse(turn, purpose, event.message, event.from);
  sendFetch(turn, event.from, purpose);
  if (turn.state.partitions !== state.partitions) resetPositionsIfNeeded(turn);
  if (turn.state.metadata !== state.metadata) maybeUpdateMetadata(turn);
  return turn.end();
}

export function processMetadata(state: ConsumerState, event: Received<MetadataResponse>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  if (takeAnswered(turn, event.from, event.message.correlationId) === undefined) return quietly(state);
  metadataAnswered(turn, event.message);
  assignPartitions(turn);
  return goOn(turn);
}

export function processOffsets(state: ConsumerState, event: Received<ListOffsetsResponse>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  const { purpose } = request;
  assert(purpose.kind === 'listOffsets', () => `request ${request.correlationId} was for ${purpose.kind}, not listOffsets`);
  handleListOffsetsResponse(turn, event.message);
  return goOn(turn);
}

export function processEpochEnds(state: ConsumerState, event: Received<OffsetForLeaderEpochResponse>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  const { purpose } = request;
  assert(purpose.kind === 'offsetForLeaderEpoch', () => `request ${request.correlationId} was for ${purpose.kind}, not offsetForLeaderEpoch`);
  handleEpochEndResponse(turn, purpose, event.message);
  return goOn(turn);
}

export function connectionLost(state: ConsumerState, event: Stimulus<'connection.lost', ConnectionLost>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  handleUndecided(turn, takeLost(turn, event.data));
  return goOn(turn);
}

export function timerFired(state: ConsumerState, event: TimerFired): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  turn.fired(event.type);
  if (event.type === 'timeout') for (const undecided of takeTimedOut(turn)) handleUndecided(turn, undecided);
  return goOn(turn);
}

/** The application pauses every partition it is assigned: fetches in flight end in the buffer, no others begin. */
export function pause(state: ConsumerState): Reduced<ConsumerState> {
  return quietly({ ...state, partitions: state.partitions.map((each) => ({ ...each, isPaused: true })) });
}

export function resume(state: ConsumerState, event: Stimulus<'app.resume'>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  turn.state.partitions = state.partitions.map((each) => ({ ...each, isPaused: false }));
  returnCompletedFetches(turn);
  return goOn(turn);
}

/** Reading changes nothing on a broker, so requests without an answer are simply asked again. */
function handleUndecided(turn: ConsumerTurn, { requests }: Undecided<ConsumerPurpose | MetadataPurpose>): void {
  for (const { purpose } of requests) {
    switch (purpose.kind) {
      case 'metadata':
        metadataFailed(turn);
        break;
      case 'listOffsets':
        retryLater(turn, purpose.places, 'AWAIT_RESET');
        break;
      case 'offsetForLeaderEpoch':
        retryLater(turn, purpose.positions.map(({ place }) => place), 'AWAIT_VALIDATION');
        break;
      case 'fetch':
        break;
      default:
        unreachable(purpose, 'purpose of a request');
    }
  }
  requestUpdate(turn);
}

function goOn(turn: ConsumerTurn): Reduced<ConsumerState> {
  validatePositionsIfNeeded(turn);
  resetPositionsIfNeeded(turn);
  sendFetches(turn);
  maybeUpdateMetadata(turn);
  return turn.end();
}

/** Takes the leaders of the metadata over, and assigns partitions seen for the first time. */
function assignPartitions(turn: ConsumerTurn): void {
  const { state } = turn;
  const partitions: TopicPartitionState[] = state.partitions.slice();
  for (const topic of state.metadata.topics) {
    if (topic.errorCode !== 'NONE') continue;
    for (let partition = 0; partition < topic.partitions.length; partition += 1) {
      const leader = topic.partitions[partition] as PartitionMetadata;
      const place = placeOf(state, topic.name, partition, 0);
      if (place === -1) partitions.push(assigned(topic.name, partition, leader, state.config));
      else partitions[place] = withLeader(partitions[place] as TopicPartitionState, leader);
    }
  }
  state.partitions = partitions;
  state.unsettledCount = partitions.reduce((count, each) => count + unsettled(each), 0);
}
