/**
 * What the members of a classic group may be taken to own, from what each of them claims. A member that missed a
 * rebalance still claims what has long been given to another, so the claim of the newer generation counts (KIP-341,
 * KIP-792; KAFKA-12984, KAFKA-13419, KAFKA-14639); two claims of one generation cannot both be true, and neither counts.
 *
 * Different from Kafka on purpose: a member that subscribes to nothing has a subscription like any other, where
 * AbstractStickyAssignor overlooks it while no other was seen; a partition beyond the topic's last is gone with the
 * topic that had it, where Kafka counts it. The newest generation is that of the members at hand; Kafka's assignor also
 * remembers those of its earlier calls.
 *
 * Source: AbstractStickyAssignor.allSubscriptionsEqual; GRP-4.
 */
import { assert } from '../../kernel/assert.ts';
import type { TopicPartitions } from '../group-api.ts';
import type { TopicName } from '../ids.ts';
import { NO_GENERATION } from './assignor.ts';
import type { GroupSubscription, PartitionCount } from './assignor.ts';
import { hashMapOrder } from './member-order.ts';
import { PartitionTable, sameNames } from './partition-table.ts';
import type { PartitionId, SubscribedTopics } from './partition-table.ts';

/** Place of a member in the list of subscriptions. */
export type MemberIndex = number;

/** AbstractStickyAssignor.MemberData: what a member claims, and the generation in which it came to own it. */
export interface MemberData {
  readonly partitions: readonly TopicPartitions[];
  /** NO_GENERATION when the member does not say. */
  readonly generation: number;
}

/** Rules of the sticky assignors that can be reverted, as bugs once did; see `Rules` in src/kafka/rules.ts. */
export interface StickyRules {
  /** The claim of the newer generation counts; without it, that of the member that is looked at last (KAFKA-13419). */
  readonly newerGenerationOwns: boolean;
  /** A partition that changes its owner is given to nobody before it is revoked (KIP-429); for the cooperative assignor. */
  readonly withholdsUntilRevoked: boolean;
}

export const STICKY_RULES: StickyRules = { newerGenerationOwns: true, withholdsUntilRevoked: true };

/** A member with what it may keep. */
export interface StickyMember {
  readonly memberId: string;
  readonly topics: SubscribedTopics;
  /** All that it claims and that exists. */
  readonly claimed: readonly PartitionId[];
  readonly generation: number;
  /** Of its claims those that count. Whether it still subscribes to their topics is not looked at. */
  readonly owned: ReadonlySet<PartitionId>;
}

/** A group before its partitions are assigned. */
export interface StickyGroup {
  readonly table: PartitionTable;
  readonly members: readonly StickyMember[];
  /** The members in the order in which Kafka walks them. */
  readonly walk: readonly MemberIndex[];
  /** Claimed by two members of one generation. */
  readonly claimedTwice: ReadonlySet<PartitionId>;
  readonly newestGeneration: number;
  readonly allSubscriptionsEqual: boolean;
}

interface Claimant {
  readonly memberId: string;
  readonly topics: SubscribedTopics;
  readonly claimed: readonly PartitionId[];
  readonly generation: number;
  /** Of the subscription itself: what Kafka compares a later claimant with, even where user data say otherwise. */
  readonly subscriptionGeneration: number;
  readonly owned: Set<PartitionId>;
}

/** Settles who owns what before anything is assigned. `memberDataOf` reads a subscription as the assignor does. */
export function stickyGroupOf(
  cluster: readonly PartitionCount[],
  subscriptions: readonly GroupSubscription[],
  memberDataOf: (subscription: GroupSubscription) => MemberData,
  rules: StickyRules,
): StickyGroup {
  const names = subscriptions.map(({ topics }) => topics);
  const table = PartitionTable.of(cluster, names);
  const topicsOf = table.subscribedTopics(names);
  const members = subscriptions.map((subscription, index): Claimant => {
    const { partitions, generation } = memberDataOf(subscription);
    const { memberId, generationId } = subscription;
    const topics = topicsOf[index] as SubscribedTopics;
    return { memberId, topics, claimed: table.idsOf(partitions), generation, subscriptionGeneration: generationId, owned: new Set() };
  });
  assert(new Set(members.map(({ memberId }) => memberId)).size === members.length, 'a member of the group is listed twice');
  const walk = hashMapOrder(members.map(({ memberId }) => memberId));
  const claimedTwice = settleClaims(table, members, walk, rules);
  return {
    table,
    members,
    walk,
    claimedTwice,
    newestGeneration: members.reduce((newest, { generation }) => Math.max(newest, generation), NO_GENERATION),
    allSubscriptionsEqual: allEqual(names),
  };
}

/** Whether all name the same topics, those that do not exist included, in any order. */
function allEqual(subscriptions: readonly (readonly TopicName[])[]): boolean {
  const first = subscriptions[0] ?? [];
  const names = new Set(first);
  return subscriptions.every((one) => sameNames(one, first) || (one.every((name) => names.has(name)) && new Set(one).size === names.size));
}

/** Fills `owned` of every member; gives the partitions that two members of one generation claim. */
function settleClaims(
  table: PartitionTable,
  members: readonly Claimant[],
  walk: readonly MemberIndex[],
  rules: StickyRules,
): Set<PartitionId> {
  const claimedTwice = new Set<PartitionId>();
  const lastClaimant = new Int32Array(table.size).fill(-1);
  for (const index of walk) {
    const member = members[index] as Claimant;
    for (const id of member.claimed) {
      const other = members[lastClaimant[id] as MemberIndex];
      if (other === undefined) {
        member.owned.add(id);
      } else if (!rules.newerGenerationOwns || member.generation > other.subscriptionGeneration) {
        other.owned.delete(id);
        member.owned.add(id);
      } else if (member.generation === other.subscriptionGeneration) {
        claimedTwice.add(id);
        other.owned.delete(id);
      } else {
        continue;
      }
      lastClaimant[id] = index;
    }
  }
  return claimedTwice;
}
