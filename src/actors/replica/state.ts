/**
 * The state of one replica: its log, what it knows of the partition, and, while it leads, what it knows of the others.
 *
 * Invariants: `logStartOffset <= highWatermark <= logEndOffset`; `leadership` is there exactly in the state Leader;
 * `isr` is what the controller committed, `maximalIsr` what it may commit next (KIP-497), `isr` within `maximalIsr`
 * under the rule countsMaximalIsr.
 *
 * Source: Partition, Replica, UnifiedLog (apache/kafka, core and storage).
 */
import { assert } from '../../kernel/assert.ts';
import type { BrokerConfig, TopicConfig } from '../../kafka/config.ts';
import type { BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionEpoch, PartitionIndex, TopicName, TopicPartition } from '../../kafka/ids.ts';
import type { AlterPartitionData } from '../../kafka/api.ts';
import type { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import type { BrokerRegistration } from '../../kafka/metadata.ts';
import type { ProducerSnapshot, ProducerStates } from '../../kafka/producer-state.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { AppendTicket } from '../local-events.ts';
import type { LogStorage } from './log-storage.ts';
import { changed, type Fields } from '../state-class.ts';

export interface ReplicaSettings {
  readonly config: BrokerConfig;
  readonly rules: Rules;
  /** Of the topic. */
  readonly minInsyncReplicas: number;
  readonly maxMessageBytes: number;
  /** Of the topic, complete. */
  readonly logConfig: TopicConfig;
}

/** What the leader knows of another replica, from its fetches (`Replica`). */
export interface RemoteReplica {
  readonly brokerId: NodeId;
  /** -1 until it has fetched from this leader. */
  readonly brokerEpoch: BrokerEpoch;
  /** Its fetch offset; -1 until it has fetched from this leader. */
  readonly logEndOffset: Offset;
  /** As its last fetch told; -1 until it has fetched from this leader. */
  readonly logStartOffset: Offset;
  readonly lastFetchTimeMs: number;
  readonly lastFetchLeaderLogEndOffset: Offset;
  /** NEVER_CAUGHT_UP when it was not in the ISR at the start of this leadership. */
  readonly lastCaughtUpTimeMs: number;
}

/**
 * Before any time of a run. Kafka says 0, which is decades ago on its clocks; a simulated clock may begin there. A 32-bit
 * integer: one number beyond that, and V8 keeps every time in this place as an object of its own.
 */
export const NEVER_CAUGHT_UP = 1 << 31;

export interface Leadership {
  readonly isr: readonly NodeId[];
  readonly maximalIsr: readonly NodeId[];
  /** The proposal whose outcome is open; at most one (KIP-497). */
  readonly pending: AlterPartitionData | null;
  /** LEO at the start of this leader epoch: who has it has all that was committed before (KAFKA-7128). */
  readonly leaderEpochStartOffset: Offset;
  readonly remotes: readonly RemoteReplica[];
  /** acks=all appends that wait for the high watermark, in offset order. */
  readonly awaitingReplication: readonly AwaitingReplication[];
}

/** Spelled out, not spread: it happens with every fetch of every follower (see state-class.ts). */
export function withRemotes(leadership: Leadership, remotes: readonly RemoteReplica[]): Leadership {
  const { isr, maximalIsr, pending, leaderEpochStartOffset, awaitingReplication } = leadership;
  return { isr, maximalIsr, pending, leaderEpochStartOffset, remotes, awaitingReplication };
}

export interface AwaitingReplication {
  readonly ticket: AppendTicket;
  /** Answered once the high watermark is at or above it. */
  readonly requiredOffset: Offset;
}

/** Whose parked fetch to wake: a follower's when the log grows, a consumer's when the high watermark rises. */
export interface Watcher {
  readonly source: NodeId;
  readonly isFollower: boolean;
}

export class ReplicaState {
  readonly brokerId: NodeId;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly topicPartition: TopicPartition;
  readonly settings: ReplicaSettings;
  readonly log: PartitionLog;
  readonly epochs: LeaderEpochCache;
  /** Of all that the log holds, and of what was deleted of it and has not expired (producer-states.ts). */
  readonly producers: ProducerStates;
  readonly highWatermark: Offset;
  /** -1 until the first word from the controller. */
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly leaderId: NodeId;
  readonly replicas: readonly NodeId[];
  readonly brokers: readonly BrokerRegistration[];
  readonly leadership: Leadership | null;
  readonly watchers: readonly Watcher[];
  /** The high watermark has moved since it was last checkpointed, and a checkpoint is due. */
  readonly checkpointDue: boolean;
  readonly storage: LogStorage;

  constructor(fields: Fields<ReplicaState>) {
    this.brokerId = fields.brokerId;
    this.topic = fields.topic;
    this.partition = fields.partition;
    this.topicPartition = fields.topicPartition;
    this.settings = fields.settings;
    this.log = fields.log;
    this.epochs = fields.epochs;
    this.producers = fields.producers;
    this.highWatermark = fields.highWatermark;
    this.leaderEpoch = fields.leaderEpoch;
    this.partitionEpoch = fields.partitionEpoch;
    this.leaderId = fields.leaderId;
    this.replicas = fields.replicas;
    this.brokers = fields.brokers;
    this.leadership = fields.leadership;
    this.watchers = fields.watchers;
    this.checkpointDue = fields.checkpointDue;
    this.storage = fields.storage;
  }

  /** The state with some fields changed. */
  with(change: Partial<Fields<ReplicaState>>): ReplicaState {
    return changed(new ReplicaState(this), change);
  }
}

export interface ReplicaInput {
  readonly brokerId: NodeId;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly topicPartition: TopicPartition;
  readonly settings: ReplicaSettings;
  /** What the disk holds; undefined for a new replica. */
  readonly disk: ReplicaDisk;
}

/** The files of a replica, as a starting process finds them. */
export interface ReplicaDisk {
  readonly log: PartitionLog | undefined;
  readonly epochs: LeaderEpochCache | undefined;
  readonly highWatermark: Offset | undefined;
  /** Checkpoints that are written later than the files above, if ever. */
  readonly recoveryPoint?: Offset | undefined;
  readonly logStartOffset?: Offset | undefined;
  readonly producerSnapshots?: readonly ProducerSnapshot[] | undefined;
  /** The broker found its clean-shutdown marker: nothing needs to be recovered. */
  readonly wasCleanShutdown?: boolean;
}

export function logFile(topicPartition: TopicPartition): string {
  return `${topicPartition}/log`;
}

export function epochFile(topicPartition: TopicPartition): string {
  return `${topicPartition}/leader-epoch-checkpoint`;
}

/** Kafka keeps one file for all partitions of a log directory; one per partition loses nothing but sharing a fate. */
export function highWatermarkFile(topicPartition: TopicPartition): string {
  return `${topicPartition}/replication-offset-checkpoint`;
}

export function recoveryPointFile(topicPartition: TopicPartition): string {
  return `${topicPartition}/recovery-point-offset-checkpoint`;
}

export function logStartFile(topicPartition: TopicPartition): string {
  return `${topicPartition}/log-start-offset-checkpoint`;
}

/** Kafka has a file for each snapshot, `<offset>.snapshot`; here the list of them is one file and one fate. */
export function producerSnapshotFile(topicPartition: TopicPartition): string {
  return `${topicPartition}/producer-snapshots`;
}

/** `effectiveMinIsr`: a topic cannot demand more in-sync replicas than it has. */
export function effectiveMinIsr(state: ReplicaState): number {
  return Math.min(state.settings.minInsyncReplicas, state.replicas.length);
}

export function withStorage(state: ReplicaState, change: Partial<LogStorage>): ReplicaState {
  return state.with({ storage: { ...state.storage, ...change } });
}

/** The state with a new high watermark, clamped to the log (UnifiedLog.updateHighWatermark). */
export function withHighWatermark(state: ReplicaState, highWatermark: Offset): ReplicaState {
  const clamped = Math.max(state.log.logStartOffset, Math.min(highWatermark, state.log.logEndOffset));
  return clamped === state.highWatermark ? state : state.with({ highWatermark: clamped });
}

export function leadershipOf(state: ReplicaState): Leadership {
  assert(state.leadership !== null, `${state.topicPartition} at broker ${state.brokerId} leads`);
  return state.leadership;
}
