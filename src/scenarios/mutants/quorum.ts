/**
 * Mutants of the controller quorum (KRaft).
 * Source: the issues named at each; Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm".
 */
import type { MutantDoc } from './mutant.ts';

const METADATA = ['metadata-log', 'epoch-fencing', 'committed-prefix-immutable', 'one-leader-per-epoch'] as const;

export const QUORUM_MUTANTS: readonly MutantDoc[] = [
  {
    name: 'raft-ack-before-flush',
    doc: 'a voter counts, and votes, before its disk has what it counts or votes for',
    reverts: { raftFlushesBeforeAck: false },
    trips: METADATA,
    source: 'KR-1, BUG-25; "Why fsync is needed for data safety in Kafka or Raft" (Redpanda)',
    needs: 'a power loss of one voter, then an election',
    hunt: 'hunt_quorum',
    seedsToDetection: 2,
  },
  {
    name: 'raft-without-pre-vote',
    doc: 'a voter that hears of no leader starts an epoch without asking whether it would be elected',
    reverts: { raftPreVotes: false },
    trips: ['pre-votes-first'],
    source: 'KIP-996 (4.0), BUG-33c',
    needs: 'an election; that it is harmful, a voter that is cut off and comes back again and again',
    hunt: 'hunt_cut_off_controllers',
    seedsToDetection: 1,
  },
  {
    name: 'raft-commits-older-epochs',
    doc: 'a leader commits entries of older epochs by counting voters (figure 8 of the Raft paper)',
    reverts: { raftCommitsOwnEpochFirst: false },
    trips: METADATA,
    source: 'KR-4, BUG-33d; Raft, 5.4.2',
    needs: 'three leader changes in a row, and a voter that loses power between the old entry and the first one of the new epoch',
    hunt: 'hunt_figure_8',
    seedsToDetection: 1,
  },
  {
    name: 'raft-without-check-quorum',
    doc: 'a leader that hears of no majority goes on leading',
    reverts: { raftChecksQuorum: false },
    trips: ['quorum-leader-resigns'],
    source: 'KAFKA-15489 (3.7), BUG-30',
    needs: 'a leader that is cut off from the other voters and not from brokers',
    hunt: 'hunt_cut_off_controllers',
    seedsToDetection: 2,
  },
  {
    name: 'raft-leads-again-after-restart',
    doc: 'a restarted leader leads the epoch it led before, although its disk may have lost some of it',
    reverts: { raftLeaderResignsOnRestart: false },
    trips: METADATA,
    source: 'KAFKA-10527 (2.7), BUG-31',
    needs: 'a power loss of the leader and a restart within the election timeout',
    hunt: 'hunt_quorum',
    seedsToDetection: 2,
  },
  {
    name: 'raft-votes-for-any-log',
    doc: 'a voter gives its vote to a candidate whose log is behind its own',
    reverts: { raftChecksCandidateLog: false },
    trips: METADATA,
    source: 'KR-3; Raft, 5.4.1',
    needs: 'a voter that is behind when the leader crashes',
    hunt: 'hunt_quorum',
    seedsToDetection: 4,
  },
];
