/**
 * Finds positions and confirms them: ListOffsets for partitions that await a reset (CON-1), OffsetForLeaderEpoch for those
 * whose leader has changed (CON-5, KIP-320). One request per leader; a failure of any kind is tried again after
 * `retry.backoff.ms`, with fresh metadata.
 *
 * Source: OffsetFetcher.resetPositionsIfNeeded, validatePositionsIfNeeded; OffsetFetcherUtils.
 */
import { present } from '../../kernel/assert.ts';
import {
  CONSUMER_REPLICA_ID, EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, type ListOffsetsRequest, type ListOffsetsResponse, type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../../kafka/api.ts';
import { NO_LEADER, NO_OFFSET, type NodeId, type Offset } from '../../kafka/ids.ts';
import { withSeenEpoch } from '../client/metadata.ts';
import { requestUpdate } from '../client/metadata-updater.ts';
import { connectableAtMs, connectionOf, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { NEVER_MS } from '../client/turn.ts';
import { observePosition } from './committed-offsets.ts';
import { throwFromPoll } from './exceptions.ts';
import { placeOf, setPartition, type ConsumerTurn, type FetchState, type TopicPartitionState, type ValidationPurpose } from './state.ts';
import { backingOff, resetTo, validated } from './subscription.ts';

/** Asks for the offsets of all partitions that await a reset and may be asked for now. */
export function resetPositionsIfNeeded(turn: ConsumerTurn): void {
  const timestamp = turn.state.config.autoOffsetReset === 'earliest' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP;
  for (const { nodeId, places } of placesByLeader(turn, 'AWAIT_RESET')) {
    const topics = byTopic(turn, places, ({ topic, partition, leaderEpoch }) => ({ topic, entry: { partitionIndex: partition, currentLeaderEpoch: leaderEpoch, timestamp } }));
    const message: ListOffsetsRequest = {
      type: 'ListOffsetsRequest',
      correlationId: nextCorrelationId(turn),
      replicaId: CONSUMER_REPLICA_ID,
      isolationLevel: turn.state.config.isolationLevel,
      topics: topics.map(({ topic, entries }) => ({ name: topic, partitions: entries })),
    };
    sendRequest(turn, nodeId, message, { kind: 'listOffsets', places });
    asked(turn, places);
  }
}

/** Asks for the epochs of all positions that await validation and may be asked for now. */
export function validatePositionsIfNeeded(turn: ConsumerTurn): void {
  for (const { nodeId, places } of placesByLeader(turn, 'AWAIT_VALIDATION')) {
    const topics = byTopic(turn, places, ({ topic, partition, leaderEpoch, offsetEpoch }) => ({
      topic, entry: { partition, currentLeaderEpoch: leaderEpoch, leaderEpoch: offsetEpoch },
    }));
    const message: OffsetForLeaderEpochRequest = {
      type: 'OffsetForLeaderEpochRequest',
      correlationId: nextCorrelationId(turn),
      replicaId: CONSUMER_REPLICA_ID,
      topics: topics.map(({ topic, entries }) => ({ topic, partitions: entries })),
    };
    const positions = places.map((place) => {
      const { position, offsetEpoch, leaderEpoch } = turn.state.partitions[place] as TopicPartitionState;
      return { place, position, offsetEpoch, leaderEpoch };
    });
    sendRequest(turn, nodeId, message, { kind: 'offsetForLeaderEpoch', positions });
    asked(turn, places);
  }
}

interface PlacesOfLeader {
  readonly nodeId: NodeId;
  readonly places: readonly number[];
}

const NO_LEADERS: readonly PlacesOfLeader[] = [];

/** Partitions in `fetchState`, one that is not FETCHING, that may be asked for now, by leader, in the order of their places. */
function placesByLeader(turn: ConsumerTurn, fetchState: FetchState): readonly PlacesOfLeader[] {
  const { state, nowMs } = turn;
  if (state.unsettledCount === 0) return NO_LEADERS;
  const leaders: { nodeId: NodeId; places: number[] }[] = [];
  for (let place = 0; place < state.partitions.length; place += 1) {
    const each = state.partitions[place] as TopicPartitionState;
    if (each.fetchState !== fetchState) continue;
    if (each.leaderId === NO_LEADER) {
      requestUpdate(turn);
      continue;
    }
    const atMs = Math.max(each.nextRetryMs, connectableAtMs(connectionOf(state, each.leaderId), nowMs));
    if (atMs > nowMs) {
      if (atMs !== NEVER_MS) turn.wakeBy(atMs);
      continue;
    }
    const known = leaders.find(({ nodeId }) => nodeId === each.leaderId);
    if (known === undefined) leaders.push({ nodeId: each.leaderId, places: [place] });
    else known.places.push(place);
  }
  return leaders;
}

function byTopic<Entry>(
  turn: ConsumerTurn, places: readonly number[], describe: (state: TopicPartitionState) => { readonly topic: string; readonly entry: Entry },
): readonly { readonly topic: string; readonly entries: readonly Entry[] }[] {
  const topics: { topic: string; entries: Entry[] }[] = [];
  for (const place of places) {
    const { topic, entry } = describe(turn.state.partitions[place] as TopicPartitionState);
    const known = topics.find((each) => each.topic === topic);
    if (known === undefined) topics.push({ topic, entries: [entry] });
    else known.entries.push(entry);
  }
  return topics;
}

/** Not again before this request has ended (SubscriptionState.setNextAllowedRetry), unless the leader changes. */
function asked(turn: ConsumerTurn, places: readonly number[]): void {
  for (const place of places) setPartition(turn, place, backingOff(turn.state.partitions[place] as TopicPartitionState, NEVER_MS));
}

/** These partitions could not be told about; those that still wait are asked for again after a backoff. */
export function retryLater(turn: ConsumerTurn, places: readonly number[], fetchState: FetchState): void {
  const nextRetryMs = turn.nowMs + turn.state.config.retryBackoffMs;
  for (const place of places) {
    const partition = turn.state.partitions[place] as TopicPartitionState;
    if (partition.fetchState === fetchState) setPartition(turn, place, backingOff(partition, nextRetryMs));
  }
  requestUpdate(turn);
}

export function handleListOffsetsResponse(turn: ConsumerTurn, { topics }: ListOffsetsResponse): void {
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode, offset, leaderEpoch } of partitions) {
      const place = placeOf(turn.state, name, partitionIndex, 0);
      const before = present(turn.state.partitions[place], `${name}-${partitionIndex}`);
      if (before.fetchState !== 'AWAIT_RESET') continue;
      if (errorCode !== 'NONE' || offset === NO_OFFSET) {
        retryLater(turn, [place], 'AWAIT_RESET');
        continue;
      }
      turn.state.metadata = withSeenEpoch(turn.state.metadata, name, partitionIndex, leaderEpoch);
      setPartition(turn, place, resetTo(before, offset));
      observePosition(turn, before, { from: fromOf(before), to: offset, reason: before.resetReason, leaderEpoch });
    }
  }
}

