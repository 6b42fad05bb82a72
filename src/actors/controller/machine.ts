/**
 * The controller, named `controller`: one voter that owns the metadata log (the quorum comes with its own actor).
 *
 *   Recovering  the log of a former life is flushed; nobody is answered
 *   Active      decides, appends, commits, answers; brokers fetch what is committed
 *
 * A disk that refuses ends the process: a supervisor starts it again.
 * Source: org.apache.kafka.controller.QuorumController; KIP-500, KIP-631.
 */
import { setup } from 'xstate';
import type { DiskOutcome, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { AlterPartitionRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest, FetchRequest } from '../../kafka/api.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { committed, fetchTimeUp, handleFetch } from './commit.ts';
import {
  balanceLeaders, becomeActive, electUncleanLeaders, handleAlterPartition, handleBrokerHeartbeat, handleBrokerRegistration, sessionExpired, terminate, wantTopics, type WantedTopics,
} from './decide.ts';
import { recoverController, type ControllerInput, type ControllerState } from './state.ts';

type ServedRequest = BrokerRegistrationRequest | BrokerHeartbeatRequest | AlterPartitionRequest | FetchRequest;

export type ControllerEvent =
  | Received<ServedRequest>
  | Stimulus<'admin.createTopics', WantedTopics>
  | Stimulus<'log.flushed', DiskOutcome>
  | Stimulus<'disk.writeFailed', DiskOutcome>
  | Stimulus<'disk.flushFailed', DiskOutcome>
  | Stimulus<'timer.fetch', NodeId>
  | Stimulus<'timer.session', NodeId>
  | Stimulus<'timer.balance'>
  | Stimulus<'timer.unclean'>;

export const controllerMachine = setup({
  types: {} as { context: Reduced<ControllerState>; events: ControllerEvent; input: ControllerInput; emitted: EffectsEmitted },
  actions: {
    becomeActive: reduces((state: ControllerState, _event: ControllerEvent) => becomeActive(state)),
    hangUp: reduces((state: ControllerState, { replyTo }: Received<ServedRequest>) => ({ state, effects: [{ kind: 'hangUp', to: replyTo }] })),
    committed: reduces(committed),
    handleFetch: reduces(handleFetch),
    fetchTimeUp: reduces(fetchTimeUp),
    handleBrokerRegistration: reduces(handleBrokerRegistration),
    handleBrokerHeartbeat: reduces(handleBrokerHeartbeat),
    handleAlterPartition: reduces(handleAlterPartition),
    sessionExpired: reduces(sessionExpired),
    wantTopics: reduces(wantTopics),
    balanceLeaders: reduces((state: ControllerState, _event: ControllerEvent) => balanceLeaders(state)),
    electUncleanLeaders: reduces((state: ControllerState, _event: ControllerEvent) => electUncleanLeaders(state)),
    terminate: reduces((state: ControllerState, _event: ControllerEvent) => terminate(state)),
    handOver,
  },
}).createMachine({
  id: 'controller',
  context: ({ input }) => quietly(recoverController(input)),
  initial: 'Recovering',
  on: {
    'disk.writeFailed': { actions: ['terminate', 'handOver'] },
    'disk.flushFailed': { actions: ['terminate', 'handOver'] },
    'admin.createTopics': { actions: ['wantTopics', 'handOver'] },
    // They are armed from the start on, which on a slow disk is long before the log is flushed.
    'timer.session': { actions: ['sessionExpired', 'handOver'] },
    'timer.balance': { actions: ['balanceLeaders', 'handOver'] },
    'timer.unclean': { actions: ['electUncleanLeaders', 'handOver'] },
  },
  states: {
    Recovering: {
      entry: ['becomeActive', 'handOver'],
      on: {
        'log.flushed': { target: 'Active', actions: ['committed', 'handOver'] },
        BrokerRegistrationRequest: { actions: ['hangUp', 'handOver'] },
        BrokerHeartbeatRequest: { actions: ['hangUp', 'handOver'] },
        AlterPartitionRequest: { actions: ['hangUp', 'handOver'] },
        FetchRequest: { actions: ['hangUp', 'handOver'] },
      },
    },
    Active: {
      on: {
        'log.flushed': { actions: ['committed', 'handOver'] },
        BrokerRegistrationRequest: { actions: ['handleBrokerRegistration', 'handOver'] },
        BrokerHeartbeatRequest: { actions: ['handleBrokerHeartbeat', 'handOver'] },
        AlterPartitionRequest: { actions: ['handleAlterPartition', 'handOver'] },
        FetchRequest: { actions: ['handleFetch', 'handOver'] },
        'timer.fetch': { actions: ['fetchTimeUp', 'handOver'] },
      },
    },
  },
});
