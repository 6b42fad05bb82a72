/**
 * Fetch, ListOffsets and OffsetForLeaderEpoch, as the leader of one partition answers them. A follower reads to the log
 * end and its fetch offset acknowledges all below it (REP-2); a consumer reads to the high watermark (LOG-5).
 *
 * A fetch of another leader epoch is fenced (EPO-4); one whose last record the leader does not have gets the divergence
 * instead of data (EPO-5). A fetch that finds less than it wants is parked: the replica remembers whom to wake.
 *
 * The high watermark of an answer is the one before the fetch itself counted (Partition.readRecords), so a follower learns
 * what its own fetch committed with its next answer: high watermarks of followers trail by a round trip (KIP-101).
 *
 * Left out: last stable offset (no transactions yet: LSO = HW), reads from followers (KIP-392).
 * Source: Partition.fetchRecords, readRecords, checkCurrentLeaderEpoch, updateFollowerFetchState; Replica.updateFetchStateOrThrow;
 * Partition.fetchOffsetForTimestamp (KIP-207); Partition.lastOffsetForLeaderEpoch.
 */
import type { Effect } from '../../kernel/effects.ts';
import { CONSUMER_REPLICA_ID, EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, type FetchPartition, type FetchPartitionData } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_EPOCH, NO_OFFSET, type LeaderEpoch, type NodeId } from '../../kafka/ids.ts';
import { registrationOf } from '../../kafka/metadata.ts';
import type { RecordBatch } from '../../kafka/records.ts';
import { BROKER_MACHINES, tell, type EpochEndRequested, type OffsetsRequested, type ReadRequested, type ReadResult, type ReadRound } from '../local-events.ts';
import { NO_EFFECTS, type Reduced } from '../reduction.ts';
import { settleDeletions } from './delete-records.ts';
import { maybeIncrementHighWatermark } from './high-watermark.ts';
import { maybeExpandIsr } from './isr.ts';
import { leadershipOf, NEVER_CAUGHT_UP, withRemotes, type Leadership, type RemoteReplica, type ReplicaState, type Watcher } from './state.ts';

const NO_RECORDS: readonly RecordBatch[] = [];

export function readPartition(state: ReplicaState, event: ReadRequested): Reduced<ReplicaState> {
  const { round: { replicaId, counts }, position: { request } } = event;
  const isFollower = replicaId !== CONSUMER_REPLICA_ID;
  const fenced = checkLeaderEpoch(state, request.currentLeaderEpoch);
  if (fenced !== 'NONE') return answer(state, event, failed(request, fenced));
  if (isFollower && !isRemote(state, replicaId)) return answer(state, event, failed(request, notAssigned(request)));
  const parting = findDivergence(state, request);
  if (parting !== undefined) return answer(state, event, parting);
  if (!state.log.isFetchable(request.fetchOffset)) return answer(state, event, failed(request, 'OFFSET_OUT_OF_RANGE'));
  if (isFollower && counts && isOfStaleIncarnation(state, event.round)) return answer(state, event, failed(request, 'NOT_LEADER_OR_FOLLOWER'));
  const upperBound = isFollower ? state.log.logEndOffset : state.highWatermark;
  const maxBytes = Math.min(event.bytesLeft, request.partitionMaxBytes);
  // KIP-74: the first partition with data returns one batch whatever its size, so that a large one cannot block for ever.
  const records = request.fetchOffset < upperBound ? state.log.read(request.fetchOffset, upperBound, maxBytes, !event.hasData) : NO_RECORDS;
  const data = partitionData(state, request, records);
  return isFollower && counts ? followerFetched(state, event, data) : answer(state, event, data);
}

/** A replica that does not lead: the reader has the wrong broker. */
export function refuseRead(state: ReplicaState, event: ReadRequested): Reduced<ReplicaState> {
  return answer(state, event, failed(event.position.request, 'NOT_LEADER_OR_FOLLOWER'));
}

/** EPO-4. -1 asks for no check. */
export function checkLeaderEpoch(state: ReplicaState, currentLeaderEpoch: LeaderEpoch): ErrorName {
  if (!state.settings.rules.fencesFetchesByLeaderEpoch || currentLeaderEpoch === NO_EPOCH || currentLeaderEpoch === state.leaderEpoch) return 'NONE';
  return currentLeaderEpoch < state.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH';
}

function isRemote(state: ReplicaState, replicaId: NodeId): boolean {
  return replicaId !== state.brokerId && state.replicas.includes(replicaId);
}

/** Who names the right leader epoch and is no replica knows of an assignment that this leader has yet to hear of. */
function notAssigned({ currentLeaderEpoch }: FetchPartition): ErrorName {
  return currentLeaderEpoch === NO_EPOCH ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_LEADER_EPOCH';
}

