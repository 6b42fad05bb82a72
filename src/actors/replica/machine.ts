/**
 * One replica of one partition on one broker, named `topic-partition`.
 *
 *   Offline    knows its disk and nothing else; serves nobody
 *     partition.changed, leader is this broker   -> Leader
 *     partition.changed, leader is another       -> Follower
 *   Follower   copies its leader's log; truncates where the two part
 *     partition.changed, leader is this broker   -> Leader
 *   Leader     takes records, serves fetches, keeps ISR and high watermark
 *     partition.changed, leader is another       -> Follower
 *
 *   Closing    the broker stops in good order: the log and its checkpoints are flushed, then Closed
 *
 * Only a higher partition epoch is news (REP-1). A disk that refuses halts the broker: it has one log directory.
 *
 * Source: kafka.cluster.Partition, kafka.server.ReplicaManager (KRaft mode).
 */
import { setup } from 'xstate';
import type { DiskOutcome, EffectsEmitted, Stimulus } from '../../kernel/effects.ts';
import type {
  AppendRequested, BrokersChanged, DeleteRecordsRequested, EpochEndRequested, HighWatermarkAwaited, LogClose, LogLoadRequested, OffsetsRequested, PartitionChanged, PartitionRemoved, PartitionReconfigured, ReadRequested,
} from '../local-events.ts';
import type { AlterPartitionAnswered, EpochEndFound, FollowerDiverged, FollowerOutOfRange, PartitionFetched } from '../replication-events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { appendRecords, refuseAppend } from './append.ts';
import { awaitHighWatermark, loadLog, refuseAwait, refuseLoad } from './coordinator-access.ts';
import { appendFetched, isDiverging, isFromCurrentLeader, takeHighWatermark, takesHighWatermarkFirst, truncateToDivergence, truncateToEpochEnd, truncateToLeaderRange } from './follow.ts';
import { deleteRecords, refuseDeleteRecords } from './delete-records.ts';
import { beginClosing, goOnClosing, isLastFlush, removeReplica, tellClosed } from './closing.ts';
import { flushFailed, writeFailed } from './disk-errors.ts';
import { checkpointRecoveryPoint, flushDirtyLog, logFlushed } from './flush.ts';
import { checkpointLogStart, cleanLog, retain } from './log-manager.ts';
import { alterPartitionAnswered, brokersChanged, shrinkIsr } from './isr.ts';
import { removeExpiredProducers } from './producer-states.ts';
import { readEpochEnd, readOffsets, readPartition, refuseEpochEnd, refuseOffsets, refuseRead } from './read.ts';
import { recoverReplica } from './recovery.ts';
import { checkpointHighWatermark } from './storage.ts';
import type { ReplicaInput, ReplicaState } from './state.ts';
import { becomeFollower, becomeLeader, isLeaderHere, isNewer, reconfigure, remainLeader } from './transitions.ts';

export type ReplicaEvent =
  | PartitionChanged
  | BrokersChanged
  | AppendRequested
  | LogLoadRequested
  | HighWatermarkAwaited
  | ReadRequested
  | OffsetsRequested
  | EpochEndRequested
  | PartitionFetched
  | FollowerDiverged
  | EpochEndFound
  | FollowerOutOfRange
  | AlterPartitionAnswered
  | Stimulus<'timer.isrExpiration'>
  | Stimulus<'timer.checkpoint'>
  | DeleteRecordsRequested
  | Stimulus<'timer.retention'>
  | Stimulus<'timer.cleaner'>
  | Stimulus<'timer.recoveryPoint'>
  | Stimulus<'timer.logStart'>
  | Stimulus<'timer.flush'>
  | Stimulus<'timer.producers'>
  | Stimulus<'log.flushed', DiskOutcome>
  | LogClose
  | PartitionRemoved
  | PartitionReconfigured
  | Stimulus<'close.flushed', DiskOutcome>
  | Stimulus<'disk.writeFailed', DiskOutcome>
  | Stimulus<'disk.flushFailed', DiskOutcome>;

