/**
 * The follower: what it does with its leader's answers. It appends what the leader sends under the leader's offsets and
 * epochs, cuts its log where their histories part, and takes the leader's high watermark as far as its own log reaches.
 *
 * Truncation comes before the high watermark of the same answer, which is not used at all then (EPO-9, KAFKA-14704).
 * An answer from another leader or epoch than the present one is stale and ignored.
 *
 * Source: ReplicaFetcherThread.processPartitionData, AbstractFetcherThread.truncateOnFetchResponse, getOffsetTruncationState,
 * fetchOffsetAndTruncate.
 */
import type { Effect } from '../../kernel/effects.ts';
import type { EpochEndOffset } from '../../kafka/api.ts';
import { NO_EPOCH, type Offset } from '../../kafka/ids.ts';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import { PartitionLog } from '../../kafka/log.ts';
import { fetcherName, tell, type FollowerOutOfRange, type PartitionFetched } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { assignEpoch, checkpointLater, replaceEpochs, truncateTo } from './storage.ts';
import { logFile, withHighWatermark, type ReplicaState } from './state.ts';

/** Does the answer come from the leader and epoch that this replica follows now? */
export function isFromCurrentLeader(state: ReplicaState, event: { readonly leaderId: number; readonly leaderEpoch: number }): boolean {
  return event.leaderId === state.leaderId && event.leaderEpoch === state.leaderEpoch;
}

export function isDiverging({ data }: PartitionFetched): boolean {
  return data.divergingEpoch !== undefined;
}

export function appendFetched(state: ReplicaState, { fetchOffset, data }: PartitionFetched): Reduced<ReplicaState> {
  // The fetcher reads ahead of nothing: data always continues the log, unless the log was cut since it asked.
  if (fetchOffset !== state.log.logEndOffset) return { state, effects: [continueFrom(state)] };
  // UnexpectedAppendOffsetException: the leader's batches are cut otherwise than ours, which histories that agree never are.
  // Nor does a leader that was found to agree go back to an older epoch.
  const first = data.records[0];
  if (first !== undefined && (first.baseOffset < state.log.logEndOffset || first.partitionLeaderEpoch < state.log.lastEpoch)) return stopFollowing(state);
  const effects: Effect[] = [];
  let appended = state;
  for (const batch of data.records) {
    if (batch.partitionLeaderEpoch > appended.epochs.latestEpoch) appended = assignEpoch(appended, batch.partitionLeaderEpoch, batch.baseOffset, effects);
    appended = appended.with({ log: appended.log.append(batch) });
  }
  if (data.records.length > 0) effects.unshift({ kind: 'write', file: logFile(state.topicPartition), content: appended.log });
  const advanced = advanceLogStart(appended, data.logStartOffset);
  const informed = withHighWatermark(advanced, data.highWatermark);
  return { state: informed.highWatermark === state.highWatermark ? informed : checkpointLater(informed, effects), effects };
}

/** EPO-6: cut at the end of the leader's largest epoch not above ours, or where our own record of that epoch ends. */
export function truncateToDivergence(state: ReplicaState, { data }: PartitionFetched): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const truncated = truncateTo(state, divergenceOffset(state, data.divergingEpoch as EpochEndOffset), effects);
  effects.push(continueFrom(truncated));
  return { state: truncated, effects };
}

/** EPO-7: the leader's log ends below ours (only after loss), or begins above our end (retention passed us). */
export function truncateToLeaderRange(state: ReplicaState, event: FollowerOutOfRange): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const { leaderLogStartOffset, leaderLogEndOffset } = event;
  let truncated = state;
  if (leaderLogEndOffset < state.log.logEndOffset) truncated = truncateTo(state, leaderLogEndOffset, effects);
  else if (leaderLogStartOffset > state.log.logEndOffset) truncated = startOver(state, leaderLogStartOffset, effects);
  effects.push(continueFrom(truncated));
  return { state: truncated, effects };
}

/** The partition has failed (FailedPartitions): it stays where it is until the controller's next word on it. */
function stopFollowing(state: ReplicaState): Reduced<ReplicaState> {
  const { topicPartition, leaderId } = state;
  return { state, effects: [{ kind: 'mark', label: 'follower failed: unexpected append offset' }, tell(fetcherName(leaderId), { type: 'fetcher.remove', topicPartition })] };
}

function divergenceOffset(state: ReplicaState, diverging: EpochEndOffset): Offset {
  const own = state.epochs.endOffsetFor(diverging.epoch, state.log.logEndOffset);
  return own.epoch === NO_EPOCH ? diverging.endOffset : Math.min(own.endOffset, diverging.endOffset);
}

/** `truncateFullyAndStartAt`. */
function startOver(state: ReplicaState, offset: Offset, effects: Effect[]): ReplicaState {
  const log = PartitionLog.startingAt(offset);
  effects.push({ kind: 'mark', label: 'follower started over' }, { kind: 'write', file: logFile(state.topicPartition), content: log, keptLength: 0 });
  return withHighWatermark(replaceEpochs(state.with({ log }), LeaderEpochCache.empty(), effects), offset);
}

/** LOG-9: a follower forgets what its leader has forgotten. */
function advanceLogStart(state: ReplicaState, leaderLogStartOffset: Offset): ReplicaState {
  if (leaderLogStartOffset <= state.log.logStartOffset || leaderLogStartOffset > state.log.logEndOffset) return state;
  const log = state.log.advanceLogStart(leaderLogStartOffset);
  return state.with({ log, epochs: state.epochs.truncateFromStart(leaderLogStartOffset) });
}

function continueFrom(state: ReplicaState): Effect {
  return tell(fetcherName(state.leaderId), {
    type: 'fetcher.truncated',
    topicPartition: state.topicPartition,
    leaderEpoch: state.leaderEpoch,
    fetchOffset: state.log.logEndOffset,
    lastFetchedEpoch: state.epochs.latestEpoch,
  });
}
