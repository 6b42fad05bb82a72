import { describe, expect, it } from 'vitest';
import type { FetchState, TopicPartitionState } from './state.ts';
import { AT_ONCE_MS } from '../client/turn.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { advanced, assigned, awaitingReset, initializing, isFetchable, positionedAt, resetTo, revoked, unassigned, validated, withLeader } from './subscription.ts';

const EARLIEST = { autoOffsetReset: 'earliest' } as const;
const NONE = { autoOffsetReset: 'none' } as const;

/** At offset 10, the last record read in epoch 3, led by node 1 in epoch 3. */
const reading: TopicPartitionState = {
  topic: 'gps', partition: 0, fetchState: 'FETCHING', position: 10, offsetEpoch: 3, leaderId: 1, leaderEpoch: 3, resetReason: 'initial', nextRetryMs: AT_ONCE_MS, isPaused: false,
  isPendingRevocation: false,
};
const inState = (fetchState: FetchState, fields: Partial<TopicPartitionState> = {}): TopicPartitionState => ({ ...reading, fetchState, ...fields });

describe('an assigned partition', () => {
  it('awaits a reset, or nothing at all with auto.offset.reset=none', () => {
    const leader = { leaderId: 1, leaderEpoch: 3 };
    expect(assigned('gps', 0, leader, EARLIEST)).toMatchObject({ fetchState: 'AWAIT_RESET', position: -1, offsetEpoch: -1, leaderId: 1, leaderEpoch: 3 });
    expect(assigned('gps', 0, leader, NONE).fetchState).toBe('INITIALIZING');
  });

  it('is fetched from the offset it is reset to, which needs no validation', () => {
    const state = resetTo(inState('AWAIT_RESET', { nextRetryMs: 99 }), 7);
    expect(state).toMatchObject({ fetchState: 'FETCHING', position: 7, offsetEpoch: -1, nextRetryMs: AT_ONCE_MS });
    expect(withLeader(state, { leaderId: 2, leaderEpoch: 4 }, KAFKA_RULES).fetchState).toBe('FETCHING');
  });

  it('awaits no reset without a policy', () => {
    expect(awaitingReset(reading, 'outOfRange', NONE)).toBeUndefined();
    expect(awaitingReset(reading, 'outOfRange', EARLIEST)).toMatchObject({ fetchState: 'AWAIT_RESET', resetReason: 'outOfRange', position: 10 });
  });
});

describe('news of the leader', () => {
  it.each<[string, TopicPartitionState, { leaderId: number; leaderEpoch: number }, Partial<TopicPartitionState>]>([
    ['a new epoch must validate the position', reading, { leaderId: 2, leaderEpoch: 4 }, { fetchState: 'AWAIT_VALIDATION', leaderId: 2, leaderEpoch: 4, nextRetryMs: AT_ONCE_MS }],
    ['so must the same node in a new epoch', reading, { leaderId: 1, leaderEpoch: 4 }, { fetchState: 'AWAIT_VALIDATION', leaderId: 1, leaderEpoch: 4 }],
    ['a position without an epoch cannot be validated', { ...reading, offsetEpoch: -1 }, { leaderId: 2, leaderEpoch: 4 }, { fetchState: 'FETCHING', leaderId: 2 }],
    ['a validation under way begins again with the newer leader', inState('AWAIT_VALIDATION', { nextRetryMs: 99 }), { leaderId: 2, leaderEpoch: 5 }, { fetchState: 'AWAIT_VALIDATION', leaderEpoch: 5, nextRetryMs: AT_ONCE_MS }],
    ['without a leader a position keeps the one it had', reading, { leaderId: -1, leaderEpoch: 4 }, { fetchState: 'FETCHING', leaderId: 1, leaderEpoch: 3 }],
    ['a reset goes to the new leader', inState('AWAIT_RESET', { nextRetryMs: 99 }), { leaderId: 2, leaderEpoch: 4 }, { fetchState: 'AWAIT_RESET', leaderId: 2, nextRetryMs: AT_ONCE_MS }],
    ['INITIALIZING stays', inState('INITIALIZING'), { leaderId: 2, leaderEpoch: 4 }, { fetchState: 'INITIALIZING', leaderId: 2 }],
  ])('%s', (_, before, leader, expected) => {
    expect(withLeader(before, leader, KAFKA_RULES)).toMatchObject(expected);
  });

  it('that says the same changes nothing', () => {
    expect(withLeader(reading, { leaderId: 1, leaderEpoch: 3 }, KAFKA_RULES)).toBe(reading);
  });
});

