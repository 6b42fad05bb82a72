/**
 * Sets of partitions as the messages and records of the consumer protocol have them: by topic, in order of name, with at least
 * one partition each, rising. All results are in that form.
 *
 * Source: KIP-848; Kafka keeps them as maps of topic ids to sets.
 */
import type { TopicPartitions } from '../group-api.ts';
import { topicPartition, type PartitionIndex, type TopicName, type TopicPartition } from '../ids.ts';

export type PartitionSet = readonly TopicPartitions[];

/** Which partitions of `set` pass, by topic. */
export function filterPartitions(set: PartitionSet, isKept: (topic: TopicName, partition: PartitionIndex) => boolean): PartitionSet {
  return set.map(({ topic, partitions }) => ({ topic, partitions: partitions.filter((partition) => isKept(topic, partition)) })).filter(({ partitions }) => partitions.length > 0);
}

export function contains(set: PartitionSet, topic: TopicName, partition: PartitionIndex): boolean {
  return set.find((each) => each.topic === topic)?.partitions.includes(partition) === true;
}

export function intersection(a: PartitionSet, b: PartitionSet): PartitionSet {
  return filterPartitions(a, (topic, partition) => contains(b, topic, partition));
}

/** a - b */
export function difference(a: PartitionSet, b: PartitionSet): PartitionSet {
  return filterPartitions(a, (topic, partition) => !contains(b, topic, partition));
}

export function union(a: PartitionSet, b: PartitionSet): PartitionSet {
  const topics = [...new Set([...a, ...b].map(({ topic }) => topic))].sort((left, right) => (left < right ? -1 : 1));
  const of = (set: PartitionSet, topic: TopicName): readonly PartitionIndex[] => set.find((each) => each.topic === topic)?.partitions ?? [];
  return topics.map((topic) => ({ topic, partitions: [...new Set([...of(a, topic), ...of(b, topic)])].sort((left, right) => left - right) }));
}

export function isSubset(a: PartitionSet, b: PartitionSet): boolean {
  return difference(a, b).length === 0;
}

export function isSameSet(a: PartitionSet, b: PartitionSet): boolean {
  return a === b || (a.length === b.length && a.every(({ topic, partitions }, i) => {
    const other = b[i] as TopicPartitions;
    return topic === other.topic && partitions.length === other.partitions.length && partitions.every((partition, p) => partition === other.partitions[p]);
  }));
}

/** Their names, for keys and sentences. */
export function namesOf(set: PartitionSet): TopicPartition[] {
  return set.flatMap(({ topic, partitions }) => partitions.map((partition) => topicPartition(topic, partition)));
}
