/**
 * The leader of the log: heartbeats, proposals, acknowledgements and what they commit. Entries are sent as soon as they
 * are there and taken for received until a rejection says otherwise.
 */
import type { Effect, Received } from '../../src/kernel/effects.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import type { AppendRequest, AppendResponse, ProposeRequest, ProposeResponse } from './messages.ts';
import { ELECTION_TIMER } from './reducers.ts';
import { CLIENT, PEER_COUNT, epochAt, type PeerState } from './state.ts';

/** Entries per AppendRequest. */
const MAX_ENTRIES = 16;

/** A majority voted: everybody is taken to have what the leader has, until they object. */
export function lead(before: PeerState): Reduced<PeerState> {
  const { log, id } = before;
  const sentLengths = before.sentLengths.map(() => log.length);
  const matchLengths = before.matchLengths.map((_, peer) => (peer === id ? log.length : 0));
  return { state: before.with({ sentLengths, matchLengths }), effects: [{ kind: 'cancel', key: ELECTION_TIMER }] };
}

/** The entries that `peer` was not sent yet, or none: a heartbeat. */
function appendRequest(state: PeerState, peer: number): AppendRequest {
  const { epoch, log, commitLength } = state;
  const previousLength = state.sentLengths[peer] as number;
  const entries = log.slice(previousLength, previousLength + MAX_ENTRIES);
  return { type: 'AppendRequest', epoch, previousLength, previousEpoch: epochAt(log, previousLength), entries, commitLength };
}

/** Sends to every follower what it lacks, and word that the leader is there. */
export function broadcast(before: PeerState): Reduced<PeerState> {
  const effects: Effect[] = [];
  const sentLengths = before.sentLengths.slice();
  for (let to = 0; to < PEER_COUNT; to += 1) {
    if (to === before.id) continue;
    const message = appendRequest(before, to);
    sentLengths[to] = message.previousLength + message.entries.length;
    effects.push({ kind: 'send', to, message });
  }
  return { state: before.with({ sentLengths }), effects };
}

export function propose(before: PeerState, { message }: Received<ProposeRequest>): Reduced<PeerState> {
  const log = before.log.append({ epoch: before.epoch, command: message.command });
  return broadcast(before.with({ log, matchLengths: before.matchLengths.with(before.id, log.length) }));
}

/** A follower has the first `matchLength` entries: commits what a majority has, and sends it what is left. */
export function acknowledge(before: PeerState, { message, from }: Received<AppendResponse>): Reduced<PeerState> {
  const known = before.matchLengths[from] as number;
  const matchLengths = message.matchLength > known ? before.matchLengths.with(from, message.matchLength) : before.matchLengths;
  const { log } = before;
  const agreed = agreedLength(matchLengths);
  // Only an entry of its own epoch proves that a majority will elect nobody without it (section 5.4.2 of the paper).
  const commitLength = agreed > before.commitLength && epochAt(log, agreed) === before.epoch ? agreed : before.commitLength;
  const effects: Effect[] = [];
  for (let index = before.commitLength; index < commitLength; index += 1) {
    const answer: ProposeResponse = { type: 'ProposeResponse', command: log.at(index).command, isCommitted: true };
    effects.push({ kind: 'send', to: CLIENT, message: answer });
  }
  const state = before.with({ matchLengths, commitLength });
  return (state.sentLengths[from] as number) < log.length ? sendRest(state, from, effects) : { state, effects };
}

/** A follower lacks what it was sent entries for: goes back to where it says. */
export function backUp(before: PeerState, { message, from }: Received<AppendResponse>): Reduced<PeerState> {
  const sentLength = Math.max(message.matchLength, before.matchLengths[from] as number);
  return sendRest(before.with({ sentLengths: before.sentLengths.with(from, sentLength) }), from, []);
}

function sendRest(before: PeerState, to: number, effects: Effect[]): Reduced<PeerState> {
  const message = appendRequest(before, to);
  effects.push({ kind: 'send', to, message });
  return { state: before.with({ sentLengths: before.sentLengths.with(to, message.previousLength + message.entries.length) }), effects };
}

/** The length that a majority has: the median of three, in general the (n+1)/2-th largest. */
function agreedLength(matchLengths: readonly number[]): number {
  const descending = matchLengths.slice().sort((a, b) => b - a);
  return descending[matchLengths.length >> 1] as number;
}
