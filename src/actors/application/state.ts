/**
 * An application with a consumer: the loop that polls, processes and commits, and what it has not processed yet.
 *
 *   process-then-commit   at least once: what was processed and not committed is processed again
 *   commit-then-process   at most once: what was committed and not processed is lost
 *   auto-commit           the consumer commits inside poll. With a `sync` handler everything that poll returned is processed
 *                         before the next poll: at least once. A `threaded` handler polls on while its worker is busy: what
 *                         was committed in the meantime and not processed is lost with the process (CON-2, BUG-58)
 *
 * Source: KafkaConsumer's javadoc (automatic and manual offset committing, multi-threaded processing).
 */
import type { ReceivedRecord } from '../../history/observations.ts';
import type { NodeId, PartitionIndex, TopicName } from '../../kafka/ids.ts';
import type { Effect } from '../../kernel/effects.ts';
import { CONSUMER_MACHINE, type CloseCalled, type CommitCalled, type PollCalled } from '../group-events.ts';
import type { Reduced } from '../reduction.ts';

export interface ApplicationOptions {
  readonly mode: 'process-then-commit' | 'commit-then-process' | 'auto-commit';
  /** Of auto-commit. */
  readonly handler: 'sync' | 'threaded';
  /** `commitSync` or `commitAsync`. */
  readonly commit: 'sync' | 'async';
  readonly perRecordMs: number;
  /** Once more for each batch that poll returned. */
  readonly perBatchMs: number;
  /**
   * `none`: nothing happens outside; `naive`: the effect happens as often as it is carried out; `idempotent`: a store
   * applies it once.
   */
  readonly sink: 'none' | 'naive' | 'idempotent';
  readonly pollTimeoutMs: number;
}

/** Where a process can be made to crash: before or after a step of its loop. `process` is one record. */
export interface CrashPoint {
  readonly step: 'poll' | 'process' | 'commit';
  readonly when: 'before' | 'after';
}

export interface WorkItem {
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly record: ReceivedRecord;
}

export type LoopStep = 'Polling' | 'Processing' | 'Committing' | 'Closing' | 'Failed';

export interface ApplicationInput {
  readonly options: ApplicationOptions;
  readonly groupId: string;
  /** The idempotent store, -1 without one. */
  readonly storeId: NodeId;
  readonly nowMs: number;
  readonly draw: number;
}

export interface ApplicationState {
  readonly options: ApplicationOptions;
  readonly groupId: string;
  readonly storeId: NodeId;
  readonly step: LoopStep;
  /** Returned by poll, processed up to `at`, which is in the works while `isWorking`. Empty when all of it is processed. */
  readonly work: readonly WorkItem[];
  readonly at: number;
  readonly isWorking: boolean;
  /** The request to the store that has no answer; -1 without one. */
  readonly storing: number;
  readonly lastRequestId: number;
  /** The process is asked to end. */
  readonly isStopping: boolean;
  /** The next time it gets there it crashes. */
  readonly crashPoint: CrashPoint | null;
}

/** A step under way: a private copy of the state and the effects so far. */
export interface Work {
  readonly state: { -readonly [K in keyof ApplicationState]: ApplicationState[K] };
  readonly effects: Effect[];
  readonly nowMs: number;
  readonly draw: number;
}

export function beginWork(state: ApplicationState, { nowMs, draw }: { readonly nowMs: number; readonly draw: number }): Work {
  return { state: { ...state }, effects: [], nowMs, draw };
}

export function endWork({ state, effects }: Work): Reduced<ApplicationState> {
  return { state, effects };
}

/** The process crashes here, if that is the place; then nothing that follows happens. */
export function crashIf({ state, effects }: Work, when: CrashPoint['when'], step: CrashPoint['step']): boolean {
  if (state.crashPoint?.step !== step || state.crashPoint.when !== when) return false;
  effects.push({ kind: 'halt', reason: `${CRASHED} ${when} ${step}` });
  return true;
}

const CRASHED = 'crashed';

/** A process ended with this reason because it got to its crash point. */
export function isCrashPoint(reason: string): boolean {
  return reason.startsWith(CRASHED);
}

export function callPoll({ state, effects, nowMs, draw }: Work): void {
  const event: PollCalled = { type: 'consumer.poll', nowMs, draw, timeoutMs: state.options.pollTimeoutMs };
  effects.push({ kind: 'tell', to: CONSUMER_MACHINE, event });
}

export function callCommit({ state, effects, nowMs, draw }: Work): void {
  const event: CommitCalled = { type: 'consumer.commit', nowMs, draw, mode: state.options.commit };
  effects.push({ kind: 'tell', to: CONSUMER_MACHINE, event });
}

export function callClose({ effects, nowMs, draw }: Work): void {
  const event: CloseCalled = { type: 'consumer.close', nowMs, draw };
  effects.push({ kind: 'tell', to: CONSUMER_MACHINE, event });
}
