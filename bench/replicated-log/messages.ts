/**
 * The messages of the replicated log that the benchmark runs: a leader election, an append with its consistency check,
 * proposals of a client. Small enough to be read in a minute, and with the traffic of the real thing.
 *
 * Left out: pre-vote, snapshots, membership changes, persistence. Source: Ongaro and Ousterhout, "In Search of an
 * Understandable Consensus Algorithm", 2014, sections 5.2 to 5.4; `epoch` is its term.
 */
import type { Received, Stimulus } from '../../src/kernel/effects.ts';

export interface LogEntry {
  readonly epoch: number;
  readonly command: number;
}

export interface VoteRequest {
  readonly type: 'VoteRequest';
  readonly epoch: number;
  readonly lastEpoch: number;
  readonly logLength: number;
}

export interface VoteResponse {
  readonly type: 'VoteResponse';
  readonly epoch: number;
  readonly isGranted: boolean;
}

export interface AppendRequest {
  readonly type: 'AppendRequest';
  readonly epoch: number;
  /** The entries go right after the first `previousLength`, of which the last has `previousEpoch`. */
  readonly previousLength: number;
  readonly previousEpoch: number;
  readonly entries: readonly LogEntry[];
  readonly commitLength: number;
}

export interface AppendResponse {
  readonly type: 'AppendResponse';
  readonly epoch: number;
  readonly isAppended: boolean;
  /** What the sender is known to share with the leader; after a rejection, where to look for it. */
  readonly matchLength: number;
}

export interface ProposeRequest {
  readonly type: 'ProposeRequest';
  readonly command: number;
}

export interface ProposeResponse {
  readonly type: 'ProposeResponse';
  readonly command: number;
  readonly isCommitted: boolean;
}

export type PeerRequest = VoteRequest | AppendRequest;
export type PeerMessage = PeerRequest | VoteResponse | AppendResponse;
export type ElectionTimer = Stimulus<'timer.election'>;

export type PeerEvent =
  | Received<VoteRequest>
  | Received<VoteResponse>
  | Received<AppendRequest>
  | Received<AppendResponse>
  | Received<ProposeRequest>
  | ElectionTimer;
