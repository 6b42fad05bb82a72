/**
 * What a replica starts from: the files of its disk, made consistent. Every start after a crash scans the log and cuts
 * it at the first torn batch; the epoch cache is the checkpoint corrected by the batches; the high watermark is the
 * checkpointed one, up to `replica.high.watermark.checkpoint.interval.ms` old.
 *
 * Left out: the clean-shutdown marker and the recovery point, which only save work (a scan here costs nothing).
 * Source: LogLoader.load, LogManager.loadLogs, ReplicaManager's checkpoint.
 */
import { NO_EPOCH, NO_LEADER } from '../../kafka/ids.ts';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import { PartitionLog } from '../../kafka/log.ts';
import type { Effect } from '../../kernel/effects.ts';
import type { Reduced } from '../reduction.ts';
import { logFile, ReplicaState, withHighWatermark, type ReplicaInput } from './state.ts';

export function recoverReplica(input: ReplicaInput): Reduced<ReplicaState> {
  const found = input.disk.log ?? PartitionLog.empty();
  const { log, dropped } = found.recover();
  const effects: Effect[] = [];
  if (dropped.length > 0 || input.disk.log === undefined) {
    effects.push({ kind: 'write', file: logFile(input.topicPartition), content: log, keptLength: input.disk.log === undefined ? 0 : log.length });
  }
  if (dropped.length > 0) effects.push({ kind: 'mark', label: 'recovery cut a torn batch' });
  const state = new ReplicaState({
    brokerId: input.brokerId,
    topic: input.topic,
    partition: input.partition,
    topicPartition: input.topicPartition,
    settings: input.settings,
    log,
    epochs: recoverEpochs(input.disk.epochs ?? LeaderEpochCache.empty(), log),
    highWatermark: log.logStartOffset,
    leaderEpoch: NO_EPOCH,
    partitionEpoch: -1,
    leaderId: NO_LEADER,
    replicas: [],
    brokers: [],
    leadership: null,
    watchers: [],
    checkpointDue: false,
  });
  return { state: withHighWatermark(state, input.disk.highWatermark ?? 0), effects };
}

/** Epochs beyond the log are gone with their records; the batches have the last word on the rest. */
function recoverEpochs(checkpointed: LeaderEpochCache, log: PartitionLog): LeaderEpochCache {
  let epochs = checkpointed.truncateFromEnd(log.logEndOffset);
  for (const { epoch, startOffset } of LeaderEpochCache.fromLog(log).entries) epochs = epochs.assign(epoch, startOffset);
  return epochs;
}
