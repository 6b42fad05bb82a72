/**
 * The broker's reader of the metadata log, named `metadata`.
 *
 *   Fetching    a fetch is at the controller, which answers when there is something new or after 500 ms
 *   BackingOff  the controller did not answer or refused
 *
 * Source: KafkaRaftClient as an observer, MetadataLoader, BrokerMetadataPublisher.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { FetchResponse, MetadataBatch } from '../../kafka/api.ts';
import type { Registered } from '../local-events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { applyFetched, isAnswerToLast, isRefused, newMetadata, register, sendFetch, type MetadataInput, type MetadataState } from './publish.ts';

export type MetadataEvent = Registered | Received<FetchResponse<MetadataBatch>> | Stimulus<'connection.lost', ConnectionLost>;

/** `controller.quorum.fetch.timeout.ms`, default 2 s: a leader that is silent for longer is tried anew. */
const FETCH_TIMEOUT_MS = 2_000;
/** `controller.quorum.retry.backoff.ms`, default 20 ms, lengthened to spare a controller that is down. */
const RETRY_BACKOFF_MS = 100;

export const metadataMachine = setup({
  types: {} as { context: Reduced<MetadataState>; events: MetadataEvent; input: MetadataInput; emitted: EffectsEmitted },
  guards: {
    isRefused: ({ context, event }) => isAnswerToLast(context.state, event as Received<FetchResponse<MetadataBatch>>) && isRefused(event as Received<FetchResponse<MetadataBatch>>),
    isAnswerToLast: ({ context, event }) => isAnswerToLast(context.state, event as Received<FetchResponse<MetadataBatch>>),
  },
  actions: {
    register: reduces(register),
    sendFetch: reduces((state: MetadataState, _event: MetadataEvent) => sendFetch(state)),
    applyFetched: reduces(applyFetched),
    disconnect: reduces((state: MetadataState, _event: MetadataEvent) => ({ state, effects: [{ kind: 'disconnect', to: state.controllerId }] })),
    handOver,
  },
}).createMachine({
  id: 'metadata',
  context: ({ input }) => quietly(newMetadata(input)),
  initial: 'Fetching',
  on: {
    'broker.registered': { actions: ['register', 'handOver'] },
  },
  states: {
    Fetching: {
      entry: ['sendFetch', 'handOver'],
      after: { [FETCH_TIMEOUT_MS]: { target: 'BackingOff', actions: ['disconnect', 'handOver'] } },
      on: {
        FetchResponse: [
          { guard: 'isRefused', target: 'BackingOff' },
          { guard: 'isAnswerToLast', target: 'Fetching', reenter: true, actions: ['applyFetched', 'handOver'] },
        ],
        'connection.lost': { target: 'BackingOff' },
      },
    },
    BackingOff: {
      after: { [RETRY_BACKOFF_MS]: { target: 'Fetching' } },
    },
  },
});
