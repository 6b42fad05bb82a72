/**
 * The broker's life cycle, named `broker`, in the states of Kafka's BrokerState:
 *
 *   Starting                    registers with the controller (DUPLICATE_BROKER_REGISTRATION while its predecessor's session lives)
 *   Recovery                    registered and fenced; catches up with the metadata log until the controller unfences it
 *   Running                     unfenced; a broker that is fenced again (it was cut off) goes on serving and does not know
 *   PendingControlledShutdown   asked to stop; the controller moves its leaderships away
 *   ShuttingDown                the logs are closed, then the process ends itself
 *
 * The process that stopped is not a state: a dead node has no machine.
 * Source: kafka.server.BrokerLifecycleManager, BrokerState; KIP-631.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { BrokerHeartbeatResponse, BrokerRegistrationResponse } from '../../kafka/api.ts';
import type { MetadataApplied } from '../local-events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import {
  backOff, beginShutdown, close, connectionLost, controllerChanged, giveUpOnAnswer, heartbeatAnswered, isAnswerToLast, metadataApplied, registered, sendHeartbeat,
  sendRegistration, startBroker, unfenced, type BrokerInput, type BrokerState,
} from './lifecycle.ts';

export type BrokerEvent =
  | MetadataApplied
  | RaftLeaderChanged
  | Received<BrokerRegistrationResponse>
  | Received<BrokerHeartbeatResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'process.stop'>
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
    mayShutDown: ({ context, event }) => {
      const answer = event as Received<BrokerHeartbeatResponse>;
      return isAnswerToLast(context.state, answer) && answer.message.errorCode === 'NONE' && answer.message.shouldShutDown;
    },
    isAnswerToLast: ({ context, event }) => isAnswerToLast(context.state, event as Received<BrokerHeartbeatResponse>),
  },
  actions: {
    sendRegistration: reduces((state: BrokerState, _event: BrokerEvent) => sendRegistration(state)),
    sendHeartbeat: reduces((state: BrokerState, _event: BrokerEvent) => sendHeartbeat(state)),
    registered: reduces(registered),
    unfenced: reduces(unfenced),
    heartbeatAnswered: reduces(heartbeatAnswered),
    backOff: reduces(backOff),
    connectionLost: reduces(connectionLost),
    giveUpOnAnswer: reduces(giveUpOnAnswer),
    metadataApplied: reduces(metadataApplied),
    controllerChanged: reduces(controllerChanged),
    beginShutdown: reduces((state: BrokerState, _event: BrokerEvent) => beginShutdown(state)),
    close: reduces(close),
    handOver,
  },
}).createMachine({
  id: 'broker',
  context: ({ input }) => startBroker(input),
  entry: 'handOver',
  initial: 'Starting',
  on: {
    'metadata.applied': { actions: ['metadataApplied', 'handOver'] },
    'raft.leaderChanged': { actions: ['controllerChanged', 'handOver'] },
    'connection.lost': { actions: ['connectionLost', 'handOver'] },
    'timer.noAnswer': { actions: ['giveUpOnAnswer', 'handOver'] },
    'process.stop': { target: '.ShuttingDown' },
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
          { guard: 'isUnfenced', target: 'Running', actions: ['unfenced', 'handOver'] },
          { guard: 'isAnswerToLast', actions: ['heartbeatAnswered', 'handOver'] },
        ],
        'timer.next': { actions: ['sendHeartbeat', 'handOver'] },
      },
    },
    Running: {
      on: {
        BrokerHeartbeatResponse: { guard: 'isAnswerToLast', actions: ['heartbeatAnswered', 'handOver'] },
        'timer.next': { actions: ['sendHeartbeat', 'handOver'] },
        'process.stop': { target: 'PendingControlledShutdown' },
      },
    },
    PendingControlledShutdown: {
      entry: ['beginShutdown', 'handOver'],
      on: {
        BrokerHeartbeatResponse: [
          { guard: 'mayShutDown', target: 'ShuttingDown' },
          { guard: 'isAnswerToLast', actions: ['heartbeatAnswered', 'handOver'] },
        ],
        'timer.next': { actions: ['sendHeartbeat', 'handOver'] },
        'process.stop': {},
      },
    },
    ShuttingDown: {
      entry: ['close', 'handOver'],
      on: { 'process.stop': {}, 'connection.lost': {}, 'timer.noAnswer': {} },
    },
  },
});
