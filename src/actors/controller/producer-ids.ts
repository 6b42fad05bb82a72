/**
 * AllocateProducerIds, as the active controller answers it: a block of producer ids, when the record that gives it away is
 * committed. A controller that loses the leadership before says NOT_CONTROLLER; the broker asks the next one, and ids of a
 * block that was decided and never told are lost, not given again.
 *
 * Source: QuorumController.allocateProducerIds, ControllerApis.handleAllocateProducerIdsRequest; KIP-730.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from '../../kafka/api.ts';
import { NO_PRODUCER_ID } from '../../kafka/ids.ts';
import { allocateProducerIds } from '../../kafka/producer-ids.ts';
import type { Reduced } from '../reduction.ts';
import { answerWhenCommitted, appendRecords, type ControllerState } from './state.ts';

export function handleAllocateProducerIds(before: ControllerState, { message, replyTo }: Received<AllocateProducerIdsRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { records, response } = allocateProducerIds(before.image, message);
  const state = appendRecords(before, records, effects);
  const answer: AllocateProducerIdsResponse = { type: 'AllocateProducerIdsResponse', correlationId: message.correlationId, ...response };
  return { state: answerWhenCommitted(state, replyTo, answer, refuseAllocateProducerIds(message), effects), effects };
}

export function refuseAllocateProducerIds({ correlationId }: AllocateProducerIdsRequest): AllocateProducerIdsResponse {
  return { type: 'AllocateProducerIdsResponse', correlationId, errorCode: 'NOT_CONTROLLER', producerIdStart: NO_PRODUCER_ID, producerIdLen: 0 };
}
