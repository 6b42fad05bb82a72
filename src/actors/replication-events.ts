/**
 * What the replicas of a broker and its fetchers and its proposals of ISRs (AlterPartition) tell each other: local events, as
 * in local-events.ts.
 */
import type { AlterPartitionData, AlterPartitionPartitionResponse, EpochEndOffset, FetchPartitionData } from '../kafka/api.ts';
import type { BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionIndex, TopicName, TopicPartition } from '../kafka/ids.ts';

/** replica -> fetcher: follow this leader from here (AbstractFetcherThread.addPartitions). */
export interface FetcherAdd {
  readonly type: 'fetcher.add';
  /** Of the following broker, for the leader to know its incarnation (KIP-903). */
  readonly brokerEpoch: BrokerEpoch;
  readonly topicPartition: TopicPartition;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly leaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  /** The replica says when it may fetch on after an append: it flushes first (`flush.messages`). */
  readonly flushesAppends: boolean;
}

/** replica -> fetcher */
export interface FetcherRemove {
  readonly type: 'fetcher.remove';
  readonly topicPartition: TopicPartition;
}

/** replica -> fetcher: the log was cut; go on from here, or, where it may part from the leader's still, ask again (KIP-279). */
export interface FetcherTruncated {
  readonly type: 'fetcher.truncated';
  readonly topicPartition: TopicPartition;
  readonly leaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly truncationCompleted: boolean;
}

/** fetcher -> replica: the leader's answer for this partition. */
export interface PartitionFetched {
  readonly type: 'follower.fetched';
  readonly nowMs: number;
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  readonly data: FetchPartitionData;
}

/** replica -> itself, where the high watermark of a diverging answer is taken first (before KAFKA-14704): now cut. */
export interface FollowerDiverged {
  readonly type: 'follower.diverged';
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly divergingEpoch: EpochEndOffset;
}

/** fetcher -> replica: where the leader's log of the follower's last epoch ends, or of a lower one (OffsetForLeaderEpoch). */
export interface EpochEndFound {
  readonly type: 'follower.epochEnd';
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly epochEnd: EpochEndOffset;
}

/** fetcher -> replica: the fetch offset is not in the leader's log; `leaderLogStartOffset..leaderLogEndOffset` is. */
export interface FollowerOutOfRange {
  readonly type: 'follower.outOfRange';
  readonly nowMs: number;
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly leaderLogStartOffset: Offset;
  readonly leaderLogEndOffset: Offset;
}

/** replica -> alter-partition: propose this ISR. */
export interface AlterPartitionSubmit {
  readonly type: 'alterPartition.submit';
  readonly topicPartition: TopicPartition;
  readonly topic: TopicName;
  readonly data: AlterPartitionData;
}

/** alter-partition -> replica */
export interface AlterPartitionAnswered {
  readonly type: 'alterPartition.answered';
  readonly nowMs: number;
  readonly response: AlterPartitionPartitionResponse;
  /** The epochs of the proposal that this answers. */
  readonly submitted: AlterPartitionData;
}
