/**
 * The partitions that are up for assignment, as integers: partition p of the i-th topic in order of name is
 * `firstId(i) + p`, so that the order of ids is the order of (topic, partition) and owners fit in an array. Kafka keeps
 * topics in hash maps; where their order shows in an assignment, ours is the order of names.
 */
import { assert } from '../../kernel/assert.ts';
import type { TopicPartitions } from '../group-api.ts';
import type { PartitionIndex, TopicName } from '../ids.ts';
import type { PartitionCount } from './assignor.ts';

/** `0 <= id < table.size`. */
export type PartitionId = number;
/** Place of a topic in `table.topics`. */
export type TopicIndex = number;

/** The topics of a subscription that are in a table. Equal subscriptions mostly share one. */
export interface SubscribedTopics {
  /** Each once, rising. */
  readonly indexes: readonly TopicIndex[];
  readonly has: (topic: TopicIndex) => boolean;
}

/** The same names in the same order, as the members of a group mostly have; not whether the sets are equal. */
export const sameNames = (a: readonly TopicName[], b: readonly TopicName[]): boolean =>
  a === b || (a.length === b.length && a.every((name, i) => name === b[i]));

const byName = (a: PartitionCount, b: PartitionCount): number => (a.topic < b.topic ? -1 : 1);

export class PartitionTable {
  readonly topics: readonly PartitionCount[];
  /** All partitions. */
  readonly size: number;
  private readonly firstIds: readonly PartitionId[];
  private readonly topicOfId: Int32Array;
  private readonly indexOfName: ReadonlyMap<TopicName, TopicIndex>;

  private constructor(topics: readonly PartitionCount[]) {
    this.topics = topics;
    let size = 0;
    this.firstIds = topics.map(({ numPartitions }) => (size += numPartitions) - numPartitions);
    this.size = size;
    this.topicOfId = new Int32Array(size);
    topics.forEach(({ numPartitions }, topic) => {
      const first = this.firstId(topic);
      this.topicOfId.fill(topic, first, first + numPartitions);
    });
    this.indexOfName = new Map(topics.map(({ topic }, index) => [topic, index]));
    assert(this.indexOfName.size === topics.length, () => `a topic is listed twice in ${topics.map(({ topic }) => topic).join(', ')}`);
  }

  /** The partitions of those topics of the cluster that have any and are in one of the subscriptions. */
  static of(cluster: readonly PartitionCount[], subscriptions: readonly (readonly TopicName[])[]): PartitionTable {
    const subscribed = new Set<TopicName>();
    let last: readonly TopicName[] = [];
    for (const names of subscriptions) {
      if (sameNames(names, last)) continue;
      for (const name of names) subscribed.add(name);
      last = names;
    }
    return new PartitionTable(cluster.filter(({ topic, numPartitions }) => numPartitions > 0 && subscribed.has(topic)).toSorted(byName));
  }

  firstId(topic: TopicIndex): PartitionId {
    return this.firstIds[topic] as PartitionId;
  }

  numPartitions(topic: TopicIndex): number {
    return (this.topics[topic] as PartitionCount).numPartitions;
  }

  topicOf(id: PartitionId): TopicIndex {
    return this.topicOfId[id] as TopicIndex;
  }

  partitionOf(id: PartitionId): PartitionIndex {
    return id - this.firstId(this.topicOf(id));
  }

  /** The topics of each subscription, looked up once for members in a row that name the same. */
  subscribedTopics(subscriptions: readonly (readonly TopicName[])[]): SubscribedTopics[] {
    const found: SubscribedTopics[] = [];
    subscriptions.forEach((names, i) => {
      const isRepeated = i > 0 && sameNames(names, subscriptions[i - 1] as readonly TopicName[]);
      found.push(isRepeated ? (found[i - 1] as SubscribedTopics) : this.topicsOf(names));
    });
    return found;
  }

  private topicsOf(names: readonly TopicName[]): SubscribedTopics {
    const isIn = new Uint8Array(this.topics.length);
    for (const name of names) {
      const index = this.indexOfName.get(name);
      if (index !== undefined) isIn[index] = 1;
    }
    const indexes: TopicIndex[] = [];
    for (let index = 0; index < isIn.length; index += 1) if (isIn[index] === 1) indexes.push(index);
    return { indexes, has: (topic) => isIn[topic] === 1 };
  }

  /** The ids of the partitions that are in the table, in the order given; a partition that is gone has none. */
  idsOf(topicPartitions: readonly TopicPartitions[]): PartitionId[] {
    const ids: PartitionId[] = [];
    for (const { topic, partitions } of topicPartitions) {
      const index = this.indexOfName.get(topic);
      if (index === undefined) continue;
      const first = this.firstId(index);
      const numPartitions = this.numPartitions(index);
      for (const partition of partitions) if (partition < numPartitions) ids.push(first + partition);
    }
    return ids;
  }

  /** The partitions with these ids: topics in order of name, partitions rising. */
  topicPartitionsOf(ids: readonly PartitionId[]): TopicPartitions[] {
    const found: { readonly topic: TopicName; readonly partitions: PartitionIndex[] }[] = [];
    let last = -1;
    for (const id of ids.toSorted((a, b) => a - b)) {
      const topic = this.topicOf(id);
      if (topic !== last) found.push({ topic: (this.topics[topic] as PartitionCount).topic, partitions: [] });
      last = topic;
      (found[found.length - 1] as { readonly partitions: PartitionIndex[] }).partitions.push(this.partitionOf(id));
    }
    return found;
  }
}

/** The ids that each of `numMembers` members owns, by an array of owners; -1 is nobody. */
export function idsByOwner(owners: Int32Array, numMembers: number): PartitionId[][] {
  const ids: PartitionId[][] = Array.from({ length: numMembers }, () => []);
  owners.forEach((owner, id) => {
    if (owner >= 0) (ids[owner] as PartitionId[]).push(id);
  });
  return ids;
}
