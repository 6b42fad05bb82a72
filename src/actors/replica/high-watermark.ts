/**
 * The leader's high watermark: how far every replica that counts has fetched, and who learns that it moved.
 *
 * REP-6: newHW = min(LEO of the leader, LEO of each member of the maximal ISR, LEO of any other replica that is caught
 * up within `replica.lag.time.max.ms` and eligible for the ISR); no advance while |ISR| is below the effective
 * min.insync.replicas (KAFKA-15583). It never falls while one leader leads.
 *
 * Source: Partition.maybeIncrementLeaderHW, DelayedProduce, Partition.checkEnoughReplicasReachOffset.
 */
import type { Offset } from '../../kafka/ids.ts';
import type { Effect } from '../../kernel/effects.ts';
import { BROKER_MACHINES, tell } from '../local-events.ts';
import { isCaughtUp, isIsrEligible } from './caught-up.ts';
import { checkpointLater } from './storage.ts';
import { effectiveMinIsr, leadershipOf, withHighWatermark, type ReplicaState } from './state.ts';

/** The state after the high watermark rose as far as it may; appends `effects` for all who waited. */
export function maybeIncrementHighWatermark(state: ReplicaState, nowMs: number, effects: Effect[]): ReplicaState {
  const { isr, maximalIsr, remotes } = leadershipOf(state);
  if (state.settings.rules.highWatermarkNeedsMinIsr && isr.length < effectiveMinIsr(state)) return state;
  let newHighWatermark: Offset = Math.min(state.log.logEndOffset, state.storage.countedEndOffset);
  for (const remote of remotes) {
    if (remote.logEndOffset >= newHighWatermark) continue;
    const counts = maximalIsr.includes(remote.brokerId) || (isCaughtUp(state, remote, nowMs) && isIsrEligible(state, remote));
    if (counts) newHighWatermark = remote.logEndOffset;
  }
  if (newHighWatermark <= state.highWatermark) return state;
  return highWatermarkRaised(withHighWatermark(state, newHighWatermark), nowMs, effects);
}

function highWatermarkRaised(state: ReplicaState, nowMs: number, effects: Effect[]): ReplicaState {
  const raised = wake(state, false, nowMs, effects);
  const followers = raised.watchers.filter(({ isFollower }) => isFollower).map(({ source }) => source);
  if (followers.length > 0) effects.push(tell(BROKER_MACHINES.apis, { type: 'fetch.outdated', sources: followers }));
  const leadership = leadershipOf(raised);
  const waiting = leadership.awaitingReplication;
  let done = 0;
  while (done < waiting.length && (waiting[done] as { requiredOffset: Offset }).requiredOffset <= raised.highWatermark) done += 1;
  if (done === 0) return checkpointLater(raised, effects);
  // The record is in the log for good; that the ISR shrank meanwhile is an error all the same.
  const isTooSmall = raised.settings.rules.acksAllNeedsMinIsr && leadership.maximalIsr.length < effectiveMinIsr(raised);
  const errorCode = isTooSmall ? 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' : 'NONE';
  for (const { ticket } of waiting.slice(0, done)) {
    effects.push(tell(ticket.answerTo, { type: 'produce.replicated', ticket, errorCode }));
  }
  return checkpointLater(raised.with({ leadership: { ...leadership, awaitingReplication: waiting.slice(done) } }), effects);
}

/** Wakes the parked fetches of followers (the log grew) or of consumers (the high watermark rose). */
export function wake(state: ReplicaState, followers: boolean, nowMs: number, effects: Effect[]): ReplicaState {
  if (state.watchers.length === 0) return state;
  const woken = state.watchers.filter(({ isFollower }) => isFollower === followers);
  if (woken.length === 0) return state;
  const sources = woken.map(({ source }) => source);
  effects.push(tell(BROKER_MACHINES.apis, { type: 'fetch.wakeUp', nowMs, sources }));
  return state.with({ watchers: state.watchers.filter(({ isFollower }) => isFollower !== followers) });
}