const machine = setup({
  types: {} as { context: Reduced<ReplicaState>; events: ReplicaEvent; input: ReplicaInput; emitted: EffectsEmitted },
  guards: {
    isNewsToLead: ({ context, event }) => isNewer(context.state, event as PartitionChanged) && isLeaderHere(context.state, event as PartitionChanged),
    isNewsToFollow: ({ context, event }) => isNewer(context.state, event as PartitionChanged) && !isLeaderHere(context.state, event as PartitionChanged),
    isLastFlush: ({ event }) => isLastFlush(event as Stimulus<string, DiskOutcome>),
    isDiverging: ({ context, event }) => isFromCurrentLeader(context.state, event as PartitionFetched) && isDiverging(event as PartitionFetched),
    isDivergingLater: ({ context, event }) => isFromCurrentLeader(context.state, event as PartitionFetched) && isDiverging(event as PartitionFetched) && takesHighWatermarkFirst(context.state),
    isFromCurrentLeader: ({ context, event }) => isFromCurrentLeader(context.state, event as PartitionFetched),
  },
  actions: {
    becomeLeader: reduces(becomeLeader),
    remainLeader: reduces(remainLeader),
    becomeFollower: reduces(becomeFollower),
    learnBrokers: reduces(brokersChanged),
    appendRecords: reduces(appendRecords),
    refuseAppend: reduces(refuseAppend),
    loadLog: reduces(loadLog),
    refuseLoad: reduces(refuseLoad),
    awaitHighWatermark: reduces(awaitHighWatermark),
    refuseAwait: reduces(refuseAwait),
    readPartition: reduces(readPartition),
    refuseRead: reduces(refuseRead),
    readOffsets: reduces(readOffsets),
    refuseOffsets: reduces(refuseOffsets),
    readEpochEnd: reduces(readEpochEnd),
    refuseEpochEnd: reduces(refuseEpochEnd),
    shrinkIsr: reduces(shrinkIsr),
    settleProposal: reduces(alterPartitionAnswered),
    appendFetched: reduces(appendFetched),
    takeHighWatermark: reduces(takeHighWatermark),
    truncateToDivergence: reduces(truncateToDivergence),
    truncateToEpochEnd: reduces(truncateToEpochEnd),
    truncateToLeaderRange: reduces(truncateToLeaderRange),
    checkpointHighWatermark: reduces((state: ReplicaState, _event: Stimulus) => checkpointHighWatermark(state)),
    retain: reduces(retain),
    cleanLog: reduces(cleanLog),
    checkpointRecoveryPoint: reduces((state: ReplicaState, _event: Stimulus) => checkpointRecoveryPoint(state)),
    checkpointLogStart: reduces((state: ReplicaState, _event: Stimulus) => checkpointLogStart(state)),
    flushDirtyLog: reduces((state: ReplicaState, _event: Stimulus) => flushDirtyLog(state)),
    removeExpiredProducers: reduces(removeExpiredProducers),
    logFlushed: reduces(logFlushed),
    deleteRecords: reduces(deleteRecords),
    refuseDeleteRecords: reduces(refuseDeleteRecords),
    beginClosing: reduces(beginClosing),
    goOnClosing: reduces(goOnClosing),
    tellClosed: reduces((state: ReplicaState, _event: Stimulus) => tellClosed(state)),
    removeReplica: reduces(removeReplica),
    reconfigure: reduces(reconfigure),
    writeFailed: reduces(writeFailed),
    flushFailed: reduces(flushFailed),
    handOver,
  },
});

