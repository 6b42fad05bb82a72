/**
 * The end of a replica's life in a process that goes on, or ends in good order: its broker closes its logs, or does not
 * replicate the partition any more.
 *
 * A log is closed when it and all its checkpoints are on the platter; they are flushed one after the other, as
 * LogManager.shutdown does it for one log directory. Left out: the delay before the files of a deleted replica go
 * (`file.delete.delay.ms`).
 *
 * Source: LogManager.shutdown, ReplicaManager.stopPartitions, LogManager.asyncDelete.
 */
import type { DiskOutcome, Effect, Stimulus } from '../../kernel/effects.ts';
import type { TopicPartition } from '../../kafka/ids.ts';
import { BROKER_MACHINES, tell, type LogClose, type PartitionRemoved } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { cleanShutdown } from './clean-shutdown.ts';
import { epochFile, highWatermarkFile, logFile, logStartFile, recoveryPointFile, type ReplicaState } from './state.ts';
import { leavePartition } from './transitions.ts';

/** Leaves the partition, writes every checkpoint, and begins to flush. */
export function beginClosing(before: ReplicaState, { nowMs }: LogClose): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const { state, effects: shutdown } = cleanShutdown(leavePartition(before, nowMs, effects));
  const files: string[] = [];
  for (const effect of shutdown) {
    if (effect.kind !== 'flush') effects.push(effect);
    else if (!files.includes(effect.file)) files.push(effect.file);
  }
  effects.push(...flushNext(files));
  return { state, effects };
}

/** One file is on the platter; the others follow, then the broker is told. */
export function goOnClosing(state: ReplicaState, { data }: Stimulus<string, DiskOutcome>): Reduced<ReplicaState> {
  return { state, effects: flushNext(data.data as readonly string[]) };
}

export function isLastFlush({ data }: Stimulus<string, DiskOutcome>): boolean {
  return (data.data as readonly string[]).length === 0;
}

export function tellClosed(state: ReplicaState): Reduced<ReplicaState> {
  return { state, effects: [tell(BROKER_MACHINES.metadata, { type: 'log.closed' })] };
}

/** The partition is another's, or no more: its files go, and the machine with them. */
export function removeReplica(before: ReplicaState, { nowMs }: PartitionRemoved): Reduced<ReplicaState> {
  const effects: Effect[] = [{ kind: 'mark', label: 'replica removed' }];
  const { topicPartition } = leavePartition(before, nowMs, effects);
  effects.push(...deleteFiles(topicPartition), { kind: 'stop', name: topicPartition });
  return { ...quietly(before), effects };
}

/** Everything a replica keeps on its disk. */
export function deleteFiles(topicPartition: TopicPartition): Effect[] {
  return [logFile, epochFile, highWatermarkFile, recoveryPointFile, logStartFile].map((fileOf) => ({ kind: 'delete', file: fileOf(topicPartition) }));
}

function flushNext([file, ...rest]: readonly string[]): Effect[] {
  return file === undefined ? [] : [{ kind: 'flush', file, then: 'close.flushed', data: rest }];
}
