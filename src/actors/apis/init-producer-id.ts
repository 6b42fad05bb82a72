/**
 * InitProducerId (api key 22), of a producer without a transactional id: any broker gives it the next id of its block, in
 * epoch 0 (TransactionCoordinator.handleInitProducerId).
 *
 * Source: KafkaApis.handleInitProducerIdRequest.
 */
import type { Received } from '../../kernel/effects.ts';
import type { InitProducerIdRequest, InitProducerIdResponse } from '../../kafka/api.ts';
import { NO_EPOCH } from '../../kafka/ids.ts';
import { BROKER_MACHINES, tell, type ProducerIdGenerated } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import type { ApisState } from './state.ts';

export function handleInitProducerId(state: ApisState, { message, nowMs, replyTo }: Received<InitProducerIdRequest>): Reduced<ApisState> {
  return { state, effects: [tell(BROKER_MACHINES.producerIds, { type: 'producerId.generate', nowMs, replyTo, correlationId: message.correlationId })] };
}

export function producerIdGenerated(state: ApisState, { replyTo, correlationId, errorCode, producerId }: ProducerIdGenerated): Reduced<ApisState> {
  const message: InitProducerIdResponse = { type: 'InitProducerIdResponse', correlationId, errorCode, producerId, producerEpoch: errorCode === 'NONE' ? 0 : NO_EPOCH };
  return { state, effects: [{ kind: 'reply', to: replyTo, message }] };
}
