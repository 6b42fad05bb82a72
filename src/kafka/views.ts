/**
 * What an omniscient observer may see of the actors' states. The checkers read these shapes; the states of the actors
 * have them by structure, so that neither side knows the other.
 */
import type { ClassicGroup } from './group/classic-group.ts';
import type { OneGroupRequest } from './group/group-error.ts';
import type { GroupImage } from './group/group-image.ts';
import type { LeaderEpoch, NodeId, Offset, PartitionEpoch, PartitionIndex, TopicName, TopicPartition } from './ids.ts';
import type { LeaderEpochCache } from './leader-epochs.ts';
import type { PartitionLog } from './log.ts';
import type { MetadataImage } from './metadata.ts';
import type { RaftLog } from './raft-log.ts';

/** What a leader knows of its followers and of its ISR. */
export interface LeadershipView {
  /** As it knows the controller committed it. */
  readonly isr: readonly NodeId[];
  /** What the controller may have committed: the ISR and whoever a proposal in flight adds (KIP-497). */
  readonly maximalIsr: readonly NodeId[];
  /** The proposal (AlterPartition) whose outcome it does not know, null for none. */
  readonly pending: object | null;
  /** What it knows of the other replicas, from their fetches; -1 where one has not fetched from it yet. */
  readonly remotes: readonly { readonly brokerId: NodeId; readonly logEndOffset: Offset }[];
}

/** One replica of one partition on one broker. */
export interface ReplicaView {
  readonly brokerId: NodeId;
  readonly topicPartition: TopicPartition;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly log: PartitionLog;
  readonly epochs: LeaderEpochCache;
  readonly highWatermark: Offset;
  /** The leader epoch it acts in, -1 before it learned one. */
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  /** Present exactly while it acts as leader. */
  readonly leadership: LeadershipView | null;
}

/** The controller: what it has committed is the truth about leaders and in-sync replicas. */
export interface ControllerView {
  /** Of the committed prefix of the metadata log. */
  readonly committedImage: MetadataImage;
  readonly committedOffset: Offset;
}

/** A broker's image of the metadata, as far as it has applied the committed log. */
export interface MetadataView {
  readonly image: MetadataImage;
}

/** The roles of org.apache.kafka.raft.QuorumState. */
export type RaftRole = 'Unattached' | 'Prospective' | 'Candidate' | 'Leader' | 'Follower' | 'Resigned';

/** What a leader of the controller quorum knows of the other voters. */
export interface RaftLeadershipView {
  /** Each fetch of a voter makes its entry another one. `lastFetchMs` is on the leader's clock, -1 before the first in this epoch. */
  readonly voterStates: readonly { readonly id: NodeId; readonly lastFetchMs: number }[];
}

/** One replica of the metadata log: a voter or an observer of the controller quorum. */
export interface RaftView {
  readonly nodeId: NodeId;
  readonly isVoter: boolean;
  readonly role: RaftRole;
  readonly epoch: LeaderEpoch;
  readonly isLeader: boolean;
  /** The epoch, vote and leader that it acts on are on its platter; until then nobody hears of them. */
  readonly isQuorumStateDurable: boolean;
  /** Present exactly while it leads. */
  readonly leadership: RaftLeadershipView | null;
  /** Candidate: whose pre-votes it began its epoch on, its own included. */
  readonly preVotes: readonly NodeId[];
  /** Follower: its leader has answered it, and has not said goodbye. */
  readonly hasFetchedFromLeader: boolean;
  /** -1 while unknown. */
  readonly leaderId: NodeId;
  /** -1 when it gave no vote in its epoch. */
  readonly votedId: NodeId;
  readonly log: RaftLog;
  readonly highWatermark: Offset;
}

/** One group at a broker that is its coordinator, or was and does not know yet. */
export interface GroupView {
  readonly groupId: string;
  readonly brokerId: NodeId;
  /** Of `__consumer_offsets`. */
  readonly partition: PartitionIndex;
  /** What it has written, or read. */
  readonly image: GroupImage;
  /** Not known to be committed, in the order of the log; with the requests that wait for them. */
  readonly writes: readonly { readonly isAppended: boolean; readonly completions?: readonly { readonly kind: string; readonly waiter?: { readonly request: OneGroupRequest } }[] }[];
  /** Of the classic protocol: what it knows between two records. */
  readonly classic: ClassicGroup<unknown>;
}

/** The group coordinator of a broker. */
export interface CoordinatorView {
  readonly brokerId: NodeId;
  readonly partitions: ReadonlyMap<PartitionIndex, { readonly leaderEpoch: LeaderEpoch; readonly state: 'Loading' | 'Active' | 'Failed' }>;
}
