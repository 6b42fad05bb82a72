/**
 * One replica of the log: its state, an immutable value, and what its guards ask. Both the statechart and the plain
 * switch use these functions, so that the benchmark compares who calls them and nothing else.
 *
 * Invariant: commitLength <= log.length.
 */
import { AppendLog } from '../../src/kernel/append-log.ts';
import type { Received } from '../../src/kernel/effects.ts';
import { changed, type Fields } from '../../src/actors/state-class.ts';
import type { AppendRequest, AppendResponse, LogEntry, PeerMessage, VoteResponse } from './messages.ts';

export const NOBODY = -1;
export const PEER_COUNT = 3;
/** Address of the client, after the peers. */
export const CLIENT = PEER_COUNT;
export const HEARTBEAT_MS = 50;
/** Drawn anew at each arming from [150 ms, 300 ms), as the paper suggests. */
export const ELECTION_TIMEOUT_MS = 150;

export class PeerState {
  readonly id: number;
  readonly epoch: number;
  /** NOBODY before a vote in this epoch. */
  readonly votedFor: number;
  readonly log: AppendLog<LogEntry>;
  readonly commitLength: number;
  /** As a candidate: one bit per peer that voted for it. */
  readonly votes: number;
  /** As the leader, by peer: how much it was sent, and how much it is known to have. */
  readonly sentLengths: readonly number[];
  readonly matchLengths: readonly number[];

  constructor(fields: Fields<PeerState>) {
    this.id = fields.id;
    this.epoch = fields.epoch;
    this.votedFor = fields.votedFor;
    this.log = fields.log;
    this.commitLength = fields.commitLength;
    this.votes = fields.votes;
    this.sentLengths = fields.sentLengths;
    this.matchLengths = fields.matchLengths;
  }

  with(change: Partial<Fields<PeerState>>): PeerState {
    return changed(new PeerState(this), change);
  }
}

const NOTHING_KNOWN: readonly number[] = Array.from({ length: PEER_COUNT }, () => 0);

export function newPeer(id: number): PeerState {
  return new PeerState({
    id, epoch: 0, votedFor: NOBODY, log: AppendLog.empty(), commitLength: 0, votes: 0, sentLengths: NOTHING_KNOWN, matchLengths: NOTHING_KNOWN,
  });
}

/** Epoch of the last of the first `length` entries; 0 when there are none. */
export function epochAt(log: AppendLog<LogEntry>, length: number): number {
  return length === 0 ? 0 : log.at(length - 1).epoch;
}

export function isStale(state: PeerState, { message }: Received<PeerMessage>): boolean {
  return message.epoch < state.epoch;
}

export function isNewer(state: PeerState, { message }: Received<PeerMessage>): boolean {
  return message.epoch > state.epoch;
}

/** Does the log hold what the entries of the request build on? */
export function isConsistent(state: PeerState, { message }: Received<AppendRequest>): boolean {
  const { previousLength, previousEpoch } = message;
  return previousLength <= state.log.length && epochAt(state.log, previousLength) === previousEpoch;
}

export function isGranted(state: PeerState, { message }: Received<VoteResponse>): boolean {
  return message.isGranted && message.epoch === state.epoch;
}

/** Does this vote make a majority? */
export function completesQuorum(state: PeerState, event: Received<VoteResponse>): boolean {
  return isGranted(state, event) && 2 * bitCount(state.votes | (1 << event.from)) > PEER_COUNT;
}

export function isAppended(_state: PeerState, { message }: Received<AppendResponse>): boolean {
  return message.isAppended;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
