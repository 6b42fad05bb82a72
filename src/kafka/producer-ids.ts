/**
 * Producer ids by the block: the controller gives a broker 1000 at a time and writes down where the next block begins
 * (ProducerIdsRecord), so that no id is given twice, whoever leads the quorum and however often brokers restart. What is
 * left of a block goes with the broker that held it.
 *
 * Source: ProducerIdControlManager.generateNextProducerId, ProducerIdsBlock; KIP-730.
 */
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from './api.ts';
import { NO_PRODUCER_ID } from './ids.ts';
import type { MetadataImage } from './metadata.ts';
import type { MetadataRecord } from './metadata-records.ts';
import { checkBrokerEpoch } from './replication-control.ts';

/** ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE. */
export const PRODUCER_ID_BLOCK_SIZE = 1_000;

interface Allocation {
  readonly records: readonly MetadataRecord[];
  readonly response: Omit<AllocateProducerIdsResponse, 'type' | 'correlationId'>;
}

/** The next block, or STALE_BROKER_EPOCH for a broker that is not registered in that epoch. */
export function allocateProducerIds(image: MetadataImage, { brokerId, brokerEpoch }: AllocateProducerIdsRequest): Allocation {
  const errorCode = checkBrokerEpoch(image, brokerId, brokerEpoch);
  if (errorCode !== 'NONE') return { records: [], response: { errorCode, producerIdStart: NO_PRODUCER_ID, producerIdLen: 0 } };
  const producerIdStart = image.nextProducerId;
  return {
    records: [{ type: 'ProducerIdsRecord', brokerId, brokerEpoch, nextProducerId: producerIdStart + PRODUCER_ID_BLOCK_SIZE }],
    response: { errorCode, producerIdStart, producerIdLen: PRODUCER_ID_BLOCK_SIZE },
  };
}
