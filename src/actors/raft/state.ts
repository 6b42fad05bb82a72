/**
 * What a replica of the controller quorum knows: its place in the election (epoch, vote, leader), its log and how much
 * of it is flushed, the high watermark, and what belongs to its present role.
 *
 *   toldEndOffset <= highWatermark <= log.endOffset;  flushedEndOffset <= log.endOffset
 *
 * Durable are `quorum-state`, the log and the latest snapshot; everything else is gone with the process. A restarted
 * replica knows again which records are committed only from its leader, except for what a snapshot covers.
 *
 * Left out: dynamic voters (KIP-853), which would make the voters a part of the log; directory ids.
 * Source: org.apache.kafka.raft.QuorumState, FileQuorumStateStore, LeaderState, ElectionState; KIP-595.
 */
import type { Effect, ReplyTo } from '../../kernel/effects.ts';
import type { EpochEndOffset } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import { NO_LEADER, type LeaderEpoch, type NodeId, type Offset } from '../../kafka/ids.ts';
import { RaftLog } from '../../kafka/raft-log.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { RaftRole } from '../../kafka/views.ts';
import { changed, type Fields } from '../state-class.ts';
import type { MetadataSnapshot } from './events.ts';

export const RAFT_LOG_FILE = '__cluster_metadata-0/log';
export const QUORUM_STATE_FILE = '__cluster_metadata-0/quorum-state';
/** Kafka keeps several, by their end; here the latest. */
export const SNAPSHOT_FILE = '__cluster_metadata-0/snapshot';

/** Kafka's `quorum-state` file (QuorumStateData). */
export interface QuorumStateData {
  readonly leaderEpoch: LeaderEpoch;
  /** -1: no vote given in this epoch. */
  readonly votedId: NodeId;
  /** -1 while unknown. */
  readonly leaderId: NodeId;
}

export interface RaftConfig {
  readonly electionTimeoutMs: number;
  readonly fetchTimeoutMs: number;
  readonly electionBackoffMaxMs: number;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
}

/** The `controller.quorum.*` configs. */
export function raftConfig(config: BrokerConfig): RaftConfig {
  return {
    electionTimeoutMs: config.controllerQuorumElectionTimeoutMs,
    fetchTimeoutMs: config.controllerQuorumFetchTimeoutMs,
    electionBackoffMaxMs: config.controllerQuorumElectionBackoffMaxMs,
    requestTimeoutMs: config.controllerQuorumRequestTimeoutMs,
    retryBackoffMs: config.controllerQuorumRetryBackoffMs,
  };
}

/** What the files hold when the process starts; undefined for a file that is not there. */
export interface RaftDisk {
  readonly log: RaftLog | undefined;
  readonly quorumState: QuorumStateData | undefined;
  readonly snapshot: MetadataSnapshot | undefined;
}

/** Reads the files of the replica, for NodeSpec.boot. */
export function raftDisk(read: (file: string) => unknown): RaftDisk {
  return {
    log: read(RAFT_LOG_FILE) as RaftLog | undefined,
    quorumState: read(QUORUM_STATE_FILE) as QuorumStateData | undefined,
    snapshot: read(SNAPSHOT_FILE) as MetadataSnapshot | undefined,
  };
}

export interface RaftInput {
  readonly nodeId: NodeId;
  readonly voters: readonly NodeId[];
  readonly rules: Rules;
  readonly config: RaftConfig;
  /** Machines to tell what is committed and who leads. */
  readonly listeners: readonly string[];
  /** The machine that leads when this replica does; null on an observer. */
  readonly controller: string | null;
  readonly disk: RaftDisk;
}

/** RequestManager.ConnectionState: one request at a time to a node. */
export interface ConnectionState {
  /** Of the request in flight, 0 when there is none. */
  readonly correlationId: number;
  readonly isBackingOff: boolean;
  /** Failures in a row. */
  readonly failures: number;
}

/** A fetch that waits at the leader; each node has at most one. */
export interface ParkedFetch {
  readonly source: NodeId;
  readonly replyTo: ReplyTo;
  readonly correlationId: number;
  readonly fetchOffset: Offset;
  /** That the fetcher knows; null when it did not say (before KIP-1166). */
  readonly highWatermark: Offset | null;
}

/** What a leader knows of another voter (LeaderState.ReplicaState). */
export interface VoterState {
  readonly id: NodeId;
  /** Up to where it has flushed the log, -1 before its first fetch in this epoch. */
  readonly endOffset: Offset;
  /** On this node's clock, -1 before its first fetch in this epoch. */
  readonly lastFetchMs: number;
}

