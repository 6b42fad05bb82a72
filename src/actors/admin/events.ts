/**
 * The admin client's reducers: one per event, each a turn that takes in what came and then does what is due: gives up
 * what is past its deadline, begins the operation that is next, makes the next attempt.
 *
 * Source: KafkaAdminClient.AdminClientRunnable.processRequests.
 */
import { assert } from '../../kernel/assert.ts';
import type { ConnectionLost, Received, Stimulus } from '../../kernel/effects.ts';
import type { AdminResponse, MetadataResponse } from '../../kafka/api.ts';
import { takeAnswered, takeLost, takeTimedOut, type Undecided } from '../client/network-client.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { askController, controllerAnswered, controllerLost } from './controller-call.ts';
import { leaderAnswered, leaderLost } from './delete-records.ts';
import { lookUp, lookupAnswered } from './lookup.ts';
import { attemptFailed, beginOperation, beginProvisioning, completeTimedOut, current } from './operation.ts';
import { beginTurn, type AdminPurpose, type AdminState, type AdminTurn, type CallDue, type ProvisioningDue } from './state.ts';

/** Asked again while it is under way or done, it does nothing. */
export function provision(state: AdminState, event: Stimulus<'admin.provision', ProvisioningDue>): Reduced<AdminState> {
  if (state.provisioning !== 'unasked') return quietly(state);
  const turn = beginTurn(state, event);
  turn.state.provisioning = 'wanted';
  turn.state.provisioningDue = event.data;
  return goOn(turn);
}

/** An operation is due; those before it come first. */
export function enqueue(state: AdminState, event: Stimulus<'admin.call', CallDue>): Reduced<AdminState> {
  assert(event.data.operationId >= 0, () => `operation ${event.data.operationId}`);
  const turn = beginTurn(state, event);
  turn.state.queue = [...state.queue, event.data];
  return goOn(turn);
}

export function processMetadata(state: AdminState, event: Received<MetadataResponse>): Reduced<AdminState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  if (isCurrent(turn, request.purpose)) lookupAnswered(turn, event.message);
  return goOn(turn);
}

export function processAnswer(state: AdminState, event: Received<AdminResponse>): Reduced<AdminState> {
  const turn = beginTurn(state, event);
  const request = takeAnswered(turn, event.from, event.message.correlationId);
  if (request === undefined) return quietly(state);
  const { message } = event;
  if (isCurrent(turn, request.purpose)) {
    if (message.type === 'DeleteRecordsResponse') leaderAnswered(turn, message);
    else controllerAnswered(turn, message);
  }
  return goOn(turn);
}

export function connectionLost(state: AdminState, event: Stimulus<'connection.lost', ConnectionLost>): Reduced<AdminState> {
  const turn = beginTurn(state, event);
  handleUndecided(turn, takeLost(turn, event.data));
  return goOn(turn);
}

export function timerFired(state: AdminState, event: Stimulus<'wakeup'> | Stimulus<'timeout'>): Reduced<AdminState> {
  const turn = beginTurn(state, event);
  turn.fired(event.type);
  if (event.type === 'timeout') for (const undecided of takeTimedOut(turn)) handleUndecided(turn, undecided);
  return goOn(turn);
}

/** The request belongs to the present attempt, whose answer is waited for. */
function isCurrent({ state }: AdminTurn, { operationId, attempt }: AdminPurpose): boolean {
  return state.current !== null && state.current.operationId === operationId && state.current.attempt === attempt && state.current.awaited > 0;
}

function handleUndecided(turn: AdminTurn, { requests, wasSent }: Undecided<AdminPurpose>): void {
  for (const { purpose } of requests) {
    if (!isCurrent(turn, purpose)) continue;
    if (purpose.kind === 'lookup') attemptFailed(turn, false);
    else if (current(turn).call.type === 'DeleteRecordsRequest') leaderLost(turn, wasSent);
    else controllerLost(turn, wasSent);
  }
}

function beginNext(turn: AdminTurn): void {
  const { state } = turn;
  const [next, ...later] = state.queue;
  if (state.provisioningDue !== null) {
    beginProvisioning(turn, state.provisioningDue);
    state.provisioningDue = null;
  } else if (next !== undefined) {
    beginOperation(turn, next);
    state.queue = later;
  }
}

function goOn(turn: AdminTurn): Reduced<AdminState> {
  const { state, nowMs } = turn;
  if (state.current !== null && state.current.deadlineMs <= nowMs) completeTimedOut(turn);
  if (state.current === null) beginNext(turn);
  const operation = state.current;
  if (operation !== null) {
    turn.timeoutBy(operation.deadlineMs);
    if (operation.awaited === 0) {
      if (operation.nextAllowedTryMs > nowMs) turn.wakeBy(operation.nextAllowedTryMs);
      else if (operation.stage === 'lookup') lookUp(turn);
      else askController(turn);
    }
  }
  return turn.end();
}
