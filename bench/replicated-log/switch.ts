/**
 * The replicated log without XState: the same guards and reducers, called from a switch, as somebody would write it who
 * wants nothing but speed and immutable states. What every other engine is compared with.
 *
 * One step is `(peer, event) -> peer`, the peer an immutable value, as in the kernel; the effects of each reducer are
 * the same arrays and are handed over at once.
 */
import { unreachable } from '../../src/kernel/assert.ts';
import type { Effect } from '../../src/kernel/effects.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import { acknowledge, backUp, broadcast, lead, propose } from './leader.ts';
import type { PeerEvent } from './messages.ts';
import {
  append, awaitLeader, campaign, considerVote, countVote, declineProposal, refuseAppend, refuseVote, reportDivergence, stepDown, yieldToCandidate,
} from './reducers.ts';
import { HEARTBEAT_MS, completesQuorum, isAppended, isConsistent, isGranted, isNewer, isStale, newPeer, type PeerState } from './state.ts';

type Mode = 'Follower' | 'Candidate' | 'Leader';

/** Named as the `after` of the statechart, so that the digests of the steps are equal. */
export const HEARTBEAT = 'xstate.after.heartbeat.replicatedLog.Leader.Replicating';
interface Heartbeat {
  readonly type: typeof HEARTBEAT;
}

/** Who carries out what a step asks for. */
export interface Hands {
  carryOut(peer: number, effects: readonly Effect[]): void;
  arm(peer: number, key: string, delayMs: number, type: string): void;
  disarm(peer: number, key: string): void;
}

export class Peer {
  readonly mode: Mode;
  readonly state: PeerState;

  constructor(mode: Mode, state: PeerState) {
    this.mode = mode;
    this.state = state;
  }
}

function done(hands: Hands, peer: number, { state, effects }: Reduced<PeerState>): PeerState {
  hands.carryOut(peer, effects);
  return state;
}

export function started(hands: Hands, id: number): Peer {
  return new Peer('Follower', done(hands, id, awaitLeader(newPeer(id))));
}

export function stepped(hands: Hands, id: number, peer: Peer, event: PeerEvent | Heartbeat): Peer {
  const { mode, state } = peer;
  switch (mode) {
    case 'Follower':
      switch (event.type) {
        case 'VoteRequest':
          return new Peer(mode, done(hands, id, isStale(state, event) ? refuseVote(state, event) : considerVote(state, event)));
        case 'AppendRequest':
          if (isStale(state, event)) return new Peer(mode, done(hands, id, refuseAppend(state, event)));
          return new Peer(mode, done(hands, id, isConsistent(state, event) ? append(state, event) : reportDivergence(state, event)));
        case 'ProposeRequest':
          return new Peer(mode, done(hands, id, declineProposal(state, event)));
        case 'timer.election':
          return new Peer('Candidate', done(hands, id, campaign(state, event)));
        default:
          return peer;
      }
    case 'Candidate':
      switch (event.type) {
        case 'VoteRequest':
          if (isNewer(state, event)) return new Peer('Follower', done(hands, id, yieldToCandidate(state, event)));
          return new Peer(mode, done(hands, id, refuseVote(state, event)));
        case 'VoteResponse':
          if (isNewer(state, event)) return new Peer('Follower', done(hands, id, stepDown(state, event)));
          if (completesQuorum(state, event)) return startLeading(hands, id, done(hands, id, countVote(state, event)));
          return isGranted(state, event) ? new Peer(mode, done(hands, id, countVote(state, event))) : peer;
        case 'AppendRequest':
          if (isStale(state, event)) return new Peer(mode, done(hands, id, refuseAppend(state, event)));
          return new Peer('Follower', done(hands, id, isConsistent(state, event) ? append(state, event) : reportDivergence(state, event)));
        case 'ProposeRequest':
          return new Peer(mode, done(hands, id, declineProposal(state, event)));
        case 'timer.election':
          return new Peer(mode, done(hands, id, campaign(state, event)));
        default:
          return peer;
      }
    case 'Leader':
      switch (event.type) {
        case 'VoteRequest':
          if (isNewer(state, event)) return stopLeading(hands, id, yieldToCandidate(state, event));
          return new Peer(mode, done(hands, id, refuseVote(state, event)));
        case 'AppendRequest':
          if (isStale(state, event)) return new Peer(mode, done(hands, id, refuseAppend(state, event)));
          return stopLeading(hands, id, isConsistent(state, event) ? append(state, event) : reportDivergence(state, event));
        case 'AppendResponse':
          if (isNewer(state, event)) return stopLeading(hands, id, stepDown(state, event));
          if (isStale(state, event)) return peer;
          return new Peer(mode, done(hands, id, isAppended(state, event) ? acknowledge(state, event) : backUp(state, event)));
        case 'ProposeRequest':
          return new Peer(mode, done(hands, id, propose(state, event)));
        case HEARTBEAT:
          return beat(hands, id, state);
        default:
          return peer;
      }
    default:
      return unreachable(mode, 'mode');
  }
}

function startLeading(hands: Hands, id: number, state: PeerState): Peer {
  return beat(hands, id, done(hands, id, lead(state)));
}

function beat(hands: Hands, id: number, state: PeerState): Peer {
  hands.arm(id, HEARTBEAT, HEARTBEAT_MS, HEARTBEAT);
  return new Peer('Leader', done(hands, id, broadcast(state)));
}

function stopLeading(hands: Hands, id: number, reduced: Reduced<PeerState>): Peer {
  hands.disarm(id, HEARTBEAT);
  return new Peer('Follower', done(hands, id, reduced));
}