/** What a leader knows (LeaderState). */
export interface Leadership {
  /** Offset of the LeaderChangeMessage with which its epoch begins. */
  readonly epochStartOffset: Offset;
  /** Of the other voters. */
  readonly voterStates: readonly VoterState[];
  /** Voters heard of since the check-quorum timer was last set. */
  readonly fetchedVoters: readonly NodeId[];
  /** Voters that are to be told of the epoch. */
  readonly unacknowledged: readonly NodeId[];
  /** Voters that fetched since BeginQuorumEpoch was last due: they know. */
  readonly fetchedSinceBegin: readonly NodeId[];
  readonly parked: readonly ParkedFetch[];
  /** The controller has been told that it leads. */
  readonly isTold: boolean;
}

/** What a Resigned replica still has to say: who should follow it, to whom. */
export interface Resignation {
  readonly preferredSuccessors: readonly NodeId[];
  readonly unacknowledged: readonly NodeId[];
}

export class RaftState {
  readonly nodeId: NodeId;
  readonly voters: readonly NodeId[];
  readonly isVoter: boolean;
  readonly rules: Rules;
  readonly config: RaftConfig;
  readonly listeners: readonly string[];
  readonly controller: string | null;
  /** Of the step under way: the node's clock, and its entropy. */
  readonly nowMs: number;
  readonly draw: number;

  readonly role: RaftRole;
  readonly epoch: LeaderEpoch;
  readonly votedId: NodeId;
  readonly leaderId: NodeId;
  /** Rises with every change of `quorum-state`; up to which of them it is flushed. */
  readonly quorumStateVersion: number;
  readonly durableQuorumStateVersion: number;
  /** What may leave when the quorum state is flushed, in order. */
  readonly outbox: readonly Effect[];

  readonly log: RaftLog;
  /** Up to where the own log is on the platter. */
  readonly flushedEndOffset: Offset;
  readonly isFlushing: boolean;
  /** Rises with every truncation: a flush begun before one says nothing about what was written after it. */
  readonly truncations: number;
  readonly highWatermark: Offset;
  /** Up to where the listeners have heard. */
  readonly toldEndOffset: Offset;

  readonly snapshot: MetadataSnapshot | null;
  /** The file still holds the log that the snapshot replaces, until the snapshot is flushed. */
  readonly awaitsSnapshotFlush: boolean;

  readonly lastCorrelationId: number;
  readonly connections: ReadonlyMap<NodeId, ConnectionState>;

  /** Prospective, Candidate: the answers so far, the own vote included; elections lost in a row. */
  readonly granted: readonly NodeId[];
  readonly rejected: readonly NodeId[];
  readonly electionRetries: number;
  /** Candidate: who would vote for it, as it learned before it began the epoch, itself included; empty without pre-votes. */
  readonly preVotes: readonly NodeId[];
  /** Candidate: the election is lost, and it waits to stand again. */
  readonly isBackingOff: boolean;
  /** Follower: its leader has answered it, and has not said goodbye. */
  readonly hasFetchedFromLeader: boolean;
  /** Follower: the snapshot that the leader told it to fetch. */
  readonly fetchingSnapshot: EpochEndOffset | null;
  readonly leadership: Leadership | null;
  readonly resignation: Resignation | null;

  constructor(fields: RaftFields) {
    this.nodeId = fields.nodeId;
    this.voters = fields.voters;
    this.isVoter = fields.isVoter;
    this.rules = fields.rules;
    this.config = fields.config;
    this.listeners = fields.listeners;
    this.controller = fields.controller;
    this.nowMs = fields.nowMs;
    this.draw = fields.draw;
    this.role = fields.role;
    this.epoch = fields.epoch;
    this.votedId = fields.votedId;
    this.leaderId = fields.leaderId;
    this.quorumStateVersion = fields.quorumStateVersion;
    this.durableQuorumStateVersion = fields.durableQuorumStateVersion;
    this.outbox = fields.outbox;
    this.log = fields.log;
    this.flushedEndOffset = fields.flushedEndOffset;
    this.isFlushing = fields.isFlushing;
    this.truncations = fields.truncations;
    this.highWatermark = fields.highWatermark;
    this.toldEndOffset = fields.toldEndOffset;
    this.snapshot = fields.snapshot;
    this.awaitsSnapshotFlush = fields.awaitsSnapshotFlush;
    this.lastCorrelationId = fields.lastCorrelationId;
    this.connections = fields.connections;
    this.granted = fields.granted;
    this.rejected = fields.rejected;
    this.electionRetries = fields.electionRetries;
    this.preVotes = fields.preVotes;
    this.isBackingOff = fields.isBackingOff;
    this.hasFetchedFromLeader = fields.hasFetchedFromLeader;
    this.fetchingSnapshot = fields.fetchingSnapshot;
    this.leadership = fields.leadership;
    this.resignation = fields.resignation;
  }

