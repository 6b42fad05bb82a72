/**
 * The loop of an application: what follows on what, by mode. An exception of a commit does not end it: what could not be
 * committed will come again, or has gone to another member. An exception of poll does: the application closes its consumer.
 *
 * Source: KafkaConsumer's javadoc; CommitFailedException, RebalanceInProgressException.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { ConnectionLost, Received, Stimulus } from '../../kernel/effects.ts';
import type { CommitReturned, ConsumerClosed, PollReturned, PollThrew } from '../group-events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import type { StoreResponse } from '../store/messages.ts';
import {
  beginWork, callClose, callCommit, callPoll, crashIf, endWork, type ApplicationInput, type ApplicationState, type CrashPoint, type Work,
} from './state.ts';
import { addWork, askStore, askStoreLater, carryOut, dropWork, stored, work } from './worker.ts';

/** The process starts, and polls. */
export function startApplication({ options, groupId, storeId, nowMs, draw }: ApplicationInput): Reduced<ApplicationState> {
  const state: ApplicationState = {
    options, groupId, storeId, step: 'Polling', work: [], at: 0, isWorking: false, storing: -1, lastRequestId: 0, isStopping: false, crashPoint: null,
  };
  const turn = beginWork(state, { nowMs, draw });
  callPoll(turn);
  return endWork(turn);
}

export function pollReturned(state: ApplicationState, event: PollReturned): Reduced<ApplicationState> {
  const turn = beginWork(state, event);
  if (turn.state.step !== 'Polling') return quietly(state);
  if (event.polled.length === 0) poll(turn);
  else if (!crashIf(turn, 'after', 'poll')) handle(turn, event);
  return endWork(turn);
}

function handle(turn: Work, { polled }: PollReturned): void {
  const { state } = turn;
  const isIdle = state.work.length === 0;
  addWork(turn, polled);
  switch (state.options.mode) {
    case 'process-then-commit':
      process(turn, true);
      return;
    case 'commit-then-process':
      commit(turn);
      return;
    case 'auto-commit':
      if (state.options.handler === 'sync') process(turn, true);
      else if (work(turn, isIdle)) poll(turn);
      return;
    default:
      unreachable(state.options.mode, 'mode of an application');
  }
}

function poll(turn: Work): void {
  const { state } = turn;
  if (state.isStopping) {
    state.step = 'Closing';
    callClose(turn);
  } else if (!crashIf(turn, 'before', 'poll')) {
    state.step = 'Polling';
    callPoll(turn);
  }
}

function commit(turn: Work): void {
  if (crashIf(turn, 'before', 'commit')) return;
  turn.state.step = 'Committing';
  callCommit(turn);
}

/** In the polling thread: goes on when everything is done. */
function process(turn: Work, isFirst: boolean): void {
  const { state } = turn;
  state.step = 'Processing';
  if (!work(turn, isFirst) || state.work.length > 0) return;
  if (state.options.mode === 'process-then-commit') commit(turn);
  else poll(turn);
}

export function commitReturned(state: ApplicationState, event: CommitReturned): Reduced<ApplicationState> {
  const turn = beginWork(state, event);
  if (state.step !== 'Committing' || crashIf(turn, 'after', 'commit')) return endWork(turn);
  if (state.options.mode === 'commit-then-process' && event.errorCode === 'NONE') {
    process(turn, true);
  } else {
    dropWork(turn);
    poll(turn);
  }
  return endWork(turn);
}

/** The time of a record is over. */
export function worked(state: ApplicationState, event: Stimulus<'timer.work'>): Reduced<ApplicationState> {
  const turn = beginWork(state, event);
  turn.state.isWorking = false;
  if (carryOut(turn)) goOnWorking(turn);
  return endWork(turn);
}

function goOnWorking(turn: Work): void {
  if (turn.state.isWorking) return;
  if (turn.state.step === 'Processing') process(turn, false);
  else work(turn, false);
}

/** An answer to an earlier request, or a repeated one, says nothing. */
export function storeAnswered(state: ApplicationState, { message, nowMs, draw }: Received<StoreResponse>): Reduced<ApplicationState> {
  if (message.requestId !== state.storing) return quietly(state);
  const turn = beginWork(state, { nowMs, draw });
  if (stored(turn, message.isApplied)) goOnWorking(turn);
  return endWork(turn);
}

export function storeLost(state: ApplicationState, event: Stimulus<'connection.lost', ConnectionLost>): Reduced<ApplicationState> {
  if (state.storing === -1) return quietly(state);
  const turn = beginWork(state, event);
  askStoreLater(turn);
  return endWork(turn);
}

export function storeTimedOut(state: ApplicationState, event: Stimulus<'timer.store'>): Reduced<ApplicationState> {
  if (state.storing === -1) return quietly(state);
  const turn = beginWork(state, event);
  askStore(turn);
  return endWork(turn);
}

/** Nothing to poll on with: what the workers have begun they finish. */
export function pollThrew(state: ApplicationState, event: PollThrew): Reduced<ApplicationState> {
  const turn = beginWork(state, event);
  turn.state.step = 'Failed';
  callClose(turn);
  return endWork(turn);
}

/** SIGTERM: the batch in the works is finished first, then the consumer is closed. What waits for a worker thread is lost. */
export function stopApplication(state: ApplicationState, event: Stimulus<'process.stop'>): Reduced<ApplicationState> {
  const turn = beginWork(state, event);
  turn.state.isStopping = true;
  if (state.step === 'Polling') poll(turn);
  else if (state.step === 'Failed') turn.effects.push({ kind: 'halt', reason: 'stopped' });
  return endWork(turn);
}

export function consumerClosed(state: ApplicationState, event: ConsumerClosed): Reduced<ApplicationState> {
  const turn = beginWork(state, event);
  if (state.step === 'Closing' || state.isStopping) turn.effects.push({ kind: 'halt', reason: 'stopped' });
  return endWork(turn);
}

/** From outside: crash the next time the loop gets there. */
export function armCrash(state: ApplicationState, { data }: Stimulus<'fault.crashAt', CrashPoint>): Reduced<ApplicationState> {
  return quietly({ ...state, crashPoint: data });
}
