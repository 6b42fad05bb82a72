/**
 * The sticky assignment when members subscribe to different topics: keep what is owned, give each free partition to the
 * member with the fewest of those that subscribe to its topic, then move partitions until no move makes two members more
 * equal. If moving does not make the whole more equal it is undone. A partition that was taken over from a member of an
 * older generation goes back to that member where balance allows it.
 *
 *   balanced: no partition has an owner with two more than another subscriber of its topic
 *
 * Kafka tests for balance before each partition; that decides nothing but when to stop early, because in a balanced
 * assignment no partition finds a better owner. Here the tests are left out, and the fewest of a topic are
 * remembered until a partition moves.
 *
 * Different from Kafka on purpose: a partition goes back to a previous owner only if that one still subscribes to the
 * topic (Kafka gives it to one that does not, or fails). Moving ends after MOVES_PER_PARTITION moves for each
 * partition; Kafka knows no such end.
 *
 * Left out: racks (KIP-881).
 *
 * Source: AbstractStickyAssignor.GeneralAssignmentBuilder; KIP-54, KIP-341.
 */
import { assert } from '../../kernel/assert.ts';
import { NO_GENERATION } from './assignor.ts';
import { compareIds } from './member-order.ts';
import type { MemberIndex, StickyGroup, StickyMember } from './owned-partitions.ts';
import { PartitionMovements } from './partition-movements.ts';
import type { PartitionId, PartitionTable, TopicIndex } from './partition-table.ts';

/** A move makes two members more equal but for the ones that go back (PartitionMovements); far more than were ever seen. */
const MOVES_PER_PARTITION = 64;

/** The owner of each partition. */
export function assignGeneral(group: StickyGroup): Int32Array {
  const balancer = new GeneralBalancer(group);
  balancer.assignFree();
  balancer.balance();
  return balancer.owners;
}

class GeneralBalancer {
  readonly owners: Int32Array;
  private readonly sizes: Int32Array;
  private readonly group: StickyGroup;
  private readonly table: PartitionTable;
  /** The members of each topic, in order of member id: the first of the fewest is the one that Kafka's TreeSet finds. */
  private readonly subscribers: readonly Int32Array[];
  private readonly previousOwners: Int32Array;
  /** Partitions that nobody owned, topics with few subscribers first. */
  private readonly free: readonly PartitionId[];
  private readonly all: readonly PartitionId[];
  private readonly revocationRequired: boolean;
  private readonly initializing: boolean;
  private readonly movements: PartitionMovements;
  private movesLeft: number;
  private moves = 0;
  private readonly fewestOf: Int32Array;
  private readonly fewestAtMove: Int32Array;

  constructor(group: StickyGroup) {
    const { table, members } = group;
    this.group = group;
    this.table = table;
    this.owners = new Int32Array(table.size).fill(-1);
    this.sizes = new Int32Array(members.length);
    this.subscribers = subscribersOf(group);
    this.previousOwners = previousOwnersOf(group);
    this.movements = new PartitionMovements(members.length);
    this.movesLeft = table.size * MOVES_PER_PARTITION;
    this.fewestOf = new Int32Array(table.topics.length);
    this.fewestAtMove = new Int32Array(table.topics.length).fill(-1);
    this.revocationRequired = this.keepOwned();
    this.initializing = this.sizes.every((size) => size === 0);
    const topics = table.topics.map((_, topic) => topic);
    topics.sort((a, b) => this.subscribersOfTopic(a).length - this.subscribersOfTopic(b).length || a - b);
    this.all = topics.flatMap((topic) => Array.from({ length: table.numPartitions(topic) }, (_, partition) => table.firstId(topic) + partition));
    this.free = this.all.filter((id) => this.ownerOf(id) === -1);
  }

  /** Whether a member must give up what it owns, because it does not subscribe to the topic any more. */
  private keepOwned(): boolean {
    let mustRevoke = false;
    this.group.members.forEach(({ owned, topics }, member) => {
      for (const id of owned) {
        if (topics.has(this.table.topicOf(id))) this.give(id, member);
        else mustRevoke = true;
      }
    });
    return mustRevoke;
  }

  assignFree(): void {
    for (const id of this.free) this.give(id, this.fewest(this.table.topicOf(id)));
  }

  balance(): void {
    const shared = (id: PartitionId): boolean => this.subscribersOfTopic(this.table.topicOf(id)).length >= 2;
    const { owners, sizes } = this;
    const before = { owners: owners.slice(), sizes: sizes.slice() };
    // First by the new partitions alone, so that members keep what they own; not if they have to give up some anyway.
    if (!this.revocationRequired) this.reassign(this.free.filter(shared));
    const reassigned = this.reassign(this.all.filter(shared));
    // Each move by itself makes two members more equal; one that went another partition's way back need not.
    if (this.initializing || !reassigned) return;
    const taking = this.takingPart();
    if (imbalance(taking, sizes) >= imbalance(taking, before.sizes)) {
      owners.set(before.owners);
      sizes.set(before.sizes);
    }
  }