/** KIP-903: a fetch that its sender did not survive says nothing about what the present incarnation has. */
function isOfStaleIncarnation({ brokers, settings }: ReplicaState, { replicaId, replicaEpoch }: ReadRound): boolean {
  if (replicaEpoch === NO_EPOCH || !settings.rules.proposesBrokerEpochs) return false;
  const broker = registrationOf(brokers, replicaId);
  return broker !== undefined && !broker.fenced && broker.epoch > replicaEpoch;
}

function findDivergence(state: ReplicaState, request: FetchPartition): FetchPartitionData | undefined {
  const { fetchOffset, lastFetchedEpoch } = request;
  if (lastFetchedEpoch === NO_EPOCH) return undefined;
  const end = state.epochs.endOffsetFor(lastFetchedEpoch, state.log.logEndOffset);
  // Below the log start there is nothing left to compare: out of range comes first.
  if (end.endOffset === NO_OFFSET || fetchOffset < state.log.logStartOffset) return failed(request, 'OFFSET_OUT_OF_RANGE');
  if (end.epoch >= lastFetchedEpoch && end.endOffset >= fetchOffset) return undefined;
  return { ...partitionData(state, request, NO_RECORDS), divergingEpoch: end };
}

/** REP-2, REP-3: the fetch offset is the follower's end; it may complete appends and let it into the ISR. */
function followerFetched(state: ReplicaState, event: ReadRequested, data: FetchPartitionData): Reduced<ReplicaState> {
  const { round: { nowMs, replicaId, replicaEpoch }, position: { request } } = event;
  const leadership = leadershipOf(state);
  const at = leadership.remotes.findIndex(({ brokerId }) => brokerId === replicaId);
  const before = leadership.remotes[at] as RemoteReplica;
  const leaderEnd = state.log.logEndOffset;
  const caughtUpTimeMs =
    request.fetchOffset >= leaderEnd ? nowMs : request.fetchOffset >= before.lastFetchLeaderLogEndOffset ? before.lastFetchTimeMs : NEVER_CAUGHT_UP;
  const remote: RemoteReplica = {
    brokerId: replicaId,
    brokerEpoch: replicaEpoch,
    logEndOffset: request.fetchOffset,
    logStartOffset: request.logStartOffset,
    lastFetchTimeMs: nowMs,
    lastFetchLeaderLogEndOffset: leaderEnd,
    lastCaughtUpTimeMs: Math.max(before.lastCaughtUpTimeMs, caughtUpTimeMs),
  };
  const counted = withRemotes(leadership, leadership.remotes.with(at, remote));
  const isInSync = leadership.maximalIsr.includes(replicaId);
  const isWhereItWas = isInSync && remote.logEndOffset === before.logEndOffset;
  if (isWhereItWas && state.storage.awaitingLowWatermark.length === 0) return answer(state, event, data, counted);
  const effects: Effect[] = [];
  const informed = state.with({ leadership: counted });
  const raised = isWhereItWas ? informed : maybeIncrementHighWatermark(isInSync ? informed : maybeExpandIsr(informed, remote, effects), nowMs, effects);
  const settled = settleDeletions(raised, effects);
  return answer(settled, event, data, settled.leadership, effects);
}

/**
 * Hands the read on; remembers the reader while there is too little for it, to wake it when there is more. `leadership`
 * is what the read left of it: most reads change that and the watchers and nothing else, which is one copy of the state.
 */
function answer(
  state: ReplicaState, event: ReadRequested, data: FetchPartitionData, leadership: Leadership | null = state.leadership, effects: readonly Effect[] = NO_EFFECTS,
): Reduced<ReplicaState> {
  const { round, position: { request, following } } = event;
  let { bytesLeft, bytesWanted } = event;
  for (const batch of data.records) {
    bytesLeft -= batch.sizeInBytes;
    bytesWanted -= batch.sizeInBytes;
  }
  const isUrgent = event.isUrgent || data.errorCode !== 'NONE' || data.divergingEpoch !== undefined;
  const isOutdated = event.isOutdated || data.highWatermark !== state.highWatermark;
  const results: ReadResult = { request, data, before: event.results };
  const onwards =
    following === null
      ? tell(BROKER_MACHINES.apis, { type: 'fetch.allRead', nowMs: round.nowMs, operationId: round.operationId, results, bytesLeft, isUrgent, isOutdated })
      : tell(following.topicPartition, {
          type: 'fetch.read', round, position: following, bytesLeft, bytesWanted, results, hasData: event.hasData || data.records.length > 0, isUrgent, isOutdated,
        });
  const watchers = isUrgent || bytesWanted <= 0 ? state.watchers : withWatcher(state.watchers, round.source, round.replicaId !== CONSUMER_REPLICA_ID);
  return {
    state: leadership === state.leadership && watchers === state.watchers ? state : state.with({ leadership, watchers }),
    // A literal has room for what it holds, a list that was pushed to has room for 17: most reads ask for nothing else.
    effects: effects.length === 0 ? [onwards] : [...effects, onwards],
  };
}

