/**
 * How an idempotent producer gets its id: it asks the node with the least to do, when it starts and when its epochs are used
 * up. Until it has one nothing is sent. An id belongs to one life of a producer: a restart gets another one, and what the
 * earlier life had in flight is nobody's duplicate (GD-5).
 *
 * Source: TransactionManager.bumpIdempotentEpochAndResetIdIfNeeded, InitProducerIdHandler; Sender.maybeSendAndPollTransactionalRequest.
 */
import { assert } from '../../kernel/assert.ts';
import type { Received } from '../../kernel/effects.ts';
import type { InitProducerIdResponse } from '../../kafka/api.ts';
import { errorInfo } from '../../kafka/errors.ts';
import { NO_PRODUCER_ID } from '../../kafka/ids.ts';
import { firstConnectableAtMs } from '../client/metadata-updater.ts';
import { leastLoadedNode, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { beginEpoch, type Idempotence } from './sequences.ts';
import type { ProducerTurn } from './state.ts';

/** Asks for a producer id if there is none and nobody has been asked. */
export function maybeInitProducerId(turn: ProducerTurn): void {
  const { state, nowMs } = turn;
  const { idempotence } = state;
  if (idempotence === null || idempotence.producerId !== NO_PRODUCER_ID || idempotence.isAsking) return;
  if (idempotence.askAtMs > nowMs) {
    turn.wakeBy(idempotence.askAtMs);
    return;
  }
  const nodeId = leastLoadedNode(turn, state.metadata.brokers) ?? leastLoadedNode(turn, state.bootstrapServers);
  if (nodeId === undefined) {
    turn.wakeBy(firstConnectableAtMs(state, nowMs));
    return;
  }
  sendRequest(turn, nodeId, { type: 'InitProducerIdRequest', correlationId: nextCorrelationId(turn), transactionalId: null }, { kind: 'initProducerId' });
  state.idempotence = { ...idempotence, isAsking: true };
}

export function producerIdAnswered(turn: ProducerTurn, { message }: Received<InitProducerIdResponse>): void {
  const { errorCode, producerId, producerEpoch } = message;
  if (errorCode !== 'NONE') {
    assert(errorInfo(errorCode).retriable, () => `InitProducerId was answered with ${errorCode}`);
    producerIdFailed(turn);
    return;
  }
  turn.state.idempotence = { ...(turn.state.idempotence as Idempotence), isAsking: false };
  beginEpoch(turn, producerId, producerEpoch);
}

/** No answer, or one that says to ask again. */
export function producerIdFailed(turn: ProducerTurn): void {
  const { state, nowMs } = turn;
  state.idempotence = { ...(state.idempotence as Idempotence), isAsking: false, askAtMs: nowMs + state.config.retryBackoffMs };
}
