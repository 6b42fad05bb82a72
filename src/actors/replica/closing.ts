/**
 * The end of a replica's life in a process that goes on, or ends in good order: its broker closes its logs, or does not
 * replicate the partition any more.
 *
 * A log is closed when it and all its checkpoints are on the platter: first the log, then, one after the other, the checkpoints
 * that speak of it, as LogManager.shutdown does it for one log directory. Left out: the delay before the files of a deleted replica go
 * (`file.delete.delay.ms`).
 *
 * Source: LogManager.shutdown, ReplicaManager.stopPartitions, LogManager.asyncDelete.
 */
import type { DiskOutcome, Effect, Stimulus } from '../../kernel/effects.ts';
import type { TopicPartition } from '../../kafka/ids.ts';
import { BROKER_MACHINES, tell, type LogClose, type PartitionRemoved } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { checkpointFlushedLog } from './clean-shutdown.ts';
import { epochFile, highWatermarkFile, logFile, logStartFile, producerSnapshotFile, recoveryPointFile, type ReplicaState } from './state.ts';
import { leavePartition } from './transitions.ts';

/** What is left to flush after the log: first it alone, then its checkpoints, which are written only when it is flushed. */
type FlushedNext = 'checkpoints' | readonly string[];

/** Leaves the partition and flushes the log. */
export function beginClosing(before: ReplicaState, { nowMs }: LogClose): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const state = leavePartition(before, nowMs, effects);
  effects.push(flushThen(logFile(state.topicPartition), 'checkpoints'));
  return { state, effects };
}

/** One file is on the platter; the others follow, then the broker is told. */
export function goOnClosing(state: ReplicaState, { data }: Stimulus<string, DiskOutcome>): Reduced<ReplicaState> {
  const next = data.data as FlushedNext;
  if (next !== 'checkpoints') return { state, effects: flushNext(next) };
  const { state: checkpointed, effects: shutdown } = checkpointFlushedLog(state);
  const effects = shutdown.filter(({ kind }) => kind !== 'flush');
  const files = new Set(shutdown.flatMap((effect) => (effect.kind === 'flush' ? [effect.file] : [])));
  return { state: checkpointed, effects: [...effects, ...flushNext([...files])] };
}

export function isLastFlush({ data }: Stimulus<string, DiskOutcome>): boolean {
  return (data.data as FlushedNext).length === 0;
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
  return [logFile, epochFile, highWatermarkFile, recoveryPointFile, logStartFile, producerSnapshotFile].map((fileOf) => ({ kind: 'delete', file: fileOf(topicPartition) }));
}

function flushNext([file, ...rest]: readonly string[]): Effect[] {
  return file === undefined ? [] : [flushThen(file, rest)];
}

function flushThen(file: string, next: FlushedNext): Effect {
  return { kind: 'flush', file, then: 'close.flushed', data: next };
}
