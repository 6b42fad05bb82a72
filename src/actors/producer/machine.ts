/**
 * The producer: an application's sends become records in batches, batches become ProduceRequests to partition leaders.
 *
 *   AwaitingMetadata  no broker has answered yet; sends block, for up to `max.block.ms`
 *   Ready             sends go to the accumulator, the sender drains it; metadata is refreshed on the side
 *
 * Both of KafkaProducer's threads in one machine: each event is one turn of the sender's loop. There is no way back to
 * AwaitingMetadata: a producer that has lost every broker keeps its batches until `delivery.timeout.ms`.
 *
 * An idempotent producer asks for its id meanwhile, and sends nothing before it has one.
 *
 * Left out: transactions, compression, flush and close, interceptors.
 *
 * Source: KafkaProducer, Sender, RecordAccumulator, NetworkClient, Metadata.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { InitProducerIdResponse, MetadataResponse, ProduceResponse } from '../../kafka/api.ts';
import { bringsBrokers } from '../client/metadata-updater.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { connectionLost, processMetadata, processProduceResponse, processProducerId, timerFired } from './events.ts';
import { appendSend, blockSend, type SendEvent } from './send.ts';
import { startProducer } from './start.ts';
import type { ProducerInput, ProducerState } from './state.ts';

export type ProducerEvent =
  | SendEvent
  | Received<MetadataResponse>
  | Received<ProduceResponse>
  | Received<InitProducerIdResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'wakeup'>
  | Stimulus<'timeout'>;

export const producerMachine = setup({
  types: {} as { context: Reduced<ProducerState>; events: ProducerEvent; input: ProducerInput; emitted: EffectsEmitted },
  guards: {
    bringsBrokers: ({ context, event }) => bringsBrokers(context.state, event as Received<MetadataResponse>),
  },
  actions: {
    blockSend: reduces(blockSend),
    appendSend: reduces(appendSend),
    processMetadata: reduces(processMetadata),
    processProduceResponse: reduces(processProduceResponse),
    processProducerId: reduces(processProducerId),
    connectionLost: reduces(connectionLost),
    timerFired: reduces(timerFired),
    handOver,
  },
}).createMachine({
  id: 'producer',
  context: ({ input }) => startProducer(input),
  entry: ['handOver'],
  initial: 'AwaitingMetadata',
  on: {
    MetadataResponse: { actions: ['processMetadata', 'handOver'] },
    InitProducerIdResponse: { actions: ['processProducerId', 'handOver'] },
    'connection.lost': { actions: ['connectionLost', 'handOver'] },
    wakeup: { actions: ['timerFired', 'handOver'] },
    timeout: { actions: ['timerFired', 'handOver'] },
  },
  states: {
    AwaitingMetadata: {
      on: {
        'app.send': { actions: ['blockSend', 'handOver'] },
        MetadataResponse: [
          { guard: 'bringsBrokers', target: 'Ready', actions: ['processMetadata', 'handOver'] },
          { actions: ['processMetadata', 'handOver'] },
        ],
      },
    },
    Ready: {
      on: {
        'app.send': { actions: ['appendSend', 'handOver'] },
        ProduceResponse: { actions: ['processProduceResponse', 'handOver'] },
      },
    },
  },
});
