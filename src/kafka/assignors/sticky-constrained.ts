/**
 * The sticky assignment when all members subscribe to the same topics. With P partitions and n members everybody gets
 * `minQuota = floor(P / n)`, and `P mod n` members one more. Members keep what they own up to that; the rest goes round
 * the members that have less than minQuota, in order of member id, then to those that have exactly minQuota.
 *
 * Left out: the round that prefers the member's own rack (KIP-881).
 *
 * Source: AbstractStickyAssignor.ConstrainedAssignmentBuilder; KIP-54, KAFKA-9987.
 */
import { assert } from '../../kernel/assert.ts';
import { compareIds } from './member-order.ts';
import type { MemberIndex, StickyGroup, StickyMember } from './owned-partitions.ts';
import type { PartitionId, PartitionTable } from './partition-table.ts';

export interface ConstrainedAssignment {
  /** Owner of each partition. */
  readonly owners: Int32Array;
  /** Partitions that come to another member than the one that owns them, or that two members claim. */
  readonly transferring: ReadonlySet<PartitionId>;
}

/** Who keeps what, and who may still get more. */
interface Kept {
  readonly owners: Int32Array;
  readonly sizes: Int32Array;
  /** Who owned a partition that it could not keep; -1 nobody. */
  readonly revokedFrom: Int32Array;
  /** Members below minQuota. */
  readonly underMinQuota: readonly MemberIndex[];
  /** Members at minQuota that may get the one more. */
  readonly atMinQuota: readonly MemberIndex[];
}

export function assignConstrained(group: StickyGroup): ConstrainedAssignment {
  const { table, members, claimedTwice } = group;
  assert(members.length > 0, 'partitions are assigned to members');
  const minQuota = Math.floor(table.size / members.length);
  const withOneMore = table.size % members.length;
  const { owners, sizes, revokedFrom, underMinQuota, atMinQuota } = keepOwned(group, minQuota, withOneMore);

  const byMemberId = (a: MemberIndex, b: MemberIndex): number =>
    compareIds((members[a] as StickyMember).memberId, (members[b] as StickyMember).memberId);
  let lap = underMinQuota.toSorted(byMemberId);
  let nextLap: MemberIndex[] = [];
  let inLap = 0;
  const filled = atMinQuota.toSorted(byMemberId);
  let nextFilled = 0;
  const transferring = new Set<PartitionId>();
  for (let id = 0; id < table.size; id += 1) {
    if ((owners[id] as number) !== -1) continue;
    if (inLap === lap.length && nextLap.length > 0) {
      lap = nextLap;
      nextLap = [];
      inLap = 0;
    }
    const isUnder = inLap < lap.length;
    const member = isUnder ? lap[inLap++] : filled[nextFilled++];
    assert(member !== undefined, () => `no member is left for partition ${id} of ${table.size}, minQuota ${minQuota}`);
    owners[id] = member;
    sizes[member] = (sizes[member] as number) + 1;
    if (isUnder) ((sizes[member] as number) < minQuota ? nextLap : filled).push(member);
    const before = revokedFrom[id] as MemberIndex;
    if ((before !== -1 && before !== member) || claimedTwice.has(id)) transferring.add(id);
  }
  assertQuotas(sizes, minQuota, withOneMore);
  return { owners, transferring };
}

function keepOwned({ table, members, walk, claimedTwice }: StickyGroup, minQuota: number, withOneMore: number): Kept {
  const owners = new Int32Array(table.size).fill(-1);
  const revokedFrom = new Int32Array(table.size).fill(-1);
  const sizes = new Int32Array(members.length);
  const underMinQuota: MemberIndex[] = [];
  const atMinQuota: MemberIndex[] = [];
  const maxQuota = withOneMore === 0 ? minQuota : minQuota + 1;
  let overMinQuota = 0;
  for (const index of walk) {
    const owned = [...(members[index] as StickyMember).owned].filter((id) => !claimedTwice.has(id)).toSorted(byPartition(table));
    let kept = owned.length;
    if (kept < minQuota) {
      underMinQuota.push(index);
    } else if (kept >= maxQuota && overMinQuota < withOneMore) {
      kept = maxQuota;
      overMinQuota += 1;
    } else {
      kept = minQuota;
      // Kafka takes no more of these once all that may have one more have it; then none of them gets its turn anyway.
      atMinQuota.push(index);
    }
    for (let i = 0; i < owned.length; i += 1) (i < kept ? owners : revokedFrom)[owned[i] as PartitionId] = index;
    sizes[index] = kept;
  }
  return { owners, sizes, revokedFrom, underMinQuota, atMinQuota };
}

/** By partition, then topic: whoever must give up some keeps a few partitions of every topic. */
function byPartition(table: PartitionTable): (a: PartitionId, b: PartitionId) => number {
  return (a, b) => table.partitionOf(a) - table.partitionOf(b) || a - b;
}

/** `minQuota <= size <= minQuota + 1` for every member, `minQuota + 1` for exactly `withOneMore` of them. */
function assertQuotas(sizes: Int32Array, minQuota: number, withOneMore: number): void {
  let over = 0;
  sizes.forEach((size, member) => {
    assert(size === minQuota || size === minQuota + 1, () => `member ${member} has ${size} partitions, minQuota ${minQuota}`);
    if (size > minQuota) over += 1;
  });
  assert(over === withOneMore, () => `${over} members have one partition more, not ${withOneMore}`);
}
