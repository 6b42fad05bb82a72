import { describe, expect, it } from 'vitest';
import { Stimulus, type Effect } from '../../kernel/effects.ts';
import type { AlterPartitionData, AlterPartitionPartitionResponse } from '../../kafka/api.ts';
import { errorNames, type ErrorName } from '../../kafka/errors.ts';
import type { AlterPartitionAnswered } from '../replication-events.ts';
import { isCaughtUp, isIsrEligible } from './caught-up.ts';
import { alterPartitionAnswered, brokersChanged, maybeExpandIsr, shrinkIsr } from './isr.ts';
import { broker, BROKERS, effectsOf, LEADER_EPOCH, logOf, NOW_MS, PARTITION_EPOCH, remote, sampleLeader, told } from './sample.ts';
import type { ReplicaState } from './state.ts';

const LOG = logOf([5, 10]);
const check = new Stimulus('timer.isrExpiration', NOW_MS, 0, undefined);

describe('a replica is caught up (Replica.isCaughtUp)', () => {
  it.each([
    { end: 10, agoMs: 60_000, caughtUp: true, why: 'at the leader\'s end, however long ago it got there' },
    { end: 4, agoMs: 10_000, caughtUp: true, why: 'behind, but there within replica.lag.time.max.ms' },
    { end: 4, agoMs: 10_001, caughtUp: false, why: 'behind for longer' },
    { end: -1, agoMs: 10_001, caughtUp: false, why: 'not heard of' },
  ])('$caughtUp: $why', ({ end, agoMs, caughtUp }) => {
    expect(isCaughtUp(sampleLeader({ log: LOG }), remote(2, end, agoMs), NOW_MS)).toBe(caughtUp);
  });
});

describe('a replica may be in the ISR (Partition.isReplicaIsrEligible)', () => {
  it.each([
    { registration: broker(2), brokerEpoch: 12, eligible: true, why: 'active and of the registered incarnation' },
    { registration: broker(2), brokerEpoch: -1, eligible: true, why: 'of a version that names no incarnation' },
    { registration: broker(2), brokerEpoch: 11, eligible: false, why: 'its fetches are those of a former incarnation (KIP-903)' },
    { registration: broker(2), brokerEpoch: 13, eligible: false, why: 'of an incarnation that this leader has yet to hear of (KIP-903)' },
    { registration: broker(2, { fenced: true }), brokerEpoch: 12, eligible: false, why: 'fenced (KIP-841)' },
    { registration: broker(2, { inControlledShutdown: true }), brokerEpoch: 12, eligible: false, why: 'shutting down (KIP-841)' },
    { registration: broker(4), brokerEpoch: 12, eligible: false, why: 'not registered' },
  ])('$eligible: $why', ({ registration, brokerEpoch, eligible }) => {
    expect(isIsrEligible(sampleLeader({ brokers: [registration] }), { ...remote(2, 10), brokerEpoch })).toBe(eligible);
  });
});

