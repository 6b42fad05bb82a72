/**
 * StickyAssignor and CooperativeStickyAssignor of the classic protocol: as even as can be, then as little movement as
 * can be. They share the assignment and differ in two things. The eager one learns what members owned from its user
 * data, for by the time of the assignment they own nothing any more. The cooperative one takes the subscription's word,
 * and withholds what changes its owner: whoever owns it sees that it is not in its assignment, revokes it, and joins
 * again; the next assignment gives it away (KIP-429).
 *
 *   cooperative: no partition is assigned to a member while another one owns it
 *
 * Kafka leaves one hole in that, and so does this: where subscriptions differ, a member that still claims a partition from
 * an older generation may get it at once, while the member that owns it by now is only about to revoke it.
 *
 * Left out: racks (KIP-881); user data as bytes.
 *
 * Source: AbstractStickyAssignor, StickyAssignor, CooperativeStickyAssignor; KIP-54, KIP-341, KIP-429, KIP-792; GRP-4.
 */
import type { TopicPartitions } from '../group-api.ts';
import { NO_GENERATION } from './assignor.ts';
import type { ConsumerPartitionAssignor, GroupSubscription, MemberAssignment, PartitionCount } from './assignor.ts';
import { STICKY_RULES, stickyGroupOf } from './owned-partitions.ts';
import type { MemberData, StickyGroup, StickyRules } from './owned-partitions.ts';
import { idsByOwner } from './partition-table.ts';
import type { PartitionId } from './partition-table.ts';
import { assignConstrained } from './sticky-constrained.ts';
import { assignGeneral } from './sticky-general.ts';

/** User data of the sticky assignor, version 1; version 0 has no generation. */
export interface StickyUserData {
  readonly previousAssignment: readonly TopicPartitions[];
  readonly generation?: number;
}

/** User data of the cooperative sticky assignor: for subscriptions older than KIP-792, which have no generation. */
export interface CooperativeStickyUserData {
  readonly generation: number;
}

/** The assignment, and what of it changes its owner; null for Kafka's general case, which finds that out afterwards. */
interface StickyAssignment {
  readonly owners: Int32Array;
  readonly transferring: ReadonlySet<PartitionId> | null;
}

function assignSticky(group: StickyGroup): StickyAssignment {
  return group.allSubscriptionsEqual ? assignConstrained(group) : { owners: assignGeneral(group), transferring: null };
}

function assignmentsOf({ table, members }: StickyGroup, owners: Int32Array): MemberAssignment[] {
  const ids = idsByOwner(owners, members.length);
  return members.map(({ memberId }, index) => ({ memberId, topicPartitions: table.topicPartitionsOf(ids[index] as PartitionId[]) }));
}

/** The eager sticky assignor under these rules. */
export function stickyAssignorWith(rules: StickyRules): ConsumerPartitionAssignor {
  return {
    name: 'sticky',
    supportedProtocols: ['EAGER'],
    subscriptionUserData: (assigned, generation): StickyUserData | null =>
      assigned === null ? null : { previousAssignment: assigned, generation },
    assign: (cluster: readonly PartitionCount[], subscriptions: readonly GroupSubscription[]) => {
      if (subscriptions.length === 0) return [];
      const group = stickyGroupOf(cluster, subscriptions, stickyMemberData, rules);
      return assignmentsOf(group, assignSticky(group).owners);
    },
  };
}

/** The cooperative sticky assignor under these rules. */
export function cooperativeStickyAssignorWith(rules: StickyRules): ConsumerPartitionAssignor {
  return {
    name: 'cooperative-sticky',
    supportedProtocols: ['COOPERATIVE', 'EAGER'],
    subscriptionUserData: (_, generation): CooperativeStickyUserData => ({ generation }),
    assign: (cluster: readonly PartitionCount[], subscriptions: readonly GroupSubscription[]) => {
      if (subscriptions.length === 0) return [];
      const group = stickyGroupOf(cluster, subscriptions, cooperativeMemberData, rules);
      const { owners, transferring } = assignSticky(group);
      if (rules.withholdsUntilRevoked) {
        for (const id of transferring ?? changingOwners(group, owners)) owners[id] = -1;
      }
      return assignmentsOf(group, owners);
    },
  };
}

/** computePartitionsTransferringOwnership: assigned to a member that does not claim it, taken from one that does. */
function changingOwners({ members }: StickyGroup, owners: Int32Array): ReadonlySet<PartitionId> {
  const revoked = new Set<PartitionId>();
  const kept = new Set<PartitionId>();
  members.forEach(({ claimed }, index) => {
    for (const id of claimed) (owners[id] === index ? kept : revoked).add(id);
  });
  for (const id of kept) revoked.delete(id);
  return revoked;
}

/** What an eager member says of itself is in its user data only; a second-hand `ownedPartitions` is not looked at. */
export function stickyMemberData({ userData }: GroupSubscription): MemberData {
  if (!isRecord(userData) || !isTopicPartitions(userData['previousAssignment'])) return { partitions: [], generation: NO_GENERATION };
  return { partitions: userData['previousAssignment'], generation: generationIn(userData) };
}

/** The subscription's own generation before that of the user data. */
export function cooperativeMemberData({ ownedPartitions, generationId, userData }: GroupSubscription): MemberData {
  const generation = generationId > NO_GENERATION || !isRecord(userData) ? generationId : generationIn(userData);
  return { partitions: ownedPartitions, generation };
}

// User data come from another member, which may run something else under the same name: what cannot be read is ignored.

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

function generationIn({ generation }: { readonly [field: string]: unknown }): number {
  return typeof generation === 'number' ? generation : NO_GENERATION;
}

function isTopicPartitions(value: unknown): value is readonly TopicPartitions[] {
  return (
    Array.isArray(value) &&
    value.every(
      (one) =>
        isRecord(one) && typeof one['topic'] === 'string' && Array.isArray(one['partitions']) && one['partitions'].every(Number.isInteger),
    )
  );
}

export const stickyAssignor = stickyAssignorWith(STICKY_RULES);
export const cooperativeStickyAssignor = cooperativeStickyAssignorWith(STICKY_RULES);
