/**
 * A consumer group (KIP-848) before its coordinator assigns its partitions: members in order of member id, what each of
 * them keeps of its current target, and whether all subscribe to the same topics (SubscriptionType HOMOGENEOUS).
 *
 * The coordinator walks its members in the order of a hash map; Kafka's tests fix it to the order of member ids, and
 * so does this.
 *
 * Source: GroupSpecImpl, SubscriptionType, TargetAssignmentBuilder.
 */
import { assert } from '../../kernel/assert.ts';
import type { TopicName } from '../ids.ts';
import type { AssignableMember, GroupAssignment, PartitionCount } from './assignor.ts';
import { compareIds } from './member-order.ts';
import { idsByOwner, PartitionTable, sameNames } from './partition-table.ts';
import type { PartitionId, SubscribedTopics } from './partition-table.ts';

/** Place of a member in `ServerGroup.members`. */
export type MemberIndex = number;

export interface ServerMember {
  readonly memberId: string;
  readonly topics: SubscribedTopics;
  /** Of the current target what exists and is subscribed to: topics in order of name, partitions rising. */
  readonly assigned: readonly PartitionId[];
}

export interface ServerGroup {
  readonly table: PartitionTable;
  readonly members: readonly ServerMember[];
  /** Owner of each partition in the current target; -1 nobody, or somebody who does not subscribe any more. */
  readonly owners: Int32Array;
  readonly isHomogeneous: boolean;
}

/** Why no assignment can be made of these subscriptions; null when one can. */
export function refusalOf(cluster: readonly PartitionCount[], members: readonly AssignableMember[]): string | null {
  const known = new Set(cluster.map(({ topic }) => topic));
  let last: readonly TopicName[] = [];
  for (const { memberId, subscribedTopics } of members) {
    if (sameNames(subscribedTopics, last)) continue;
    last = subscribedTopics;
    const missing = subscribedTopics.find((topic) => !known.has(topic));
    if (missing !== undefined) return `Member ${memberId} is subscribed to topic ${missing} which doesn't exist in the topic metadata.`;
  }
  return null;
}

/** `refusalOf` these has given null, and no partition is in the target of two members. */
export function serverGroupOf(cluster: readonly PartitionCount[], given: readonly AssignableMember[]): ServerGroup {
  const sorted = given.toSorted((a, b) => compareIds(a.memberId, b.memberId));
  const names = sorted.map(({ subscribedTopics }) => subscribedTopics);
  const table = PartitionTable.of(cluster, names);
  const topicsOf = table.subscribedTopics(names);
  const owners = new Int32Array(table.size).fill(-1);
  const members = sorted.map(({ memberId, assigned }, index): ServerMember => {
    assert(memberId !== sorted[index - 1]?.memberId, () => `member ${memberId} is listed twice`);
    const topics = topicsOf[index] as SubscribedTopics;
    const kept = table.idsOf(assigned).filter((id) => topics.has(table.topicOf(id)));
    for (const id of kept) {
      assert(owners[id] === -1, () => `partition ${id} is in the target of ${memberId} and of ${sorted[owners[id] as MemberIndex]?.memberId}`);
      owners[id] = index;
    }
    return { memberId, topics, assigned: kept.toSorted((a, b) => a - b) };
  });
  return { table, members, owners, isHomogeneous: members.every(({ topics }) => topics.indexes.length === table.topics.length) };
}

/** The new target by an array of owners, members in the order `given`. */
export function targetOf({ table, members }: ServerGroup, owners: Int32Array, given: readonly AssignableMember[]): GroupAssignment {
  const ids = idsByOwner(owners, members.length);
  const assigned = new Map(members.map(({ memberId }, index) => [memberId, table.topicPartitionsOf(ids[index] as PartitionId[])]));
  return { members: given.map(({ memberId }) => ({ memberId, topicPartitions: assigned.get(memberId) ?? [] })) };
}
