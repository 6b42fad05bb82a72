/**
 * Which partitions a broker is in sync with, eligible to lead, or leads, and which partitions want attention: what the
 * controller asks for when brokers come, go or heartbeat.
 *
 * Kafka keeps these sets up to date with every record. Here who leads what, which is asked with every heartbeat, is made
 * of each topic's list of partitions when it is first asked for and remembered with that list, which is a value: a change
 * to one topic costs the next question a pass over that topic and nothing for the others. Who is in sync is asked only
 * when a broker comes or goes, which changes most topics: looking at every partition is then cheaper (35 ns for each)
 * than keeping sets that the answer itself makes stale.
 *
 * Results are in order of topic creation and partition.
 *
 * Source: BrokersToIsrs, BrokersToElrs, ReplicationControlManager.imbalancedPartitions, reassigningTopics.
 */
import { NO_LEADER } from './ids.ts';
import type { NodeId, PartitionIndex } from './ids.ts';
import type { MetadataImage, PartitionRegistration, TopicIdPartition } from './metadata.ts';
import { isReassignmentInProgress } from './partition-reassignment.ts';

type Partitions = readonly PartitionIndex[];

/** Who leads in one topic, and its partitions that want attention; each list rises. */
interface TopicLeaderships {
  readonly leaders: ReadonlySet<NodeId>;
  readonly leaderless: Partitions;
  readonly imbalanced: Partitions;
  readonly reassigning: Partitions;
}

/** By a topic's list of partitions. The lists are immutable, so nobody can tell that it is there. */
const leaderships = new WeakMap<readonly PartitionRegistration[], TopicLeaderships>();

function leadershipsOf(partitions: readonly PartitionRegistration[]): TopicLeaderships {
  const known = leaderships.get(partitions);
  if (known !== undefined) return known;
  const leaders = new Set<NodeId>();
  const leaderless: PartitionIndex[] = [];
  const imbalanced: PartitionIndex[] = [];
  const reassigning: PartitionIndex[] = [];
  for (let index = 0; index < partitions.length; index += 1) {
    const partition = partitions[index] as PartitionRegistration;
    if (partition.leader === NO_LEADER) leaderless.push(index);
    else leaders.add(partition.leader);
    if (partition.leader !== partition.replicas[0]) imbalanced.push(index);
    if (isReassignmentInProgress(partition)) reassigning.push(index);
  }
  const made: TopicLeaderships = { leaders, leaderless, imbalanced, reassigning };
  leaderships.set(partitions, made);
  return made;
}

function collect(image: MetadataImage, select: (topic: TopicLeaderships) => Partitions): readonly TopicIdPartition[] {
  const found: TopicIdPartition[] = [];
  for (const { topicId, name, partitions } of image.topics) {
    for (const partition of select(leadershipsOf(partitions))) found.push({ topicId, topic: name, partition });
  }
  return found;
}

export function partitionsWithNoLeader(image: MetadataImage): readonly TopicIdPartition[] {
  return collect(image, ({ leaderless }) => leaderless);
}

/** Partitions that another than their preferred replica leads, or nobody. */
export function imbalancedPartitions(image: MetadataImage): readonly TopicIdPartition[] {
  return collect(image, ({ imbalanced }) => imbalanced);
}

export function reassigningPartitions(image: MetadataImage): readonly TopicIdPartition[] {
  return collect(image, ({ reassigning }) => reassigning);
}

/** Whether the broker leads anything. */
export function hasLeaderships(image: MetadataImage, brokerId: NodeId): boolean {
  return image.topics.some(({ partitions }) => leadershipsOf(partitions).leaders.has(brokerId));
}

export function partitionsWithBrokerInIsr(image: MetadataImage, brokerId: NodeId): readonly TopicIdPartition[] {
  return partitionsWhere(image, ({ isr }) => isr.includes(brokerId));
}

export function partitionsWithBrokerInIsrOrElr(image: MetadataImage, brokerId: NodeId): readonly TopicIdPartition[] {
  return partitionsWhere(image, ({ isr, elr }) => isr.includes(brokerId) || elr.includes(brokerId));
}

/** The partitions for which `test` holds. Looks at all of them. */
export function partitionsWhere(
  image: MetadataImage,
  test: (partition: PartitionRegistration) => boolean,
): readonly TopicIdPartition[] {
  const found: TopicIdPartition[] = [];
  for (const { topicId, name, partitions } of image.topics) {
    for (let partition = 0; partition < partitions.length; partition += 1) {
      if (test(partitions[partition] as PartitionRegistration)) found.push({ topicId, topic: name, partition });
    }
  }
  return found;
}
