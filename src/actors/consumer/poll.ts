/**
 * KafkaConsumer.poll: the coordinator first, then positions, then what was fetched. It returns as soon as there are records,
 * or when its timeout is over; until then every event that comes in is a round of its loop. The next fetches leave before it
 * returns, so that they travel while the application is busy. Outside of poll nothing is fetched and no rebalance goes on.
 *
 * The position moves as poll returns. An application that does not come back within `max.poll.interval.ms` is taken for
 * stuck: its member leaves the group, and comes back with the next poll.
 *
 * Simplified: answers that arrive outside of poll are taken in at once, and wait in the buffer instead of in the socket.
 * Source: KafkaConsumer (ClassicKafkaConsumer.poll, pollForFetches), FetchCollector; KIP-62.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { Polled } from '../../history/observations.ts';
import { tellApplication, tellMembership } from './calls.ts';
import { groupOf, retryCommits, setGroup } from './commits.ts';
import { initWithCommittedOffsetsIfNeeded } from './committed-offsets.ts';
import { fetchFailed, observePoll, polledOf, sendFetches, waiting } from './fetcher.ts';
import { resetPositionsIfNeeded, validatePositionsIfNeeded } from './offset-fetcher.ts';
import { UNPREPARED } from './group-state.ts';
import { committedBefore, giveUp, owned, pollCoordinator } from './rebalance.ts';
import { takeRecords } from './records.ts';
import { setPartition, type CompletedFetch, type ConsumerTurn, type TopicPartitionState } from './state.ts';
import { advanced, isFetchable } from './subscription.ts';

/** The application calls. */
export function pollCalled(turn: ConsumerTurn, timeoutMs: number): void {
  const { state, nowMs } = turn;
  state.poll = { deadlineMs: nowMs + timeoutMs };
  setGroup(turn, { pollDeadlineMs: nowMs + state.config.maxPollIntervalMs });
}

/** What is due of the consumer with a group: a round of poll's loop, or only the watch over the application. */
export function advance(turn: ConsumerTurn): void {
  const { state, nowMs } = turn;
  retryCommits(turn);
  closeIfReady(turn);
  const group = groupOf(turn);
  if (group.closing !== 'no') return;
  if (state.poll !== null) {
    pollOnce(turn, state.poll.deadlineMs);
  } else if (group.pollDeadlineMs <= nowMs) {
    if (group.phase === 'joined' || group.joined !== null || group.reconcile !== null) leaveUntilPolled(turn);
  } else {
    turn.timeoutBy(group.pollDeadlineMs);
  }
}

function leaveUntilPolled(turn: ConsumerTurn): void {
  setGroup(turn, { phase: 'unjoined', isRejoinNeeded: true, isLost: true, election: null, joined: null, reconcile: null });
  tellMembership(turn, { type: 'membership.pollIntervalExceeded' });
}

/** KafkaConsumer.close: the last commit, then the partitions, then the membership; the application waits for all of it. */
export function closeCalled(turn: ConsumerTurn): void {
  const { state, nowMs } = turn;
  const { phase } = groupOf(turn);
  state.poll = null;
  const preparation = { ...UNPREPARED, deadlineMs: nowMs + CLOSE_TIMEOUT_MS, isDone: phase !== 'joined' };
  setGroup(turn, { closing: 'committing', phase: 'unjoined', isRejoinNeeded: false, election: null, joined: null, reconcile: null, preparation });
}

/** What close waits for at most, for a coordinator that does not answer (CloseOptions, DEFAULT_CLOSE_TIMEOUT_MS). */
const CLOSE_TIMEOUT_MS = 30_000;

function closeIfReady(turn: ConsumerTurn): void {
  const { closing } = groupOf(turn);
  if (closing !== 'committing' || !committedBefore(turn, owned(turn))) return;
  giveUp(turn, owned(turn), 'revoked');
  setGroup(turn, { closing: 'leaving' });
  tellMembership(turn, { type: 'membership.close' });
}

function pollOnce(turn: ConsumerTurn, deadlineMs: number): void {
  pollCoordinator(turn);
  validatePositionsIfNeeded(turn);
  initWithCommittedOffsetsIfNeeded(turn);
  resetPositionsIfNeeded(turn);
  const polled = groupOf(turn).exception === null ? collectFetch(turn) : [];
  if (groupOf(turn).exception !== null) {
    turn.state.poll = null;
    tellApplication(turn, { type: 'poll.threw' });
    return;
  }
  sendFetches(turn);
  if (polled.length === 0 && deadlineMs > turn.nowMs) {
    turn.wakeBy(deadlineMs);
    return;
  }
  turn.state.poll = null;
  turn.timeoutBy(groupOf(turn).pollDeadlineMs);
  for (const each of polled) observePoll(turn, each);
  tellApplication(turn, { type: 'poll.returned', polled });
}

/** Up to `max.poll.records` of what is buffered, in the order in which it came (FetchCollector.collectFetch). */
function collectFetch(turn: ConsumerTurn): Polled[] {
  const { state } = turn;
  const buffered = state.completedFetches;
  if (buffered.length === 0) return [];
  const polled: Polled[] = [];
  const kept: CompletedFetch[] = [];
  let remaining = state.config.maxPollRecords;
  for (const completed of buffered) {
    const { place, fetchOffset, data, from } = completed;
    const before = state.partitions[place] as TopicPartitionState;
    if (before.fetchState !== 'FETCHING' || before.position !== fetchOffset || before.isPendingRevocation) continue;
    if (!isFetchable(before) || remaining === 0) {
      kept.push(completed);
      continue;
    }
    if (data.errorCode !== 'NONE') {
      fetchFailed(turn, place, data.errorCode);
      continue;
    }
    const { records, position, offsetEpoch, end } = takeRecords(data.records, fetchOffset, before.offsetEpoch, remaining, state.config.checkCrcs);
    remaining -= records.length;
    if (records.length > 0) polled.push(polledOf(before, records, from));
    const after = position === before.position ? before : advanced(before, position, offsetEpoch);
    switch (end) {
      case 'limit':
        kept.push({ place, fetchOffset: position, data, from });
        setPartition(turn, place, after);
        break;
      case 'corrupt':
        setPartition(turn, place, waiting(turn, after));
        break;
      case 'end':
        setPartition(turn, place, after);
        break;
      default:
        unreachable(end, 'end of the records');
    }
  }
  state.completedFetches = kept;
  return polled;
}
