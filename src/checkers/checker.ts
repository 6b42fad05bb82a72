/**
 * What a checker is: one claim, judged while the run goes on. It is told what changed, at a cost proportional to what
 * changed, and gives a verdict at the end; it never influences a run.
 *
 * What a configuration promises is written as predicates over (configuration, trace), never as a table of expected
 * answers: a checker reads the `CheckConfig` and what happened, and excuses exactly what Kafka does not promise then.
 *
 * Source: Kafka's RaftEventSimulationTest (Invariant after every event, Validation at the end); Jepsen's checkers.
 */
import type { HistoryEntry, History } from '../history/history.ts';
import type { Verdict } from '../history/verdict.ts';
import type { ConsumerConfig, ProducerConfig } from '../kafka/config.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { NodeId, TopicName } from '../kafka/ids.ts';
import type { RaftLog } from '../kafka/raft-log.ts';
import type { CoordinatorView, GroupView, RaftView, ReplicaView } from '../kafka/views.ts';
import type { MetadataImage } from '../kafka/metadata.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { Cluster, TrackedPartition, TrackedReplica } from './cluster.ts';
import type { CommittedPrefix, CommittedPrefixes } from './committed-prefix.ts';
import type { FaultBudget } from './fault-budget.ts';
import type { QuietEnd } from './quiet-end.ts';
import type { RunTrace } from './run-trace.ts';

export interface CheckedTopic {
  readonly name: TopicName;
  /** At first, and after each time that partitions are added. */
  readonly partitionCounts: readonly number[];
  /** The least that was ever in force. */
  readonly minInsyncReplicas: number;
  readonly minInsyncReplicasChanges?: boolean;
  /** `unclean.leader.election.enable`, as the controller applies it to this topic. */
  readonly uncleanLeaderElectionEnable: boolean;
  /** `flush.messages`: with 1 every append is on the disk before anybody sees it. Absent: never flushed, Kafka's default. */
  readonly flushMessages?: number;
  /** Something may be deleted or compacted away: `cleanup.policy` with bounds that a run can reach. */
  readonly isCleaned?: boolean;
}

export interface CheckedProducer {
  /** Index of its node in the world. */
  readonly node: number;
  readonly config: ProducerConfig;
  /** Topics for which the application may name the partition itself. */
  readonly namesPartitionOf: readonly TopicName[];
}

/** What decides on the effects of an application. */
export interface CheckedApplication {
  readonly mode: 'process-then-commit' | 'commit-then-process' | 'auto-commit';
  /** Of auto-commit: whether what poll returned is done before the next poll. */
  readonly handler: 'sync' | 'threaded';
  /** Of the other modes: whether it waits for its commit. */
  readonly commit: 'sync' | 'async';
  /** `none`: nobody sees its effects; `idempotent`: a store applies each once. */
  readonly sink: 'none' | 'naive' | 'idempotent';
}

export interface CheckedConsumer {
  readonly node: number;
  readonly config: ConsumerConfig;
  /** Of a member of a group: what its application does with what poll returns. */
  readonly application?: CheckedApplication;
  readonly topics: readonly TopicName[];
  /** A member of this group, which shares the partitions; absent for a reader of all of them. */
  readonly groupId?: string;
  /** Of a member: its application never takes as long over what one poll returned that the group could not settle. Absent: so it is. */
  readonly pollsInTime?: boolean;
  /** Of a member: its application takes no time over its records. Absent: so it is. */
  readonly processesAtOnce?: boolean;
}

/** When a run must have come to rest: `boundMs` after `quietFromUs`, when the last fault had ended. */
export interface Liveness {
  readonly quietFromUs: number;
  readonly boundMs: number;
}

/** The rules of the controller quorum that the version has, as far as properties depend on them. */
export interface CheckedQuorum {
  /** `controller.quorum.fetch.timeout.ms`. */
  readonly fetchTimeoutMs: number;
  /** A leader resigns when no majority fetches from it (KAFKA-15489, from 3.7). */
  readonly checksQuorum: boolean;
  /** Voters ask for pre-votes before they begin an epoch (KIP-996, from 4.0). */
  readonly asksPreVotes: boolean;
  /** The least that the faults make of any clock, 0 for clocks that are exact or fast. */
  readonly slowestClockPpm: number;
}

