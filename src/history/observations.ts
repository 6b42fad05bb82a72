/**
 * What can be seen at the client API: an application calls, and learns an outcome or never does. Clients report these
 * as `observe` effects; history stamps time and node. Nothing in the protocol reads them.
 *
 * An outcome is `ok`, `fail` (it certainly did not happen) or `unknown` (it may have happened, now or later): a send is
 * `fail` only when every attempt proved that it did not append or never went on the wire.
 *
 * Source: Jepsen's ok/fail/info; the per-error classes of jepsen-io/redpanda.
 */
import type { AdminCall } from '../kafka/api.ts';
import type { ErrorName } from '../kafka/errors.ts';
import type { LeaderEpoch, NodeId, Offset, PartitionIndex, ProducerEpoch, ProducerId, TopicName } from '../kafka/ids.ts';

export type Outcome = 'ok' | 'fail' | 'unknown';

/** The application called `send`. */
export interface SendInvoked {
  readonly type: 'send.invoked';
  /** Unique among the sends of this node over all its incarnations. */
  readonly sendId: number;
  readonly topic: TopicName;
  readonly key: string | null;
  /** Unique among all records of the run. */
  readonly value: string;
  readonly acks: -1 | 0 | 1;
}

/** The callback of `send` ran. */
export interface SendCompleted {
  readonly type: 'send.completed';
  readonly sendId: number;
  readonly outcome: Outcome;
  /** -1 when the record never got a partition. */
  readonly partition: PartitionIndex;
  /** -1 unless `ok` with acks other than 0. */
  readonly offset: Offset;
  readonly errorCode: ErrorName;
  /** Of `ok`: an earlier attempt ended without proof that it appended nothing. */
  readonly mayBeTwice?: true;
}

/** The producer has an id, or a new epoch of it: it counts what it sends anew (KIP-98, KIP-360). */
export interface ProducerEpochBegun {
  readonly type: 'producer.epoch';
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

export interface ReceivedRecord {
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
  readonly key: string | null;
  readonly value: string;
}

/** `poll` returned records of one partition, in the order in which the application got them. */
export interface Polled {
  readonly type: 'poll';
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly records: readonly ReceivedRecord[];
  /** The broker that served them. */
  readonly from: NodeId;
  /** The consumer takes another broker for the leader by now: its position may be confirmed there already. */
  readonly isFromFormerLeader?: true;
}

/** A consumer's position moved other than by reading. */
export interface PositionReset {
  readonly type: 'position.reset';
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly from: Offset | null;
  readonly to: Offset;
  /** `committed`: the group's committed offset; `seek`: the application asked; the others follow `auto.offset.reset`. */
  readonly reason: 'initial' | 'committed' | 'seek' | 'outOfRange' | 'truncation';
  /** Where a leader was asked for the offset (ListOffsets): as it says, for the end of the log its own epoch; -1 for an unknown one. */
  readonly leaderEpoch?: LeaderEpoch;
}

/**
 * The rebalance listener ran, and from here on the member owns exactly `owned`: onPartitionsAssigned, onPartitionsRevoked or
 * onPartitionsLost.
 */
export interface AssignmentChanged {
  readonly type: 'assignment';
  readonly groupId: string;
  readonly memberId: string;
  /** Generation of the classic protocol, member epoch of the consumer protocol. */
  readonly generationId: number;
  readonly reason: 'assigned' | 'revoked' | 'lost';
  readonly owned: readonly { readonly topic: TopicName; readonly partitions: readonly PartitionIndex[] }[];
}

/** A commit of offsets began: by `commitSync`, by `commitAsync`, or by the consumer itself (`enable.auto.commit`). */
export interface CommitInvoked {
  readonly type: 'commit.invoked';
  /** Unique among the commits of this node over all its incarnations. */
  readonly commitId: number;
  readonly groupId: string;
  readonly mode: 'sync' | 'async' | 'auto';
  /** The next offset to read, by partition. */
  readonly offsets: readonly { readonly topic: TopicName; readonly partition: PartitionIndex; readonly offset: Offset }[];
}

export interface CommitCompleted {
  readonly type: 'commit.completed';
  readonly commitId: number;
  readonly outcome: Outcome;
  readonly errorCode: ErrorName;
  /** Of `ok`: an earlier attempt ended without proof that it did nothing. It may come yet, and set the group back. */
  readonly mayBeTwice?: true;
}

/**
 * The application has carried out the effect of one record: it is done for the world outside, whatever becomes of the
 * process. With an idempotent sink `isApplied` is false where the sink had it already.
 */
export interface RecordProcessed {
  readonly type: 'record.processed';
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly offset: Offset;
  readonly value: string;
  readonly isApplied: boolean;
}

/** The application got an exception from its consumer that it has to deal with. */
export interface ConsumerFailed {
  readonly type: 'consumer.failed';
  readonly errorCode: ErrorName;
  /** Kafka's exception, such as `NoOffsetForPartitionException`. */
  readonly exception: string;
}

/** The administrator began an operation. */
export interface AdminInvoked {
  readonly type: 'admin.invoked';
  /** Unique among the operations of a run; -1 is the creation of the topics that it begins with. */
  readonly operationId: number;
  readonly call: AdminCall;
}

/** What became of one thing that an operation asked for. */
export interface AdminResult {
  /** A topic; of config changes the resource: a topic, a broker's id in digits, '' for the cluster. */
  readonly name: string;
  /** -1 where it is about the whole. */
  readonly partition: PartitionIndex;
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  /** Of DeleteRecords: where the partition's log begins now. */
  readonly lowWatermark?: Offset;
}

/**
 * The administrator's operation ended. `fail`: nothing of it took effect; `ok`: what `results` says did; `unknown`: a try
 * without a definite end may have. REQUEST_TIMED_OUT when `default.api.timeout.ms` was over.
 */
export interface AdminCompleted {
  readonly type: 'admin.completed';
  readonly operationId: number;
  readonly outcome: Outcome;
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  /** Those that an answer told about. */
  readonly results: readonly AdminResult[];
}

export type ClientObservation =
  | SendInvoked | SendCompleted | ProducerEpochBegun
  | Polled | PositionReset | AssignmentChanged | CommitInvoked | CommitCompleted | RecordProcessed | ConsumerFailed
  | AdminInvoked | AdminCompleted;
