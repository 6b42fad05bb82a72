/**
 * How a producer gets an id: it asks any broker (InitProducerId), and brokers take ids in blocks from the controller
 * (AllocateProducerIds, KIP-730).
 *
 * Left out: transactional ids, and with them the id and epoch that a producer may name.
 * Source: InitProducerIdRequest.json, AllocateProducerIdsRequest.json and their responses.
 */
import type { Request, Response } from './api-message.ts';
import type { ErrorName } from './errors.ts';
import type { BrokerEpoch, NodeId, ProducerEpoch, ProducerId } from './ids.ts';

// --- InitProducerId (22) ---------------------------------------------------------------------------------------------

export interface InitProducerIdRequest extends Request<'InitProducerIdRequest'> {
  /** Null for a producer that is idempotent only. */
  readonly transactionalId: null;
}

export interface InitProducerIdResponse extends Response<'InitProducerIdResponse'> {
  readonly errorCode: ErrorName;
  /** -1 with an error. */
  readonly producerId: ProducerId;
  /** 0; -1 with an error. */
  readonly producerEpoch: ProducerEpoch;
}

// --- AllocateProducerIds (67) ----------------------------------------------------------------------------------------

export interface AllocateProducerIdsRequest extends Request<'AllocateProducerIdsRequest'> {
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
}

export interface AllocateProducerIdsResponse extends Response<'AllocateProducerIdsResponse'> {
  readonly errorCode: ErrorName;
  /** The block is `[producerIdStart, producerIdStart + producerIdLen)`. */
  readonly producerIdStart: ProducerId;
  readonly producerIdLen: number;
}
