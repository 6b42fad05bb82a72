/**
 * Where partitions went while an assignment is balanced, so that no two partitions of a topic change places for nothing:
 * when one should move from a to b and another of its topic came from b to a, that one goes back instead.
 *
 * Simplified: of several that could go back Kafka takes the first of a hash set; here it is the one that moved first.
 *
 * Source: AbstractStickyAssignor.PartitionMovements; KIP-54.
 */
import { assert } from '../../kernel/assert.ts';
import type { MemberIndex } from './owned-partitions.ts';
import type { PartitionId, TopicIndex } from './partition-table.ts';

/** From whom to whom, as one number. */
type MemberPair = number;

export class PartitionMovements {
  private readonly numMembers: number;
  /** Where each partition that is not where it began came from, and is. */
  private readonly pairOf = new Map<PartitionId, MemberPair>();
  /** The partitions of a topic that moved between two members. */
  private readonly moved = new Map<TopicIndex, Map<MemberPair, Set<PartitionId>>>();

  constructor(numMembers: number) {
    this.numMembers = numMembers;
  }

  /** Notes that a partition goes `from` its member `to` another; several moves count as one, a way there and back as none. */
  move(id: PartitionId, topic: TopicIndex, from: MemberIndex, to: MemberIndex): void {
    const known = this.pairOf.get(id);
    const source = known === undefined ? from : Math.floor(known / this.numMembers);
    if (known !== undefined) {
      assert(known % this.numMembers === from, () => `partition ${id} moves from ${from}, but is with ${known % this.numMembers}`);
      this.pairOf.delete(id);
      this.moved.get(topic)?.get(known)?.delete(id);
    }
    if (source === to) return;
    const pair = source * this.numMembers + to;
    this.pairOf.set(id, pair);
    const ofTopic = this.moved.get(topic) ?? new Map<MemberPair, Set<PartitionId>>();
    const ofPair = ofTopic.get(pair) ?? new Set<PartitionId>();
    this.moved.set(topic, ofTopic.set(pair, ofPair.add(id)));
  }

  /** The partition to move in place of this one when it should go `from` its member `to` another: mostly itself. */
  toBeMoved(id: PartitionId, topic: TopicIndex, from: MemberIndex, to: MemberIndex): PartitionId {
    const known = this.pairOf.get(id);
    const source = known === undefined ? from : Math.floor(known / this.numMembers);
    for (const other of this.moved.get(topic)?.get(to * this.numMembers + source) ?? []) return other;
    return id;
  }
}
