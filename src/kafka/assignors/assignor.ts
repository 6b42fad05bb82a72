/**
 * What a partition assignor is, on either side: from the sizes of the topics and what the members of a group say, who
 * consumes which partition. The leader of a classic group runs a `ConsumerPartitionAssignor`, the coordinator of a
 * consumer group a `PartitionAssignor`. Both are pure: plain data in, plain data out, and no memory between calls;
 * what Kafka's assignors remember from call to call is in the subscriptions already.
 *
 * Every member is in the result, in the order given, with its topics in order of name and its partitions rising.
 * Assigned twice: no partition. Assigned at all: every partition of a topic to which somebody subscribes, but for those
 * that the cooperative protocol withholds until they are revoked.
 *
 * Left out: racks (KIP-881, KIP-1101), user data in the assignment that only Streams uses.
 *
 * Source: ConsumerPartitionAssignor, AbstractPartitionAssignor; the group coordinator's ConsumerGroupPartitionAssignor.
 */
import type { ConsumerSubscription, TopicPartitions } from '../group-api.ts';
import type { TopicName } from '../ids.ts';

/** How many partitions a topic has, as the one who assigns knows it. A topic that is not listed does not exist. */
export interface PartitionCount {
  readonly topic: TopicName;
  readonly numPartitions: number;
}

/** What a member gets. */
export interface MemberAssignment {
  readonly memberId: string;
  readonly topicPartitions: readonly TopicPartitions[];
}

/** RebalanceProtocol: whether members give up everything before they join, or keep what they own (KIP-429). */
export type RebalanceProtocol = 'EAGER' | 'COOPERATIVE';

/** A member of a classic group with its subscription, as the JoinGroup response brings it to the leader. */
export interface GroupSubscription extends ConsumerSubscription {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Generation of a member that was in none: it joins, or lost its generation. */
export const NO_GENERATION = -1;

/** An assignor of the classic protocol. */
export interface ConsumerPartitionAssignor {
  readonly name: string;
  /** `supportedProtocols`, the preferred one first; a consumer uses the best one that all of its assignors support. */
  readonly supportedProtocols: readonly RebalanceProtocol[];
  /**
   * What the assignor adds to the member's next subscription: JSON, null for nothing. `assigned` is the member's last
   * assignment, null before the first one, and `generationId` the generation in which it came.
   */
  readonly subscriptionUserData?: (assigned: readonly TopicPartitions[] | null, generationId: number) => unknown;
  /** Member ids are unique, topics are listed once. Topics without partitions or subscribers are passed over. */
  readonly assign: (cluster: readonly PartitionCount[], subscriptions: readonly GroupSubscription[]) => readonly MemberAssignment[];
}

/** A member of a consumer group (KIP-848) as its coordinator knows it. */
export interface AssignableMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly subscribedTopics: readonly TopicName[];
  /** Its part of the current target assignment. */
  readonly assigned: readonly TopicPartitions[];
}

/** The new target assignment, or why there is none (PartitionAssignorException). */
export type GroupAssignment = { readonly members: readonly MemberAssignment[] } | { readonly partitionAssignorException: string };

/** An assignor of the coordinator. A subscription to a topic that does not exist is refused, as a whole. */
export interface PartitionAssignor {
  readonly name: string;
  readonly assign: (cluster: readonly PartitionCount[], members: readonly AssignableMember[]) => GroupAssignment;
}
