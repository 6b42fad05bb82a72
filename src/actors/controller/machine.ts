/**
 * One controller of the quorum, named `controller`, on top of its node's Raft client.
 *
 *   Standby  replays what the active controller has committed; refuses requests with NOT_CONTROLLER
 *     raft.becameLeader -> Active
 *   Active   decides against its image, appends to the quorum's log, answers when the decision is committed
 *     raft.resigned     -> Standby
 *
 * Source: org.apache.kafka.controller.QuorumController; KIP-500, KIP-631.
 */
import { setup } from 'xstate';
import type { EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { NodeId } from '../../kafka/ids.ts';
import type { RaftBecameLeader, RaftCommitted, RaftResigned } from '../raft/events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { claim, commit, renounce, replay } from './commit.ts';
import { balanceLeaders, electUncleanLeaders } from './decide.ts';
import { sessionExpired } from './heartbeats.ts';
import { CONTROLLER_REQUESTS, handleRequest, refuseRequest, type ControllerRequest } from './requests.ts';
import { newController, type ControllerInput, type ControllerState } from './state.ts';

export type ControllerEvent =
  | Received<ControllerRequest>
  | RaftCommitted
  | RaftBecameLeader
  | RaftResigned
  | Stimulus<'timer.session', NodeId>
  | Stimulus<'timer.balance'>
  | Stimulus<'timer.unclean'>;

type RequestAction = 'handleRequest' | 'refuseRequest';

/** One transition for every request. */
function requests(action: RequestAction): Record<ControllerRequest['type'], { readonly actions: readonly [RequestAction, 'handOver'] }> {
  return Object.fromEntries(CONTROLLER_REQUESTS.map((type) => [type, { actions: [action, 'handOver'] as const }])) as ReturnType<typeof requests>;
}

export const controllerMachine = setup({
  types: {} as { context: Reduced<ControllerState>; events: ControllerEvent; input: ControllerInput; emitted: EffectsEmitted },
  actions: {
    replay: reduces(replay),
    commit: reduces(commit),
    claim: reduces(claim),
    renounce: reduces(renounce),
    handleRequest: reduces(handleRequest),
    refuseRequest: reduces(refuseRequest),
    sessionExpired: reduces(sessionExpired),
    balanceLeaders: reduces((state: ControllerState, _event: ControllerEvent) => balanceLeaders(state)),
    electUncleanLeaders: reduces((state: ControllerState, _event: ControllerEvent) => electUncleanLeaders(state)),
    handOver,
  },
}).createMachine({
  id: 'controller',
  context: ({ input }) => quietly(newController(input)),
  initial: 'Standby',
  states: {
    Standby: {
      on: {
        'raft.committed': { actions: ['replay', 'handOver'] },
        'raft.becameLeader': { target: 'Active', actions: ['claim', 'handOver'] },
        'raft.resigned': {},
        'raft.leaderChanged': {},
        ...requests('refuseRequest'),
      },
    },
    Active: {
      on: {
        'raft.committed': { actions: ['commit', 'handOver'] },
        'raft.becameLeader': {},
        'raft.resigned': { target: 'Standby', actions: ['renounce', 'handOver'] },
        'raft.leaderChanged': {},
        'timer.session': { actions: ['sessionExpired', 'handOver'] },
        'timer.balance': { actions: ['balanceLeaders', 'handOver'] },
        'timer.unclean': { actions: ['electUncleanLeaders', 'handOver'] },
        ...requests('handleRequest'),
      },
    },
  },
});