describe('a leader proposes to expand the ISR (Partition.needsExpandIsr)', () => {
  const outside = (change: Parameters<typeof sampleLeader>[0] = {}, leadership: Parameters<typeof sampleLeader>[1] = {}): ReplicaState =>
    sampleLeader({ log: LOG, highWatermark: 6, ...change }, { isr: [1, 2], remotes: [remote(2, 10), remote(3, 6)], leaderEpochStartOffset: 4, ...leadership });
  const expand = (state: ReplicaState, end: number): { state: ReplicaState; submitted: readonly { data: AlterPartitionData }[] } => {
    const effects: Effect[] = [];
    const after = maybeExpandIsr(state, remote(3, end), effects);
    return { state: after, submitted: told(effects, 'alterPartition.submit') };
  };

  it('by a replica that has reached the high watermark, with the broker epochs it has seen', () => {
    const { state, submitted } = expand(outside(), 6);
    expect(submitted.map(({ data }) => data)).toEqual([{
      partitionIndex: 0, leaderEpoch: LEADER_EPOCH, partitionEpoch: PARTITION_EPOCH, leaderRecoveryState: 'RECOVERED',
      newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: 11 }, { brokerId: 2, brokerEpoch: 12 }, { brokerId: 3, brokerEpoch: 13 }],
    }]);
    expect([state.leadership?.isr, state.leadership?.maximalIsr]).toEqual([[1, 2], [1, 2, 3]]);
    expect(state.leadership?.pending).toBe(submitted[0]?.data);
  });

  it.each([
    { why: 'it is below the high watermark', state: outside(), end: 5 },
    { why: 'it lacks records from before this leader epoch (KAFKA-7128)', state: outside({}, { leaderEpochStartOffset: 8 }), end: 7 },
    { why: 'another proposal is open', state: expand(outside(), 6).state, end: 10 },
    { why: 'it is fenced', state: outside({ brokers: [broker(1), broker(2), broker(3, { fenced: true })] }), end: 10 },
    { why: 'it is in the ISR', state: outside({}, { isr: [1, 2, 3] }), end: 10 },
  ])('but not when $why', ({ state, end }) => {
    const { state: after, submitted } = expand(state, end);
    expect([after === state, submitted]).toEqual([true, []]);
  });
});

describe('the periodic check (Partition.maybeShrinkIsr)', () => {
  it('proposes the ISR without whoever lags, and counts on with the old one', () => {
    const { state, effects } = shrinkIsr(sampleLeader({ log: LOG }, { remotes: [remote(2, 10, 60_000), remote(3, 9, 10_001)] }), check);
    expect(told(effects, 'alterPartition.submit').map(({ data }) => data.newIsrWithEpochs.map(({ brokerId }) => brokerId))).toEqual([[1, 2]]);
    expect([state.leadership?.isr, state.leadership?.maximalIsr]).toEqual([[1, 2, 3], [1, 2, 3]]);
  });

  it('never removes the leader, but everybody else if need be', () => {
    const { effects } = shrinkIsr(sampleLeader({ log: LOG }, { remotes: [remote(2, 3, 10_001), remote(3, -1, 10_001)] }), check);
    expect(told(effects, 'alterPartition.submit').map(({ data }) => data.newIsrWithEpochs)).toEqual([[{ brokerId: 1, brokerEpoch: 11 }]]);
  });

  it('leaves alone who is outside the ISR, and who is behind for a short time', () => {
    const { state, effects } = shrinkIsr(sampleLeader({ log: LOG }, { isr: [1, 2], remotes: [remote(2, 9, 10_000), remote(3, 0, 60_000)] }), check);
    expect([told(effects, 'alterPartition.submit'), state.leadership?.pending]).toEqual([[], null]);
  });

  it('waits while a proposal is open', () => {
    const lagging = { remotes: [remote(2, 0, 60_000), remote(3, 0, 60_000)] };
    const open = shrinkIsr(sampleLeader({ log: LOG }, lagging), check).state;
    expect(told(shrinkIsr(open, check).effects, 'alterPartition.submit')).toEqual([]);
  });

  it('comes again every half replica.lag.time.max.ms', () => {
    expect(effectsOf(shrinkIsr(sampleLeader(), check).effects, 'schedule').map(({ key, delayMs, type }) => [key, delayMs, type])).toEqual([['isr', 5_000, 'timer.isrExpiration']]);
  });
});

