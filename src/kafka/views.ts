/**
 * What an omniscient observer may see of the actors' states. The checkers read these shapes; the states of the actors
 * have them by structure, so that neither side knows the other.
 */
import type { LeaderEpoch, NodeId, Offset, PartitionEpoch, PartitionIndex, TopicName, TopicPartition } from './ids.ts';
import type { PartitionLog } from './log.ts';
import type { MetadataImage } from './metadata.ts';

/** One replica of one partition on one broker. */
export interface ReplicaView {
  readonly brokerId: NodeId;
  readonly topicPartition: TopicPartition;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly log: PartitionLog;
  readonly highWatermark: Offset;
  /** The leader epoch it acts in, -1 before it learned one. */
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  /** Present exactly while it acts as leader. */
  readonly leadership: { readonly isr: readonly NodeId[]; readonly maximalIsr: readonly NodeId[] } | null;
}

/** The controller: what it has committed is the truth about leaders and in-sync replicas. */
export interface ControllerView {
  /** Of the committed prefix of the metadata log. */
  readonly committedImage: MetadataImage;
  readonly committedOffset: Offset;
}
