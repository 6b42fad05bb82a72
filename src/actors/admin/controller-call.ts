/**
 * Operations of the active controller: it is looked for among `bootstrap.controllers` by asking. A node that answers
 * NOT_CONTROLLER, or not at all, is followed by the next one; the one that was active is asked first the next time.
 *
 * Simplified: Kafka's client asks any controller who the active one is (DescribeCluster) before it asks that one.
 * Source: KIP-919; KafkaAdminClient.ControllerNodeProvider, handleNotControllerError.
 */
import { assert } from '../../kernel/assert.ts';
import type { ControllerAdminResponse } from '../../kafka/api.ts';
import { errorInfo } from '../../kafka/errors.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { connectableAtMs, connectionOf, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { NEVER_MS } from '../client/turn.ts';
import { answerOf, isNotController, requestOf } from './answers.ts';
import { attemptFailed, beginAttempt, completeAnswered, current, isAsWanted, update } from './operation.ts';
import type { AdminTurn } from './state.ts';

/** Asks the controller that is next, or the one after it that may be connected to; none may: waits for the first. */
export function askController(turn: AdminTurn): void {
  const { state, nowMs } = turn;
  const { call, operationId, deadlineMs } = current(turn);
  assert(call.type !== 'DeleteRecordsRequest', 'DeleteRecords is no affair of the controller');
  const to = chooseController(turn);
  if (to === undefined) return;
  const attempt = beginAttempt(turn);
  const timeoutMs = Math.min(state.config.requestTimeoutMs, deadlineMs - nowMs);
  sendRequest(turn, to, requestOf(call, nextCorrelationId(turn), timeoutMs), { kind: 'fulfillment', operationId, attempt });
  update(turn, { awaited: 1 });
}

function chooseController(turn: AdminTurn): NodeId | undefined {
  const { state, nowMs } = turn;
  const { bootstrapControllers: nodes } = state;
  let firstAtMs = NEVER_MS;
  for (let i = 0; i < nodes.length; i += 1) {
    const at = (state.controllerAt + i) % nodes.length;
    const nodeId = nodes[at] as NodeId;
    const atMs = connectableAtMs(connectionOf(state, nodeId), nowMs);
    if (atMs <= nowMs) {
      state.controllerAt = at;
      return nodeId;
    }
    firstAtMs = Math.min(firstAtMs, atMs);
  }
  turn.wakeBy(firstAtMs);
  return undefined;
}

/** The answer to the present attempt. */
export function controllerAnswered(turn: AdminTurn, response: ControllerAdminResponse): void {
  const { call, persists } = current(turn);
  assert(response.type === call.type.replace('Request', 'Response'), () => `${call.type} was answered by ${response.type}`);
  const answer = answerOf(response);
  const { errorCode, errorMessage, results } = answer;
  if (isNotController(answer)) {
    askNext(turn);
    attemptFailed(turn, !errorInfo('NOT_CONTROLLER').definite);
  } else if (persists && !(errorCode === 'NONE' && results.every(isAsWanted))) {
    attemptFailed(turn, true);
  } else {
    completeAnswered(turn, errorCode, errorMessage, results);
    if (persists) turn.state.provisioning = 'done';
  }
}

/** The present attempt gets no answer. */
export function controllerLost(turn: AdminTurn, wasSent: boolean): void {
  askNext(turn);
  attemptFailed(turn, wasSent);
}

function askNext({ state }: AdminTurn): void {
  state.controllerAt = (state.controllerAt + 1) % state.bootstrapControllers.length;
}
