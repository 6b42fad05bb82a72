/**
 * The life of an operation: it begins when those before it have ended, makes attempts with a growing backoff between
 * them, and ends with its answer, or when `default.api.timeout.ms` is over. Provisioning goes before everything that
 * waits and never gives up.
 *
 * An outcome is `fail` only when every attempt proved that it had no effect: TOPIC_ALREADY_EXISTS after an attempt that
 * was lost on the way may well be about the topic that this very attempt created.
 *
 * Source: KafkaAdminClient.Call.fail, AdminClientRunnable; KIP-580 for the backoff.
 */
import { assert } from '../../kernel/assert.ts';
import type { AdminCompleted, AdminInvoked, AdminResult, Outcome } from '../../history/observations.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import { exponentialBackoffMs } from '../client/backoff.ts';
import { NEVER_MS } from '../client/turn.ts';
import { PROVISIONING, type AdminTurn, type CallDue, type CurrentOperation, type ProvisioningDue } from './state.ts';

/** The operation under way; AssertionFailed when there is none. */
export function current({ state }: AdminTurn): CurrentOperation {
  assert(state.current !== null, 'an operation is under way');
  return state.current;
}

export function update(turn: AdminTurn, change: Partial<CurrentOperation>): void {
  turn.state.current = { ...current(turn), ...change };
}

export function beginOperation(turn: AdminTurn, { operationId, call }: CallDue): void {
  const { nowMs, state } = turn;
  begin(turn, {
    operationId, call, persists: false, brokersWanted: 0, stage: call.type === 'DeleteRecordsRequest' ? 'lookup' : 'fulfillment',
    deadlineMs: nowMs + state.config.defaultApiTimeoutMs,
  });
}

export function beginProvisioning(turn: AdminTurn, { brokers, topics }: ProvisioningDue): void {
  begin(turn, { operationId: PROVISIONING, call: { type: 'CreateTopicsRequest', topics }, persists: true, brokersWanted: brokers, stage: 'lookup', deadlineMs: NEVER_MS });
}

type Beginning = Pick<CurrentOperation, 'operationId' | 'call' | 'persists' | 'brokersWanted' | 'stage' | 'deadlineMs'>;

function begin(turn: AdminTurn, beginning: Beginning): void {
  assert(turn.state.current === null, 'operations come one after the other');
  turn.state.current = { ...beginning, attempt: 0, awaited: 0, tries: 0, nextAllowedTryMs: turn.nowMs, maybeDone: false, results: [] };
  const { operationId, call } = beginning;
  const observation: AdminInvoked = { type: 'admin.invoked', operationId, call };
  turn.effects.push({ kind: 'observe', observation });
}

/** A new attempt: answers to the one before do not count any more. Returns its number. */
export function beginAttempt(turn: AdminTurn): number {
  const attempt = current(turn).attempt + 1;
  update(turn, { attempt, awaited: 0 });
  return attempt;
}

/** The attempt came to nothing; the next one waits. `mayHaveEffect`: it is not proven to have had none. */
export function attemptFailed(turn: AdminTurn, mayHaveEffect: boolean): void {
  const { tries, maybeDone } = current(turn);
  const { retryBackoffMs, retryBackoffMaxMs } = turn.state.config;
  const backoffMs = exponentialBackoffMs(retryBackoffMs, retryBackoffMaxMs, tries, turn.nextDraw());
  update(turn, { awaited: 0, tries: tries + 1, nextAllowedTryMs: turn.nowMs + backoffMs, maybeDone: maybeDone || mayHaveEffect });
}

/** The lookup found what it looked for. */
export function beginFulfillment(turn: AdminTurn): void {
  update(turn, { stage: 'fulfillment', awaited: 0, tries: 0, nextAllowedTryMs: turn.nowMs });
}

/** Answered: everything that was asked for has a result, or the whole has an error. */
export function completeAnswered(turn: AdminTurn, errorCode: ErrorName, errorMessage: string | null, results: readonly AdminResult[]): void {
  complete(turn, { errorCode, errorMessage, results, outcome: outcomeOf(errorCode, results, current(turn).maybeDone) });
}

/** `default.api.timeout.ms` is over. */
export function completeTimedOut(turn: AdminTurn): void {
  const { awaited, stage, maybeDone, results } = current(turn);
  const mayBeUnderWay = stage === 'fulfillment' && awaited > 0;
  const hadEffect = results.some(({ errorCode }) => errorCode === 'NONE');
  complete(turn, { errorCode: 'REQUEST_TIMED_OUT', errorMessage: null, results, outcome: maybeDone || mayBeUnderWay || hadEffect ? 'unknown' : 'fail' });
}

function complete(turn: AdminTurn, end: Pick<AdminCompleted, 'outcome' | 'errorCode' | 'errorMessage' | 'results'>): void {
  const { operationId } = current(turn);
  const observation: AdminCompleted = { type: 'admin.completed', operationId, ...end };
  turn.effects.push({ kind: 'observe', observation });
  turn.state.current = null;
}

function outcomeOf(errorCode: ErrorName, results: readonly AdminResult[], maybeDone: boolean): Outcome {
  const codes = [errorCode, ...results.map((result) => result.errorCode)].filter((code) => code !== 'NONE');
  if (codes.some((code) => !errorInfo(code).definite)) return 'unknown';
  const hadEffect = codes.length === 0 || (errorCode === 'NONE' && codes.length < results.length);
  if (hadEffect) return 'ok';
  return maybeDone ? 'unknown' : 'fail';
}

/** What was wanted is so, whoever did it. */
export function isAsWanted({ errorCode }: { readonly errorCode: ErrorName }): boolean {
  return errorCode === 'NONE' || errorCode === 'TOPIC_ALREADY_EXISTS' || errorCode === 'ELECTION_NOT_NEEDED';
}
