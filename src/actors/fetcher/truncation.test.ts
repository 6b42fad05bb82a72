/** The question for epoch ends, as the followers of before KIP-595 ask it. */
import { describe, expect, it } from 'vitest';
import type { OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { KAFKA_RULES, type Rules } from '../../kafka/rules.ts';
import { Received } from '../../kernel/effects.ts';
import type { Reduced } from '../reduction.ts';
import { effectsOf, told } from '../replica/sample.ts';
import { addPartition, continueAfterTruncation, delayAll, endDelay } from './fetch.ts';
import { newFetcher, type FetcherState } from './state.ts';
import { askForEpochEnds, processEpochEnds } from './truncation.ts';
import { Stimulus } from '../../kernel/effects.ts';

const ASKING: Partial<Rules> = { truncationProtocol: 'untilEpochIsKnown' };
const following = (rules: Partial<Rules>, ...lastFetchedEpochs: number[]): FetcherState =>
  lastFetchedEpochs.reduce(
    (state, lastFetchedEpoch, partition) =>
      addPartition(state, { type: 'fetcher.add', brokerEpoch: 11, topicPartition: `t-${partition}`, topic: 't', partition, leaderEpoch: 5, fetchOffset: 8, lastFetchedEpoch, flushesAppends: false }).state,
    newFetcher({ leaderId: 2, brokerId: 1, config: defaultConfig('broker'), rules: { ...KAFKA_RULES, ...rules } }),
  );
const phases = ({ partitions }: FetcherState): string[] => partitions.map(({ phase }) => phase);
const answered = (state: FetcherState, ...errors: ErrorName[]): Reduced<FetcherState> => {
  const partitions = errors.map((errorCode, partition) => ({ partition, errorCode, leaderEpoch: 3, endOffset: 6 }));
  const message: OffsetForLeaderEpochResponse = { type: 'OffsetForLeaderEpochResponse', correlationId: state.lastCorrelationId, topics: [{ topic: 't', partitions }] };
  return processEpochEnds(state, new Received(message, 1_000, 0, 2, -1));
};

describe('a partition that is followed anew', () => {
  it.each([
    { truncationProtocol: 'offsetForLeaderEpoch', phase: 'Truncating' }, { truncationProtocol: 'untilEpochIsKnown', phase: 'Truncating' },
    { truncationProtocol: 'highWatermark', phase: 'Fetching' }, { truncationProtocol: 'fetch', phase: 'Fetching' },
  ] as const)('begins $phase under $truncationProtocol', ({ truncationProtocol, phase }) => {
    expect(phases(following({ truncationProtocol }, 4))).toEqual([phase]);
  });

  it('has nothing to ask when it knows no epoch', () => {
    expect(phases(following(ASKING, -1))).toEqual(['Fetching']);
  });
});

describe('the ends of epochs', () => {
  it.each([true, false])('are asked for all partitions at once; with the leader epoch where that is checked: %s', (fencesFetchesByLeaderEpoch) => {
    const { effects } = askForEpochEnds(following({ ...ASKING, fencesFetchesByLeaderEpoch }, 4, -1, 2));
    const currentLeaderEpoch = fencesFetchesByLeaderEpoch ? 5 : -1;
    expect(effectsOf(effects, 'send').map(({ to, message }) => [to, message])).toEqual([
      [2, {
        type: 'OffsetForLeaderEpochRequest', correlationId: 1, replicaId: 1,
        topics: [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch: 4 }, { partition: 2, currentLeaderEpoch, leaderEpoch: 2 }] }],
      }],
    ]);
  });

  it('go to the replicas, which cut and go on, or ask again', () => {
    const { state, effects } = answered(askForEpochEnds(following(ASKING, 4, 4)).state, 'NONE', 'NONE');
    expect(told(effects, 'follower.epochEnd')[0]).toEqual({ type: 'follower.epochEnd', leaderId: 2, leaderEpoch: 5, epochEnd: { epoch: 3, endOffset: 6 } });
    expect(phases(state)).toEqual(['Cutting', 'Cutting']);
    const cut = (from: FetcherState, topicPartition: string, truncationCompleted: boolean): FetcherState =>
      continueAfterTruncation(from, { type: 'fetcher.truncated', topicPartition, leaderEpoch: 5, fetchOffset: 6, lastFetchedEpoch: 3, truncationCompleted }).state;
    expect(phases(cut(cut(state, 't-0', true), 't-1', false))).toEqual(['Fetching', 'Truncating']);
  });

  it('that the leader refuses are asked for again later, unless the epoch is over', () => {
    const { state, effects } = answered(askForEpochEnds(following(ASKING, 4, 4)).state, 'UNKNOWN_LEADER_EPOCH', 'FENCED_LEADER_EPOCH');
    expect([phases(state), effectsOf(effects, 'schedule').map(({ key }) => key)]).toEqual([['Delayed'], ['t-0']]);
    expect(phases(endDelay(state, new Stimulus('timer.backoff', 1_000, 0, 't-0')).state)).toEqual(['Truncating']);
  });

  it('are asked for again when the connection is lost: nothing is fetched before', () => {
    const { state } = delayAll(askForEpochEnds(following(ASKING, 4)).state);
    expect(phases(endDelay(state, new Stimulus('timer.backoff', 1_000, 0, 't-0')).state)).toEqual(['Truncating']);
  });

  it('of a leadership that is over are not taken', () => {
    const asked = askForEpochEnds(following(ASKING, 4)).state;
    const anew = addPartition(asked, { type: 'fetcher.add', brokerEpoch: 11, topicPartition: 't-0', topic: 't', partition: 0, leaderEpoch: 6, fetchOffset: 8, lastFetchedEpoch: 4 , flushesAppends: false}).state;
    const { state, effects } = answered(anew, 'NONE');
    expect([phases(state), effects]).toEqual([['Truncating'], []]);
  });
});