/** What a run was configured to be, as far as it decides what must hold. */
export interface CheckConfig {
  /** Node names by index, for sentences. */
  readonly nodes: readonly string[];
  readonly topics: readonly CheckedTopic[];
  /** Topics that the run deletes: nothing about them is judged. */
  readonly deletedTopics?: readonly TopicName[];
  readonly producers: readonly CheckedProducer[];
  readonly consumers: readonly CheckedConsumer[];
  /** What a message may take in ms, without faults; default nothing. */
  readonly slowestTripMs?: number;
  /** Null when the run has no quiet end. */
  readonly liveness: Liveness | null;
  /** Records acknowledged with acks=0 or acks=1 are expected to survive like any other. */
  readonly expectAllAcks: boolean;
  /** The controller keeps eligible leader replicas (KIP-966). */
  readonly eligibleLeaderReplicas?: boolean;
  /** Voters of the controller quorum, as nodes; absent without a quorum. */
  readonly voters?: readonly number[];
  /** `producer.id.expiration.ms` of the brokers; absent: nothing expires in a run. */
  readonly producerIdExpirationMs?: number;
  /** Absent without a quorum. */
  readonly quorum?: CheckedQuorum;
  /** A log that never held a record takes no first sequence but 0 (KAFKA-15591, from 4.5); absent: so it is. */
  readonly firstSequenceOfEmptyLogIsZero?: boolean;
  /** A leader knows a producer after retention took the last of its records (KIP-360, from 2.5); absent: it does. */
  readonly producerStateOutlivesRecords?: boolean;
  /** A follower cuts what diverges before it takes the high watermark of the same answer (KAFKA-14704, from 3.5); absent: it does. */
  readonly truncatesBeforeHighWatermark?: boolean;
  /** Consumers let new leaders confirm their positions (KIP-320, from 2.3); absent: they do. */
  readonly consumerValidatesPositions?: boolean;
  /** The administrator reassigns partitions in this run. */
  readonly reassigns?: boolean;
  /** `offsets.retention.minutes` of the brokers; absent: no committed offset expires in a run. */
  readonly offsetsRetentionMs?: number;
  /** `offsets.retention.check.interval.ms`: how often coordinators take back groups of which nothing is left; absent: never in a run. */
  readonly groupCleanupMs?: number;
  /** Consumers are members of groups in this run, or commit offsets to one. */
  readonly usesGroups?: boolean;
}

/** What all checkers of a run share and only read. */
export interface CheckContext {
  readonly config: CheckConfig;
  readonly cluster: Cluster;
  readonly budget: FaultBudget;
  readonly history: History;
  readonly committed: CommittedPrefixes;
  readonly trace: RunTrace;
  readonly quiet: QuietEnd;
}

/** A property and how it is checked. */
export interface Property {
  readonly name: string;
  /** One sentence. */
  readonly claim: string;
  readonly source: string;
  /** safety: nothing bad happens, ever. liveness: something good happens, in time. */
  readonly kind: 'safety' | 'liveness';
  /** False when nothing in a run of this configuration could ever put it to the test; absent for always true. */
  readonly appliesTo?: (config: CheckConfig) => boolean;
  readonly check: (context: CheckContext) => Checker;
}

/** Every hook is called after the shared context was brought up to date. A checker has the hooks it needs. */
export interface Checker {
  /** Violations so far. */
  readonly violations: number;
  /** A replica's log, high watermark, leader epoch or role changed, or it started or ended. */
  replicaChanged?(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void;
  /** The controller committed a change. */
  registrationChanged?(partition: TrackedPartition, before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void;
  /** Another broker leads legitimately, in a new epoch, or none does (`partition.leader`). */
  leaderChanged?(partition: TrackedPartition, atUs: number): void;
  /** A legitimate leader took over, or its high watermark rose, or its log shrank: is what had been committed before, `known`, in its log? */
  committedCompared?(partition: TrackedPartition, leader: TrackedReplica, known: CommittedPrefix, isHeld: boolean, atUs: number): void;
  /** The controller committed `after` over `before`; called after `registrationChanged` of every partition that it changed. */
  imageCommitted?(before: MetadataImage, after: MetadataImage, atUs: number): void;
  /** The disk of a process that is down held `before` and holds `replica.log`, which is less. */
  diskLost?(replica: TrackedReplica, before: PartitionLog, atUs: number): void;
  /** A replica of the metadata log started (`before` undefined), changed, or ended (`after` undefined). */
  raftChanged?(before: RaftView | undefined, after: RaftView | undefined, atUs: number): void;
  /** The process is down, and its next incarnation will find this metadata log. */
  raftDiskFound?(nodeId: NodeId, log: RaftLog, isWiped: boolean, atUs: number): void;
  /** A node has this image of what is committed, other than the one it had before. */
  imageSeen?(nodeId: NodeId, image: MetadataImage, atUs: number): void;
  /** A group at a coordinator was loaded or began (`before` undefined), changed, or is there no longer (`after` undefined). */
  groupChanged?(before: GroupView | undefined, after: GroupView | undefined, atUs: number): void;
  /** A broker coordinates other partitions, or they are loaded. */
  coordinatorChanged?(coordinator: CoordinatorView, atUs: number): void;
  /** A client observed something. */
  observed?(entry: HistoryEntry): void;
  /** A process started. */
  processStarted?(node: number, atUs: number): void;
  /**
   * When `alarm` wants to be called next: before the first change after that time, so that what it sees is the state at that
   * time. NEVER_US for not at all.
   */
  readonly alarmAtUs?: number;
  alarm?(atUs: number): void;
  /** The run ended at `endUs`; called once, last. */
  verdict(endUs: number): Verdict;
  /** An independent copy that goes on with `context`, itself a copy. */
  fork(context: CheckContext): Checker;
}
