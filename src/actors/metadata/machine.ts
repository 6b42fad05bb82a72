/**
 * The broker's loader of the metadata log, named `metadata`: a listener of its node's Raft client.
 *
 *   CatchingUp   the image does not contain this incarnation's own registration yet; nothing is published, no log is loaded
 *   Publishing   every commit is applied and published to the machines of the broker
 *   Closing      the broker shuts down: every log is flushed and closed, then the clean-shutdown marker is written
 *
 * Source: MetadataLoader, BrokerMetadataPublisher, LogManager.shutdown.
 */
import { setup } from 'xstate';
import type { EffectsEmitted, Stimulus } from '../../kernel/effects.ts';
import type { BrokerClosing, LogClosed, Registered } from '../local-events.ts';
import type { RaftCommitted, RaftLeaderChanged } from '../raft/events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { closeLogs, halt, isLastLog, logClosed, writeMarker } from './close.ts';
import { apply, catchesUp, catchesUpByRegistration, newMetadata, publishChanges, register, type MetadataInput, type MetadataState } from './publish.ts';

export type MetadataEvent = Registered | RaftCommitted | RaftLeaderChanged | BrokerClosing | LogClosed | Stimulus<'marker.flushed'>;

export const metadataMachine = setup({
  types: {} as { context: Reduced<MetadataState>; events: MetadataEvent; input: MetadataInput; emitted: EffectsEmitted },
  guards: {
    catchesUp: ({ context, event }) => catchesUp(context.state, event as RaftCommitted),
    catchesUpByRegistration: ({ context, event }) => catchesUpByRegistration(context.state, event as Registered),
    hasNoLog: ({ context }) => context.state.openLogs === 0,
    isLastLog: ({ context }) => isLastLog(context.state),
  },
  actions: {
    register: reduces(register),
    apply: reduces(apply),
    publishChanges: reduces(publishChanges),
    publishAtRegistration: reduces((state: MetadataState, event: Registered) => publishChanges(register(state, event).state, event)),
    closeLogs: reduces(closeLogs),
    logClosed: reduces((state: MetadataState, _event: MetadataEvent) => logClosed(state)),
    writeMarker: reduces((state: MetadataState, _event: MetadataEvent) => writeMarker(state)),
    halt: reduces((state: MetadataState, _event: MetadataEvent) => halt(state)),
    handOver,
  },
}).createMachine({
  id: 'metadata',
  context: ({ input }) => quietly(newMetadata(input)),
  initial: 'CatchingUp',
  on: {
    'broker.closing': { target: '.Closing' },
    'raft.leaderChanged': {},
  },
  states: {
    CatchingUp: {
      on: {
        // Its logs were not loaded, so nothing may vouch for them: no marker.
        'broker.closing': { actions: ['halt', 'handOver'] },
        'broker.registered': [
          { guard: 'catchesUpByRegistration', target: 'Publishing', actions: ['publishAtRegistration', 'handOver'] },
          { actions: ['register', 'handOver'] },
        ],
        'raft.committed': [
          { guard: 'catchesUp', target: 'Publishing', actions: ['publishChanges', 'handOver'] },
          { actions: ['apply', 'handOver'] },
        ],
      },
    },
    Publishing: {
      on: {
        'broker.registered': { actions: ['register', 'handOver'] },
        'raft.committed': { actions: ['publishChanges', 'handOver'] },
      },
    },
    Closing: {
      entry: ['closeLogs', 'handOver'],
      always: { guard: 'hasNoLog', target: 'Closed' },
      on: {
        'log.closed': [
          { guard: 'isLastLog', target: 'Closed', actions: ['logClosed', 'handOver'] },
          { actions: ['logClosed', 'handOver'] },
        ],
      },
    },
    Closed: {
      entry: ['writeMarker', 'handOver'],
      on: { 'marker.flushed': { actions: ['halt', 'handOver'] } },
    },
  },
});
