/**
 * The in-sync replicas as the leader keeps them: who is caught up, who may join, and the proposals to the controller.
 *
 * REP-3..REP-5, REP-8. A change is a proposal (AlterPartition, compare-and-set on leader and partition epoch), one at a
 * time; while it is open the leader counts with the maximal ISR, so that it is safe whichever way the proposal goes:
 * expand: ISR and the newcomer; shrink: the old ISR.
 *
 * Without `countsMaximalIsr` a leader counts the smaller of the two instead: a newcomer not yet, and who is to leave not any
 * more, whatever the controller makes of it.
 *
 * Source: Partition.maybeExpandIsr, maybeShrinkIsr, isReplicaIsrEligible, handleAlterPartitionError; KIP-497, KIP-841, KIP-903.
 */
import type { Effect, Stimulus } from '../../kernel/effects.ts';
import type { AlterPartitionData } from '../../kafka/api.ts';
import { NO_EPOCH, type NodeId } from '../../kafka/ids.ts';
import { BROKER_MACHINES, tell, type BrokersChanged } from '../local-events.ts';
import type { AlterPartitionAnswered } from '../replication-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { isCaughtUp, isIsrEligible } from './caught-up.ts';
import { maybeIncrementHighWatermark } from './high-watermark.ts';
import { leadershipOf, type Leadership, type RemoteReplica, type ReplicaState } from './state.ts';

/** REP-4: the follower has all that is committed, and all that may have been committed before this leader's time. */
export function maybeExpandIsr(state: ReplicaState, remote: RemoteReplica, effects: Effect[]): ReplicaState {
  const leadership = leadershipOf(state);
  if (leadership.pending !== null || leadership.maximalIsr.includes(remote.brokerId)) return state;
  if (remote.logEndOffset < state.highWatermark) return state;
  if (state.settings.rules.isrNeedsEpochStart && remote.logEndOffset < leadership.leaderEpochStartOffset) return state;
  if (!isIsrEligible(state, remote)) return state;
  return propose(state, [...leadership.isr, remote.brokerId], effects);
}

/** The periodic check, every half `replica.lag.time.max.ms`: removes whoever has not caught up (never the leader). */
export function shrinkIsr(state: ReplicaState, { nowMs }: Stimulus): Reduced<ReplicaState> {
  const leadership = leadershipOf(state);
  const effects: Effect[] = [scheduleIsrCheck(state)];
  if (leadership.pending !== null) return { state, effects };
  const lagging = leadership.remotes.filter((remote) => leadership.isr.includes(remote.brokerId) && !isCaughtUp(state, remote, nowMs));
  if (lagging.length === 0) return { state, effects };
  effects.push({ kind: 'mark', label: 'ISR shrunk by lag' });
  const remaining = leadership.isr.filter((id) => !lagging.some(({ brokerId }) => brokerId === id));
  const proposed = propose(state, remaining, effects);
  // Only a leader that counts the smaller ISR at once has anything to gain before the controller's answer.
  return { state: state.settings.rules.countsMaximalIsr ? proposed : maybeIncrementHighWatermark(proposed, nowMs, effects), effects };
}

export function scheduleIsrCheck(state: ReplicaState): Effect {
  const delayMs = Math.ceil(state.settings.config.replicaLagTimeMaxMs / 2);
  return { kind: 'schedule', key: 'isr', delayMs, type: 'timer.isrExpiration' };
}

/** Registrations changed: somebody who fetches may join now, or may count no longer. */
export function brokersChanged(state: ReplicaState, { brokers }: BrokersChanged): Reduced<ReplicaState> {
  return quietly(brokers === state.brokers ? state : state.with({ brokers }));
}

/** REP-8: what the controller's answer to our proposal means. A success is told by the metadata log. */
export function alterPartitionAnswered(state: ReplicaState, event: AlterPartitionAnswered): Reduced<ReplicaState> {
  const leadership = leadershipOf(state);
  const { response, submitted } = event;
  if (leadership.pending !== submitted) return quietly(state);
  switch (response.errorCode) {
    case 'NONE':
      return isrCommitted(state, leadership, event);
    case 'OPERATION_NOT_ATTEMPTED':
    case 'INELIGIBLE_REPLICA':
      // It did not happen: back to the committed ISR.
      return revertIsr(state, leadership, event.nowMs);
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'UNKNOWN_TOPIC_ID':
    case 'FENCED_LEADER_EPOCH':
    case 'INVALID_UPDATE_VERSION':
    case 'INVALID_REQUEST':
    case 'NEW_LEADER_ELECTED':
      if (!state.settings.rules.keepsUnknownProposal) return revertIsr(state, leadership, event.nowMs);
      // It may or may not have happened: stay with the maximal ISR until the metadata log tells.
      return { state, effects: [{ kind: 'mark', label: 'AlterPartition outcome left to the metadata log' }] };
    default:
      return { state, effects: [submit(state, submitted)] };
  }
}

function isrCommitted(state: ReplicaState, leadership: Leadership, { response, nowMs }: AlterPartitionAnswered): Reduced<ReplicaState> {
  if (response.leaderEpoch !== state.leaderEpoch || response.partitionEpoch < state.partitionEpoch) return quietly(state);
  const committed = state.with({ partitionEpoch: response.partitionEpoch });
  return settleIsr(committed, { ...leadership, pending: null, isr: response.isr, maximalIsr: response.isr }, nowMs);
}

function revertIsr(state: ReplicaState, leadership: Leadership, nowMs: number): Reduced<ReplicaState> {
  return settleIsr(state, { ...leadership, pending: null, maximalIsr: leadership.isr }, nowMs);
}

/** A smaller ISR may let the high watermark rise. */
function settleIsr(state: ReplicaState, leadership: Leadership, nowMs: number): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  return { state: maybeIncrementHighWatermark(state.with({ leadership }), nowMs, effects), effects };
}

function propose(state: ReplicaState, newIsr: readonly NodeId[], effects: Effect[]): ReplicaState {
  const leadership = leadershipOf(state);
  const { proposesBrokerEpochs, countsMaximalIsr } = state.settings.rules;
  const epochOf = (id: NodeId): number =>
    id === state.brokerId ? (state.brokers.find((broker) => broker.id === id)?.epoch ?? -1) : (leadership.remotes.find(({ brokerId }) => brokerId === id)?.brokerEpoch ?? -1);
  const pending: AlterPartitionData = {
    partitionIndex: state.partition,
    leaderEpoch: state.leaderEpoch,
    newIsrWithEpochs: newIsr.map((brokerId) => ({ brokerId, brokerEpoch: proposesBrokerEpochs ? epochOf(brokerId) : NO_EPOCH })),
    leaderRecoveryState: 'RECOVERED',
    partitionEpoch: state.partitionEpoch,
  };
  effects.push(submit(state, pending));
  const grows = newIsr.length > leadership.isr.length;
  return state.with({ leadership: { ...leadership, pending, maximalIsr: grows === countsMaximalIsr ? newIsr : leadership.isr } });
}

function submit(state: ReplicaState, data: NonNullable<Leadership['pending']>): Effect {
  return tell(BROKER_MACHINES.alterPartition, { type: 'alterPartition.submit', topicPartition: state.topicPartition, topic: state.topic, data });
}
