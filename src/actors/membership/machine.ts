/**
 * Membership of a group in the classic protocol: the states of AbstractCoordinator.MemberState, side by side with what
 * goes on in each of them.
 *
 *   UNJOINED              in no generation; when the consumer is prepared   -> PREPARING_REBALANCE
 *   PREPARING_REBALANCE   JoinGroup is in flight; its answer                -> COMPLETING_REBALANCE
 *   COMPLETING_REBALANCE  SyncGroup is in flight; its answer                -> STABLE
 *   STABLE                has its assignment; when it has to join again     -> PREPARING_REBALANCE
 *
 * From any of them -> UNJOINED: the rebalance failed, the coordinator does not know the member any more, or it left. The
 * reducers decide on the state; the table says which changes there are. Without a word from the consumer nothing happens.
 *
 * The heartbeat goes on in COMPLETING_REBALANCE and STABLE whatever the application does, since this machine is told of
 * calls and never waits for one. Finding the coordinator and the committed offsets go on in every state.
 *
 * Source: AbstractCoordinator, ConsumerCoordinator (clients); KIP-62, KIP-345, KIP-394, KIP-429.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { ToMembership } from '../group-events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { connectionLost, consumerWants, processAnswer, timerFired, type GroupAnswer } from './events.ts';
import { startMembership, type MembershipInput, type MembershipState, type MemberState } from './state.ts';

export type MembershipEvent = ToMembership | Received<GroupAnswer> | Stimulus<'connection.lost', ConnectionLost> | Stimulus<'wakeup'> | Stimulus<'timeout'>;

/** A state ends as the reducers said; only into these others. */
const toStates = (...states: readonly MemberState[]) => states.map((state) => ({ guard: { type: 'isState' as const, params: state }, target: state }));

export const membershipMachine = setup({
  types: {} as { context: Reduced<MembershipState>; events: MembershipEvent; input: MembershipInput; emitted: EffectsEmitted },
  guards: {
    isState: ({ context }, state: MemberState) => context.state.memberState === state,
  },
  actions: {
    consumerWants: reduces(consumerWants),
    processAnswer: reduces(processAnswer),
    connectionLost: reduces(connectionLost),
    timerFired: reduces(timerFired),
    handOver,
  },
}).createMachine({
  id: 'membership',
  context: ({ input }) => startMembership(input),
  initial: 'UNJOINED',
  on: {
    'membership.join': { actions: ['consumerWants', 'handOver'] },
    'membership.assigned': { actions: ['consumerWants', 'handOver'] },
    'membership.commit': { actions: ['consumerWants', 'handOver'] },
    'membership.fetchOffsets': { actions: ['consumerWants', 'handOver'] },
    'membership.pollIntervalExceeded': { actions: ['consumerWants', 'handOver'] },
    'membership.close': { actions: ['consumerWants', 'handOver'] },
    'membership.brokers': { actions: ['consumerWants', 'handOver'] },
    FindCoordinatorResponse: { actions: ['processAnswer', 'handOver'] },
    JoinGroupResponse: { actions: ['processAnswer', 'handOver'] },
    SyncGroupResponse: { actions: ['processAnswer', 'handOver'] },
    HeartbeatResponse: { actions: ['processAnswer', 'handOver'] },
    LeaveGroupResponse: { actions: ['processAnswer', 'handOver'] },
    OffsetCommitResponse: { actions: ['processAnswer', 'handOver'] },
    OffsetFetchResponse: { actions: ['processAnswer', 'handOver'] },
    'connection.lost': { actions: ['connectionLost', 'handOver'] },
    wakeup: { actions: ['timerFired', 'handOver'] },
    timeout: { actions: ['timerFired', 'handOver'] },
  },
  states: {
    UNJOINED: { always: toStates('PREPARING_REBALANCE') },
    PREPARING_REBALANCE: { always: toStates('COMPLETING_REBALANCE', 'UNJOINED') },
    COMPLETING_REBALANCE: { always: toStates('STABLE', 'UNJOINED', 'PREPARING_REBALANCE') },
    STABLE: { always: toStates('PREPARING_REBALANCE', 'UNJOINED') },
  },
});
