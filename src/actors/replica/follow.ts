/**
 * The follower: what it does with its leader's answers. It appends what the leader sends under the leader's offsets and
 * epochs, cuts its log where their histories part, and takes the leader's high watermark as far as its own log reaches.
 *
 * Truncation comes before the high watermark of the same answer, which is not used at all then (EPO-9, KAFKA-14704;
 * without the rule it is taken in a step before, and covers what is cut in the next one).
 * An answer from another leader or epoch than the present one is stale and ignored.
 *
 * Source: ReplicaFetcherThread.processPartitionData, AbstractFetcherThread.truncateOnFetchResponse, getOffsetTruncationState,
 * fetchOffsetAndTruncate.
 */
import type { Effect } from '../../kernel/effects.ts';
import type { EpochEndOffset } from '../../kafka/api.ts';
import { NO_EPOCH, NO_OFFSET, type Offset } from '../../kafka/ids.ts';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import { PartitionLog } from '../../kafka/log.ts';
import { beginsBelow, type RecordBatch } from '../../kafka/records.ts';
import { fetcherName, tell } from '../local-events.ts';
import type { EpochEndFound, FollowerDiverged, FollowerOutOfRange, PartitionFetched } from '../replication-events.ts';
import type { Reduced } from '../reduction.ts';
import { flushesAppends, holdAppend, mustFlush } from './flush.ts';
import { checkpointLogStartLater, logStartMoved } from './log-manager.ts';
import { followed } from './producer-states.ts';
import { assignEpoch, checkpointLater, logCut, makeRoom, replaceEpochs, truncateTo } from './storage.ts';
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
  const effects: Effect[] = [];
  const base = first !== undefined && beginsWithinBatch(state, data.records) ? startOver(state, first.baseOffset, effects) : state;
  if (first !== undefined && (first.baseOffset < base.log.logEndOffset || first.partitionLeaderEpoch < base.log.lastEpoch)) return stopFollowing(state);
  const writesFrom = effects.length;
  let appended = base;
  for (const batch of data.records) {
    appended = makeRoom(appended, batch, effects);
    if (batch.partitionLeaderEpoch > appended.epochs.latestEpoch) appended = assignEpoch(appended, batch.partitionLeaderEpoch, batch.baseOffset, effects);
    appended = appended.with({ log: appended.log.append(batch), producers: followed(appended, batch, effects) });
  }
  if (data.records.length > 0) effects.splice(writesFrom, 0, { kind: 'write', file: logFile(state.topicPartition), content: appended.log });
  const counted = data.records.length > 0 && flushesAppends(state) ? flushOrGoOn(appended, base.log.logEndOffset, effects) : appended;
  const advanced = advanceLogStart(counted, data.logStartOffset, effects);
  const informed = withHighWatermark(advanced, data.highWatermark);
  // The fetcher waits for word: it does not know whether such a batch is taken.
  if (beginsBelow(data.records, fetchOffset) && !flushesAppends(state)) effects.push(continueFrom(informed));
  return { state: informed.highWatermark === state.highWatermark ? informed : checkpointLater(informed, effects), effects };
}

/**
 * The leader's log begins in the middle of a batch, after DeleteRecords: an empty log that asks from there gets the whole
 * batch, and begins where that does (Partition.appendRecordsToFollowerOrFutureReplica).
 */
function beginsWithinBatch({ log }: ReplicaState, records: readonly RecordBatch[]): boolean {
  const isEmpty = log.logStartOffset === log.logEndOffset;
  return isEmpty && (records[0] as RecordBatch).baseOffset < log.logEndOffset && (records.at(-1) as RecordBatch).nextOffset > log.logEndOffset;
}

/** KAFKA-14704: before 3.5 the high watermark of a diverging answer counts at once, and the log is cut later. */
export function takesHighWatermarkFirst({ settings }: ReplicaState): boolean {
  return !settings.rules.truncatesBeforeHighWatermark;
}

/**
 * AbstractFetcherThread.processFetchRequest before 3.5: processPartitionData for every partition of the answer, then
 * truncateOnFetchResponse for those that diverge. In between the high watermark covers what is about to be cut.
 */
export function takeHighWatermark(state: ReplicaState, event: PartitionFetched): Reduced<ReplicaState> {
  const { leaderId, leaderEpoch, data } = event;
  const effects: Effect[] = [];
  const informed = withHighWatermark(state, data.highWatermark);
  const next = informed === state ? state : checkpointLater(informed, effects);
  effects.push(tell(state.topicPartition, { type: 'follower.diverged', leaderId, leaderEpoch, divergingEpoch: data.divergingEpoch as EpochEndOffset }));
  return { state: next, effects };
}

