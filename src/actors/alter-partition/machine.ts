/**
 * The broker's channel for ISR proposals: one AlterPartition request in flight, everything that was proposed meanwhile
 * goes with the next one.
 *
 *   Idle       nothing to propose
 *   Sending    a request is at the active controller
 *   BackingOff the request failed as a whole, or nobody knows the active controller; tried again after 50 ms
 *
 * A proposal is sent until it is answered; its replica withdraws it by submitting another or by no longer caring.
 * Source: kafka.server.AlterPartitionManager (DefaultAlterPartitionManager); KIP-497.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { AlterPartitionResponse } from '../../kafka/api.ts';
import { NO_LEADER } from '../../kafka/ids.ts';
import type { Registered } from '../local-events.ts';
import type { AlterPartitionSubmit } from '../replication-events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { controllerChanged, giveUp, isAnswerToLast, isRefused, newProposals, processAnswer, register, sendProposals, submit, type ProposalsInput, type ProposalsState } from './proposals.ts';

export type AlterPartitionEvent =
  | Registered
  | AlterPartitionSubmit
  | RaftLeaderChanged
  | Received<AlterPartitionResponse>
  | Stimulus<'connection.lost', ConnectionLost>;

const RETRY_BACKOFF_MS = 50;

export const alterPartitionMachine = setup({
  types: {} as { context: Reduced<ProposalsState>; events: AlterPartitionEvent; input: ProposalsInput; emitted: EffectsEmitted },
  guards: {
    isRefused: ({ context, event }) => isAnswerToLast(context.state, event as Received<AlterPartitionResponse>) && isRefused(event as Received<AlterPartitionResponse>),
    isAnswerToLast: ({ context, event }) => isAnswerToLast(context.state, event as Received<AlterPartitionResponse>),
    isFromController: ({ context, event }) => (event as Stimulus<'connection.lost', ConnectionLost>).data.peer === context.state.askedId,
    canSend: ({ context }) => context.state.unanswered.length > 0 && context.state.controllerId !== NO_LEADER,
    hasProposals: ({ context }) => context.state.unanswered.length > 0,
  },
  actions: {
    register: reduces(register),
    controllerChanged: reduces(controllerChanged),
    submit: reduces(submit),
    sendProposals: reduces((state: ProposalsState, _event: AlterPartitionEvent) => sendProposals(state)),
    processAnswer: reduces(processAnswer),
    giveUp: reduces((state: ProposalsState, _event: AlterPartitionEvent) => giveUp(state)),
    handOver,
  },
  delays: {
    requestTimeout: ({ context }) => context.state.config.controllerSocketTimeoutMs,
  },
}).createMachine({
  id: 'alterPartition',
  context: ({ input }) => quietly(newProposals(input)),
  initial: 'Idle',
  on: {
    'broker.registered': { actions: ['register', 'handOver'] },
    'raft.leaderChanged': { actions: ['controllerChanged', 'handOver'] },
    'alterPartition.submit': { actions: ['submit', 'handOver'] },
  },
  states: {
    Idle: {
      on: { 'alterPartition.submit': { target: 'Deciding', actions: ['submit', 'handOver'] } },
    },
    Sending: {
      entry: ['sendProposals', 'handOver'],
      after: { requestTimeout: { target: 'BackingOff', actions: ['giveUp', 'handOver'] } },
      on: {
        AlterPartitionResponse: [
          { guard: 'isRefused', target: 'BackingOff' },
          { guard: 'isAnswerToLast', target: 'Deciding', actions: ['processAnswer', 'handOver'] },
        ],
        'connection.lost': { guard: 'isFromController', target: 'BackingOff' },
      },
    },
    BackingOff: {
      after: { [RETRY_BACKOFF_MS]: { target: 'Deciding' } },
    },
    Deciding: {
      always: [{ guard: 'canSend', target: 'Sending' }, { guard: 'hasProposals', target: 'BackingOff' }, { target: 'Idle' }],
    },
  },
});
