/**
 * One group at its coordinator, named `group/ID`, in the states that Kafka gives groups of either protocol.
 *
 * Classic protocol:
 *
 *   Empty                no members; its offsets are kept until they expire
 *   PreparingRebalance   waits for members to join the next generation
 *   CompletingRebalance  waits for the leader's assignment
 *   Stable               every member has its assignment
 *   Dead                 nothing is left of it
 *
 * Consumer protocol (KIP-848): Empty; Assigning while the target assignment is older than the group epoch; Reconciling while a
 * member is on its way to it; Stable.
 *
 * What a request does depends on the members more than on the state, so reducers decide, and the chart holds them to Kafka's
 * edges: a step that passes through several states takes each of them here.
 *
 * Source: ClassicGroup, ClassicGroupState.validPreviousStates; ConsumerGroup.ConsumerGroupState; GroupMetadataManager.
 */
import { setup } from 'xstate';
import type { EffectsEmitted, Stimulus } from '../../kernel/effects.ts';
import type { Appended, Replicated } from '../local-events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import { handleConsumerGroupHeartbeat, topicsChanged } from './consumer-heartbeat.ts';
import { revocationTimedOut, sessionExpired, type AwaitedRevocation } from './consumer-members.ts';
import type { GroupCleanup, GroupRequestReceived, GroupUnload, TopicsChanged, TopicsDeleted } from './events.ts';
import { cleanUp, topicsDeleted } from './expiry.ts';
import { handleHeartbeat, handleLeave } from './heartbeat.ts';
import { handleJoin } from './join.ts';
import { handleOffsetCommit } from './offset-commit.ts';
import { handleOffsetFetch } from './offset-fetch.ts';
import { initialDelayOver, joinTimedOut, syncTimedOut, type InitialDelay } from './rebalance.ts';
import { stateNameOf, type GroupInput, type GroupState, type GroupStateName } from './state.ts';
import { handleSync } from './sync.ts';
import { inTurn } from './turn.ts';
import { startGroup, unload } from './unload.ts';
import { appended, replicated, writeTimedOut } from './writes.ts';

export type GroupMachineEvent =
  | GroupRequestReceived
  | Appended
  | Replicated
  | GroupCleanup
  | GroupUnload
  | TopicsDeleted
  | TopicsChanged
  | Stimulus<'timer.initialJoin', InitialDelay>
  | Stimulus<'timer.join'>
  | Stimulus<'timer.sync', number>
  | Stimulus<'timer.heartbeat', string>
  | Stimulus<'timer.rebalance', AwaitedRevocation>
  | Stimulus<'timer.write', number>;

const isNow = (...names: readonly GroupStateName[]) => ({ context }: { readonly context: Reduced<GroupState> }): boolean => names.includes(stateNameOf(context.state));

const dies = { guard: 'isDead', target: 'Dead' } as const;

