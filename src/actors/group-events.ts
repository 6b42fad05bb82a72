/**
 * What the machines of one consumer process tell each other. They are the threads and objects of a Kafka consumer:
 *
 *   application  the thread that calls poll, commit and close
 *   consumer     what happens inside these calls: positions, fetches, commits, the rebalance listener
 *   membership   the group's protocol with the coordinator, and the heartbeat thread
 *
 * A call is one event and its return another. The application waits for the return, as a thread does; the membership
 * goes on meanwhile, so that heartbeats go out while the application is busy. What the coordinator decides waits in the
 * consumer for the next poll: joining, the assignment and its listeners run inside poll and nowhere else.
 *
 * Every event brings the time and entropy of the step that told it.
 *
 * Source: KafkaConsumer, ConsumerCoordinator, AbstractCoordinator, ConsumerMembershipManager.
 */
import type { Polled } from '../history/observations.ts';
import type { ErrorName } from '../kafka/errors.ts';
import type { ConsumerAssignment, JoinGroupMember, TopicPartitions } from '../kafka/group-api.ts';
import type { LeaderEpoch, NodeId, Offset, PartitionIndex, TopicName } from '../kafka/ids.ts';

/** Names of the machines in their process. `app.pause` and `app.resume` go to the consumer, `process.stop` to the application. */
export const CONSUMER_MACHINE = 'consumer';
export const MEMBERSHIP_MACHINE = 'membership';
export const APPLICATION_MACHINE = 'application';

export interface LocalEvent<Type extends string> {
  readonly type: Type;
  /** The node's own clock. */
  readonly nowMs: number;
  /** 32 bits of entropy. */
  readonly draw: number;
}

// --- application -> consumer -----------------------------------------------------------------------------------------

/** `poll(timeout)`. Returns with `poll.returned` or `poll.threw`. */
export interface PollCalled extends LocalEvent<'consumer.poll'> {
  readonly timeoutMs: number;
}

/** `commitSync()` or `commitAsync()`: the positions as they are. Returns with `commit.returned`; an asynchronous one at once. */
export interface CommitCalled extends LocalEvent<'consumer.commit'> {
  readonly mode: 'sync' | 'async';
}

/** `close()`. Returns with `consumer.closed`. */
export type CloseCalled = LocalEvent<'consumer.close'>;

// --- consumer -> application -----------------------------------------------------------------------------------------

/** Empty when the timeout is over. */
export interface PollReturned extends LocalEvent<'poll.returned'> {
  readonly polled: readonly Polled[];
}

/** The exception leaves nothing to poll on with. */
export type PollThrew = LocalEvent<'poll.threw'>;

/** NONE, or the error behind the exception that `commitSync` threw. */
export interface CommitReturned extends LocalEvent<'commit.returned'> {
  readonly errorCode: ErrorName;
}

export type ConsumerClosed = LocalEvent<'consumer.closed'>;

// --- consumer -> membership ------------------------------------------------------------------------------------------

/** The consumer has given up what it has to before it joins (onJoinPrepare): join, and join again until it is done. */
export interface JoinWanted extends LocalEvent<'membership.join'> {
  readonly topics: readonly TopicName[];
  readonly owned: readonly TopicPartitions[];
  /** User data of each assignor for its subscription, in the order of `partition.assignment.strategy`. */
  readonly userData: readonly unknown[];
}

/** The leader has assigned. Only valid for the generation that elected it. */
export interface GroupAssigned extends LocalEvent<'membership.assigned'> {
  readonly generationId: number;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: ConsumerAssignment }[];
}

export interface CommitOffset {
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  /** The next one to read. */
  readonly offset: Offset;
  /** Of the last record read, -1 when unknown. */
  readonly leaderEpoch: LeaderEpoch;
}

/** One try to commit; ends with `group.commitEnded`. */
export interface CommitWanted extends LocalEvent<'membership.commit'> {
  readonly commitId: number;
  readonly offsets: readonly CommitOffset[];
  /** Not to be sent any more after then: the call has thrown. */
  readonly deadlineMs: number;
}

/** One try to learn committed offsets; ends with `group.offsets`. */
export interface OffsetsWanted extends LocalEvent<'membership.fetchOffsets'> {
  /** In which the consumer owns the partitions; the answer repeats it. */
  readonly generationId: number;
  readonly partitions: readonly TopicPartitions[];
}

/** Leave, since the application did not poll for `max.poll.interval.ms`. */
export type PollIntervalExceeded = LocalEvent<'membership.pollIntervalExceeded'>;

/** The consumer owns exactly the partitions of the last `group.reconcile` (consumer protocol). */
export interface Reconciled extends LocalEvent<'membership.reconciled'> {
  readonly target: readonly TopicPartitions[];
}

/** Leave for good; ends with `group.closed`. */
export type CloseWanted = LocalEvent<'membership.close'>;

/** Brokers of the cluster, as the consumer's metadata has them. */
export interface BrokersKnown extends LocalEvent<'membership.brokers'> {
  readonly brokers: readonly NodeId[];
}

// --- membership -> consumer ------------------------------------------------------------------------------------------

/** The member has to join again. */
export interface RejoinNeeded extends LocalEvent<'group.rejoin'> {
  /** It is not a member any more: others may own what it owned (onPartitionsLost). */
  readonly isLost: boolean;
}

/** The member leads the group and has to assign. */
export interface LeaderElected extends LocalEvent<'group.elected'> {
  readonly generationId: number;
  readonly protocolName: string;
  readonly members: readonly JoinGroupMember[];
  /** The assignment stands as it is (KIP-814); the leader only watches the metadata. */
  readonly skipAssignment: boolean;
}

/** The rebalance is over for this member. */
export interface GroupJoined extends LocalEvent<'group.joined'> {
  readonly generationId: number;
  readonly memberId: string;
  readonly protocolName: string;
  readonly isLeader: boolean;
  readonly assignment: ConsumerAssignment;
}

/** What the coordinator wants this member to own (consumer protocol). */
export interface ReconcileWanted extends LocalEvent<'group.reconcile'> {
  readonly memberEpoch: number;
  readonly memberId: string;
  readonly target: readonly TopicPartitions[];
}

export interface CommitEnded extends LocalEvent<'group.commitEnded'> {
  readonly commitId: number;
  /** NONE; the first error among the partitions. */
  readonly errorCode: ErrorName;
  /** The try may have taken effect, now or later. */
  readonly isUndecided: boolean;
}

export interface FetchedOffset extends CommitOffset {
  readonly errorCode: ErrorName;
}

export interface OffsetsFetched extends LocalEvent<'group.offsets'> {
  /** As it was asked with. */
  readonly generationId: number;
  /** Of the request as a whole. */
  readonly errorCode: ErrorName;
  /** `offset` is -1 where nothing is committed. */
  readonly offsets: readonly FetchedOffset[];
}

/** The group will not have this member: an exception of poll. */
export interface MembershipFailed extends LocalEvent<'group.failed'> {
  readonly errorCode: ErrorName;
}

export type MembershipClosed = LocalEvent<'group.closed'>;

export type ToConsumer = PollCalled | CommitCalled | CloseCalled | RejoinNeeded | LeaderElected | GroupJoined | ReconcileWanted | CommitEnded | OffsetsFetched | MembershipFailed | MembershipClosed;
export type ToMembership = JoinWanted | GroupAssigned | CommitWanted | OffsetsWanted | PollIntervalExceeded | Reconciled | CloseWanted | BrokersKnown;
export type ToApplication = PollReturned | PollThrew | CommitReturned | ConsumerClosed;