describe('the controller\'s answer to a proposal (Partition.handleAlterPartitionError)', () => {
  const proposal: AlterPartitionData = { partitionIndex: 0, leaderEpoch: LEADER_EPOCH, newIsrWithEpochs: [], leaderRecoveryState: 'RECOVERED', partitionEpoch: PARTITION_EPOCH };
  const waiting = sampleLeader({ log: LOG }, { isr: [1, 2], maximalIsr: [1, 2, 3], pending: proposal, remotes: [remote(2, 10), remote(3, 6, 60_000)] });
  const answered = (errorCode: ErrorName, response: Partial<AlterPartitionPartitionResponse> = {}, submitted = proposal): AlterPartitionAnswered => ({
    type: 'alterPartition.answered', nowMs: NOW_MS, submitted,
    response: { partitionIndex: 0, errorCode, leaderId: 1, leaderEpoch: LEADER_EPOCH, isr: [1, 2, 3], leaderRecoveryState: 'RECOVERED', partitionEpoch: PARTITION_EPOCH + 1, ...response },
  });
  const REVERTS: readonly ErrorName[] = ['OPERATION_NOT_ATTEMPTED', 'INELIGIBLE_REPLICA'];
  const UNKNOWN: readonly ErrorName[] = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'FENCED_LEADER_EPOCH', 'INVALID_UPDATE_VERSION', 'INVALID_REQUEST', 'NEW_LEADER_ELECTED'];

  it('NONE: the ISR is what was committed', () => {
    const { state } = alterPartitionAnswered(waiting, answered('NONE'));
    expect([state.leadership?.isr, state.leadership?.maximalIsr, state.leadership?.pending, state.partitionEpoch]).toEqual([[1, 2, 3], [1, 2, 3], null, PARTITION_EPOCH + 1]);
  });

  it('NONE for a smaller ISR lets the high watermark rise', () => {
    const shrinking = sampleLeader({ log: LOG }, { pending: proposal, remotes: [remote(2, 10), remote(3, 6, 60_000)] });
    expect(alterPartitionAnswered(shrinking, answered('NONE', { isr: [1, 2] })).state.highWatermark).toBe(10);
  });

  it.each([
    ['of another leader epoch', { leaderEpoch: LEADER_EPOCH - 1 }],
    ['of an older partition epoch', { partitionEpoch: PARTITION_EPOCH - 1 }],
  ])('NONE %s is late and ignored', (_, response) => {
    expect(alterPartitionAnswered(waiting, answered('NONE', response)).state).toBe(waiting);
  });

  it('NONE at the present partition epoch: nothing had to change', () => {
    expect(alterPartitionAnswered(waiting, answered('NONE', { isr: [1, 2], partitionEpoch: PARTITION_EPOCH })).state.leadership?.pending).toBe(null);
  });

  it.each(REVERTS)('%s: it did not happen, the committed ISR stands', (errorCode) => {
    const { state, effects } = alterPartitionAnswered(waiting, answered(errorCode));
    expect([state.leadership?.isr, state.leadership?.maximalIsr, state.leadership?.pending]).toEqual([[1, 2], [1, 2], null]);
    expect(told(effects, 'alterPartition.submit')).toEqual([]);
  });

  it.each(UNKNOWN)('%s: it may have happened, the maximal ISR counts until the metadata log tells', (errorCode) => {
    const { state, effects } = alterPartitionAnswered(waiting, answered(errorCode));
    expect(state).toBe(waiting);
    expect(told(effects, 'alterPartition.submit')).toEqual([]);
  });

  it('every other error: the very same proposal is made again', () => {
    for (const errorCode of errorNames.filter((name) => name !== 'NONE' && !REVERTS.includes(name) && !UNKNOWN.includes(name))) {
      const { state, effects } = alterPartitionAnswered(waiting, answered(errorCode));
      expect(state).toBe(waiting);
      expect(told(effects, 'alterPartition.submit').map(({ data }) => data)).toEqual([proposal]);
      expect(told(effects, 'alterPartition.submit')[0]?.data).toBe(state.leadership?.pending);
    }
  });

  it('to a proposal that is not the present one is ignored, whatever it says', () => {
    for (const errorCode of errorNames) expect(alterPartitionAnswered(waiting, answered(errorCode, {}, { ...proposal })).state).toBe(waiting);
  });
});

describe('news of registrations', () => {
  it('change who may join from now on', () => {
    const brokers = [...BROKERS.slice(0, 2), broker(3, { fenced: true })];
    const { state, effects } = brokersChanged(sampleLeader(), { type: 'brokers.changed', nowMs: NOW_MS, brokers });
    expect([isIsrEligible(state, remote(3, 0)), isIsrEligible(state, remote(2, 0)), effects]).toEqual([false, true, []]);
  });
});
