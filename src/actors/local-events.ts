/**
 * What the machines of one broker tell each other. Local events are delivered in order within one instant of one
 * process; nothing here ever crosses the network. `nowMs` is the broker's clock, passed on by whoever tells.
 */
import type { Effect, ReplyTo } from '../kernel/effects.ts';
import type { FetchPartition, FetchPartitionData } from '../kafka/api.ts';
import type { ErrorName } from '../kafka/errors.ts';
import type { BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionIndex, ProducerId, TopicPartition } from '../kafka/ids.ts';
import type { BrokerRegistration, MetadataImage, PartitionRegistration } from '../kafka/metadata.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { ReplicaSettings } from './replica/state.ts';
import type { GroupEvent } from './group/events.ts';
import type { RaftEvent } from './raft/events.ts';
import type { FetcherAdd, FetcherRemove, FetcherTruncated, PartitionFetched, FollowerDiverged, EpochEndFound, FollowerOutOfRange, AlterPartitionSubmit, AlterPartitionAnswered } from './replication-events.ts';

// --- names -----------------------------------------------------------------------------------------------------------

/** Machines of a broker by name; a replica's name is its topic-partition, which ends in its number and has no slash. */
export const BROKER_MACHINES = { broker: 'broker', metadata: 'metadata', apis: 'apis', alterPartition: 'alter-partition', producerIds: 'producer-ids', groupCoordinator: 'group-coordinator' } as const;

export function fetcherName(leaderId: NodeId): string {
  return `fetcher/${leaderId}`;
}

export function isReplicaName(machine: string): boolean {
  return /^[^/]*-[0-9]+$/.test(machine);
}

// --- broker life cycle and metadata ----------------------------------------------------------------------------------

/** broker -> metadata, alter-partition: the controller accepted the registration. */
export interface Registered {
  readonly type: 'broker.registered';
  readonly nowMs: number;
  readonly brokerEpoch: BrokerEpoch;
}

/** metadata -> broker: how far the metadata log is applied. */
export interface MetadataApplied {
  readonly type: 'metadata.applied';
  readonly offset: Offset;
  /** The broker acts on it, too: it has caught up with its own registration once. */
  readonly isPublished: boolean;
}

/** broker -> metadata: the controller lets the broker go; close the logs and end the process. */
export interface BrokerClosing {
  readonly type: 'broker.closing';
  readonly nowMs: number;
}

/** metadata -> replica: stop, flush the log and its checkpoints, say so. */
export interface LogClose {
  readonly type: 'log.close';
  readonly nowMs: number;
}

/** replica -> metadata */
export interface LogClosed {
  readonly type: 'log.closed';
}

/** metadata -> apis, group-coordinator: the image that requests are answered from. The first one opens the broker for requests. */
export interface MetadataPublished {
  readonly type: 'metadata.published';
  readonly nowMs: number;
  readonly image: MetadataImage;
}

/** metadata -> replica: the controller's committed word on this partition. */
export interface PartitionChanged {
  readonly type: 'partition.changed';
  readonly nowMs: number;
  readonly registration: PartitionRegistration;
  readonly brokers: readonly BrokerRegistration[];
}

/** metadata -> replica: the topic's configs changed. */
export interface PartitionReconfigured {
  readonly type: 'partition.reconfigured';
  readonly nowMs: number;
  readonly settings: ReplicaSettings;
}

/** metadata -> replica: this broker does not replicate the partition any more; delete it. */
export interface PartitionRemoved {
  readonly type: 'partition.removed';
  readonly nowMs: number;
}

/** metadata -> replica: registrations changed, and with them who may join the ISR. */
export interface BrokersChanged {
  readonly type: 'brokers.changed';
  readonly nowMs: number;
  readonly brokers: readonly BrokerRegistration[];
}

// --- requests: apis <-> replica --------------------------------------------------------------------------------------

/** One partition of a request under way in `apis`. */
export interface Ticket {
  /** Of the delayed operation. */
  readonly operationId: number;
  /** Which of its partitions. */
  readonly position: number;
}

/** An append: `apis` asks for its clients, a coordinator for itself. */
export interface AppendTicket extends Ticket {
  /** Machine that asked and gets the answers. */
  readonly answerTo: string;
}

