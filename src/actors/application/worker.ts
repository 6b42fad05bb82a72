/**
 * The worker: processes records one after the other, each for its time, and carries out its effect at the end of it. With
 * an idempotent sink the effect is a request to the store, repeated until the store answers; its answer says whether the
 * effect is new.
 *
 * Simplified: one worker, whether it is the polling thread or one beside it.
 */
import type { Polled, RecordProcessed } from '../../history/observations.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { StoreRequest } from '../store/messages.ts';
import { crashIf, type Work, type WorkItem } from './state.ts';

/** How long the application waits for the store, and then asks again. */
const STORE_TIMEOUT_MS = 5_000;
/** Before it asks again after a lost connection. */
const STORE_RETRY_MS = 100;

export function addWork({ state }: Work, polled: readonly Polled[]): void {
  const added = polled.flatMap(({ topic, partition, records }) => records.map((record): WorkItem => ({ topic, partition, record })));
  state.work = [...state.work.slice(state.at), ...added];
  state.at = 0;
}

/** Nothing waits any more. */
export function dropWork({ state }: Work): void {
  state.work = [];
  state.at = 0;
}

/** Begins with the first record that waits, and goes on for as long as none takes time. `isFirst` of its batch. False when the process crashes. */
export function work(turn: Work, isFirst: boolean): boolean {
  const { state, effects } = turn;
  if (state.isWorking) return true;
  let delayMs = state.options.perRecordMs + (isFirst ? state.options.perBatchMs : 0);
  while (state.work.length > 0) {
    if (crashIf(turn, 'before', 'process')) return false;
    if (delayMs > 0) {
      state.isWorking = true;
      effects.push({ kind: 'schedule', key: 'work', delayMs, type: 'timer.work' });
      return true;
    }
    if (!carryOut(turn)) return false;
    if (state.isWorking) return true;
    delayMs = state.options.perRecordMs;
  }
  return true;
}

/** The time of the first record is over: its effect happens. False when the process crashes. */
export function carryOut(turn: Work): boolean {
  const { state } = turn;
  switch (state.options.sink) {
    case 'none':
      return done(turn);
    case 'naive':
      observeProcessed(turn, true);
      return done(turn);
    case 'idempotent':
      askStore(turn);
      return true;
    default:
      return unreachable(state.options.sink, 'sink');
  }
}

export function askStore({ state, effects }: Work): void {
  const { topic, partition, record } = state.work[state.at] as WorkItem;
  state.isWorking = true;
  state.lastRequestId += 1;
  state.storing = state.lastRequestId;
  const message: StoreRequest = { type: 'StoreRequest', requestId: state.storing, groupId: state.groupId, topic, partition, offset: record.offset };
  effects.push({ kind: 'send', to: state.storeId, message }, { kind: 'schedule', key: 'store', delayMs: STORE_TIMEOUT_MS, type: 'timer.store' });
}

export function askStoreLater({ effects }: Work): void {
  effects.push({ kind: 'schedule', key: 'store', delayMs: STORE_RETRY_MS, type: 'timer.store' });
}

/** The store has answered. False when the process crashes. */
export function stored(turn: Work, isApplied: boolean): boolean {
  turn.state.storing = -1;
  turn.effects.push({ kind: 'cancel', key: 'store' });
  observeProcessed(turn, isApplied);
  return done(turn);
}

function observeProcessed({ state, effects }: Work, isApplied: boolean): void {
  const { topic, partition, record } = state.work[state.at] as WorkItem;
  const observation: RecordProcessed = { type: 'record.processed', topic, partition, offset: record.offset, value: record.value, isApplied };
  effects.push({ kind: 'observe', observation });
}

function done(turn: Work): boolean {
  const { state } = turn;
  state.at += 1;
  state.isWorking = false;
  if (state.at === state.work.length) dropWork(turn);
  return !crashIf(turn, 'after', 'process');
}
