/**
 * Becoming leader or follower, as the controller's committed word on the partition arrives (REP-1): only a higher
 * partition epoch counts.
 *
 * A new leader records (epoch, LEO) before anything else (EPO-2, KAFKA-7415; without the rule the epoch begins with its
 * first append), forgets what it knew of the others and
 * waits for their fetches (REP-7). A leader that is elected again (its own leader epoch was raised) keeps what waits for
 * replication: its log goes on. What it knows of the others it keeps only if nobody led in between. A new follower keeps its log and high watermark and asks the leader from its own end;
 * the leader's answer says where their histories part (EPO-5, EPO-6). How older followers found that out is the rule
 * truncationProtocol: those of before 0.11 cut at their own high watermark, here and now; those of before 2.7 let their
 * fetcher ask for the end of their last epoch first.
 *
 * Source: Partition.makeLeader, makeFollower; Replica.resetReplicaState; ReplicaManager.applyDelta.
 */
import type { Effect } from '../../kernel/effects.ts';
import { NO_EPOCH, NO_LEADER, type NodeId, type Offset } from '../../kafka/ids.ts';
import { fetcherName, tell, type PartitionChanged, type PartitionReconfigured } from '../local-events.ts';
import type { FetcherInput } from '../fetcher/state.ts';
import type { Reduced } from '../reduction.ts';
import { failDeletions } from './delete-records.ts';
import { flushesAppends } from './flush.ts';
import { maybeIncrementHighWatermark, wake } from './high-watermark.ts';
import { scheduleIsrCheck } from './isr.ts';
import { assignEpoch, truncateTo } from './storage.ts';
import { leadershipOf, NEVER_CAUGHT_UP, type Leadership, type RemoteReplica, type ReplicaState } from './state.ts';

export function isNewer(state: ReplicaState, { registration }: PartitionChanged): boolean {
  return registration.partitionEpoch > state.partitionEpoch;
}

export function isLeaderHere(state: ReplicaState, { registration }: PartitionChanged): boolean {
  return registration.leader === state.brokerId;
}

export function becomeLeader(state: ReplicaState, event: PartitionChanged): Reduced<ReplicaState> {
  const { registration, nowMs } = event;
  const effects: Effect[] = stopFetching(state);
  effects.push({ kind: 'mark', label: 'became leader' });
  const informed = learn(state, event);
  const started = beginEpoch(informed, effects);
  const leadership: Leadership = {
    isr: registration.isr,
    maximalIsr: registration.isr,
    pending: null,
    leaderEpochStartOffset: started.log.logEndOffset,
    remotes: remotesOf(registration.replicas, state.brokerId).map((brokerId) => unknownReplica(brokerId, registration.isr.includes(brokerId), nowMs)),
    awaitingReplication: [],
  };
  effects.push(scheduleIsrCheck(started));
  return { state: maybeIncrementHighWatermark(started.with({ leadership }), nowMs, effects), effects };
}

/** Still leader, in the same or a new leader epoch: the ISR changed, a proposal was decided, or the epoch was raised. */
export function remainLeader(state: ReplicaState, event: PartitionChanged): Reduced<ReplicaState> {
  const { registration, nowMs } = event;
  const before = leadershipOf(state);
  const effects: Effect[] = [];
  const isNewEpoch = registration.leaderEpoch > state.leaderEpoch;
  const informed = learn(state, event);
  const leading = isNewEpoch ? beginEpoch(informed, effects) : informed;
  const known = new Map(before.remotes.map((remote) => [remote.brokerId, remote]));
  const leadership: Leadership = {
    isr: registration.isr,
    maximalIsr: registration.isr,
    pending: null,
    leaderEpochStartOffset: isNewEpoch ? leading.log.logEndOffset : before.leaderEpochStartOffset,
    remotes: remotesOf(registration.replicas, state.brokerId).map((id) => {
      const remote = known.get(id);
      const isInSync = registration.isr.includes(id);
      // Another leader may have cut that replica's log in an epoch that this broker never saw.
      if (remote === undefined || registration.leaderEpoch > state.leaderEpoch + 1) return unknownReplica(id, isInSync, nowMs);
      return isNewEpoch ? knownAtReelection(remote, isInSync, leading.log.logEndOffset, nowMs) : remote;
    }),
    awaitingReplication: before.awaitingReplication,
  };
  const told = isNewEpoch ? wakeAll(leading, nowMs, effects) : leading;
  return { state: maybeIncrementHighWatermark(told.with({ leadership }), nowMs, effects), effects };
}

