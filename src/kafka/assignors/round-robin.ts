/**
 * RoundRobinAssignor of the classic protocol: all partitions, topics in order of name, are dealt to the members in turn,
 * passing over those that do not subscribe to the topic. Equal subscriptions get equal shares, within one; different
 * ones may get very uneven shares, which is what the sticky assignor was made for (KIP-54).
 *
 * Source: RoundRobinAssignor; GRP-5.
 */
import { assert } from '../../kernel/assert.ts';
import type { ConsumerPartitionAssignor, GroupSubscription, MemberAssignment, PartitionCount } from './assignor.ts';
import { compareMembers } from './member-order.ts';
import { PartitionTable } from './partition-table.ts';
import type { PartitionId, SubscribedTopics } from './partition-table.ts';

function assign(cluster: readonly PartitionCount[], subscriptions: readonly GroupSubscription[]): MemberAssignment[] {
  const names = subscriptions.map(({ topics }) => topics);
  const table = PartitionTable.of(cluster, names);
  const topics = table.subscribedTopics(names);
  const dealt = subscriptions.map(({ memberId, groupInstanceId }, index) => ({
    memberId,
    instanceId: groupInstanceId,
    topics: topics[index] as SubscribedTopics,
    ids: [] as PartitionId[],
  }));
  const circle = dealt.toSorted(compareMembers);
  let next = 0;
  for (let id = 0; id < table.size; id += 1) {
    const topic = table.topicOf(id);
    const start = next;
    while (circle[next]?.topics.has(topic) === false) {
      next = (next + 1) % circle.length;
      assert(next !== start, () => `nobody subscribes to topic ${topic} of the table`);
    }
    circle[next]?.ids.push(id);
    next = (next + 1) % circle.length;
  }
  return dealt.map(({ memberId, ids }) => ({ memberId, topicPartitions: table.topicPartitionsOf(ids) }));
}

export const roundRobinAssignor: ConsumerPartitionAssignor = { name: 'roundrobin', supportedProtocols: ['EAGER'], assign };
