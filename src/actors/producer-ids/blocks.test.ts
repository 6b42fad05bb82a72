import { describe, expect, it } from 'vitest';
import { Received, type Effect } from '../../kernel/effects.ts';
import type { AllocateProducerIdsResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import { allocateProducerIds, PRODUCER_ID_BLOCK_SIZE } from '../../kafka/producer-ids.ts';
import type { ProducerIdGenerated } from '../local-events.ts';
import { generate, newProducerIds, takeBlock, type ProducerIdsState } from './blocks.ts';

const EMPTY = newProducerIds({ brokerId: 1, config: defaultConfig('broker') });

function ask(state: ProducerIdsState): { readonly state: ProducerIdsState; readonly answer: ProducerIdGenerated } {
  const reduced = generate(state, { type: 'producerId.generate', nowMs: 0, replyTo: 5, correlationId: 9 });
  const [effect] = reduced.effects as [Effect & { readonly kind: 'tell' }];
  return { state: reduced.state, answer: effect.event as ProducerIdGenerated };
}

function given(state: ProducerIdsState, producerIdStart: number, producerIdLen: number): ProducerIdsState {
  const message: AllocateProducerIdsResponse = { type: 'AllocateProducerIdsResponse', correlationId: 1, errorCode: 'NONE', producerIdStart, producerIdLen };
  return takeBlock(state, new Received(message, 0, 0, 4, -1)).state;
}

describe('a broker that is asked for a producer id', () => {
  it('has none at first, and wants a block (RPCProducerIdManager)', () => {
    const { state, answer } = ask(EMPTY);
    expect([answer.errorCode, answer.producerId, state.wantsBlock]).toEqual(['COORDINATOR_LOAD_IN_PROGRESS', -1, true]);
  });

  it('gives the ids of its block one by one and wants the next block when nine tenths are gone', () => {
    let state = given(EMPTY, 3_000, 10);
    const ids: number[] = [];
    const wanted: boolean[] = [];
    for (let i = 0; i < 10; i += 1) {
      const asked = ask(state);
      state = asked.state;
      ids.push(asked.answer.producerId);
      wanted.push(state.wantsBlock);
    }
    expect(ids).toEqual([3_000, 3_001, 3_002, 3_003, 3_004, 3_005, 3_006, 3_007, 3_008, 3_009]);
    expect(wanted.indexOf(true)).toBe(9);
    expect(ask(state).answer.errorCode).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    expect(ask(given(state, 8_000, 10)).answer.producerId).toBe(8_000);
  });
});

describe('a controller that is asked for a block', () => {
  const image = MetadataImage.empty().apply({ type: 'RegisterBrokerRecord', brokerId: 1, incarnationId: 'i', brokerEpoch: 0, fenced: false, inControlledShutdown: false }, 0);
  const request = { type: 'AllocateProducerIdsRequest', correlationId: 1, brokerId: 1, brokerEpoch: 0 } as const;

  it('gives no id twice: the next block begins where the record says', () => {
    const first = allocateProducerIds(image, request);
    const second = allocateProducerIds(image.applyAll(first.records, 1), request);
    expect([first.response.producerIdStart, first.response.producerIdLen, second.response.producerIdStart]).toEqual([0, PRODUCER_ID_BLOCK_SIZE, PRODUCER_ID_BLOCK_SIZE]);
  });

  it('refuses a broker of another epoch, and its image refuses ids that were given', () => {
    expect(allocateProducerIds(image, { ...request, brokerEpoch: 3 })).toMatchObject({ records: [], response: { errorCode: 'STALE_BROKER_EPOCH' } });
    const [record] = allocateProducerIds(image, request).records;
    expect(() => image.applyAll([record as NonNullable<typeof record>], 1).apply(record as NonNullable<typeof record>, 2)).toThrow(/producer id/);
  });
});