export const groupMachine = setup({
  types: {} as { context: Reduced<GroupState>; events: GroupMachineEvent; input: GroupInput; emitted: EffectsEmitted },
  guards: {
    isEmpty: isNow('Empty'),
    isCompleting: isNow('CompletingRebalance'),
    isAssigning: isNow('Assigning'),
    isReconciling: isNow('Reconciling'),
    isStable: isNow('Stable'),
    isDead: isNow('Dead'),
    /** A classic group that becomes empty has gone through PreparingRebalance, too: nobody was left to wait for. */
    preparesFromCompleting: ({ context: { state } }) => state.classic.state === 'PreparingRebalance' || state.classic.state === 'Empty',
    preparesFromStable: ({ context: { state } }) => state.image.consumer === null && state.classic.state !== 'Stable',
    preparesFromEmpty: ({ context: { state } }) => state.image.consumer === null && (state.classic.state === 'PreparingRebalance' || state.classic.state === 'CompletingRebalance'),
    isEmptyConsumerGroup: ({ context: { state } }) => state.image.consumer !== null && stateNameOf(state) === 'Empty',
  },
  actions: {
    handleJoin: reduces(inTurn(handleJoin)),
    handleSync: reduces(inTurn(handleSync)),
    handleHeartbeat: reduces(inTurn(handleHeartbeat)),
    handleLeave: reduces(inTurn(handleLeave)),
    handleOffsetCommit: reduces(inTurn(handleOffsetCommit)),
    handleOffsetFetch: reduces(inTurn(handleOffsetFetch)),
    handleConsumerGroupHeartbeat: reduces(inTurn(handleConsumerGroupHeartbeat)),
    appended: reduces(inTurn(appended)),
    replicated: reduces(inTurn(replicated)),
    writeTimedOut: reduces(inTurn(writeTimedOut)),
    cleanUp: reduces(inTurn(cleanUp)),
    topicsDeleted: reduces(inTurn(topicsDeleted)),
    topicsChanged: reduces(inTurn(topicsChanged)),
    unload: reduces(inTurn(unload)),
    initialDelayOver: reduces(inTurn(initialDelayOver)),
    joinTimedOut: reduces(inTurn(joinTimedOut)),
    syncTimedOut: reduces(inTurn(syncTimedOut)),
    sessionExpired: reduces(inTurn(sessionExpired)),
    revocationTimedOut: reduces(inTurn(revocationTimedOut)),
    handOver,
  },
}).createMachine({
  id: 'group',
  context: ({ input }) => startGroup(input),
  entry: 'handOver',
  initial: 'Empty',
  on: {
    JoinGroupRequest: { actions: ['handleJoin', 'handOver'] },
    SyncGroupRequest: { actions: ['handleSync', 'handOver'] },
    HeartbeatRequest: { actions: ['handleHeartbeat', 'handOver'] },
    LeaveGroupRequest: { actions: ['handleLeave', 'handOver'] },
    OffsetCommitRequest: { actions: ['handleOffsetCommit', 'handOver'] },
    OffsetFetchRequest: { actions: ['handleOffsetFetch', 'handOver'] },
    ConsumerGroupHeartbeatRequest: { actions: ['handleConsumerGroupHeartbeat', 'handOver'] },
    'produce.appended': { actions: ['appended', 'handOver'] },
    'produce.replicated': { actions: ['replicated', 'handOver'] },
    'timer.write': { actions: ['writeTimedOut', 'handOver'] },
    'group.cleanup': { actions: ['cleanUp', 'handOver'] },
    'group.topicsDeleted': { actions: ['topicsDeleted', 'handOver'] },
    'group.topicsChanged': { actions: ['topicsChanged', 'handOver'] },
    'group.unload': { actions: ['unload', 'handOver'] },
    'timer.initialJoin': { actions: ['initialDelayOver', 'handOver'] },
    'timer.join': { actions: ['joinTimedOut', 'handOver'] },
    'timer.sync': { actions: ['syncTimedOut', 'handOver'] },
    'timer.heartbeat': { actions: ['sessionExpired', 'handOver'] },
    'timer.rebalance': { actions: ['revocationTimedOut', 'handOver'] },
  },
  states: {
    Empty: {
      always: [
        dies,
        { guard: 'preparesFromEmpty', target: 'PreparingRebalance' },
        { guard: 'isAssigning', target: 'Assigning' },
        { guard: 'isReconciling', target: 'Reconciling' },
        { guard: 'isStable', target: 'Stable' },
      ],
    },
    PreparingRebalance: {
      always: [dies, { guard: 'isCompleting', target: 'CompletingRebalance' }, { guard: 'isEmpty', target: 'Empty' }],
    },
    CompletingRebalance: {
      always: [dies, { guard: 'isStable', target: 'Stable' }, { guard: 'preparesFromCompleting', target: 'PreparingRebalance' }],
    },
    Assigning: {
      always: [dies, { guard: 'isEmpty', target: 'Empty' }, { guard: 'isReconciling', target: 'Reconciling' }, { guard: 'isStable', target: 'Stable' }],
    },
    Reconciling: {
      always: [dies, { guard: 'isEmpty', target: 'Empty' }, { guard: 'isAssigning', target: 'Assigning' }, { guard: 'isStable', target: 'Stable' }],
    },
    Stable: {
      always: [
        dies,
        { guard: 'isEmptyConsumerGroup', target: 'Empty' },
        { guard: 'preparesFromStable', target: 'PreparingRebalance' },
        { guard: 'isAssigning', target: 'Assigning' },
        { guard: 'isReconciling', target: 'Reconciling' },
      ],
    },
    Dead: {},
  },
});
