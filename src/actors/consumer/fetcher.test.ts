/** What becomes of fetched data, on the fetcher's functions alone. Scenes with brokers are in properties/clients. */
import { describe, expect, it } from 'vitest';
import type { Polled } from '../../history/observations.ts';
import type { FetchPartitionData, FetchRequest, FetchResponse } from '../../kafka/api.ts';
import { parseConfig } from '../../kafka/config.ts';
import { errorInfo, errorNames, type ErrorName } from '../../kafka/errors.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { batchOf, withOffsets, type RecordBatch } from '../../kafka/records.ts';
import { completeFetch, handleFetchResponse, sendFetch, sendFetches } from './fetcher.ts';
import { beginTurn, startConsumer, type ConsumerState, type ConsumerTurn, type FetchPurpose, type TopicPartitionState } from './state.ts';
import { assigned, resetTo } from './subscription.ts';

const at = (nowMs: number) => ({ nowMs, draw: 3 });

/** A consumer that stands at `positions`, one partition each, all led by the node of the same place in `leaders`. */
function standing(positions: readonly number[], leaders: readonly number[] = positions.map(() => 1)): ConsumerState {
  const { config } = parseConfig('consumer', { 'auto.offset.reset': 'earliest' });
  const { state } = startConsumer({ bootstrapServers: [1], config, topics: [], groupId: null, rules: KAFKA_RULES, nowMs: 0, draw: 1, incarnation: 1 });
  return { ...state, partitions: positions.map((position, partition) => resetTo(assigned('gps', partition, { leaderId: leaders[partition] ?? -1, leaderEpoch: 2 }, config), position)) };
}

function batch(baseOffset: number, count: number, leaderEpoch = 2): RecordBatch {
  return withOffsets(batchOf(Array.from({ length: count }, (_, i) => ({ key: null, value: `v${baseOffset + i}`, timestampMs: 0 }))), baseOffset, leaderEpoch);
}

function data(errorCode: ErrorName, records: readonly RecordBatch[] = []): FetchPartitionData {
  return { partitionIndex: 0, errorCode, highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, records };
}

const offsetsOf = (turn: ConsumerTurn): number[] =>
  turn.effects.flatMap((effect) => (effect.kind === 'observe' && effect.observation.type === 'poll' ? (effect.observation as Polled).records.map(({ offset }) => offset) : []));
const fetchesOf = (turn: ConsumerTurn): { to: number; message: FetchRequest }[] =>
  turn.effects.flatMap((effect) => (effect.kind === 'send' && effect.message.type === 'FetchRequest' ? [{ to: effect.to, message: effect.message as FetchRequest }] : []));
const first = (turn: ConsumerTurn): TopicPartitionState => turn.state.partitions[0] as TopicPartitionState;

function complete(state: ConsumerState, fetchOffset: number, answer: FetchPartitionData): ConsumerTurn {
  const turn = beginTurn(state, at(1_000));
  completeFetch(turn, 0, fetchOffset, answer, 1);
  return turn;
}

describe('data of a partition', () => {
  it('is returned from the position on, and moves it past the last batch', () => {
    const turn = complete(standing([3]), 3, data('NONE', [batch(1, 4), batch(5, 2, 3)]));
    expect(offsetsOf(turn)).toEqual([3, 4, 5, 6]);
    expect([first(turn).position, first(turn).offsetEpoch]).toEqual([7, 3]);
  });

  it('is dropped when the position is not the fetch offset any more', () => {
    const turn = complete(standing([4]), 3, data('NONE', [batch(3, 4)]));
    expect(offsetsOf(turn)).toEqual([]);
    expect(first(turn).position).toBe(4);
  });

  it.each(['AWAIT_RESET', 'AWAIT_VALIDATION', 'INITIALIZING'] as const)('is dropped in %s', (fetchState) => {
    const state = standing([3]);
    const turn = complete({ ...state, partitions: [{ ...(state.partitions[0] as TopicPartitionState), fetchState }] }, 3, data('NONE', [batch(3, 4)]));
    expect(offsetsOf(turn)).toEqual([]);
    expect(first(turn).fetchState).toBe(fetchState);
  });
});