/** EPO-6: cut at the end of the leader's largest epoch not above ours, or where our own record of that epoch ends. */
export function truncateToDivergence(state: ReplicaState, event: PartitionFetched | FollowerDiverged): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const divergingEpoch = event.type === 'follower.diverged' ? event.divergingEpoch : (event.data.divergingEpoch as EpochEndOffset);
  const truncated = truncateTo(state, divergenceOffset(state, divergingEpoch), effects);
  effects.push(continueFrom(truncated));
  return { state: truncated, effects };
}

/**
 * The leader's answer to OffsetForLeaderEpoch, which a follower of before KIP-595 asks before it fetches. An epoch that
 * the leader does not know at all: cut at the high watermark. KIP-101 cuts at the answer, whatever epoch it is of;
 * KIP-279 looks whether the epoch of the answer is its own, and asks again for its next lower one when it is not.
 */
export function truncateToEpochEnd(state: ReplicaState, { epochEnd }: EpochEndFound): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const { offset, truncationCompleted } = offsetTruncationState(state, epochEnd);
  const truncated = truncateTo(state, offset, effects);
  effects.push(continueFrom(truncated, truncationCompleted || truncated.epochs.latestEpoch === NO_EPOCH));
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

interface OffsetTruncationState {
  readonly offset: Offset;
  readonly truncationCompleted: boolean;
}

function offsetTruncationState(state: ReplicaState, { epoch, endOffset }: EpochEndOffset): OffsetTruncationState {
  const { log, epochs, highWatermark, settings } = state;
  if (endOffset === NO_OFFSET) return { offset: highWatermark, truncationCompleted: true };
  if (settings.rules.truncationProtocol !== 'untilEpochIsKnown' || epoch === NO_EPOCH) return { offset: Math.min(endOffset, log.logEndOffset), truncationCompleted: true };
  const own = epochs.endOffsetFor(epoch, log.logEndOffset);
  if (own.endOffset === NO_OFFSET) return { offset: Math.min(endOffset, log.logEndOffset), truncationCompleted: true };
  // Between the two logs stands an epoch that one of them lacks: the next lower one of ours may be common to both.
  if (own.epoch !== epoch) return { offset: Math.min(own.endOffset, log.logEndOffset), truncationCompleted: false };
  return { offset: Math.min(own.endOffset, endOffset, log.logEndOffset), truncationCompleted: true };
}

function divergenceOffset(state: ReplicaState, diverging: EpochEndOffset): Offset {
  const own = state.epochs.endOffsetFor(diverging.epoch, state.log.logEndOffset);
  return own.epoch === NO_EPOCH ? diverging.endOffset : Math.min(own.endOffset, diverging.endOffset);
}

/** `truncateFullyAndStartAt`. */
function startOver(state: ReplicaState, offset: Offset, effects: Effect[]): ReplicaState {
  const log = PartitionLog.startingAt(offset);
  effects.push({ kind: 'mark', label: 'follower started over' }, { kind: 'write', file: logFile(state.topicPartition), content: log, keptLength: 0 });
  const cut = logCut(state, log, Math.min(offset, state.storage.recoveryPoint), effects);
  return checkpointLogStartLater(withHighWatermark(replaceEpochs(cut, LeaderEpochCache.empty(), effects), offset), effects);
}

/** LOG-9: a follower forgets what its leader has forgotten. */
function advanceLogStart(state: ReplicaState, leaderLogStartOffset: Offset, effects: Effect[]): ReplicaState {
  if (leaderLogStartOffset <= state.log.logStartOffset || leaderLogStartOffset > state.log.logEndOffset) return state;
  return logStartMoved(state, state.log.withLogStart(leaderLogStartOffset), effects);
}

/** With `flush.messages` the fetcher waits until the replica lets it go on: at once, or when the append is flushed. */
function flushOrGoOn(state: ReplicaState, baseOffset: Offset, effects: Effect[]): ReplicaState {
  if (mustFlush(state)) return holdAppend(state, baseOffset, null, effects);
  if (state.storage.held.length === 0) effects.push(continueFrom(state));
  return state;
}

function continueFrom(state: ReplicaState, truncationCompleted = true): Effect {
  return tell(fetcherName(state.leaderId), {
    type: 'fetcher.truncated',
    topicPartition: state.topicPartition,
    leaderEpoch: state.leaderEpoch,
    fetchOffset: state.log.logEndOffset,
    lastFetchedEpoch: state.epochs.latestEpoch,
    truncationCompleted,
  });
}
