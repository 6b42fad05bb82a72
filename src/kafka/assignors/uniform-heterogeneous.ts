/**
 * The uniform assignment when members subscribe to different topics: keep what is subscribed to, give each free partition
 * to the member with the fewest of its topic's subscribers, then go round the topics and move partitions from
 * the subscribers with the most to those with the fewest, until a round moves nothing.
 *
 * Topics with many partitions per subscriber come first, then those with few subscribers. Where subscriptions overlap
 * without being equal, the result is even within each topic but not always as a whole: 9, 10 and 11 partitions in a chain
 * of two topics stay as they are.
 *
 * Left out: racks (KIP-1101).
 *
 * Source: UniformHeterogeneousAssignmentBuilder, 4.x; KAFKA-17710.
 */
import { present } from '../../kernel/assert.ts';
import { MemberAssignmentBalancer, NO_MEMBER } from './member-assignment-balancer.ts';
import type { PartitionId, PartitionTable, TopicIndex } from './partition-table.ts';
import type { MemberIndex, ServerGroup } from './server-group.ts';

/** MAX_ITERATION_COUNT: each round about halves the imbalance of overlapping subscriptions. */
const MAX_ROUNDS = 16;

/** The owner of each partition. */
export function assignHeterogeneous(group: ServerGroup): Int32Array {
  const builder = new HeterogeneousBuilder(group);
  builder.assignUnassigned();
  builder.balance();
  return builder.owners;
}

class HeterogeneousBuilder {
  readonly owners: Int32Array;
  private readonly sizes: Int32Array;
  private readonly table: PartitionTable;
  private readonly subscribers: readonly (readonly MemberIndex[])[];
  private readonly topics: readonly TopicIndex[];
  private readonly balancer: MemberAssignmentBalancer;

  constructor({ table, members, owners }: ServerGroup) {
    this.table = table;
    this.owners = owners.slice();
    this.sizes = Int32Array.from(members, ({ assigned }) => assigned.length);
    const subscribers: MemberIndex[][] = table.topics.map(() => []);
    members.forEach(({ topics }, member) => {
      for (const topic of topics.indexes) (subscribers[topic] as MemberIndex[]).push(member);
    });
    this.subscribers = subscribers;
    this.topics = topicOrder(table, subscribers);
    this.balancer = new MemberAssignmentBalancer(this.sizes);
  }

  assignUnassigned(): void {
    for (const topic of this.topics) {
      const first = this.table.firstId(topic);
      const end = first + this.table.numPartitions(topic);
      if (!this.owners.subarray(first, end).includes(-1)) continue;
      this.balancer.initialize(this.subscribersOf(topic));
      for (let id = first; id < end; id += 1) {
        if (this.owners[id] === -1) this.assign(id, this.balancer.nextLeastLoadedMember());
      }
    }
  }

  /** Rounds over the topics until one of them moves nothing, at most MAX_ROUNDS. */
  balance(): void {
    const topics = this.topics.filter((topic) => this.subscribersOf(topic).length >= 2);
    let lastRebalanced: TopicIndex | undefined;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      for (const topic of topics) {
        if (topic === lastRebalanced) return;
        const moved = this.balanceTopic(topic);
        if (moved > 0 || lastRebalanced === undefined) lastRebalanced = topic;
      }
    }
  }

  /** Moves partitions of the topic from the most to the least loaded of its subscribers; gives how many. */
  private balanceTopic(topic: TopicIndex): number {
    if (this.balancer.imbalanceOf(this.subscribersOf(topic)) <= 1) return 0;
    this.balancer.initialize(this.subscribersOf(topic));
    const owned = this.ownedOf(topic);
    let moved = 0;
    while (!this.balancer.isBalanced()) {
      const from = this.nextGiver(owned);
      if (from === NO_MEMBER) break;
      const id = present(owned.get(from)?.pop(), `a partition of topic ${topic} to take from member ${from}`);
      const to = this.balancer.nextLeastLoadedMember();
      // Both ranges have moved on by now: the two may turn out to be even.
      if (this.balancer.isBalanced()) break;
      this.assign(id, to);
      moved += 1;
    }
    return moved;
  }

  /** The most loaded member that has a partition of the topic left to give; NO_MEMBER when none has. */
  private nextGiver(owned: ReadonlyMap<MemberIndex, PartitionId[]>): MemberIndex {
    for (;;) {
      const member = this.balancer.nextMostLoadedMember();
      if (member === NO_MEMBER || (owned.get(member) ?? []).length > 0) return member;
      this.balancer.excludeMostLoadedMember();
    }
  }

  /** The partitions of a topic by owner, rising; each owner gives its last one first. */
  private ownedOf(topic: TopicIndex): Map<MemberIndex, PartitionId[]> {
    const owned = new Map<MemberIndex, PartitionId[]>();
    const end = this.table.firstId(topic) + this.table.numPartitions(topic);
    for (let id = this.table.firstId(topic); id < end; id += 1) {
      const owner = this.owners[id] as MemberIndex;
      const ids = owned.get(owner);
      if (ids === undefined) owned.set(owner, [id]);
      else ids.push(id);
    }
    return owned;
  }

  private assign(id: PartitionId, to: MemberIndex): void {
    const from = this.owners[id] as MemberIndex;
    if (from !== -1) this.sizes[from] = (this.sizes[from] as number) - 1;
    this.sizes[to] = (this.sizes[to] as number) + 1;
    this.owners[id] = to;
  }

  private subscribersOf(topic: TopicIndex): readonly MemberIndex[] {
    return this.subscribers[topic] as readonly MemberIndex[];
  }
}

/** Partitions per subscriber falling, then subscribers rising, then by name. */
function topicOrder(table: PartitionTable, subscribers: readonly (readonly MemberIndex[])[]): TopicIndex[] {
  const count = (topic: TopicIndex): number => (subscribers[topic] as readonly MemberIndex[]).length;
  return table.topics
    .map((_, topic) => topic)
    .toSorted((a, b) => table.numPartitions(b) * count(a) - table.numPartitions(a) * count(b) || count(a) - count(b) || a - b);
}
