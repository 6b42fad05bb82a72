/**
 * The consumer's reducers: one per event, each a turn that takes in what came and then asks for what is wanted next, in
 * the order in which KafkaConsumer.poll does: validate, reset, fetch.
 * Source: KafkaConsumer.poll, updateFetchPositions, pollForFetches; ConsumerNetworkClient.
 */
import { assert, unreachable } from '../../kernel/assert.ts';
import type { ConnectionLost, Received, Stimulus } from '../../kernel/effects.ts';
import type { FetchResponse, ListOffsetsResponse, MetadataResponse, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import { NO_EPOCH, NO_OFFSET, type NodeId, type Offset, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import type { PartitionMetadata } from '../client/metadata.ts';
import { maybeUpdateMetadata, metadataAnswered, metadataFailed, requestUpdate, type MetadataPurpose } from '../client/metadata-updater.ts';
import { takeAnswered, takeLost, takeTimedOut, type Undecided } from '../client/network-client.ts';
import type { ToConsumer } from '../group-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { handleFetchResponse, returnCompletedFetches, sendFetch, sendFetches } from './fetcher.ts';
import { handleEpochEndResponse, handleListOffsetsResponse, resetPositionsIfNeeded, retryLater, validatePositionsIfNeeded } from './offset-fetcher.ts';
import { tellApplication, tellMembership } from './calls.ts';
import { beginCommit, commitTryEnded, groupOf, setGroup } from './commits.ts';
import { observePosition, offsetsFetched } from './committed-offsets.ts';
import { exceptionOf, throwFromPoll } from './exceptions.ts';
import { advance, closeCalled, pollCalled } from './poll.ts';
import { beginTurn, placeOf, setPartition, unsettled, type ConsumerPurpose, type ConsumerState, type ConsumerTurn, type TopicPartitionState } from './state.ts';
import { assigned, positionedAt, unassigned, withLeader } from './subscription.ts';

export interface SeekCall {
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly offset: Offset;
}

export type TimerFired = Stimulus<'wakeup'> | Stimulus<'timeout'>;

/** An answer that found the positions and the metadata as they were asks for nothing but the next fetch. */
export function processFetchResponse(state: ConsumerState, event: Received<FetchResponse>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  const { purpose } = request;
  assert(purpose.kind === 'fetch', () => `request ${request.correlationId} was for ${purpose.kind}, not fetch`);
  handleFetchResponse(turn, purpose, event.message, event.from);
  if (turn.state.group !== null) {
    if (turn.state.completedFetches !== state.completedFetches) return goOn(turn);
    // Nothing came that poll could return, and what is due in poll by time has its timer.
    if (state.poll !== null) sendFetch(turn, event.from, purpose);
    return turn.end();
  }
  sendFetch(turn, event.from, purpose);
  if (turn.state.partitions !== state.partitions) resetPositionsIfNeeded(turn);
  if (turn.state.metadata !== state.metadata) maybeUpdateMetadata(turn);
  return turn.end();
}

export function processMetadata(state: ConsumerState, event: Received<MetadataResponse>): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  if (takeAnswered(turn, event.from, event.message.correlationId) === undefined) return quietly(state);
  metadataAnswered(turn, event.message);
  const { brokers } = turn.state.metadata;
  if (state.group !== null && !isSameList(brokers, state.metadata.brokers)) tellMembership(turn, { type: 'membership.brokers', brokers });
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
  if (turn.state.group === null) returnCompletedFetches(turn);
  return goOn(turn);
}

/** The application moves its position in one partition; ignored for a partition that is not assigned. */
export function seek(state: ConsumerState, event: Stimulus<'app.seek', SeekCall>): Reduced<ConsumerState> {
  const { topic, partition, offset } = event.data;
  const place = placeOf(state, topic, partition, 0);
  const before = state.partitions[place];
  if (before === undefined || before.fetchState === 'UNASSIGNED') return quietly(state);
  const turn = beginTurn(state, event);
  setPartition(turn, place, positionedAt(before, offset, NO_EPOCH, state.rules));
  observePosition(turn, before, { from: before.position === NO_OFFSET ? null : before.position, to: offset, reason: 'seek' });
  return goOn(turn);
}

/** What the application calls, and what the membership has to say. */
export function processLocal(state: ConsumerState, event: ToConsumer): Reduced<ConsumerState> {
  const turn = beginTurn(state, event);
  switch (event.type) {
    case 'consumer.poll':
      pollCalled(turn, event.timeoutMs);
      break;
    case 'consumer.commit':
      commitCalled(turn, event.mode);
      break;
    case 'consumer.close':
      closeCalled(turn);
      break;
    case 'group.rejoin':
      rejoinNeeded(turn, event.isLost);
      break;
    case 'group.elected':
      setGroup(turn, { election: event });
      break;
    case 'group.joined':
      setGroup(turn, { joined: event, pollDeadlineMs: Math.max(groupOf(turn).pollDeadlineMs, event.nowMs + state.config.maxPollIntervalMs) });
      break;
    case 'group.reconcile':
      setGroup(turn, { reconcile: event });
      break;
    case 'group.commitEnded':
      commitTryEnded(turn, event);
      break;
    case 'group.offsets':
      offsetsFetched(turn, event);
      break;
    case 'group.failed':
      throwFromPoll(turn, exceptionOf(event.errorCode));
      break;
    case 'group.closed':
      closed(turn);
      break;
    default:
      unreachable(event, 'what the consumer is told');
  }
  return goOn(turn);
}

/** An assignment that waits for poll is void when the member that got it is none any more. */
function rejoinNeeded(turn: ConsumerTurn, isLost: boolean): void {
  const { closing, joined, phase } = groupOf(turn);
  if (closing !== 'no') return;
  setGroup(turn, { isRejoinNeeded: true });
  // It joins again when poll has given up what was lost; what is being prepared for ends with that as well.
  const isOver = joined !== null || phase === 'joining' || turn.state.config.groupProtocol === 'consumer';
  if (isLost) setGroup(turn, { isLost: true, joined: null, reconcile: null, phase: isOver ? 'unjoined' : phase });
}

/** `commitSync` and `commitAsync` without arguments. */
function commitCalled(turn: ConsumerTurn, mode: 'sync' | 'async'): void {
  const commitId = beginCommit(turn, mode);
  if (mode === 'async' || commitId === undefined) tellApplication(turn, { type: 'commit.returned', errorCode: 'NONE' });
}

function closed(turn: ConsumerTurn): void {
  if (groupOf(turn).closing !== 'leaving') return;
  setGroup(turn, { closing: 'closed' });
  tellApplication(turn, { type: 'consumer.closed' });
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
  if (turn.state.group !== null) {
    advance(turn);
    maybeUpdateMetadata(turn);
    return turn.end();
  }
  validatePositionsIfNeeded(turn);
  resetPositionsIfNeeded(turn);
  sendFetches(turn);
  maybeUpdateMetadata(turn);
  return turn.end();
}

function isSameList(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

/** Takes the leaders of the metadata over. Partitions seen for the first time are assigned, unless a group does that. */
function assignPartitions(turn: ConsumerTurn): void {
  const { state } = turn;
  const partitions: TopicPartitionState[] = state.partitions.slice();
  for (const topic of state.metadata.topics) {
    if (topic.errorCode !== 'NONE') continue;
    for (let partition = 0; partition < topic.partitions.length; partition += 1) {
      const leader = topic.partitions[partition] as PartitionMetadata;
      const place = placeOf(state, topic.name, partition, 0);
      if (place !== -1) partitions[place] = withLeader(partitions[place] as TopicPartitionState, leader, state.rules);
      else partitions.push(state.group === null ? assigned(topic.name, partition, leader, state.config) : unassigned(topic.name, partition, leader));
    }
  }
  state.partitions = partitions;
  state.unsettledCount = partitions.reduce((count, each) => count + unsettled(each), 0);
}
