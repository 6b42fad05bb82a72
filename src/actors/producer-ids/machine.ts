/**
 * A broker's store of producer ids, named `producer-ids`.
 *
 *   Idle       has ids, or nobody has asked for one yet
 *   Asking     AllocateProducerIds is at the active controller; producers go on being answered from the block at hand
 *   BackingOff the request failed, or nobody knows the active controller; tried again after 50 ms
 *
 * An answer that is lost takes its block along: ids are plenty.
 * Source: RPCProducerIdManager; KIP-730.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { AllocateProducerIdsResponse } from '../../kafka/api.ts';
import { NO_EPOCH, NO_LEADER } from '../../kafka/ids.ts';
import type { GenerateProducerId, Registered } from '../local-events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import {
  askForBlock, controllerChanged, generate, giveUp, isAnswerToLast, isRefused, newProducerIds, register, takeBlock, type ProducerIdsInput, type ProducerIdsState,
} from './blocks.ts';

export type ProducerIdsEvent =
  | Registered
  | GenerateProducerId
  | RaftLeaderChanged
  | Received<AllocateProducerIdsResponse>
  | Stimulus<'connection.lost', ConnectionLost>;

/** RPCProducerIdManager.RETRY_BACKOFF_MS. */
const RETRY_BACKOFF_MS = 50;

export const producerIdsMachine = setup({
  types: {} as { context: Reduced<ProducerIdsState>; events: ProducerIdsEvent; input: ProducerIdsInput; emitted: EffectsEmitted },
  guards: {
    isRefused: ({ context, event }) => isAnswerToLast(context.state, event as Received<AllocateProducerIdsResponse>) && isRefused(event as Received<AllocateProducerIdsResponse>),
    isAnswerToLast: ({ context, event }) => isAnswerToLast(context.state, event as Received<AllocateProducerIdsResponse>),
    isFromController: ({ context, event }) => (event as Stimulus<'connection.lost', ConnectionLost>).data.peer === context.state.askedId,
    canAsk: ({ context }) => context.state.wantsBlock && context.state.controllerId !== NO_LEADER && context.state.brokerEpoch !== NO_EPOCH,
    wantsBlock: ({ context }) => context.state.wantsBlock,
  },
  actions: {
    register: reduces(register),
    controllerChanged: reduces(controllerChanged),
    generate: reduces(generate),
    askForBlock: reduces((state: ProducerIdsState, _event: ProducerIdsEvent) => askForBlock(state)),
    takeBlock: reduces(takeBlock),
    giveUp: reduces((state: ProducerIdsState, _event: ProducerIdsEvent) => giveUp(state)),
    handOver,
  },
  delays: {
    requestTimeout: ({ context }) => context.state.config.controllerSocketTimeoutMs,
  },
}).createMachine({
  id: 'producerIds',
  context: ({ input }) => quietly(newProducerIds(input)),
  initial: 'Idle',
  on: {
    'broker.registered': { actions: ['register', 'handOver'] },
    'raft.leaderChanged': { actions: ['controllerChanged', 'handOver'] },
    'producerId.generate': { actions: ['generate', 'handOver'] },
  },
  states: {
    Idle: {
      on: { 'producerId.generate': { target: 'Deciding', actions: ['generate', 'handOver'] } },
    },
    Asking: {
      entry: ['askForBlock', 'handOver'],
      after: { requestTimeout: { target: 'BackingOff', actions: ['giveUp', 'handOver'] } },
      on: {
        AllocateProducerIdsResponse: [
          { guard: 'isRefused', target: 'BackingOff' },
          { guard: 'isAnswerToLast', target: 'Deciding', actions: ['takeBlock', 'handOver'] },
        ],
        'connection.lost': { guard: 'isFromController', target: 'BackingOff' },
      },
    },
    BackingOff: {
      after: { [RETRY_BACKOFF_MS]: { target: 'Deciding' } },
    },
    Deciding: {
      always: [{ guard: 'canAsk', target: 'Asking' }, { guard: 'wantsBlock', target: 'BackingOff' }, { target: 'Idle' }],
    },
  },
});
