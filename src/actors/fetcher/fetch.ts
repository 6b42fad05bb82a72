/**
 * One round of a fetcher: the FetchRequest for all its partitions, and what becomes of the answer. Data and news go to
 * the replicas; the next round does not wait for them, since a replica takes its event before anything else can arrive.
 *
 * Errors: FENCED_LEADER_EPOCH ends the following until the controller's next word; NOT_LEADER_OR_FOLLOWER,
 * UNKNOWN_LEADER_EPOCH and the like leave the partition out for `replica.fetch.backoff.ms`; OFFSET_OUT_OF_RANGE asks the
 * leader for its range. A lost connection delays every partition.
 *
 * Source: AbstractFetcherThread.processFetchRequest, RemoteLeaderEndPoint.buildFetch, fetchOffsetAndTruncate.
 */
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../../kafka/api.ts';
import type { FetchPartition, FetchPartitionData, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import { NO_EPOCH, NO_OFFSET, topicPartition as topicPartitionOf, type LeaderEpoch, type Offset, type TopicName, type TopicPartition } from '../../kafka/ids.ts';
import { beginsBelow } from '../../kafka/records.ts';
import { tell } from '../local-events.ts';
import type { FetcherAdd, FetcherRemove, FetcherTruncated } from '../replication-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { asksForEpochEnds, isAsRequested, withPartition, type FetcherState, type PartitionFetchState } from './state.ts';

export function addPartition(state: FetcherState, event: FetcherAdd): Reduced<FetcherState> {
  const { topicPartition, topic, partition, leaderEpoch, fetchOffset, lastFetchedEpoch, brokerEpoch, flushesAppends } = event;
  const mayFetch = !asksForEpochEnds(state) || lastFetchedEpoch === NO_EPOCH;
  const added: PartitionFetchState = {
    topicPartition, topic, partition, leaderEpoch, fetchOffset, lastFetchedEpoch,
    phase: mayFetch ? 'Fetching' : 'Truncating', mayFetch, flushesAppends, toldHighWatermark: NO_OFFSET, toldLogStartOffset: NO_OFFSET, leaderLogEndOffset: NO_OFFSET,
  };
  const others = state.partitions.filter((other) => other.topicPartition !== topicPartition);
  return quietly(state.with({ brokerEpoch, partitions: [...others, added] }));
}

export function removePartition(state: FetcherState, { topicPartition }: FetcherRemove): Reduced<FetcherState> {
  return quietly(state.with({ partitions: state.partitions.filter((partition) => partition.topicPartition !== topicPartition) }));
}

export function continueAfterTruncation(state: FetcherState, event: FetcherTruncated): Reduced<FetcherState> {
  const { topicPartition, leaderEpoch, fetchOffset, lastFetchedEpoch, truncationCompleted } = event;
  const phase = truncationCompleted ? 'Fetching' : 'Truncating';
  return quietly(
    withPartition(state, topicPartition, (before) =>
      before.leaderEpoch === leaderEpoch ? { ...before, fetchOffset, lastFetchedEpoch, phase, mayFetch: truncationCompleted } : before,
    ),
  );
}

export function sendFetch(state: FetcherState): Reduced<FetcherState> {
  const { config, rules } = state;
  const topics: { topic: TopicName; partitions: FetchPartition[] }[] = [];
  for (const each of state.partitions) {
    if (each.phase !== 'Fetching') continue;
    const request: FetchPartition = {
      partition: each.partition,
      currentLeaderEpoch: rules.fencesFetchesByLeaderEpoch ? each.leaderEpoch : NO_EPOCH,
      fetchOffset: each.fetchOffset,
      lastFetchedEpoch: rules.truncationProtocol === 'fetch' ? each.lastFetchedEpoch : NO_EPOCH,
      logStartOffset: Math.max(0, each.toldLogStartOffset),
      partitionMaxBytes: config.replicaFetchMaxBytes,
    };
    const topic = topics.find(({ topic: name }) => name === each.topic);
    if (topic === undefined) topics.push({ topic: each.topic, partitions: [request] });
    else topic.partitions.push(request);
  }
  const correlationId = state.lastCorrelationId + 1;
  const message: FetchRequest = {
    type: 'FetchRequest',
    correlationId,
    replicaState: { replicaId: state.brokerId, replicaEpoch: state.brokerEpoch },
    maxWaitMs: config.replicaFetchWaitMaxMs,
    minBytes: config.replicaFetchMinBytes,
    maxBytes: config.replicaFetchResponseMaxBytes,
    isolationLevel: 'read_uncommitted',
    topics,
  };
  return { state: state.with({ lastCorrelationId: correlationId, requested: state.partitions }), effects: [{ kind: 'send', to: state.leaderId, message }] };
}

export function isAnswerToLast(state: FetcherState, { message }: Received<FetchResponse | ListOffsetsResponse | OffsetForLeaderEpochResponse>): boolean {
  return message.correlationId === state.lastCorrelationId;
}

export function processFetchResponse(state: FetcherState, event: Received<FetchResponse>): Reduced<FetcherState> {
  const effects: Effect[] = [];
  let partitions: PartitionFetchState[] | undefined;
  let next = -1;
  for (const { topic, partitions: answers } of event.message.responses) {
    for (const data of answers) {
      next = placeOf(state, topic, data.partitionIndex, next);
      const before = state.partitions[next];
      if (before === undefined || before.phase !== 'Fetching' || !isAsRequested(state, before, next)) continue;
      const after = processPartition(state, before, data, event.nowMs, effects);
      if (after === before) continue;
      partitions ??= state.partitions.slice();
      partitions[next] = after;
    }
  }
  if (partitions === undefined) return { state, effects };
  const fenced = partitions.some(({ leaderEpoch }) => leaderEpoch === NO_EPOCH);
  return { state: state.with({ partitions: fenced ? partitions.filter(({ leaderEpoch }) => leaderEpoch !== NO_EPOCH) : partitions }), effects };
}

function processPartition(state: FetcherState, before: PartitionFetchState, data: FetchPartitionData, nowMs: number, effects: Effect[]): PartitionFetchState {
  switch (data.errorCode) {
    case 'NONE': {
      const last = data.records[data.records.length - 1];
      const isNews = last !== undefined || data.divergingEpoch !== undefined || data.highWatermark !== before.toldHighWatermark || data.logStartOffset !== before.toldLogStartOffset;
      if (!isNews) return before;
      if (isCorrupt(data)) return delayed(state, before, effects);
      const { leaderEpoch, fetchOffset, topicPartition } = before;
      effects.push(tell(topicPartition, { type: 'follower.fetched', nowMs, leaderId: state.leaderId, leaderEpoch, fetchOffset, data }));
      // Of a batch that begins below its end the replica says itself how it goes on: it may refuse it, and a leader must not take an
      // offset for held that the replica never reached.
      if (data.divergingEpoch !== undefined || beginsBelow(data.records, fetchOffset)) return { ...before, phase: 'Cutting' };
      return informed(before, data, last === undefined ? fetchOffset : last.nextOffset, last === undefined ? before.lastFetchedEpoch : last.partitionLeaderEpoch);
    }
    case 'OFFSET_OUT_OF_RANGE':
      return { ...before, phase: 'OutOfRange', leaderLogEndOffset: NO_OFFSET };
    case 'FENCED_LEADER_EPOCH':
      // There is a newer leader; the controller will say so. Marked for removal.
      return { ...before, leaderEpoch: NO_EPOCH };
    default:
      return delayed(state, before, effects);
  }
}

/** The follower checks the CRC of what it fetched; the leader that sent it has not (CORRUPT_MESSAGE, LOG-13). */
function isCorrupt({ records }: FetchPartitionData): boolean {
  for (const batch of records) if (batch.isCorrupt) return true;
  return false;
}

/** Spelled out, not spread: it happens with every answer that brings something (see state-class.ts). */
function informed(before: PartitionFetchState, data: FetchPartitionData, fetchOffset: Offset, lastFetchedEpoch: LeaderEpoch): PartitionFetchState {
  const { topicPartition, topic, partition, leaderEpoch, mayFetch, flushesAppends, leaderLogEndOffset } = before;
  const phase = flushesAppends && fetchOffset !== before.fetchOffset ? 'Cutting' : before.phase;
  return {
    topicPartition, topic, partition, leaderEpoch, fetchOffset, lastFetchedEpoch, phase, mayFetch, flushesAppends,
    toldHighWatermark: data.highWatermark, toldLogStartOffset: data.logStartOffset, leaderLogEndOffset,
  };
}

/** No answer: the request may or may not have been executed, which matters to nobody; try again later. */
export function delayAll(state: FetcherState): Reduced<FetcherState> {
  const effects: Effect[] = [];
  const partitions = state.partitions.map((each) => (each.phase === 'Fetching' || each.phase === 'Truncating' || each.phase === 'OutOfRange' ? delayed(state, each, effects) : each));
  return { state: state.with({ partitions }), effects };
}

export function giveUpOnLeader(state: FetcherState): Reduced<FetcherState> {
  const { state: waiting, effects } = delayAll(state);
  return { state: waiting, effects: [{ kind: 'disconnect', to: state.leaderId }, ...effects] };
}

export function endDelay(state: FetcherState, { data }: Stimulus<string, TopicPartition>): Reduced<FetcherState> {
  return quietly(withPartition(state, data, (before) => (before.phase === 'Delayed' ? { ...before, phase: before.mayFetch ? 'Fetching' : 'Truncating' } : before)));
}

/** EPO-7: asks first for the leader's end, then for its start. */
export function askForRange(state: FetcherState): Reduced<FetcherState> {
  const correlationId = state.lastCorrelationId + 1;
  const asked = state.partitions.filter(({ phase }) => phase === 'OutOfRange');
  const topics = [...new Set(asked.map(({ topic }) => topic))].map((name) => ({
    name,
    partitions: asked
      .filter(({ topic }) => topic === name)
      .map(({ partition, leaderEpoch, leaderLogEndOffset }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: state.rules.fencesFetchesByLeaderEpoch ? leaderEpoch : NO_EPOCH,
        timestamp: leaderLogEndOffset === NO_OFFSET ? LATEST_TIMESTAMP : EARLIEST_TIMESTAMP,
      })),
  }));
  const message: ListOffsetsRequest = { type: 'ListOffsetsRequest', correlationId, replicaId: state.brokerId, isolationLevel: 'read_uncommitted', topics };
  return { state: state.with({ lastCorrelationId: correlationId, requested: state.partitions }), effects: [{ kind: 'send', to: state.leaderId, message }] };
}

