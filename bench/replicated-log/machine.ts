/**
 * The replicated log as an ordinary XState statechart:
 *
 *   Follower   waits for a leader; votes, appends
 *   Candidate  asks for votes in a new epoch; asks again after the election timeout
 *   Leader     Replicating, entered anew with every heartbeat
 *
 * Whoever hears of a newer epoch follows. switch.ts is the same protocol without XState.
 */
import { setup } from 'xstate';
import type { EffectsEmitted, Received } from '../../src/kernel/effects.ts';
import { handOver, quietly, reduces, type Reduced } from '../../src/actors/reduction.ts';
import { acknowledge, backUp, broadcast, lead, propose } from './leader.ts';
import type { AppendRequest, AppendResponse, PeerEvent, PeerMessage, VoteResponse } from './messages.ts';
import {
  append, awaitLeader, campaign, considerVote, countVote, declineProposal, refuseAppend, refuseVote, reportDivergence, stepDown, yieldToCandidate,
} from './reducers.ts';
import { HEARTBEAT_MS, completesQuorum, isAppended, isConsistent, isGranted, isNewer, isStale, newPeer, type PeerState } from './state.ts';

export const replicatedLogMachine = setup({
  types: {} as { context: Reduced<PeerState>; events: PeerEvent; input: { readonly id: number }; emitted: EffectsEmitted },
  guards: {
    isStale: ({ context, event }) => isStale(context.state, event as Received<PeerMessage>),
    isNewer: ({ context, event }) => isNewer(context.state, event as Received<PeerMessage>),
    isConsistent: ({ context, event }) => isConsistent(context.state, event as Received<AppendRequest>),
    completesQuorum: ({ context, event }) => completesQuorum(context.state, event as Received<VoteResponse>),
    isGranted: ({ context, event }) => isGranted(context.state, event as Received<VoteResponse>),
    isAppended: ({ context, event }) => isAppended(context.state, event as Received<AppendResponse>),
  },
  actions: {
    awaitLeader: reduces((state: PeerState, _event: PeerEvent) => awaitLeader(state)),
    campaign: reduces(campaign),
    considerVote: reduces(considerVote),
    yieldToCandidate: reduces(yieldToCandidate),
    refuseVote: reduces(refuseVote),
    countVote: reduces(countVote),
    stepDown: reduces(stepDown),
    append: reduces(append),
    reportDivergence: reduces(reportDivergence),
    refuseAppend: reduces(refuseAppend),
    declineProposal: reduces(declineProposal),
    lead: reduces((state: PeerState, _event: PeerEvent) => lead(state)),
    broadcast: reduces((state: PeerState, _event: PeerEvent) => broadcast(state)),
    propose: reduces(propose),
    acknowledge: reduces(acknowledge),
    backUp: reduces(backUp),
    handOver,
  },
  delays: { heartbeat: HEARTBEAT_MS },
}).createMachine({
  id: 'replicatedLog',
  context: ({ input }) => quietly(newPeer(input.id)),
  entry: ['awaitLeader', 'handOver'],
  initial: 'Follower',
  states: {
    Follower: {
      on: {
        VoteRequest: [
          { guard: 'isStale', actions: ['refuseVote', 'handOver'] },
          { actions: ['considerVote', 'handOver'] },
        ],
        AppendRequest: [
          { guard: 'isStale', actions: ['refuseAppend', 'handOver'] },
          { guard: 'isConsistent', actions: ['append', 'handOver'] },
          { actions: ['reportDivergence', 'handOver'] },
        ],
        ProposeRequest: { actions: ['declineProposal', 'handOver'] },
        'timer.election': 'Candidate',
      },
    },
    Candidate: {
      entry: ['campaign', 'handOver'],
      on: {
        VoteRequest: [
          { guard: 'isNewer', target: 'Follower', actions: ['yieldToCandidate', 'handOver'] },
          { actions: ['refuseVote', 'handOver'] },
        ],
        VoteResponse: [
          { guard: 'isNewer', target: 'Follower', actions: ['stepDown', 'handOver'] },
          { guard: 'completesQuorum', target: 'Leader', actions: ['countVote'] },
          { guard: 'isGranted', actions: ['countVote'] },
        ],
        AppendRequest: [
          { guard: 'isStale', actions: ['refuseAppend', 'handOver'] },
          { guard: 'isConsistent', target: 'Follower', actions: ['append', 'handOver'] },
          { target: 'Follower', actions: ['reportDivergence', 'handOver'] },
        ],
        ProposeRequest: { actions: ['declineProposal', 'handOver'] },
        'timer.election': { target: 'Candidate', reenter: true },
      },
    },
    Leader: {
      entry: ['lead', 'handOver'],
      initial: 'Replicating',
      states: {
        Replicating: {
          entry: ['broadcast', 'handOver'],
          after: { heartbeat: { target: 'Replicating', reenter: true } },
        },
      },
      on: {
        VoteRequest: [
          { guard: 'isNewer', target: 'Follower', actions: ['yieldToCandidate', 'handOver'] },
          { actions: ['refuseVote', 'handOver'] },
        ],
        AppendRequest: [
          { guard: 'isStale', actions: ['refuseAppend', 'handOver'] },
          { guard: 'isConsistent', target: 'Follower', actions: ['append', 'handOver'] },
          { target: 'Follower', actions: ['reportDivergence', 'handOver'] },
        ],
        AppendResponse: [
          { guard: 'isNewer', target: 'Follower', actions: ['stepDown', 'handOver'] },
          { guard: 'isStale' },
          { guard: 'isAppended', actions: ['acknowledge', 'handOver'] },
          { actions: ['backUp', 'handOver'] },
        ],
        ProposeRequest: { actions: ['propose', 'handOver'] },
      },
    },
  },
});
