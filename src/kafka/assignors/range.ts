/**
 * RangeAssignor of the classic protocol: topic by topic, contiguous ranges of partitions to the topic's subscribers, the
 * first `numPartitions mod subscribers` of which get one more. Topics with equally many partitions and the same
 * subscribers are co-partitioned, and with many topics the first members get the more of all of them.
 *
 * Left out: the matching of racks, and the co-partitioning under it (KIP-881).
 *
 * Source: RangeAssignor of the clients, 4.x; GRP-5.
 */
import { assert } from '../../kernel/assert.ts';
import type { ConsumerPartitionAssignor, GroupSubscription, MemberAssignment, PartitionCount } from './assignor.ts';
import { compareMembers } from './member-order.ts';
import { PartitionTable } from './partition-table.ts';
import type { PartitionId, SubscribedTopics } from './partition-table.ts';

/** A member that takes part in ranges. */
export interface RangeMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly topics: readonly string[];
}

/**
 * The ranges of all topics of the table, by member as given: member i of a topic's n subscribers, in `compareMembers`
 * order, gets `[i * quota + min(i, extra), (i + 1) * quota + min(i + 1, extra))` where `quota = floor(P / n)`,
 * `extra = P mod n`.
 */
export function rangesOf(table: PartitionTable, members: readonly RangeMember[]): PartitionId[][] {
  const subscribers: number[][] = table.topics.map(() => []);
  const order = members.map((_, index) => index);
  order.sort((a, b) => compareMembers(members[a] as RangeMember, members[b] as RangeMember));
  const topics = table.subscribedTopics(members.map((member) => member.topics));
  for (const index of order) {
    for (const topic of (topics[index] as SubscribedTopics).indexes) (subscribers[topic] as number[]).push(index);
  }
  const ranges: PartitionId[][] = members.map(() => []);
  subscribers.forEach((indexes, topic) => {
    const quota = Math.floor(table.numPartitions(topic) / indexes.length);
    const extra = table.numPartitions(topic) % indexes.length;
    let next = table.firstId(topic);
    indexes.forEach((index, place) => {
      const endExclusive = next + quota + (place < extra ? 1 : 0);
      for (; next < endExclusive; next += 1) (ranges[index] as PartitionId[]).push(next);
    });
    assert(next === table.firstId(topic) + table.numPartitions(topic), () => `ranges of topic ${topic} end at ${next}`);
  });
  return ranges;
}

function assign(cluster: readonly PartitionCount[], subscriptions: readonly GroupSubscription[]): MemberAssignment[] {
  const table = PartitionTable.of(cluster, subscriptions.map(({ topics }) => topics));
  const members = subscriptions.map(({ memberId, groupInstanceId, topics }) => ({ memberId, instanceId: groupInstanceId, topics }));
  const ranges = rangesOf(table, members);
  return subscriptions.map(({ memberId }, index) => ({ memberId, topicPartitions: table.topicPartitionsOf(ranges[index] as PartitionId[]) }));
}

export const rangeAssignor: ConsumerPartitionAssignor = { name: 'range', supportedProtocols: ['EAGER'], assign };