/** An answer about a position or a leader that is not the current one any more says nothing. */
export function handleEpochEndResponse(turn: ConsumerTurn, { positions }: ValidationPurpose, { topics }: OffsetForLeaderEpochResponse): void {
  for (const { topic, partitions } of topics) {
    for (const { partition, errorCode, leaderEpoch, endOffset } of partitions) {
      const place = placeOf(turn.state, topic, partition, 0);
      const before = present(turn.state.partitions[place], `${topic}-${partition}`);
      const asked = present(positions.find((each) => each.place === place), `the request about ${topic}-${partition}`);
      const isCurrent = before.position === asked.position && before.offsetEpoch === asked.offsetEpoch && before.leaderEpoch === asked.leaderEpoch;
      if (before.fetchState !== 'AWAIT_VALIDATION' || !isCurrent) continue;
      if (errorCode !== 'NONE') {
        retryLater(turn, [place], 'AWAIT_VALIDATION');
        continue;
      }
      const validation = validated(before, { epoch: leaderEpoch, endOffset }, turn.state.config);
      if (validation.kind === 'stuck') {
        throwFromPoll(turn, { errorCode: 'NONE', exception: 'LogTruncationException' });
        continue;
      }
      setPartition(turn, place, validation.state);
      if (validation.kind === 'truncated') observePosition(turn, before, { from: fromOf(before), to: validation.state.position, reason: 'truncation' });
    }
  }
}

function fromOf({ position }: TopicPartitionState): Offset | null {
  return position === NO_OFFSET ? null : position;
}