  get isQuorumStateDurable(): boolean {
    return isQuorumStateDurable(this);
  }

  get isLeader(): boolean {
    return this.leadership !== null;
  }

  /** The state with some fields changed. */
  with(change: Partial<RaftFields>): RaftState {
    return changed<RaftState>(new RaftState(this), change);
  }
}

export type RaftFields = Omit<Fields<RaftState>, 'isLeader' | 'isQuorumStateDurable'>;

/**
 * Is the log to give way to the snapshot (KafkaRaftLog.truncateToLatestSnapshot)? When it does not reach the snapshot's
 * end, or has another record there: the snapshot is of what is committed, so that log is not.
 */
export function isBehind(log: RaftLog, { epoch, endOffset }: MetadataSnapshot): boolean {
  return log.endOffset < endOffset || (log.startOffset <= endOffset && log.epochBefore(endOffset) !== epoch);
}

/**
 * The replica as it comes up (QuorumState.initialize). A leader of its former life resigns; a candidate keeps its vote
 * and waits like everybody else. A log that is ahead of the quorum state gives the epoch, in which no vote is known.
 */
export function recoverRaft({ nodeId, voters, rules, config, listeners, controller, disk }: RaftInput): RaftState {
  const snapshot = disk.snapshot ?? null;
  const stored = disk.log ?? RaftLog.empty();
  const awaitsSnapshotFlush = snapshot !== null && isBehind(stored, snapshot);
  const log = awaitsSnapshotFlush ? RaftLog.startingAt(snapshot.endOffset, snapshot.epoch) : stored;
  const quorumState = disk.quorumState ?? { leaderEpoch: 0, votedId: NO_LEADER, leaderId: NO_LEADER };
  const isLogAhead = log.lastEpoch > quorumState.leaderEpoch;
  const leaderId = isLogAhead ? NO_LEADER : quorumState.leaderId;
  const isFormerLeader = leaderId === nodeId && voters.includes(nodeId);
  const highWatermark = snapshot?.endOffset ?? 0;
  return new RaftState({
    nodeId, voters, isVoter: voters.includes(nodeId), rules, config, listeners, controller, nowMs: 0, draw: 0,
    role: isFormerLeader ? 'Resigned' : leaderId === NO_LEADER || leaderId === nodeId ? 'Unattached' : 'Follower',
    epoch: isLogAhead ? log.lastEpoch : quorumState.leaderEpoch,
    votedId: isLogAhead ? NO_LEADER : quorumState.votedId,
    leaderId,
    quorumStateVersion: 0, durableQuorumStateVersion: 0, outbox: [],
    log, flushedEndOffset: log.startOffset, isFlushing: false, truncations: 0, highWatermark, toldEndOffset: 0,
    snapshot, awaitsSnapshotFlush, lastCorrelationId: 0, connections: new Map(),
    granted: [], rejected: [], electionRetries: 0, preVotes: [], isBackingOff: false,
    hasFetchedFromLeader: false, fetchingSnapshot: null, leadership: null, resignation: null,
  });
}

/** Voters without this node. */
export function otherVoters({ voters, nodeId }: RaftState): readonly NodeId[] {
  return voters.filter((id) => id !== nodeId);
}

/** Of how many voters any two sets have one in common. */
export function majority({ voters }: RaftState): number {
  return Math.floor(voters.length / 2) + 1;
}

/** Must what it says and counts wait for its disk? An observer's word counts for nothing. */
export function flushesFirst({ isVoter, rules }: RaftState): boolean {
  return isVoter && rules.raftFlushesBeforeAck;
}

/** The quorum state of the epoch it speaks in is on the platter. */
export function isQuorumStateDurable(state: RaftState): boolean {
  return !flushesFirst(state) || state.durableQuorumStateVersion === state.quorumStateVersion;
}

/** The leader as told to others and to listeners: one that has resigned is none. */
export function knownLeader({ role, leaderId }: RaftState): NodeId {
  return role === 'Resigned' ? NO_LEADER : leaderId;
}
