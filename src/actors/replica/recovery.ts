/**
 * What a replica starts from: the files of its disk, made consistent. A start after a crash scans the log from the recovery
 * point on and cuts it at the first torn batch; the epoch cache is the checkpoint corrected by the batches of the segments
 * that were scanned; the high watermark is the checkpointed one, up to `replica.high.watermark.checkpoint.interval.ms` old,
 * and the log start that of its checkpoint or of the first segment. The states of producers are those of a snapshot and of
 * the batches behind it.
 *
 * After a clean shutdown nothing is scanned and nothing rebuilt (LOG-12): a torn batch, or a lost epoch checkpoint, that is
 * there all the same stays as it is, as does corruption below the recovery point (LOG-13).
 * Source: LogLoader.load, LogManager.loadLogs, ReplicaManager's checkpoint.
 */
import { NO_EPOCH, NO_LEADER, type Offset } from '../../kafka/ids.ts';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import { PartitionLog } from '../../kafka/log.ts';
import { ProducerStates } from '../../kafka/producer-state.ts';
import type { Effect } from '../../kernel/effects.ts';
import type { Reduced } from '../reduction.ts';
import { startLogManager } from './log-manager.ts';
import { newStorage } from './log-storage.ts';
import { expirationTimer, reload } from './producer-states.ts';
import { replaceEpochs } from './storage.ts';
import { logFile, producerSnapshotFile, ReplicaState, withHighWatermark, type ReplicaInput } from './state.ts';

export function recoverReplica(input: ReplicaInput): Reduced<ReplicaState> {
  const found = input.disk.log ?? PartitionLog.empty();
  const { wasCleanShutdown = false, logStartOffset, recoveryPoint = 0 } = input.disk;
  const { log: scanned, dropped } = wasCleanShutdown ? { log: found, dropped: [] } : found.recover(recoveryPoint);
  const log = startingAtCheckpoint(scanned, logStartOffset ?? 0);
  const checkpointed = input.disk.epochs ?? LeaderEpochCache.empty();
  const effects: Effect[] = startLogManager(input.settings);
  const isStartedOver = log.length < scanned.length;
  if (dropped.length > 0 || isStartedOver || input.disk.log === undefined) {
    effects.push({ kind: 'write', file: logFile(input.topicPartition), content: log, keptLength: input.disk.log === undefined || isStartedOver ? 0 : log.length });
  }
  if (dropped.length > 0) effects.push({ kind: 'mark', label: 'recovery cut a torn batch' });
  const { producers, snapshots } = recoverProducers(input, log, wasCleanShutdown ? log.logEndOffset : log.segmentBaseAt(recoveryPoint));
  if (!producers.isEmpty) effects.push(expirationTimer(input.settings));
  if (snapshots.length < (input.disk.producerSnapshots?.length ?? 0)) effects.push({ kind: 'replace', file: producerSnapshotFile(input.topicPartition), value: snapshots });
  const state = new ReplicaState({
    brokerId: input.brokerId,
    topic: input.topic,
    partition: input.partition,
    topicPartition: input.topicPartition,
    settings: input.settings,
    log,
    epochs: checkpointed,
    producers,
    highWatermark: log.logStartOffset,
    leaderEpoch: NO_EPOCH,
    partitionEpoch: -1,
    leaderId: NO_LEADER,
    replicas: [],
    brokers: [],
    leadership: null,
    watchers: [],
    checkpointDue: false,
    storage: newStorage(wasCleanShutdown ? log.logEndOffset : Math.min(recoveryPoint, log.logEndOffset), snapshots),
  });
  // What the scan has corrected is written at once (LeaderEpochFileCache.assign, truncate): a clean shutdown writes nothing more.
  const recovered = replaceEpochs(state, recoverEpochs(checkpointed, log, wasCleanShutdown ? log.logEndOffset : log.segmentBaseAt(recoveryPoint)), effects);
  return { state: withHighWatermark(recovered, input.disk.highWatermark ?? 0), effects };
}

/**
 * LOG-12: the states of producers from the latest snapshot up to where the scan began, and the batches behind it. Snapshots
 * of what is scanned are not trusted. After a clean shutdown there should be one at the log end; without any the log is
 * taken for one of before KIP-98, and no producer is known.
 */
function recoverProducers({ disk, settings }: ReplicaInput, log: PartitionLog, scannedFrom: Offset): ReturnType<typeof reload> {
  const { producerSnapshots = [], wasCleanShutdown = false } = disk;
  const isUnknown = wasCleanShutdown && producerSnapshots.length === 0;
  const reloaded = reload(log, producerSnapshots, scannedFrom);
  if (settings.rules.recoveryRebuildsProducerState && !isUnknown) return reloaded;
  return { producers: reloaded.snapshots[reloaded.snapshots.length - 1]?.states ?? ProducerStates.empty(), snapshots: reloaded.snapshots };
}

/** LOG-9: the log starts at its checkpoint, or at its first segment when that begins later; one that ends below is empty. */
function startingAtCheckpoint(log: PartitionLog, checkpointed: Offset): PartitionLog {
  const logStartOffset = Math.max(checkpointed, log.segmentBaseAt(0));
  return logStartOffset > log.logEndOffset ? PartitionLog.startingAt(logStartOffset) : log.withLogStart(logStartOffset);
}

/**
 * Epochs beyond the log are gone with their records; the batches that were scanned have the last word on the rest. Kafka takes
 * from them only epochs above the newest it knows, and needs no more: it writes the checkpoint through before it appends. Here
 * the flush takes its time, and a power loss may fall between.
 */
function recoverEpochs(checkpointed: LeaderEpochCache, log: PartitionLog, scannedFrom: Offset): LeaderEpochCache {
  let epochs = checkpointed.truncateFromEnd(log.logEndOffset);
  for (const { partitionLeaderEpoch, baseOffset, nextOffset } of log.batches()) {
    if (baseOffset >= scannedFrom) epochs = epochs.witnessed(partitionLeaderEpoch, baseOffset, nextOffset);
  }
  return epochs.truncateFromStart(log.logStartOffset);
}