  /** Moves what can move to a better owner, until nothing can. Gives whether anything moved. */
  private reassign(ids: readonly PartitionId[]): boolean {
    let reassigned = false;
    let moved = true;
    while (moved) {
      moved = false;
      for (const id of ids) {
        const better = this.betterOwner(id);
        if (better === -1 || this.movesLeft === 0) continue;
        this.reassignTo(id, better);
        moved = true;
        reassigned = true;
      }
    }
    return reassigned;
  }

  /** A subscriber of the topic with at least two less than the owner: the previous owner, else the one with the fewest. */
  private betterOwner(id: PartitionId): MemberIndex {
    const most = this.sizeOf(this.ownerOf(id)) - 2;
    const previous = this.previousOwners[id] as MemberIndex;
    if (previous !== -1 && this.sizeOf(previous) <= most) return previous;
    const fewest = this.fewest(this.table.topicOf(id));
    return this.sizeOf(fewest) <= most ? fewest : -1;
  }

  private reassignTo(wanted: PartitionId, to: MemberIndex): void {
    const topic = this.table.topicOf(wanted);
    const id = this.movements.toBeMoved(wanted, topic, this.ownerOf(wanted), to);
    const from = this.ownerOf(id);
    assert(from !== to, () => `partition ${id} moves to ${to}, where it is`);
    this.movements.move(id, topic, from, to);
    this.sizes[from] = this.sizeOf(from) - 1;
    this.movesLeft -= 1;
    this.give(id, to);
  }

  private give(id: PartitionId, to: MemberIndex): void {
    this.owners[id] = to;
    this.sizes[to] = this.sizeOf(to) + 1;
    this.moves += 1;
  }

  /** The subscriber of a topic with the fewest partitions, the first by member id of several. */
  private fewest(topic: TopicIndex): MemberIndex {
    if (this.fewestAtMove[topic] === this.moves) return this.fewestOf[topic] as MemberIndex;
    const subscribers = this.subscribersOfTopic(topic);
    let fewest = subscribers[0] as MemberIndex;
    for (let i = 1; i < subscribers.length; i += 1) {
      const member = subscribers[i] as MemberIndex;
      if (this.sizeOf(member) < this.sizeOf(fewest)) fewest = member;
    }
    this.fewestOf[topic] = fewest;
    this.fewestAtMove[topic] = this.moves;
    return fewest;
  }

  /** Members that could have more, or have a partition that another could have; the others stay as they are. */
  private takingPart(): MemberIndex[] {
    const isShared = this.subscribers.map(({ length }) => length >= 2);
    return this.group.members.flatMap(({ topics }, member) => (topics.indexes.some((topic) => isShared[topic]) ? [member] : []));
  }

  private subscribersOfTopic(topic: TopicIndex): Int32Array {
    return this.subscribers[topic] as Int32Array;
  }

  private ownerOf(id: PartitionId): MemberIndex {
    return this.owners[id] as MemberIndex;
  }

  private sizeOf(member: MemberIndex): number {
    return this.sizes[member] as number;
  }
}

function subscribersOf({ table, members }: StickyGroup): Int32Array[] {
  const subscribers: MemberIndex[][] = table.topics.map(() => []);
  const order = members.map((_, index) => index);
  order.sort((a, b) => compareIds((members[a] as StickyMember).memberId, (members[b] as StickyMember).memberId));
  for (const index of order) for (const topic of (members[index] as StickyMember).topics.indexes) (subscribers[topic] as MemberIndex[]).push(index);
  return subscribers.map((indexes) => Int32Array.from(indexes));
}

/** Who claims a partition from before the newest generation, the newer of two claims; -1 nobody. */
function previousOwnersOf({ table, members, walk, newestGeneration }: StickyGroup): Int32Array {
  const previous = new Int32Array(table.size).fill(-1);
  if (newestGeneration === NO_GENERATION) return previous;
  for (const index of walk) {
    const { claimed, topics, generation } = members[index] as StickyMember;
    if (generation >= newestGeneration) continue;
    for (const id of claimed) {
      const known = members[previous[id] as MemberIndex];
      if ((known === undefined || generation > known.generation) && topics.has(table.topicOf(id))) previous[id] = index;
    }
  }
  return previous;
}

/** getBalanceScore: the sum of the differences of all pairs, from sizes in rising order. */
function imbalance(members: readonly MemberIndex[], sizes: Int32Array): number {
  const rising = Int32Array.from(members, (member) => sizes[member] as number).sort((a, b) => a - b);
  let sum = 0;
  let score = 0;
  rising.forEach((size, i) => {
    score += size * i - sum;
    sum += size;
  });
  return score;
}
