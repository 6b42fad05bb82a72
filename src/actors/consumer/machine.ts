/**
 * The consumer. Without a group: all partitions of its topics are assigned, and an application polls them as fast as records
 * come. With one: polled by the application machine, assigned by the membership machine (group-events.ts).
 *
 *   AwaitingMetadata  no broker has answered yet
 *   Consuming         every partition goes its own way through Kafka's FetchStates (state.ts); the machine only says
 *                     which answers it takes
 *
 * Left out: read_committed filtering, which needs transactions; fetching from followers (KIP-392); subscriptions that change.
 *
 * Source: KafkaConsumer (ClassicKafkaConsumer), SubscriptionState, Fetcher, OffsetFetcher.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { FetchResponse, ListOffsetsResponse, MetadataResponse, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import { bringsBrokers } from '../client/metadata-updater.ts';
import type { ToConsumer } from '../group-events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { connectionLost, pause, processEpochEnds, processFetchResponse, processLocal, processMetadata, processOffsets, resume, seek, timerFired, type SeekCall } from './events.ts';
import { startConsumer, type ConsumerInput, type ConsumerState } from './state.ts';

export type ConsumerEvent =
  | Received<MetadataResponse>
  | Received<FetchResponse>
  | Received<ListOffsetsResponse>
  | Received<OffsetForLeaderEpochResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | ToConsumer
  | Stimulus<'app.pause'>
  | Stimulus<'app.seek', SeekCall>
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
    seek: reduces(seek),
    processLocal: reduces(processLocal),
    handOver,
  },
}).createMachine({
  id: 'consumer',
  context: ({ input }) => startConsumer(input),
  entry: ['handOver'],
  initial: 'AwaitingMetadata',
  on: {
    MetadataResponse: { actions: ['processMetadata', 'handOver'] },
    'consumer.poll': { actions: ['processLocal', 'handOver'] },
    'consumer.commit': { actions: ['processLocal', 'handOver'] },
    'consumer.close': { actions: ['processLocal', 'handOver'] },
    'group.rejoin': { actions: ['processLocal', 'handOver'] },
    'group.elected': { actions: ['processLocal', 'handOver'] },
    'group.joined': { actions: ['processLocal', 'handOver'] },
    'group.reconcile': { actions: ['processLocal', 'handOver'] },
    'group.commitEnded': { actions: ['processLocal', 'handOver'] },
    'group.offsets': { actions: ['processLocal', 'handOver'] },
    'group.failed': { actions: ['processLocal', 'handOver'] },
    'group.closed': { actions: ['processLocal', 'handOver'] },
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
        'app.seek': { actions: ['seek', 'handOver'] },
        'app.resume': { actions: ['resume', 'handOver'] },
      },
    },
  },
});
