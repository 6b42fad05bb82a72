/**
 * Membership of a group in the consumer protocol (KIP-848): Kafka's MemberState as a chart. There is no leader and no
 * barrier: the coordinator says to each member what it should own, and the member goes there at its own pace.
 *
 *   UNSUBSCRIBED   the consumer is polled for the first time      -> JOINING
 *   JOINING        an epoch and an assignment                     -> RECONCILING
 *   RECONCILING    the consumer owns what it was told to          -> ACKNOWLEDGING
 *   ACKNOWLEDGING  the heartbeat that says so is on its way       -> STABLE, or RECONCILING when more is wanted
 *   STABLE         another assignment                             -> RECONCILING
 *   FENCED, STALE  the consumer has given everything up, in poll  -> JOINING
 *   LEAVING        the coordinator has answered                   -> UNSUBSCRIBED
 *
 * From those that heartbeat -> FENCED (FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID), STALE (max.poll.interval.ms), LEAVING (close),
 * FATAL (the group will not have it). The reducers decide; the table says which changes there are.
 *
 * Left out: PREPARE_LEAVING, which here is the consumer's close; regular expressions; racks. Unlike Kafka, an assignment that
 * names a topic the client has no metadata for is taken over at once, and its partitions wait for a leader.
 *
 * Source: MemberState, ConsumerMembershipManager, ConsumerHeartbeatRequestManager; KIP-848.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { ToMembership } from '../group-events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { connectionLost, consumerWants, processAnswer, timerFired, type ConsumerGroupAnswer } from './events.ts';
import { startConsumerMembership, type ConsumerMemberState, type ConsumerMembershipInput, type ConsumerMembershipState } from './state.ts';

export type ConsumerMembershipEvent = ToMembership | Received<ConsumerGroupAnswer> | Stimulus<'connection.lost', ConnectionLost> | Stimulus<'wakeup'> | Stimulus<'timeout'>;

/** A state ends as the reducers said; only into these others. */
const toStates = (...states: readonly ConsumerMemberState[]) => states.map((state) => ({ guard: { type: 'isState' as const, params: state }, target: state }));

export const consumerMembershipMachine = setup({
  types: {} as { context: Reduced<ConsumerMembershipState>; events: ConsumerMembershipEvent; input: ConsumerMembershipInput; emitted: EffectsEmitted },
  guards: {
    isState: ({ context }, state: ConsumerMemberState) => context.state.memberState === state,
  },
  actions: {
    consumerWants: reduces(consumerWants),
    processAnswer: reduces(processAnswer),
    connectionLost: reduces(connectionLost),
    timerFired: reduces(timerFired),
    handOver,
  },
}).createMachine({
  id: 'consumerMembership',
  context: ({ input }) => startConsumerMembership(input),
  initial: 'UNSUBSCRIBED',
  on: {
    'membership.join': { actions: ['consumerWants', 'handOver'] },
    'membership.reconciled': { actions: ['consumerWants', 'handOver'] },
    'membership.commit': { actions: ['consumerWants', 'handOver'] },
    'membership.fetchOffsets': { actions: ['consumerWants', 'handOver'] },
    'membership.pollIntervalExceeded': { actions: ['consumerWants', 'handOver'] },
    'membership.close': { actions: ['consumerWants', 'handOver'] },
    'membership.brokers': { actions: ['consumerWants', 'handOver'] },
    FindCoordinatorResponse: { actions: ['processAnswer', 'handOver'] },
    ConsumerGroupHeartbeatResponse: { actions: ['processAnswer', 'handOver'] },
    OffsetCommitResponse: { actions: ['processAnswer', 'handOver'] },
    OffsetFetchResponse: { actions: ['processAnswer', 'handOver'] },
    'connection.lost': { actions: ['connectionLost', 'handOver'] },
    wakeup: { actions: ['timerFired', 'handOver'] },
    timeout: { actions: ['timerFired', 'handOver'] },
  },
  states: {
    UNSUBSCRIBED: { always: toStates('JOINING', 'FATAL') },
    JOINING: { always: toStates('RECONCILING', 'FENCED', 'STALE', 'LEAVING', 'UNSUBSCRIBED', 'FATAL') },
    RECONCILING: { always: toStates('ACKNOWLEDGING', 'STABLE', 'FENCED', 'STALE', 'LEAVING', 'UNSUBSCRIBED', 'FATAL') },
    ACKNOWLEDGING: { always: toStates('STABLE', 'RECONCILING', 'FENCED', 'STALE', 'LEAVING', 'UNSUBSCRIBED', 'FATAL') },
    STABLE: { always: toStates('RECONCILING', 'FENCED', 'STALE', 'LEAVING', 'UNSUBSCRIBED', 'FATAL') },
    FENCED: { always: toStates('JOINING', 'STALE', 'UNSUBSCRIBED', 'FATAL') },
    STALE: { always: toStates('JOINING', 'UNSUBSCRIBED', 'FATAL') },
    LEAVING: { always: toStates('UNSUBSCRIBED', 'FATAL') },
    FATAL: { always: toStates('UNSUBSCRIBED') },
  },
});
