/**
 * The uniform assignment when all members subscribe to the same topics. With P partitions and n members everybody gets
 * `floor(P / n)`, and `P mod n` members one more. Members keep what they have up to that; the first ones that have one
 * more keep it, and where too few do, the last members that may still take one get it, so that an assignment that is
 * even stays as it is whoever is looked at first (KAFKA-18688).
 *
 * Left out: racks (KIP-1101).
 *
 * Source: UniformHomogeneousAssignmentBuilder, 4.1.
 */
import { assert } from '../../kernel/assert.ts';
import type { MemberIndex, ServerGroup, ServerMember } from './server-group.ts';
import type { PartitionId } from './partition-table.ts';

/** A member that can take more: `quota` to reach the minimum, later with the one more. */
interface Unfilled {
  readonly member: MemberIndex;
  quota: number;
}

/** The owner of each partition. */
export function assignHomogeneous({ table, members, owners: currentOwners }: ServerGroup): Int32Array {
  const owners = currentOwners.slice();
  if (members.length === 0) return owners;
  const minimumQuota = Math.floor(table.size / members.length);
  let remainingExtra = table.size % members.length;

  const unassigned: PartitionId[] = [];
  currentOwners.forEach((owner, id) => {
    if (owner === -1) unassigned.push(id);
  });

  const unfilled: Unfilled[] = [];
  members.forEach(({ assigned }: ServerMember, member) => {
    const mayKeepExtra = remainingExtra > 0;
    const kept = Math.min(assigned.length, minimumQuota + (mayKeepExtra ? 1 : 0));
    for (const id of assigned.slice(kept)) {
      owners[id] = -1;
      unassigned.push(id);
    }
    const keepsExtra = kept > minimumQuota;
    if (keepsExtra) remainingExtra -= 1;
    else if (kept < minimumQuota || remainingExtra > 0) unfilled.push({ member, quota: minimumQuota - kept });
  });

  for (const one of unfilled.toReversed()) {
    if (remainingExtra === 0) break;
    remainingExtra -= 1;
    one.quota += 1;
  }

  let next = 0;
  for (const { member, quota } of unfilled) {
    for (const id of unassigned.slice(next, next + quota)) owners[id] = member;
    next += quota;
  }
  assert(next === unassigned.length, () => `quotas add up to ${next} partitions, ${unassigned.length} are unassigned`);
  return owners;
}
