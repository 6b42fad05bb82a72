/**
 * The members of one topic sorted by how much they have, with two ranges that grow towards each other: the least loaded on
 * the left, which take one partition each in turn and so rise by one, and the most loaded on the right, which give one
 * each in turn and so fall. The ranges' levels, not their places, say when the topic is balanced.
 *
 *   0 <= nextLeastLoaded <= leastLoadedEndExclusive <= n
 *   0 <= mostLoadedStartInclusive, mostLoadedEndExclusive <= n: members behind the end have nothing left to give
 *
 * Assigning is the caller's; sizes are read when a range grows.
 *
 * Source: UniformHeterogeneousAssignmentBuilder.MemberAssignmentBalancer; KAFKA-17710.
 */
import { assert } from '../../kernel/assert.ts';
import type { MemberIndex } from './server-group.ts';

export const NO_MEMBER: MemberIndex = -1;

export class MemberAssignmentBalancer {
  /** Partitions of each member; the caller changes them. */
  private readonly sizes: Int32Array;
  private sorted: MemberIndex[] = [];
  private leastLoadedEndExclusive = 0;
  /** Partitions of the members of the range before this turn. */
  private leastLoadedLevel = 0;
  private nextLeastLoaded = 0;
  private mostLoadedStartInclusive = 0;
  private mostLoadedEndExclusive = 0;
  private mostLoadedLevel = 0;
  private nextMostLoaded = 0;

  constructor(sizes: Int32Array) {
    this.sizes = sizes;
  }

  /** The difference between the most and the least loaded of these members. */
  imbalanceOf(members: readonly MemberIndex[]): number {
    const { least, most } = this.rangeOf(members);
    return most - least;
  }

  /** Begins anew with these members; they come in the order of their indexes. */
  initialize(members: readonly MemberIndex[]): void {
    const { least, most } = this.rangeOf(members);
    this.sorted = this.bySize(members, least, most);
    this.leastLoadedEndExclusive = 0;
    this.leastLoadedLevel = least - 1;
    this.nextLeastLoaded = 0;
    this.mostLoadedStartInclusive = members.length;
    this.mostLoadedEndExclusive = members.length;
    this.mostLoadedLevel = most + 1;
    this.nextMostLoaded = members.length - 1;
  }

  /** Who takes the next partition. */
  nextLeastLoadedMember(): MemberIndex {
    if (this.nextLeastLoaded >= this.leastLoadedEndExclusive) {
      this.leastLoadedLevel += 1;
      while (this.leastLoadedEndExclusive < this.sorted.length && this.sizeAt(this.leastLoadedEndExclusive) === this.leastLoadedLevel) {
        this.leastLoadedEndExclusive += 1;
      }
      this.nextLeastLoaded = 0;
    }
    const member = this.sorted[this.nextLeastLoaded] as MemberIndex;
    this.nextLeastLoaded += 1;
    return member;
  }

  /** Who gives the next partition; NO_MEMBER when all are excluded. */
  nextMostLoadedMember(): MemberIndex {
    if (this.nextMostLoaded < this.mostLoadedStartInclusive) {
      const isEmpty = this.mostLoadedEndExclusive <= this.mostLoadedStartInclusive;
      // A range that exclusions have emptied starts anew at the level of the next member, however far down that is.
      const isAnew = isEmpty && this.mostLoadedStartInclusive > 0;
      this.mostLoadedLevel = isAnew ? this.sizeAt(this.mostLoadedStartInclusive - 1) : this.mostLoadedLevel - 1;
      while (this.mostLoadedStartInclusive > 0 && this.sizeAt(this.mostLoadedStartInclusive - 1) === this.mostLoadedLevel) {
        this.mostLoadedStartInclusive -= 1;
      }
      this.nextMostLoaded = this.mostLoadedEndExclusive - 1;
    }
    if (this.nextMostLoaded < 0) return NO_MEMBER;
    const member = this.sorted[this.nextMostLoaded] as MemberIndex;
    this.nextMostLoaded -= 1;
    return member;
  }

  /** The member that `nextMostLoadedMember` gave last has nothing to give: it leaves the range. */
  excludeMostLoadedMember(): void {
    const place = this.nextMostLoaded + 1;
    const last = this.mostLoadedEndExclusive - 1;
    assert(place <= last, () => `member at ${place} is not in the range that ends at ${last}`);
    const excluded = this.sorted[place] as MemberIndex;
    this.sorted[place] = this.sorted[last] as MemberIndex;
    this.sorted[last] = excluded;
    this.mostLoadedEndExclusive = last;
  }

  isBalanced(): boolean {
    return this.mostLoadedLevel - this.leastLoadedLevel <= 1;
  }

  private rangeOf(members: readonly MemberIndex[]): { readonly least: number; readonly most: number } {
    assert(members.length > 0, 'a topic that is balanced has a subscriber');
    let least = this.sizes[members[0] as MemberIndex] as number;
    let most = least;
    for (const member of members) {
      const size = this.sizes[member] as number;
      if (size < least) least = size;
      else if (size > most) most = size;
    }
    return { least, most };
  }

  /** By size, members of one size as they come: by counting, since this is done for every topic. */
  private bySize(members: readonly MemberIndex[], least: number, most: number): MemberIndex[] {
    const places = new Int32Array(most - least + 2);
    const levelOf = (member: MemberIndex): number => (this.sizes[member] as number) - least;
    for (const member of members) places[levelOf(member) + 1] = (places[levelOf(member) + 1] as number) + 1;
    for (let level = 1; level < places.length; level += 1) places[level] = (places[level] as number) + (places[level - 1] as number);
    const sorted = members.slice();
    for (const member of members) {
      const level = levelOf(member);
      sorted[places[level] as number] = member;
      places[level] = (places[level] as number) + 1;
    }
    return sorted;
  }

  private sizeAt(place: number): number {
    return this.sizes[this.sorted[place] as MemberIndex] as number;
  }
}
