/**
 * Where assigned partitions begin (CON-1): at the group's committed offset; where there is none, where `auto.offset.reset`
 * says; without that, NoOffsetForPartitionException. An error is no answer: the coordinator is asked again.
 *
 * Source: ConsumerCoordinator.initWithCommittedOffsetsIfNeeded, SubscriptionState.resetInitializingPositions.
 */
import type { PositionReset } from '../../history/observations.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import type { TopicPartitions } from '../../kafka/group-api.ts';
import { NO_EPOCH, NO_LEADER, NO_OFFSET, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import { withSeenEpoch } from '../client/metadata.ts';
import type { FetchedOffset, OffsetsFetched } from '../group-events.ts';
import { tellMembership } from './calls.ts';
import { groupOf, setGroup } from './commits.ts';
import { exceptionOf, throwFromPoll } from './exceptions.ts';
import { placeOf, setPartition, type ConsumerTurn, type TopicPartitionState } from './state.ts';
import { awaitingReset, positionedAt } from './subscription.ts';

/** Asks for the committed offsets of partitions without a position, one request at a time. */
export function initWithCommittedOffsetsIfNeeded(turn: ConsumerTurn): void {
  const { state } = turn;
  if (state.unsettledCount === 0) return;
  const { offsetsAskedIn, offsetsRetryMs, generationId } = groupOf(turn);
  const wanted = state.partitions.filter(({ fetchState }) => fetchState === 'INITIALIZING');
  if (wanted.length === 0 || offsetsAskedIn === generationId) return;
  if (offsetsRetryMs > turn.nowMs) {
    turn.wakeBy(offsetsRetryMs);
    return;
  }
  setGroup(turn, { offsetsAskedIn: generationId });
  tellMembership(turn, { type: 'membership.fetchOffsets', generationId, partitions: groupedByTopic(wanted) });
}

/** Topics in order of name, partitions rising. */
export function groupedByTopic(partitions: readonly { readonly topic: TopicName; readonly partition: PartitionIndex }[]): TopicPartitions[] {
  const topics = [...new Set(partitions.map(({ topic }) => topic))].sort((a, b) => (a < b ? -1 : 1));
  return topics.map((topic) => ({ topic, partitions: partitions.filter((each) => each.topic === topic).map(({ partition }) => partition).sort((a, b) => a - b) }));
}

/** What was asked for in an earlier generation says nothing: another member may have committed since. */
export function offsetsFetched(turn: ConsumerTurn, { generationId, errorCode, offsets }: OffsetsFetched): void {
  const group = groupOf(turn);
  if (group.offsetsAskedIn !== generationId) return;
  setGroup(turn, { offsetsAskedIn: null });
  if (group.generationId !== generationId) return;
  if (errorCode === 'NONE') for (const each of offsets) initialized(turn, each);
  else notLearnt(turn, errorCode);
}

/** They pass, too: the member learns its new epoch, or joins anew, with a heartbeat (KIP-848). */
const MEMBERSHIP_ERRORS: readonly ErrorName[] = ['STALE_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID'];

function notLearnt(turn: ConsumerTurn, errorCode: ErrorName): void {
  if (!errorInfo(errorCode).retriable && !MEMBERSHIP_ERRORS.includes(errorCode)) {
    throwFromPoll(turn, exceptionOf(errorCode));
  } else if (turn.state.rules.consumerRetriesOffsetFetch) {
    setGroup(turn, { offsetsRetryMs: turn.nowMs + turn.state.config.retryBackoffMs });
  } else {
    for (const { topic, partition, fetchState } of turn.state.partitions) {
      if (fetchState === 'INITIALIZING') initialized(turn, { topic, partition, offset: NO_OFFSET, leaderEpoch: NO_EPOCH, errorCode: 'NONE' });
    }
  }
}

function initialized(turn: ConsumerTurn, { topic, partition, offset, leaderEpoch, errorCode }: FetchedOffset): void {
  const { state } = turn;
  const place = placeOf(state, topic, partition, 0);
  const before = state.partitions[place];
  if (before?.fetchState !== 'INITIALIZING') return;
  if (errorCode !== 'NONE') {
    notLearnt(turn, errorCode);
  } else if (offset === NO_OFFSET) {
    const reset = awaitingReset(before, 'initial', state.config);
    if (reset === undefined) throwFromPoll(turn, { errorCode: 'NONE', exception: 'NoOffsetForPartitionException' });
    else setPartition(turn, place, reset);
  } else {
    const isNews = leaderEpoch !== NO_EPOCH && leaderEpoch > before.leaderEpoch;
    if (isNews) state.metadata = withSeenEpoch(state.metadata, topic, partition, leaderEpoch);
    // Who led before the record that was committed may be a zombie that does not know of its epoch: nobody is asked until the metadata says who leads.
    setPartition(turn, place, positionedAt(isNews ? { ...before, leaderId: NO_LEADER, leaderEpoch } : before, offset, leaderEpoch, state.rules));
    observePosition(turn, before, { from: null, to: offset, reason: 'committed' });
  }
}

export function observePosition(turn: ConsumerTurn, { topic, partition }: TopicPartitionState, reset: Omit<PositionReset, 'type' | 'topic' | 'partition'>): void {
  const observation: PositionReset = { type: 'position.reset', topic, partition, ...reset };
  turn.effects.push({ kind: 'observe', observation });
}