/** Follower of a new leader or a new epoch, or of nobody while the partition has no leader. */
export function becomeFollower(state: ReplicaState, event: PartitionChanged): Reduced<ReplicaState> {
  const { registration, nowMs } = event;
  const isSameLeadership = state.leadership === null && registration.leaderEpoch === state.leaderEpoch && registration.leader === state.leaderId;
  if (isSameLeadership) return { state: learn(state, event), effects: [] };
  const effects: Effect[] = [...stopFetching(state), ...failAwaiting(state)];
  if (state.leadership !== null) effects.push({ kind: 'cancel', key: 'isr' });
  const settled = failDeletions(state, effects);
  let following: ReplicaState = wakeAll(learn(settled, event).with({ leadership: null }), nowMs, effects);
  if (truncatesAtOnce(following)) following = truncateTo(following, following.highWatermark, effects);
  if (registration.leader !== NO_LEADER) {
    effects.push(
      { kind: 'spawn', name: fetcherName(registration.leader), machine: 'fetcher', input: fetcherInput(state, registration.leader) },
      tell(fetcherName(registration.leader), {
        type: 'fetcher.add',
        brokerEpoch: event.brokers.find(({ id }) => id === state.brokerId)?.epoch ?? NO_EPOCH,
        topicPartition: state.topicPartition,
        topic: state.topic,
        partition: state.partition,
        leaderEpoch: registration.leaderEpoch,
        fetchOffset: following.log.logEndOffset,
        lastFetchedEpoch: following.epochs.latestEpoch,
        flushesAppends: flushesAppends(following),
      }),
    );
  }
  return { state: following, effects };
}

/** Other configs of the topic: a smaller `min.insync.replicas` may let the high watermark rise. */
export function reconfigure(before: ReplicaState, { settings, nowMs }: PartitionReconfigured): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const state = before.with({ settings });
  return { state: state.leadership === null ? state : maybeIncrementHighWatermark(state, nowMs, effects), effects };
}

/** Neither leads nor follows any more; whoever waited is told. */
export function leavePartition(state: ReplicaState, nowMs: number, effects: Effect[]): ReplicaState {
  effects.push(...stopFetching(state), ...failAwaiting(state), { kind: 'cancel', key: 'isr' });
  const settled = failDeletions(state, effects);
  return wakeAll(settled.with({ leadership: null, leaderId: NO_LEADER }), nowMs, effects);
}

/** The disk refused: the replica leads and follows no more, and its broker halts with its only log directory (LOG-14). */
export function logDirFailed(state: ReplicaState): Reduced<ReplicaState> {
  return { state, effects: [{ kind: 'halt', reason: `log directory failed under ${state.topicPartition}` }] };
}

/** EPO-2: what a leader has told of its epoch holds although it never appends in it. */
function beginEpoch(state: ReplicaState, effects: Effect[]): ReplicaState {
  return state.settings.rules.newLeaderRecordsEpoch ? assignEpoch(state, state.leaderEpoch, state.log.logEndOffset, effects) : state;
}

/** Before KIP-101 always; until KIP-595 where no epoch is known to ask for. */
function truncatesAtOnce({ settings, epochs }: ReplicaState): boolean {
  const { truncationProtocol } = settings.rules;
  return truncationProtocol === 'highWatermark' || (truncationProtocol !== 'fetch' && epochs.latestEpoch === NO_EPOCH);
}

function learn(state: ReplicaState, { registration, brokers }: PartitionChanged): ReplicaState {
  const { leader: leaderId, leaderEpoch, partitionEpoch, replicas } = registration;
  return state.with({ leaderId, leaderEpoch, partitionEpoch, replicas, brokers });
}

/** Leadership is lost while appends wait: they may be committed by the next leader or not (REP-9, KAFKA-13574). */
function failAwaiting(state: ReplicaState): Effect[] {
  const waiting = state.leadership?.awaitingReplication ?? [];
  return waiting.map(({ ticket }) => tell(ticket.answerTo, { type: 'produce.replicated', ticket, errorCode: 'NOT_LEADER_OR_FOLLOWER' }));
}

function wakeAll(state: ReplicaState, nowMs: number, effects: Effect[]): ReplicaState {
  return wake(wake(state, true, nowMs, effects), false, nowMs, effects);
}

function stopFetching(state: ReplicaState): Effect[] {
  if (state.leadership !== null || state.leaderId === NO_LEADER || state.leaderId === state.brokerId) return [];
  return [tell(fetcherName(state.leaderId), { type: 'fetcher.remove', topicPartition: state.topicPartition })];
}

function fetcherInput({ brokerId, settings: { config, rules } }: ReplicaState, leaderId: NodeId): FetcherInput {
  return { leaderId, brokerId, config, rules };
}

function remotesOf(replicas: readonly NodeId[], self: NodeId): NodeId[] {
  return replicas.filter((id) => id !== self);
}

/** REP-7: at the start of a leadership an ISR member counts as caught up until proven otherwise. */
function unknownReplica(brokerId: NodeId, isInSync: boolean, nowMs: number): RemoteReplica {
  return { brokerId, brokerEpoch: -1, logEndOffset: -1, logStartOffset: -1, lastFetchTimeMs: NEVER_CAUGHT_UP, lastFetchLeaderLogEndOffset: -1, lastCaughtUpTimeMs: isInSync ? nowMs : NEVER_CAUGHT_UP };
}

/** Replica.resetReplicaState of a leader that is no new leader: where the replica is stays known, how well it keeps up does not. */
function knownAtReelection(remote: RemoteReplica, isInSync: boolean, leaderEndOffset: Offset, nowMs: number): RemoteReplica {
  const sinceMs = isInSync ? nowMs : NEVER_CAUGHT_UP;
  return { ...remote, lastFetchLeaderLogEndOffset: leaderEndOffset, lastFetchTimeMs: sinceMs, lastCaughtUpTimeMs: sinceMs };
}
