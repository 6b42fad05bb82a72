/**
 * What a replica of the log does, as pure functions `(state, event) -> {state, effects}`: elections, and the side of
 * the follower. The side of the leader is in leader.ts.
 */
import type { Effect, Received } from '../../src/kernel/effects.ts';
import { scaleDraw } from '../../src/kernel/hash.ts';
import { quietly, type Reduced } from '../../src/actors/reduction.ts';
import type { AppendRequest, AppendResponse, PeerEvent, PeerMessage, ProposeRequest, ProposeResponse, VoteRequest, VoteResponse } from './messages.ts';
import { ELECTION_TIMEOUT_MS, NOBODY, PEER_COUNT, epochAt, type PeerState } from './state.ts';

export const ELECTION_TIMER = 'election';

/** What arming the election timer needs: also the event that starts a machine, which has no type of ours, draws. */
function electionTimer(draw: number): Effect {
  return { kind: 'schedule', key: ELECTION_TIMER, delayMs: ELECTION_TIMEOUT_MS + scaleDraw(draw, ELECTION_TIMEOUT_MS), type: 'timer.election' };
}

/** The first arming; peers start apart from each other. */
export function awaitLeader(state: PeerState): Reduced<PeerState> {
  return { state, effects: [electionTimer((state.id * 0x1_0000_0000) / PEER_COUNT)] };
}

/** The election timeout: a new epoch, a vote for itself, a request for those of the others. */
export function campaign(before: PeerState, event: PeerEvent): Reduced<PeerState> {
  const state = before.with({ epoch: before.epoch + 1, votedFor: before.id, votes: 1 << before.id });
  const { epoch, log } = state;
  const message: VoteRequest = { type: 'VoteRequest', epoch, lastEpoch: epochAt(log, log.length), logLength: log.length };
  const effects: Effect[] = [electionTimer(event.draw)];
  for (let to = 0; to < PEER_COUNT; to += 1) if (to !== state.id) effects.push({ kind: 'send', to, message });
  return { state, effects };
}

/** Votes for the first candidate of an epoch whose log is not behind its own. */
export function considerVote(before: PeerState, { message, from, draw }: Received<VoteRequest>): Reduced<PeerState> {
  const known = message.epoch > before.epoch ? before.with({ epoch: message.epoch, votedFor: NOBODY }) : before;
  const ownLastEpoch = epochAt(known.log, known.log.length);
  const isUpToDate = message.lastEpoch > ownLastEpoch || (message.lastEpoch === ownLastEpoch && message.logLength >= known.log.length);
  const isGranted = isUpToDate && (known.votedFor === NOBODY || known.votedFor === from);
  const answer: VoteResponse = { type: 'VoteResponse', epoch: known.epoch, isGranted };
  const send: Effect = { kind: 'send', to: from, message: answer };
  return isGranted ? { state: known.with({ votedFor: from }), effects: [send, electionTimer(draw)] } : { state: known, effects: [send] };
}

/** As `considerVote`, by a candidate or leader that steps down for it and therefore waits again. */
export function yieldToCandidate(before: PeerState, event: Received<VoteRequest>): Reduced<PeerState> {
  const { state, effects } = considerVote(before, event);
  return { state, effects: [...effects, electionTimer(event.draw)] };
}

export function refuseVote(state: PeerState, { from }: Received<VoteRequest>): Reduced<PeerState> {
  const answer: VoteResponse = { type: 'VoteResponse', epoch: state.epoch, isGranted: false };
  return { state, effects: [{ kind: 'send', to: from, message: answer }] };
}

export function countVote(state: PeerState, { from }: Received<VoteResponse>): Reduced<PeerState> {
  return quietly(state.with({ votes: state.votes | (1 << from) }));
}

/** Somebody is ahead: follow, whoever leads. */
export function stepDown(state: PeerState, { message, draw }: Received<PeerMessage>): Reduced<PeerState> {
  return { state: state.with({ epoch: message.epoch, votedFor: NOBODY }), effects: [electionTimer(draw)] };
}

/** Entries of the leader that fit: cuts what diverges, appends what is missing, learns what is committed. */
export function append(before: PeerState, { message, from, draw }: Received<AppendRequest>): Reduced<PeerState> {
  const { epoch, previousLength, entries, commitLength } = message;
  let { log } = before;
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[i] as (typeof entries)[number];
    const index = previousLength + i;
    if (index < log.length) {
      if (log.at(index).epoch === entry.epoch) continue;
      log = log.prefix(index);
    }
    log = log.append(entry);
  }
  const matchLength = previousLength + entries.length;
  const state = before.with({
    epoch, votedFor: epoch === before.epoch ? before.votedFor : NOBODY, log,
    commitLength: Math.max(before.commitLength, Math.min(commitLength, matchLength)),
  });
  const answer: AppendResponse = { type: 'AppendResponse', epoch, isAppended: true, matchLength };
  return { state, effects: [{ kind: 'send', to: from, message: answer }, electionTimer(draw)] };
}

/** The log lacks what the entries build on, or has something else there. */
export function reportDivergence(before: PeerState, { message, from, draw }: Received<AppendRequest>): Reduced<PeerState> {
  const { epoch, previousLength } = message;
  const state = epoch === before.epoch ? before : before.with({ epoch, votedFor: NOBODY });
  const matchLength = Math.max(before.commitLength, Math.min(before.log.length, previousLength - 1));
  const answer: AppendResponse = { type: 'AppendResponse', epoch, isAppended: false, matchLength };
  return { state, effects: [{ kind: 'send', to: from, message: answer }, electionTimer(draw)] };
}

export function refuseAppend(state: PeerState, { from }: Received<AppendRequest>): Reduced<PeerState> {
  const answer: AppendResponse = { type: 'AppendResponse', epoch: state.epoch, isAppended: false, matchLength: 0 };
  return { state, effects: [{ kind: 'send', to: from, message: answer }] };
}

/** Only a leader takes proposals; the client will try the next. */
export function declineProposal(state: PeerState, { message, from }: Received<ProposeRequest>): Reduced<PeerState> {
  const answer: ProposeResponse = { type: 'ProposeResponse', command: message.command, isCommitted: false };
  return { state, effects: [{ kind: 'send', to: from, message: answer }] };
}