export const replicaMachine = machine.createMachine({
  id: 'replica',
  context: ({ input }) => recoverReplica(input),
  entry: 'handOver',
  initial: 'Offline',
  on: {
    'log.close': { target: '.Closing' },
    'partition.reconfigured': { actions: ['reconfigure', 'handOver'] },
    'partition.removed': { actions: ['removeReplica', 'handOver'] },
    'brokers.changed': { actions: ['learnBrokers', 'handOver'] },
    'timer.checkpoint': { actions: ['checkpointHighWatermark', 'handOver'] },
    'timer.retention': { actions: ['retain', 'handOver'] },
    'timer.cleaner': { actions: ['cleanLog', 'handOver'] },
    'timer.recoveryPoint': { actions: ['checkpointRecoveryPoint', 'handOver'] },
    'timer.logStart': { actions: ['checkpointLogStart', 'handOver'] },
    'timer.flush': { actions: ['flushDirtyLog', 'handOver'] },
    'timer.producers': { actions: ['removeExpiredProducers', 'handOver'] },
    'log.flushed': { actions: ['logFlushed', 'handOver'] },
    'log.deleteRecords': { actions: ['refuseDeleteRecords', 'handOver'] },
    'disk.writeFailed': { actions: ['writeFailed', 'handOver'] },
    'disk.flushFailed': { actions: ['flushFailed', 'handOver'] },
    'produce.append': { actions: ['refuseAppend', 'handOver'] },
    'log.load': { actions: ['refuseLoad', 'handOver'] },
    'highWatermark.await': { actions: ['refuseAwait', 'handOver'] },
    'fetch.read': { actions: ['refuseRead', 'handOver'] },
    'listOffsets.read': { actions: ['refuseOffsets', 'handOver'] },
    'offsetForLeaderEpoch.read': { actions: ['refuseEpochEnd', 'handOver'] },
  },
  states: {
    Offline: {
      on: {
        'partition.changed': [
          { guard: 'isNewsToLead', target: 'Leader', actions: ['becomeLeader', 'handOver'] },
          { guard: 'isNewsToFollow', target: 'Follower', actions: ['becomeFollower', 'handOver'] },
        ],
      },
    },
    Follower: {
      on: {
        'partition.changed': [
          { guard: 'isNewsToLead', target: 'Leader', actions: ['becomeLeader', 'handOver'] },
          { guard: 'isNewsToFollow', actions: ['becomeFollower', 'handOver'] },
        ],
        'follower.fetched': [
          { guard: 'isDivergingLater', actions: ['takeHighWatermark', 'handOver'] },
          { guard: 'isDiverging', actions: ['truncateToDivergence', 'handOver'] },
          { guard: 'isFromCurrentLeader', actions: ['appendFetched', 'handOver'] },
        ],
        'follower.diverged': { guard: 'isFromCurrentLeader', actions: ['truncateToDivergence', 'handOver'] },
        'follower.epochEnd': { guard: 'isFromCurrentLeader', actions: ['truncateToEpochEnd', 'handOver'] },
        'follower.outOfRange': { guard: 'isFromCurrentLeader', actions: ['truncateToLeaderRange', 'handOver'] },
      },
    },
    Leader: {
      on: {
        'partition.changed': [
          { guard: 'isNewsToLead', actions: ['remainLeader', 'handOver'] },
          { guard: 'isNewsToFollow', target: 'Follower', actions: ['becomeFollower', 'handOver'] },
          // AlterPartition told the rest already, but not what else changed with it: who is fenced, and who not any more.
          { actions: ['learnBrokers', 'handOver'] },
        ],
        'produce.append': { actions: ['appendRecords', 'handOver'] },
        'log.load': { actions: ['loadLog', 'handOver'] },
        'highWatermark.await': { actions: ['awaitHighWatermark', 'handOver'] },
        'fetch.read': { actions: ['readPartition', 'handOver'] },
        'listOffsets.read': { actions: ['readOffsets', 'handOver'] },
        'offsetForLeaderEpoch.read': { actions: ['readEpochEnd', 'handOver'] },
        'log.deleteRecords': { actions: ['deleteRecords', 'handOver'] },
        'alterPartition.answered': { actions: ['settleProposal', 'handOver'] },
        'timer.isrExpiration': { actions: ['shrinkIsr', 'handOver'] },
      },
    },
    Closing: {
      entry: ['beginClosing', 'handOver'],
      on: {
        'close.flushed': [
          { guard: 'isLastFlush', target: 'Closed', actions: ['tellClosed', 'handOver'] },
          { actions: ['goOnClosing', 'handOver'] },
        ],
        'log.close': {},
      },
    },
    Closed: { on: { 'log.close': {} } },
  },
});
