/**
 * The states of producers at one replica, and their snapshots: one is taken at each roll of the log and at a clean shutdown,
 * so that a truncation or a start replays the log from the latest one that still holds and not from its beginning (LOG-7).
 *
 * Followers keep the states as leaders do (IDM-4): the next leader must know what the last one has appended. Deleting
 * records leaves the states as they are (KIP-360); producers that send nothing for `producer.id.expiration.ms` are forgotten.
 *
 * Simplified: a replica looks for expired producers at its own times, from when it first knew one; a log without producers
 * takes no snapshots; what expired before a restart or a truncation comes back until the next look.
 * Source: ProducerStateManager.takeSnapshot, truncateAndReload, removeExpiredProducers; UnifiedLog.rebuildProducerState.
 */
import type { Effect, Stimulus } from '../../kernel/effects.ts';
import type { Offset } from '../../kafka/ids.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import { replayed, ProducerStates, type ProducerSnapshot } from '../../kafka/producer-state.ts';
import { NO_PRODUCER_ID } from '../../kafka/ids.ts';
import type { RecordBatch } from '../../kafka/records.ts';
import type { Reduced } from '../reduction.ts';
import { producerSnapshotFile, withStorage, type ReplicaSettings, type ReplicaState } from './state.ts';

/** The states after an append, unchecked. */
export function statesAfter(state: ReplicaState, batch: RecordBatch, effects: Effect[]): ProducerStates {
  if (batch.producerId === NO_PRODUCER_ID) return state.producers;
  if (state.producers.isEmpty) effects.push(expirationTimer(state.settings));
  return state.producers.append(batch);
}

/** The same at a follower. */
export function followed(state: ReplicaState, batch: RecordBatch, effects: Effect[]): ProducerStates {
  return state.settings.rules.followersKeepProducerState ? statesAfter(state, batch, effects) : state.producers;
}

/** Snapshots worth keeping: those at the beginning of a segment, and the latest (removeStraySnapshots). */
function withSnapshot(snapshots: readonly ProducerSnapshot[], snapshot: ProducerSnapshot, log: PartitionLog): readonly ProducerSnapshot[] {
  const bases = new Set(log.segments().map(({ baseOffset }) => baseOffset));
  return [...snapshots.filter(({ offset }) => offset < snapshot.offset && bases.has(offset)), snapshot];
}

/** Takes a snapshot of the states at the log end; it is flushed, which nobody waits for. */
export function takeSnapshot(state: ReplicaState, effects: Effect[]): ReplicaState {
  const { log, producers, storage: { producerSnapshots } } = state;
  const latest = producerSnapshots[producerSnapshots.length - 1];
  if ((producers.isEmpty && latest === undefined) || latest?.offset === log.logEndOffset) return state;
  return replaceSnapshots(state, withSnapshot(producerSnapshots, { offset: log.logEndOffset, states: producers }, log), effects);
}

function replaceSnapshots(state: ReplicaState, producerSnapshots: readonly ProducerSnapshot[], effects: Effect[]): ReplicaState {
  const file = producerSnapshotFile(state.topicPartition);
  effects.push({ kind: 'replace', file, value: producerSnapshots }, { kind: 'flush', file, then: 'checkpoint.flushed' });
  return withStorage(state, { producerSnapshots });
}

interface Reloaded {
  readonly producers: ProducerStates;
  readonly snapshots: readonly ProducerSnapshot[];
}

/** The states of `log`: those of the latest snapshot up to `restFrom` and within the log, and what the log holds behind it. */
export function reload(log: PartitionLog, snapshots: readonly ProducerSnapshot[], restFrom: Offset): Reloaded {
  const usable = snapshots.filter(({ offset }) => offset > log.logStartOffset && offset <= Math.min(restFrom, log.logEndOffset));
  const latest = usable[usable.length - 1];
  return { producers: replayed(latest?.states ?? ProducerStates.empty(), log.batches(latest?.offset ?? log.logStartOffset)), snapshots: usable };
}

/** After the log was cut. States that were empty knew of nothing that could come back. */
export function truncateStates(state: ReplicaState, effects: Effect[]): ReplicaState {
  const { producers, storage: { producerSnapshots } } = state;
  if (producers.isEmpty && producerSnapshots.length === 0) return state;
  const reloaded = reload(state.log, producerSnapshots, state.log.logEndOffset);
  const cut = state.with({ producers: reloaded.producers });
  return reloaded.snapshots.length === producerSnapshots.length ? cut : replaceSnapshots(cut, reloaded.snapshots, effects);
}

/** The log begins later. Before KIP-360 a producer was forgotten with the last of its records. */
export function recordsDeleted(state: ReplicaState): ReplicaState {
  if (state.settings.rules.producerStateOutlivesRecords) return state;
  const producers = state.producers.withoutDeletedBelow(state.log.logStartOffset);
  return producers === state.producers ? state : state.with({ producers });
}

export function expirationTimer({ config }: ReplicaSettings): Effect {
  return { kind: 'schedule', key: 'producers', delayMs: config.producerIdExpirationCheckIntervalMs, type: 'timer.producers' };
}

export function removeExpiredProducers(state: ReplicaState, { nowMs }: Stimulus): Reduced<ReplicaState> {
  const producers = state.producers.withoutExpired(nowMs, state.settings.config.producerIdExpirationMs);
  const effects: Effect[] = producers.isEmpty ? [] : [expirationTimer(state.settings)];
  if (producers === state.producers) return { state, effects };
  effects.push({ kind: 'mark', label: 'producer ids expired' });
  return { state: state.with({ producers }), effects };
}
