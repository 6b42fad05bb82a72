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
 * Only a higher partition epoch is news (REP-1). A disk that refuses halts the broker: it has one log directory.
 *
 * Source: kafka.cluster.Partition, kafka.server.ReplicaManager (KRaft mode).
 */
import { setup } from 'xstate';
import type { EffectsEmitted, Stimulus } from '../../kernel/effects.ts';
import type {
  AlterPartitionAnswered, AppendRequested, BrokersChanged, EpochEndRequested, FollowerOutOfRange, OffsetsRequested, PartitionChanged, PartitionFetched, ReadRequested,
} from '../local-events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { appendRecords, refuseAppend } from './append.ts';
import { appendFetched, isDiverging, isFromCurrentLeader, truncateToDivergence, truncateToLeaderRange } from './follow.ts';
import { alterPartitionAnswered, brokersChanged, shrinkIsr } from './isr.ts';
import { readEpochEnd, readOffsets, readPartition, refuseEpochEnd, refuseOffsets, refuseRead } from './read.ts';
import { recoverReplica } from './recovery.ts';
import { checkpointHighWatermark } from './storage.ts';
import type { ReplicaInput, ReplicaState } from './state.ts';
import { becomeFollower, becomeLeader, isLeaderHere, isNewer, logDirFailed, remainLeader } from './transitions.ts';

export type ReplicaEvent =
  | PartitionChanged
  | BrokersChanged
  | AppendRequested
  | ReadRequested
  | OffsetsRequested
  | EpochEndRequested
  | PartitionFetched
  | FollowerOutOfRange
  | AlterPartitionAnswered
  | Stimulus<'timer.isrExpiration'>
  | Stimulus<'timer.checkpoint'>
  | Stimulus<'disk.writeFailed'>
  | Stimulus<'disk.flushFailed'>;

const machine = setup({
  types: {} as { context: Reduced<ReplicaState>; events: ReplicaEvent; input: ReplicaInput; emitted: EffectsEmitted },
  guards: {
    isNewsToLead: ({ context, event }) => isNewer(context.state, event as PartitionChanged) && isLeaderHere(context.state, event as PartitionChanged),
    isNewsToFollow: ({ context, event }) => isNewer(context.state, event as PartitionChanged) && !isLeaderHere(context.state, event as PartitionChanged),
    isDiverging: ({ context, event }) => isFromCurrentLeader(context.state, event as PartitionFetched) && isDiverging(event as PartitionFetched),
    isFromCurrentLeader: ({ context, event }) => isFromCurrentLeader(context.state, event as PartitionFetched),
  },
  actions: {
    becomeLeader: reduces(becomeLeader),
    remainLeader: reduces(remainLeader),
    becomeFollower: reduces(becomeFollower),
    learnBrokers: reduces(brokersChanged),
    appendRecords: reduces(appendRecords),
    refuseAppend: reduces(refuseAppend),
    readPartition: reduces(readPartition),
    refuseRead: reduces(refuseRead),
    readOffsets: reduces(readOffsets),
    refuseOffsets: reduces(refuseOffsets),
    readEpochEnd: reduces(readEpochEnd),
    refuseEpochEnd: reduces(refuseEpochEnd),
    shrinkIsr: reduces(shrinkIsr),
    settleProposal: reduces(alterPartitionAnswered),
    appendFetched: reduces(appendFetched),
    truncateToDivergence: reduces(truncateToDivergence),
    truncateToLeaderRange: reduces(truncateToLeaderRange),
    checkpointHighWatermark: reduces((state: ReplicaState, _event: Stimulus) => checkpointHighWatermark(state)),
    failLogDir: reduces((state: ReplicaState, _event: Stimulus) => logDirFailed(state)),
    handOver,
  },
});

export const replicaMachine = machine.createMachine({
  id: 'replica',
  context: ({ input }) => recoverReplica(input),
  entry: 'handOver',
  initial: 'Offline',
  on: {
    'brokers.changed': { actions: ['learnBrokers', 'handOver'] },
    'timer.checkpoint': { actions: ['checkpointHighWatermark', 'handOver'] },
    'disk.writeFailed': { actions: ['failLogDir', 'handOver'] },
    'disk.flushFailed': { actions: ['failLogDir', 'handOver'] },
    'produce.append': { actions: ['refuseAppend', 'handOver'] },
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
          { guard: 'isDiverging', actions: ['truncateToDivergence', 'handOver'] },
          { guard: 'isFromCurrentLeader', actions: ['appendFetched', 'handOver'] },
        ],
        'follower.outOfRange': { guard: 'isFromCurrentLeader', actions: ['truncateToLeaderRange', 'handOver'] },
      },
    },
    Leader: {
      on: {
        'partition.changed': [
          { guard: 'isNewsToLead', actions: ['remainLeader', 'handOver'] },
          { guard: 'isNewsToFollow', target: 'Follower', actions: ['becomeFollower', 'handOver'] },
        ],
        'produce.append': { actions: ['appendRecords', 'handOver'] },
        'fetch.read': { actions: ['readPartition', 'handOver'] },
        'listOffsets.read': { actions: ['readOffsets', 'handOver'] },
        'offsetForLeaderEpoch.read': { actions: ['readEpochEnd', 'handOver'] },
        'alterPartition.answered': { actions: ['settleProposal', 'handOver'] },
        'timer.isrExpiration': { actions: ['shrinkIsr', 'handOver'] },
      },
    },
  },
});
