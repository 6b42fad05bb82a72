/**
 * The administrator: an admin client that carries out one operation after the other, in the order in which they come
 * due.
 *
 *   Idle       nothing is asked for
 *   Executing  an operation is under way: it looks up whom to ask, asks, waits for the answer or for its backoff
 *              (state.ts); others wait in the queue
 *
 * Left out: operations side by side, as a real admin client makes them (an administrator waits for what he did);
 * DescribeCluster; topic ids; describing and listing what is there.
 *
 * Source: KafkaAdminClient; KIP-4, KIP-455, KIP-460, KIP-919.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { AdminResponse, MetadataResponse } from '../../kafka/api.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { connectionLost, enqueue, processAnswer, processMetadata, provision, timerFired } from './events.ts';
import { startAdmin, type AdminInput, type AdminState, type CallDue, type ProvisioningDue } from './state.ts';

/** One event per API. */
type Answered<Response> = Response extends AdminResponse ? Received<Response> : never;

export type AdminEvent =
  | Stimulus<'admin.provision', ProvisioningDue>
  | Stimulus<'admin.call', CallDue>
  | Received<MetadataResponse>
  | Answered<AdminResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'wakeup'>
  | Stimulus<'timeout'>;

const isExecuting = ({ context }: { readonly context: Reduced<AdminState> }): boolean => context.state.current !== null;

export const adminMachine = setup({
  types: {} as { context: Reduced<AdminState>; events: AdminEvent; input: AdminInput; emitted: EffectsEmitted },
  guards: {
    isExecuting,
    isIdle: (step: { readonly context: Reduced<AdminState> }) => !isExecuting(step),
  },
  actions: {
    provision: reduces(provision),
    enqueue: reduces(enqueue),
    processMetadata: reduces(processMetadata),
    processAnswer: reduces(processAnswer),
    connectionLost: reduces(connectionLost),
    timerFired: reduces(timerFired),
    handOver,
  },
}).createMachine({
  id: 'admin',
  context: ({ input }) => startAdmin(input),
  initial: 'Idle',
  on: {
    'admin.provision': { actions: ['provision', 'handOver'] },
    'admin.call': { actions: ['enqueue', 'handOver'] },
    MetadataResponse: { actions: ['processMetadata', 'handOver'] },
    CreateTopicsResponse: { actions: ['processAnswer', 'handOver'] },
    DeleteTopicsResponse: { actions: ['processAnswer', 'handOver'] },
    CreatePartitionsResponse: { actions: ['processAnswer', 'handOver'] },
    ElectLeadersResponse: { actions: ['processAnswer', 'handOver'] },
    AlterPartitionReassignmentsResponse: { actions: ['processAnswer', 'handOver'] },
    ListPartitionReassignmentsResponse: { actions: ['processAnswer', 'handOver'] },
    IncrementalAlterConfigsResponse: { actions: ['processAnswer', 'handOver'] },
    UnregisterBrokerResponse: { actions: ['processAnswer', 'handOver'] },
    DeleteRecordsResponse: { actions: ['processAnswer', 'handOver'] },
    'connection.lost': { actions: ['connectionLost', 'handOver'] },
    wakeup: { actions: ['timerFired', 'handOver'] },
    timeout: { actions: ['timerFired', 'handOver'] },
  },
  states: {
    Idle: { always: { guard: 'isExecuting', target: 'Executing' } },
    Executing: { always: { guard: 'isIdle', target: 'Idle' } },
  },
});
