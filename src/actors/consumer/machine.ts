/**
 * The consumer in assign mode: an application that polls all partitions of its topics, as fast as records come.
 *
 *   AwaitingMetadata  no broker has answered yet
 *   Consuming         every partition goes its own way through Kafka's FetchStates (state.ts); the machine only says
 *                     which answers it takes
 *
 * Left out: groups, commits and subscribe (the coordinator is not modelled yet; positions live and die with the process),
 * seek, read_committed filtering, which needs transactions.
 *
 * Source: KafkaConsumer (ClassicKafkaConsumer), SubscriptionState, Fetcher, OffsetFetcher.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { FetchResponse, ListOffsetsResponse, MetadataResponse, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import { bringsBrokers } from '../client/metadata-updater.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { connectionLost, pause, processEpochEnds, processFetchResponse, processMetadata, processOffsets, resume, timerFired } from './events.ts';
import { startConsumer, type ConsumerInput, type ConsumerState } from './state.ts';

export type ConsumerEvent =
  | Received<MetadataResponse>
  | Received<FetchResponse>
  | Received<ListOffsetsResponse>
  | Received<OffsetForLeaderEpochResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'app.pause'>
  | Stimulus<'app.resume'>
  | Stimulus<'wakeup'>
  | Stimulus<'timeout'>;

export const consumerMachine = setup({
  types: {} as { context: Reduced<ConsumerState>; events: ConsumerEvent; input: ConsumerInput; emitted: EffectsEmitted },
  guards: {
    bringsBrokers: ({ context, event }) => bringsBrokers(context.state, event as Received<MetadataResponse>),
  },
  actions: {
    processMetadata: reduces(processMetadata),
    processFetchResponse: reduces(processFetchResponse),
    processOffsets: reduces(processOffsets),
    processEpochEnds: reduces(processEpochEnds),
    connectionLost: reduces(connectionLost),
    timerFired: reduces(timerFired),
    pause: reduces((state: ConsumerState, _event: ConsumerEvent) => pause(state)),
    resume: reduces(resume),
    handOver,
  },
}).createMachine({
  id: 'consumer',
  context: ({ input }) => startConsumer(input),
  entry: ['handOver'],
  initial: 'AwaitingMetadata',
  on: {
    MetadataResponse: { actions: ['processMetadata', 'handOver'] },
    'connection.lost': { actions: ['connectionLost', 'handOver'] },
    wakeup: { actions: ['timerFired', 'handOver'] },
    timeout: { actions: ['timerFired', 'handOver'] },
  },
  states: {
    AwaitingMetadata: {
      on: {
        MetadataResponse: [
          { guard: 'bringsBrokers', target: 'Consuming', actions: ['processMetadata', 'handOver'] },
          { actions: ['processMetadata', 'handOver'] },
        ],
      },
    },
    Consuming: {
      on: {
        FetchResponse: { actions: ['processFetchResponse', 'handOver'] },
        ListOffsetsResponse: { actions: ['processOffsets', 'handOver'] },
        OffsetForLeaderEpochResponse: { actions: ['processEpochEnds', 'handOver'] },
        'app.pause': { actions: ['pause', 'handOver'] },
        'app.resume': { actions: ['resume', 'handOver'] },
      },
    },
  },
});