/**
 * AppendOrigin. A coordinator on this broker writes to a partition it leads: it waits for the high watermark like acks=all,
 * and is not refused while the ISR is small (CoordinatorPartitionWriter asks for acks=1 and listens for the high watermark).
 */
export type AppendOrigin = 'CLIENT' | 'COORDINATOR';

export interface AppendRequested {
  readonly type: 'produce.append';
  readonly nowMs: number;
  readonly ticket: AppendTicket;
  readonly acks: -1 | 0 | 1;
  readonly origin: AppendOrigin;
  readonly records: RecordBatch;
}

/** replica -> who asked: the leader has appended, or refused. */
export interface Appended {
  readonly type: 'produce.appended';
  readonly ticket: AppendTicket;
  readonly errorCode: ErrorName;
  readonly baseOffset: Offset;
  readonly logStartOffset: Offset;
  /** The answer waits for `produce.replicated`. */
  readonly awaitsReplication: boolean;
}

/** replica -> who asked: enough in-sync replicas have it, or the wait is over for another reason. */
export interface Replicated {
  readonly type: 'produce.replicated';
  readonly ticket: AppendTicket;
  readonly errorCode: ErrorName;
}

/** group-coordinator -> replica: what the log holds from `startOffset` on, of the leader of this epoch. */
export interface LogLoadRequested {
  readonly type: 'log.load';
  readonly nowMs: number;
  readonly answerTo: string;
  readonly leaderEpoch: LeaderEpoch;
  readonly startOffset: Offset;
  readonly maxBytes: number;
}

/** replica -> group-coordinator */
export interface LogLoaded {
  readonly type: 'log.loaded';
  readonly nowMs: number;
  readonly partition: PartitionIndex;
  readonly leaderEpoch: LeaderEpoch;
  /** NOT_LEADER_OR_FOLLOWER: another leader epoch has begun. */
  readonly errorCode: ErrorName;
  readonly batches: readonly RecordBatch[];
  /** Where to go on; `logEndOffset` when there is no more. */
  readonly nextOffset: Offset;
  readonly logEndOffset: Offset;
  readonly highWatermark: Offset;
}

/** group -> replica: say `produce.replicated` when the high watermark has reached what the log holds now. */
export interface HighWatermarkAwaited {
  readonly type: 'highWatermark.await';
  readonly ticket: AppendTicket;
}

/** One partition of a fetch, and those whose turn comes after it. */
export interface ReadPosition {
  readonly topicPartition: TopicPartition;
  readonly request: FetchPartition;
  readonly following: ReadPosition | null;
}

/** What one partition answered, and those before it: linked, so that a fetch of n partitions does not copy n lists. */
export interface ReadResult {
  readonly request: FetchPartition;
  readonly data: FetchPartitionData;
  readonly before: ReadResult | null;
}

/** What stays the same while a fetch goes from replica to replica. */
export interface ReadRound {
  readonly nowMs: number;
  readonly operationId: number;
  /** -1 for a consumer. */
  readonly replicaId: NodeId;
  readonly replicaEpoch: BrokerEpoch;
  /** Node that asks: it has at most one fetch parked at this replica. */
  readonly source: NodeId;
  /** First read of the request: a follower's fetch offsets count (later ones come from the purgatory). */
  readonly counts: boolean;
}

/**
 * apis -> replica -> replica -> ... -> apis: reads the partitions of a fetch one after the other, each within the bytes
 * that those before it left, as ReplicaManager.readFromLog does.
 */
export interface ReadRequested {
  readonly type: 'fetch.read';
  readonly round: ReadRound;
  /** The partition whose turn it is. */
  readonly position: ReadPosition;
  readonly bytesLeft: number;
  /** With so many more bytes the answer leaves at once; while that is positive each partition is watched for more. */
  readonly bytesWanted: number;
  /** Of the partitions before, the last one first. */
  readonly results: ReadResult | null;
  /** Some of `results` has records. */
  readonly hasData: boolean;
  /** An error or a divergence was found: the answer must not wait. */
  readonly isUrgent: boolean;
  /** A high watermark rose by this very fetch: what was read of it is behind already. */
  readonly isOutdated: boolean;
}