describe('a validation (KIP-320)', () => {
  const validating = inState('AWAIT_VALIDATION', { nextRetryMs: 99 });

  it.each([10, 11, 500])('confirms the position when the epoch ends at %i', (endOffset) => {
    expect(validated(validating, { epoch: 3, endOffset }, EARLIEST)).toMatchObject({ kind: 'valid', state: { fetchState: 'FETCHING', position: 10, offsetEpoch: 3, nextRetryMs: AT_ONCE_MS } });
  });

  it('moves the position to where the logs part, and takes the epoch from there', () => {
    expect(validated(validating, { epoch: 2, endOffset: 9 }, EARLIEST)).toMatchObject({ kind: 'truncated', state: { fetchState: 'FETCHING', position: 9, offsetEpoch: 2 } });
  });

  it('resets by policy when the leader knows nothing of the epoch', () => {
    expect(validated(validating, { epoch: -1, endOffset: -1 }, EARLIEST)).toMatchObject({ kind: 'unknown', state: { fetchState: 'AWAIT_RESET', resetReason: 'truncation', position: 10 } });
  });

  it('moves nothing without a policy: the application must seek', () => {
    expect(validated(validating, { epoch: 2, endOffset: 9 }, NONE).kind).toBe('stuck');
    expect(validated(validating, { epoch: -1, endOffset: -1 }, NONE).kind).toBe('stuck');
    expect(validated(validating, { epoch: 3, endOffset: 10 }, NONE).kind).toBe('valid');
  });
});

describe('reading', () => {
  it('moves the position, remembers the epoch and ends a backoff', () => {
    expect(advanced({ ...reading, nextRetryMs: 50 }, 12, 4)).toEqual({ ...reading, position: 12, offsetEpoch: 4, nextRetryMs: AT_ONCE_MS });
  });
});

describe('a partition that a group gives and takes', () => {
  it('has no position when it is given, whatever it had before', () => {
    const taken = revoked(reading);
    expect(taken).toMatchObject({ fetchState: 'UNASSIGNED', leaderId: 1 });
    expect(initializing(taken)).toEqual({ ...unassigned('gps', 0, { leaderId: 1, leaderEpoch: 3 }), fetchState: 'INITIALIZING' });
  });

  it('is fetched only while it is assigned, not paused, and not about to be revoked', () => {
    expect(isFetchable(reading)).toBe(true);
    for (const other of [revoked(reading), { ...reading, isPaused: true }, { ...reading, isPendingRevocation: true }, inState('AWAIT_RESET')]) expect(isFetchable(other)).toBe(false);
  });

  it('begins at the committed offset, once the leader has confirmed its epoch', () => {
    expect(positionedAt(inState('INITIALIZING', { position: -1 }), 7, 2, KAFKA_RULES)).toMatchObject({ fetchState: 'AWAIT_VALIDATION', position: 7, offsetEpoch: 2 });
    expect(positionedAt(inState('INITIALIZING', { position: -1 }), 7, -1, KAFKA_RULES)).toMatchObject({ fetchState: 'FETCHING', position: 7 });
  });

  it('was not validated before KIP-320', () => {
    const rules = { consumerValidatesPositions: false };
    expect(positionedAt(inState('INITIALIZING'), 7, 2, rules).fetchState).toBe('FETCHING');
    expect(withLeader(reading, { leaderId: 2, leaderEpoch: 4 }, rules)).toMatchObject({ fetchState: 'FETCHING', leaderId: 2, leaderEpoch: 4 });
  });
});