describe('an error of a partition', () => {
  it('OFFSET_OUT_OF_RANGE awaits a reset', () => {
    expect(first(complete(standing([3]), 3, data('OFFSET_OUT_OF_RANGE'))).fetchState).toBe('AWAIT_RESET');
  });

  it('that says the metadata is stale asks for fresh metadata; every error but OFFSET_OUT_OF_RANGE keeps the position and waits', () => {
    for (const error of errorNames.filter((name) => name !== 'NONE' && name !== 'OFFSET_OUT_OF_RANGE')) {
      const turn = complete(standing([3]), 3, data(error));
      expect([first(turn).position, first(turn).fetchState, first(turn).nextRetryMs], error).toEqual([3, 'FETCHING', 1_100]);
      expect(turn.state.metadata.updateRequested, error).toBe(errorInfo(error).invalidMetadata || error === 'OFFSET_NOT_AVAILABLE');
    }
  });
});

describe('fetch requests', () => {
  it('go to every leader with all its partitions, with positions and leader epochs', () => {
    const turn = beginTurn(standing([5, 6, 7], [1, 2, 1]), at(0));
    sendFetches(turn);
    expect(fetchesOf(turn).map(({ to, message }) => [to, message.topics.flatMap(({ partitions }) => partitions.map((each) => [each.partition, each.fetchOffset, each.currentLeaderEpoch]))])).toEqual([
      [1, [[0, 5, 2], [2, 7, 2]]],
      [2, [[1, 6, 2]]],
    ]);
  });

  it('are one at a time per node', () => {
    const turn = beginTurn(standing([5]), at(0));
    sendFetches(turn);
    sendFetches(turn);
    expect(fetchesOf(turn)).toHaveLength(1);
  });

  it('leave out partitions that are paused, or wait, or have no valid position, and no leader asks for metadata', () => {
    const state = standing([5, 6, 7, 8], [1, 1, 1, -1]);
    const [a, b, c, d] = state.partitions as readonly [TopicPartitionState, TopicPartitionState, TopicPartitionState, TopicPartitionState];
    const turn = beginTurn({ ...state, partitions: [{ ...a, isPaused: true }, { ...b, nextRetryMs: 50 }, { ...c, fetchState: 'AWAIT_VALIDATION' }, d] }, at(0));
    sendFetches(turn);
    expect(fetchesOf(turn)).toEqual([]);
    expect(turn.state.wakeupAtMs).toBe(50);
    expect(turn.state.metadata.updateRequested).toBe(true);
  });

  it('include a partition again when its backoff is over, though nothing else has changed', () => {
    const state = standing([5, 6]);
    const [a, b] = state.partitions as readonly [TopicPartitionState, TopicPartitionState];
    const turn = beginTurn({ ...state, partitions: [a, { ...b, nextRetryMs: 50 }] }, at(0));
    sendFetches(turn);
    const [request] = turn.state.connections[0]?.inFlight ?? [];
    const last = request?.purpose as FetchPurpose;
    const answered = beginTurn({ ...turn.end().state, connections: [] }, at(60));
    sendFetch(answered, 1, last);
    expect(fetchesOf(answered)[0]?.message.topics[0]?.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
  });

  it('are repeated with the very same partitions after an answer without news', () => {
    const turn = beginTurn(standing([5, 6]), at(0));
    sendFetches(turn);
    const [request] = fetchesOf(turn);
    const last = turn.state.connections[0]?.inFlight[0]?.purpose as FetchPurpose;
    const answered = beginTurn({ ...turn.end().state, connections: [] }, at(500));
    const response: FetchResponse = { type: 'FetchResponse', correlationId: 1, responses: [{ topic: 'gps', partitions: [data('NONE'), { ...data('NONE'), partitionIndex: 1 }] }] };
    handleFetchResponse(answered, last, response, 1);
    sendFetch(answered, 1, last);
    expect(answered.state.partitions).toBe(last.partitions);
    expect(fetchesOf(answered)[0]?.message.topics).toBe(request?.message.topics);
  });
});
