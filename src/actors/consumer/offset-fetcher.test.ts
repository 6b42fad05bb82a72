/** Answers about positions, on the offset fetcher's functions alone. Scenes with brokers are in properties/clients. */
import { describe, expect, it } from 'vitest';
import type { PositionReset } from '../../history/observations.ts';
import type { ListOffsetsResponse, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import { parseConfig } from '../../kafka/config.ts';
import { errorNames, type ErrorName } from '../../kafka/errors.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { newMetadata, withResponse } from '../client/metadata.ts';
import { NEVER_MS } from '../client/turn.ts';
import { handleEpochEndResponse, handleListOffsetsResponse, resetPositionsIfNeeded, validatePositionsIfNeeded } from './offset-fetcher.ts';
import { beginTurn, startConsumer, unsettled, type ConsumerState, type ConsumerTurn, type TopicPartitionState, type ValidationPurpose } from './state.ts';
import { assigned } from './subscription.ts';

const at = (nowMs: number) => ({ nowMs, draw: 3 });

/** A consumer with one partition, led by node 1 in epoch 2. */
function consumer(fields: Partial<TopicPartitionState>): ConsumerState {
  const { config } = parseConfig('consumer', { 'auto.offset.reset': 'earliest' });
  const { state } = startConsumer({ bootstrapServers: [1], config, topics: [], groupId: null, rules: KAFKA_RULES, nowMs: 0, draw: 1, incarnation: 1 });
  const leader = { leaderId: 1, leaderEpoch: 2 };
  const metadata = withResponse(newMetadata(['gps'], 0), {
    type: 'MetadataResponse', correlationId: 1, brokers: [{ nodeId: 1 }], controllerId: 1,
    topics: [{ errorCode: 'NONE', name: 'gps', partitions: [{ errorCode: 'NONE', partitionIndex: 0, ...leader, replicaNodes: [], isrNodes: [], offlineReplicas: [] }] }],
  }, config, 0, 0);
  const partition: TopicPartitionState = { ...assigned('gps', 0, leader, config), ...fields };
  return { ...state, metadata, partitions: [partition], unsettledCount: unsettled(partition) };
}

const first = (turn: ConsumerTurn): TopicPartitionState => {
  expect(turn.state.unsettledCount, 'partitions that are not FETCHING').toBe(turn.state.partitions.filter(({ fetchState }) => fetchState !== 'FETCHING').length);
  return turn.state.partitions[0] as TopicPartitionState;
};
const sentTypes = (turn: ConsumerTurn): string[] => turn.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message.type] : []));
const resets = (turn: ConsumerTurn): PositionReset[] =>
  turn.effects.flatMap((effect) => (effect.kind === 'observe' && effect.observation.type === 'position.reset' ? [effect.observation as PositionReset] : []));

