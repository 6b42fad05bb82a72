/**
 * Transitions of one assigned partition: which leader it follows, how its position is reset, validated and moved. Pure
 * functions of the partition's state.
 *
 * A position is valid exactly in FETCHING; it moves only there, by reading, or at the end of AWAIT_RESET and
 * AWAIT_VALIDATION.
 *
 * Source: SubscriptionState.TopicPartitionState, maybeValidatePosition, maybeCompleteValidation; OffsetFetcherUtils.
 */
import { NO_EPOCH, NO_LEADER, NO_OFFSET, type LeaderEpoch, type Offset, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import type { EpochEndOffset } from '../../kafka/api.ts';
import type { ConsumerConfig } from '../../kafka/config.ts';
import type { PartitionMetadata } from '../client/metadata.ts';
import { AT_ONCE_MS } from '../client/turn.ts';
import type { ConsumerRules, ResetReason, TopicPartitionState } from './state.ts';

type ValidationRule = Pick<ConsumerRules, 'consumerValidatesPositions'>;
type ResetPolicy = Pick<ConsumerConfig, 'autoOffsetReset'>;

/** A partition that nobody has committed an offset for: the reset policy says where it begins, if there is one. */
export function assigned(topic: TopicName, partition: PartitionIndex, leader: PartitionMetadata, config: ResetPolicy): TopicPartitionState {
  return {
    topic, partition, fetchState: hasResetPolicy(config) ? 'AWAIT_RESET' : 'INITIALIZING', position: NO_OFFSET, offsetEpoch: NO_EPOCH,
    leaderId: leader.leaderId, leaderEpoch: leader.leaderEpoch, resetReason: 'initial', nextRetryMs: AT_ONCE_MS, isPaused: false,
    isPendingRevocation: false,
  };
}

/** A partition of a subscribed topic that is not, or not yet, this member's. */
export function unassigned(topic: TopicName, partition: PartitionIndex, leader: PartitionMetadata): TopicPartitionState {
  return {
    topic, partition, fetchState: 'UNASSIGNED', position: NO_OFFSET, offsetEpoch: NO_EPOCH, leaderId: leader.leaderId, leaderEpoch: leader.leaderEpoch,
    resetReason: 'initial', nextRetryMs: AT_ONCE_MS, isPaused: false, isPendingRevocation: false,
  };
}

/** The group gives the partition to this member: its position is the committed offset, which is not known yet. */
export function initializing(state: TopicPartitionState): TopicPartitionState {
  return { ...unassigned(state.topic, state.partition, state), fetchState: 'INITIALIZING' };
}

/** The partition is not this member's any more. */
export function revoked(state: TopicPartitionState): TopicPartitionState {
  return { ...state, fetchState: 'UNASSIGNED', isPaused: false, isPendingRevocation: false };
}

/** Records of it may be fetched and returned (SubscriptionState.isFetchable). */
export function isFetchable({ fetchState, isPaused, isPendingRevocation }: TopicPartitionState): boolean {
  return fetchState === 'FETCHING' && !isPaused && !isPendingRevocation;
}

/** The application or the group sets the position; one with a known epoch is validated first (maybeSeekUnvalidated). */
export function positionedAt(state: TopicPartitionState, position: Offset, offsetEpoch: LeaderEpoch, rules: ValidationRule): TopicPartitionState {
  const mustValidate = rules.consumerValidatesPositions && offsetEpoch !== NO_EPOCH && state.leaderEpoch !== NO_EPOCH;
  return { ...state, fetchState: mustValidate ? 'AWAIT_VALIDATION' : 'FETCHING', position, offsetEpoch, nextRetryMs: AT_ONCE_MS };
}

export function hasResetPolicy({ autoOffsetReset }: ResetPolicy): boolean {
  return autoOffsetReset !== 'none';
}

/**
 * The metadata names this leader. Another node or a newer epoch means that the log may have been cut: a position with a known
 * epoch must be validated before the next fetch. While nobody leads, a position keeps the leader it had, whose errors ask for
 * fresh metadata.
 */
export function withLeader(state: TopicPartitionState, { leaderId, leaderEpoch }: PartitionMetadata, rules: ValidationRule): TopicPartitionState {
  if (leaderId === state.leaderId && leaderEpoch === state.leaderEpoch) return state;
  if (state.fetchState !== 'FETCHING' && state.fetchState !== 'AWAIT_VALIDATION') return { ...state, leaderId, leaderEpoch, nextRetryMs: AT_ONCE_MS };
  if (leaderId === NO_LEADER) return state;
  const isValidatable = rules.consumerValidatesPositions && state.offsetEpoch !== NO_EPOCH && leaderEpoch !== NO_EPOCH;
  return { ...state, leaderId, leaderEpoch, fetchState: isValidatable ? 'AWAIT_VALIDATION' : 'FETCHING', nextRetryMs: AT_ONCE_MS };
}

/** The position is no good. Undefined without a reset policy: then KafkaConsumer.poll throws, and nothing moves. */
export function awaitingReset(state: TopicPartitionState, resetReason: ResetReason, config: ResetPolicy): TopicPartitionState | undefined {
  return hasResetPolicy(config) ? { ...state, fetchState: 'AWAIT_RESET', resetReason, nextRetryMs: AT_ONCE_MS } : undefined;
}

/** AWAIT_RESET ends: an offset found by timestamp comes without an epoch, so that it needs no validation. */
export function resetTo(state: TopicPartitionState, position: Offset): TopicPartitionState {
  return { ...state, fetchState: 'FETCHING', position, offsetEpoch: NO_EPOCH, nextRetryMs: AT_ONCE_MS };
}

export type Validation =
  /** The leader has the position: fetching goes on. */
  | { readonly kind: 'valid'; readonly state: TopicPartitionState }
  /** The leader's log parts from what was read at this offset: reading goes on there. */
  | { readonly kind: 'truncated'; readonly state: TopicPartitionState }
  /** The leader cannot tell where they part: reset by policy. */
  | { readonly kind: 'unknown'; readonly state: TopicPartitionState }
  /** Without a reset policy: LogTruncationException, and the application must seek. */
  | { readonly kind: 'stuck' };

/** AWAIT_VALIDATION, and the leader says where the epoch of the position's last record ends in its log. */
export function validated(state: TopicPartitionState, end: EpochEndOffset, config: ResetPolicy): Validation {
  if (end.epoch === NO_EPOCH || end.endOffset === NO_OFFSET) {
    const reset = awaitingReset(state, 'truncation', config);
    return reset === undefined ? { kind: 'stuck' } : { kind: 'unknown', state: reset };
  }
  if (end.endOffset >= state.position) return { kind: 'valid', state: { ...state, fetchState: 'FETCHING', nextRetryMs: AT_ONCE_MS } };
  if (!hasResetPolicy(config)) return { kind: 'stuck' };
  return { kind: 'truncated', state: { ...state, fetchState: 'FETCHING', position: end.endOffset, offsetEpoch: end.epoch, nextRetryMs: AT_ONCE_MS } };
}

/** Records up to `position` have been returned; the last one was written in `offsetEpoch`. */
export function advanced(state: TopicPartitionState, position: Offset, offsetEpoch: LeaderEpoch): TopicPartitionState {
  return {
    topic: state.topic, partition: state.partition, fetchState: state.fetchState, position, offsetEpoch, leaderId: state.leaderId, leaderEpoch: state.leaderEpoch,
    resetReason: state.resetReason, nextRetryMs: AT_ONCE_MS, isPaused: state.isPaused, isPendingRevocation: state.isPendingRevocation,
  };
}

export function backingOff(state: TopicPartitionState, nextRetryMs: number): TopicPartitionState {
  return { ...state, nextRetryMs };
}