function withWatcher(watchers: readonly Watcher[], source: NodeId, isFollower: boolean): readonly Watcher[] {
  for (const watcher of watchers) if (watcher.source === source && watcher.isFollower === isFollower) return watchers;
  return [...watchers, { source, isFollower }];
}

/** FetchResponse.partitionResponse: an error says nothing of offsets. */
function failed({ partition: partitionIndex }: FetchPartition, errorCode: ErrorName): FetchPartitionData {
  return { partitionIndex, errorCode, highWatermark: NO_OFFSET, lastStableOffset: NO_OFFSET, logStartOffset: NO_OFFSET, records: NO_RECORDS };
}

function partitionData(state: ReplicaState, request: FetchPartition, records: readonly RecordBatch[]): FetchPartitionData {
  return {
    partitionIndex: request.partition,
    errorCode: 'NONE',
    highWatermark: state.highWatermark,
    lastStableOffset: state.highWatermark,
    logStartOffset: state.log.logStartOffset,
    records,
  };
}

/**
 * KIP-207: until the high watermark has reached the start of the leader epoch, the end of the log is not known. The epoch
 * of the answer is that of the record there, as far as the cache knows, or the present one.
 */
export function readOffsets(state: ReplicaState, { ticket, replicaId, currentLeaderEpoch, timestamp }: OffsetsRequested): Reduced<ReplicaState> {
  const fenced = checkLeaderEpoch(state, currentLeaderEpoch);
  const isFollower = replicaId !== CONSUMER_REPLICA_ID;
  const tooEarly = state.settings.rules.latestOffsetWaitsForHighWatermark && !isFollower && state.highWatermark < leadershipOf(state).leaderEpochStartOffset && timestamp !== EARLIEST_TIMESTAMP;
  const errorCode = fenced !== 'NONE' ? fenced : tooEarly ? 'OFFSET_NOT_AVAILABLE' : timestamp < EARLIEST_TIMESTAMP || timestamp > LATEST_TIMESTAMP ? 'INVALID_REQUEST' : 'NONE';
  const offset = errorCode !== 'NONE' ? NO_OFFSET : timestamp === EARLIEST_TIMESTAMP ? state.log.logStartOffset : isFollower ? state.log.logEndOffset : state.highWatermark;
  const leaderEpoch = errorCode !== 'NONE' ? NO_EPOCH : timestamp === EARLIEST_TIMESTAMP ? state.epochs.epochForOffset(offset) : state.leaderEpoch;
  return offsetsAnswer(state, ticket, errorCode, offset, leaderEpoch);
}

export function refuseOffsets(state: ReplicaState, { ticket }: OffsetsRequested): Reduced<ReplicaState> {
  return offsetsAnswer(state, ticket, 'NOT_LEADER_OR_FOLLOWER', NO_OFFSET, NO_EPOCH);
}

function offsetsAnswer(state: ReplicaState, ticket: OffsetsRequested['ticket'], errorCode: ErrorName, offset: number, leaderEpoch: LeaderEpoch): Reduced<ReplicaState> {
  return { state, effects: [tell(BROKER_MACHINES.apis, { type: 'listOffsets.partitionRead', ticket, errorCode, offset, timestamp: -1, leaderEpoch })] };
}

/**
 * EPO-3, for a consumer that validates its position after a leader change (KIP-320), and for a follower that looks for
 * the point where its log parts from the leader's (KIP-101, KIP-279).
 */
export function readEpochEnd(state: ReplicaState, event: EpochEndRequested): Reduced<ReplicaState> {
  const errorCode = checkLeaderEpoch(state, event.currentLeaderEpoch);
  const end = errorCode === 'NONE' ? state.epochs.endOffsetFor(event.leaderEpoch, state.log.logEndOffset) : { epoch: NO_EPOCH, endOffset: NO_OFFSET };
  return epochEndAnswer(state, event, errorCode, end.epoch, end.endOffset);
}

export function refuseEpochEnd(state: ReplicaState, event: EpochEndRequested): Reduced<ReplicaState> {
  return epochEndAnswer(state, event, 'NOT_LEADER_OR_FOLLOWER', NO_EPOCH, NO_OFFSET);
}

function epochEndAnswer(state: ReplicaState, { ticket }: EpochEndRequested, errorCode: ErrorName, leaderEpoch: number, endOffset: number): Reduced<ReplicaState> {
  return { state, effects: [tell(BROKER_MACHINES.apis, { type: 'offsetForLeaderEpoch.partitionRead', ticket, errorCode, leaderEpoch, endOffset })] };
}