describe('a reset', () => {
  const offsets = (errorCode: ErrorName, offset: number, leaderEpoch = 2): ListOffsetsResponse => ({
    type: 'ListOffsetsResponse', correlationId: 1, topics: [{ name: 'gps', partitions: [{ partitionIndex: 0, errorCode, timestamp: -1, offset, leaderEpoch }] }],
  });
  const answered = (state: ConsumerState, response: ListOffsetsResponse): ConsumerTurn => {
    const turn = beginTurn(state, at(500));
    handleListOffsetsResponse(turn, response);
    return turn;
  };

  it('is asked for once until it is answered', () => {
    const turn = beginTurn(consumer({}), at(0));
    resetPositionsIfNeeded(turn);
    resetPositionsIfNeeded(turn);
    expect(sentTypes(turn)).toEqual(['ListOffsetsRequest']);
    expect([first(turn).nextRetryMs, turn.state.wakeupAtMs]).toEqual([NEVER_MS, NEVER_MS]);
  });

  it('says where the position was, where it is, and why', () => {
    const turn = answered(consumer({ position: 70, resetReason: 'outOfRange' }), offsets('NONE', 50));
    expect(resets(turn)).toEqual([{ type: 'position.reset', topic: 'gps', partition: 0, from: 70, to: 50, reason: 'outOfRange', leaderEpoch: 2 }]);
    expect(first(turn)).toMatchObject({ fetchState: 'FETCHING', position: 50 });
  });

  it('is tried again after retry.backoff.ms, with fresh metadata, whatever the error', () => {
    for (const error of errorNames.filter((name) => name !== 'NONE')) {
      const turn = answered(consumer({ nextRetryMs: NEVER_MS }), offsets(error, -1, -1));
      expect([first(turn).fetchState, first(turn).nextRetryMs, turn.state.metadata.updateRequested], error).toEqual(['AWAIT_RESET', 600, true]);
    }
  });

  it('that is not awaited any more moves nothing', () => {
    const turn = answered(consumer({ fetchState: 'FETCHING', position: 7 }), offsets('NONE', 50));
    expect([first(turn).position, resets(turn)]).toEqual([7, []]);
  });

  it('asks for fresh metadata when the answer comes from a newer leader epoch', () => {
    expect(answered(consumer({}), offsets('NONE', 50, 3)).state.metadata.updateRequested).toBe(true);
    expect(answered(consumer({}), offsets('NONE', 50, 2)).state.metadata.updateRequested).toBe(false);
  });
});

describe('a validation', () => {
  const validating = { fetchState: 'AWAIT_VALIDATION', position: 10, offsetEpoch: 1 } as const;
  const asked: ValidationPurpose = { kind: 'offsetForLeaderEpoch', positions: [{ place: 0, position: 10, offsetEpoch: 1, leaderEpoch: 2 }] };
  const answered = (state: ConsumerState, errorCode: ErrorName, leaderEpoch: number, endOffset: number): ConsumerTurn => {
    const turn = beginTurn(state, at(500));
    const response: OffsetForLeaderEpochResponse = {
      type: 'OffsetForLeaderEpochResponse', correlationId: 1, topics: [{ topic: 'gps', partitions: [{ partition: 0, errorCode, leaderEpoch, endOffset }] }],
    };
    handleEpochEndResponse(turn, asked, response);
    return turn;
  };

  it('asks the leader for the end of the epoch of the last record', () => {
    const turn = beginTurn(consumer(validating), at(0));
    validatePositionsIfNeeded(turn);
    validatePositionsIfNeeded(turn);
    expect(turn.effects).toMatchObject([{ kind: 'send', to: 1, message: { topics: [{ topic: 'gps', partitions: [{ partition: 0, currentLeaderEpoch: 2, leaderEpoch: 1 }] }] } }]);
  });

  it('that finds a truncation moves the position back and says so', () => {
    const turn = answered(consumer(validating), 'NONE', 1, 8);
    expect(resets(turn)).toMatchObject([{ from: 10, to: 8, reason: 'truncation' }]);
    expect(first(turn)).toMatchObject({ fetchState: 'FETCHING', position: 8, offsetEpoch: 1 });
  });

  it.each<[string, Partial<TopicPartitionState>]>([
    ['the leader', { leaderEpoch: 3 }],
    ['the position', { position: 11 }],
    ['the epoch of the position', { offsetEpoch: 2 }],
    ['the state', { fetchState: 'FETCHING' }],
  ])('that is about something older than %s of now moves nothing', (_, fields) => {
    const state = consumer({ ...validating, ...fields });
    expect(first(answered(state, 'NONE', 1, 8))).toBe(state.partitions[0]);
  });

  it('is tried again after an error, with fresh metadata', () => {
    const turn = answered(consumer({ ...validating, nextRetryMs: NEVER_MS }), 'FENCED_LEADER_EPOCH', -1, -1);
    expect([first(turn).fetchState, first(turn).nextRetryMs, turn.state.metadata.updateRequested]).toEqual(['AWAIT_VALIDATION', 600, true]);
  });
});