/** replica -> apis: the last partition has been read. */
export interface PartitionsRead {
  readonly type: 'fetch.allRead';
  readonly nowMs: number;
  readonly operationId: number;
  /** Of all partitions asked for, the last one first. */
  readonly results: ReadResult | null;
  readonly bytesLeft: number;
  readonly isUrgent: boolean;
  readonly isOutdated: boolean;
}

/** replica -> apis: what the parked fetches of these nodes wait for may have come. */
export interface FetchWakeUp {
  readonly type: 'fetch.wakeUp';
  readonly nowMs: number;
  readonly sources: readonly NodeId[];
}

/** replica -> apis: the high watermark rose, which followers that wait are told with their answer and not woken for. */
export interface FetchOutdated {
  readonly type: 'fetch.outdated';
  readonly sources: readonly NodeId[];
}

export interface OffsetsRequested {
  readonly type: 'listOffsets.read';
  readonly ticket: Ticket;
  /** -1 for a consumer, whose latest offset is the high watermark; a follower's is the log end. */
  readonly replicaId: NodeId;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly timestamp: number;
}

/** replica -> apis */
export interface OffsetsRead {
  readonly type: 'listOffsets.partitionRead';
  readonly ticket: Ticket;
  readonly errorCode: ErrorName;
  readonly offset: Offset;
  readonly timestamp: number;
  readonly leaderEpoch: LeaderEpoch;
}

export interface DeleteRecordsRequested {
  readonly type: 'log.deleteRecords';
  readonly ticket: Ticket;
  /** -1 for the high watermark. */
  readonly offset: Offset;
}

/** replica -> apis: no live replica holds anything below `lowWatermark`, or the deletion was refused. */
export interface RecordsDeleted {
  readonly type: 'deleteRecords.partitionDone';
  readonly ticket: Ticket;
  readonly errorCode: ErrorName;
  /** -1 with an error. */
  readonly lowWatermark: Offset;
}

export interface EpochEndRequested {
  readonly type: 'offsetForLeaderEpoch.read';
  readonly ticket: Ticket;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly leaderEpoch: LeaderEpoch;
}

/** replica -> apis */
export interface EpochEndRead {
  readonly type: 'offsetForLeaderEpoch.partitionRead';
  readonly ticket: Ticket;
  readonly errorCode: ErrorName;
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
}

// --- producer ids: apis <-> producer-ids -----------------------------------------------------------------------------

/** apis -> producer-ids: a producer asks for an id. */
export interface GenerateProducerId {
  readonly type: 'producerId.generate';
  readonly nowMs: number;
  readonly replyTo: ReplyTo;
  readonly correlationId: number;
}

/** producer-ids -> apis */
export interface ProducerIdGenerated {
  readonly type: 'producerId.generated';
  readonly replyTo: ReplyTo;
  readonly correlationId: number;
  readonly errorCode: ErrorName;
  /** -1 with an error. */
  readonly producerId: ProducerId;
}

// --- telling ---------------------------------------------------------------------------------------------------------

export type LocalEvent =
  | Registered | BrokerClosing | LogClose | LogClosed | MetadataApplied | MetadataPublished | PartitionChanged | PartitionRemoved | PartitionReconfigured | BrokersChanged
  | AppendRequested | Appended | Replicated | ReadRequested | PartitionsRead | FetchWakeUp | FetchOutdated
  | LogLoadRequested | LogLoaded | HighWatermarkAwaited | GroupEvent
  | OffsetsRequested | OffsetsRead | EpochEndRequested | EpochEndRead | DeleteRecordsRequested | RecordsDeleted
  | FetcherAdd | FetcherRemove | FetcherTruncated | PartitionFetched | FollowerDiverged | EpochEndFound | FollowerOutOfRange
  | AlterPartitionSubmit | AlterPartitionAnswered | GenerateProducerId | ProducerIdGenerated | RaftEvent;

/** Tells a machine of this process, by name; lost when it does not run. */
export function tell(to: string, event: LocalEvent): Effect {
  return { kind: 'tell', to, event };
}