export function processRange(state: FetcherState, event: Received<ListOffsetsResponse>): Reduced<FetcherState> {
  const effects: Effect[] = [];
  let next = state;
  for (const { name, partitions } of event.message.topics) {
    for (const { partitionIndex, errorCode, offset } of partitions) {
      next = withPartition(next, topicPartitionOf(name, partitionIndex), (before) => {
        if (before.phase !== 'OutOfRange' || !isAsRequested(state, before)) return before;
        if (errorCode !== 'NONE') return delayed(state, before, effects);
        if (before.leaderLogEndOffset === NO_OFFSET) return { ...before, leaderLogEndOffset: offset };
        const { topicPartition, leaderEpoch, leaderLogEndOffset } = before;
        effects.push(
          tell(topicPartition, {
            type: 'follower.outOfRange', nowMs: event.nowMs, leaderId: state.leaderId, leaderEpoch, leaderLogStartOffset: offset, leaderLogEndOffset,
          }),
        );
        return { ...before, phase: 'Cutting', leaderLogEndOffset: NO_OFFSET };
      });
    }
  }
  return { state: next, effects };
}

export function delayed(state: FetcherState, before: PartitionFetchState, effects: Effect[]): PartitionFetchState {
  const { topicPartition } = before;
  effects.push({ kind: 'schedule', key: topicPartition, delayMs: state.config.replicaFetchBackoffMs, type: 'timer.backoff', data: topicPartition });
  return { ...before, phase: 'Delayed' };
}

/** The place of a partition, -1 when it is not followed. Answers come in the order of `partitions`: it is looked for after the one found `last` first. */
function placeOf({ partitions }: FetcherState, topic: TopicName, partition: number, last: number): number {
  for (let i = 1; i <= partitions.length; i += 1) {
    const at = (last + i) % partitions.length;
    const each = partitions[at] as PartitionFetchState;
    if (each.partition === partition && each.topic === topic) return at;
  }
  return -1;
}
