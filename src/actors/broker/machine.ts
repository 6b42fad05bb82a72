/**
 * The broker's life cycle, named `broker`, in the states of Kafka's BrokerState:
 *
 *   Starting   registers with the controller (DUPLICATE_BROKER_REGISTRATION while its predecessor's session lives)
 *   Recovery   registered and fenced; catches up with the metadata log until the controller unfences it
 *   Running    unfenced; a broker that is fenced again (it was cut off) goes on serving and does not know
 *
 * The process that stops is not a state: a dead node has no machine.
 * Source: kafka.server.BrokerLifecycleManager, BrokerState.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { BrokerHeartbeatResponse, BrokerRegistrationResponse } from '../../kafka/api.ts';
import type { MetadataApplied } from '../local-events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import {
  backOff, giveUpOnAnswer, heartbeatAnswered, isAnswerToLast, metadataApplied, newBroker, registered, sendHeartbeat, sendRegistration, type BrokerInput, type BrokerState,
} from './lifecycle.ts';

export type BrokerEvent =
  | MetadataApplied
  | Received<BrokerRegistrationResponse>
  | Received<BrokerHeartbeatResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'timer.next'>
  | Stimulus<'timer.noAnswer'>;

export const brokerMachine = setup({
  types: {} as { context: Reduced<BrokerState>; events: BrokerEvent; input: BrokerInput; emitted: EffectsEmitted },
  guards: {
    isAccepted: ({ context, event }) => {
      const answer = event as Received<BrokerRegistrationResponse>;
      return isAnswerToLast(context.state, answer) && answer.message.errorCode === 'NONE';
    },
    isUnfenced: ({ context, event }) => {
      const answer = event as Received<BrokerHeartbeatResponse>;
      return isAnswerToLast(context.state, answer) && answer.message.errorCode === 'NONE' && !answer.message.isFenced;
    },
    isAnswerToLast: ({ context, event }) => isAnswerToLast(context.state, event as Received<BrokerHeartbeatResponse>),
  },
  actions: {
    sendRegistration: reduces((state: BrokerState, _event: BrokerEvent) => sendRegistration(state)),
    sendHeartbeat: reduces((state: BrokerState, _event: BrokerEvent) => sendHeartbeat(state)),
    registered: reduces(registered),
    heartbeatAnswered: reduces(heartbeatAnswered),
    backOff: reduces(backOff),
    giveUpOnAnswer: reduces(giveUpOnAnswer),
    metadataApplied: reduces(metadataApplied),
    handOver,
  },
}).createMachine({
  id: 'broker',
  context: ({ input }) => quietly(newBroker(input)),
  initial: 'Starting',
  on: {
    'metadata.applied': { actions: ['metadataApplied', 'handOver'] },
    'connection.lost': { actions: ['backOff', 'handOver'] },
    'timer.noAnswer': { actions: ['giveUpOnAnswer', 'handOver'] },
  },
  states: {
    Starting: {
      entry: ['sendRegistration', 'handOver'],
      on: {
        BrokerRegistrationResponse: [
          { guard: 'isAccepted', target: 'Recovery', actions: ['registered', 'handOver'] },
          { guard: 'isAnswerToLast', actions: ['backOff', 'handOver'] },
        ],
        'timer.next': { actions: ['sendRegistration', 'handOver'] },
      },
    },
    Recovery: {
      entry: ['sendHeartbeat', 'handOver'],
      on: {
        BrokerHeartbeatResponse: [
          { guard: 'isUnfenced', target: 'Running', actions: ['heartbeatAnswered', 'handOver'] },
          { guard: 'isAnswerToLast', actions: ['heartbeatAnswered', 'handOver'] },
        ],
        'timer.next': { actions: ['sendHeartbeat', 'handOver'] },
      },
    },
    Running: {
      on: {
        BrokerHeartbeatResponse: { guard: 'isAnswerToLast', actions: ['heartbeatAnswered', 'handOver'] },
        'timer.next': { actions: ['sendHeartbeat', 'handOver'] },
      },
    },
  },
});
