/**
 * Watches who owns what while members are restarted: a partition is without an owner while no live member says that it owns it
 * (onPartitionsAssigned). What a member has been given in the coordinator's eyes and does not know of yet, nobody works on.
 */
import type { ClientObservation } from '../../src/history/observations.ts';

export interface Measured {
  /** Generations that began in the window: each is a rebalance of the whole group. */
  readonly rebalances: number;
  /** Sum over partitions, in µs. */
  readonly unownedUs: number;
  /** Of one partition. */
  readonly longestUs: number;
  /** While no partition had an owner: the whole group stood still. */
  readonly standstillUs: number;
  /** Assignments that took a partition from one live member to another, or from one that ended to its successor. */
  readonly moves: number;
  /** Records processed again. */
  readonly duplicates: number;
  readonly processed: number;
}

interface Partition {
  /** How many live members own it. */
  owners: number;
  /** Since when nobody does; counted from the beginning of the window. */
  unownedSinceUs: number;
  unownedUs: number;
  longestUs: number;
  /** The node that owned it last. */
  lastOwner: number;
}

export class OwnershipWatch {
  private readonly fromUs: number;
  private readonly untilUs: number;
  /** By `topic-partition`, from the first time that somebody owns it. */
  private readonly partitions = new Map<string, Partition>();
  /** By node. */
  private readonly owned = new Map<number, readonly string[]>();
  private readonly seen = new Set<string>();
  private readonly generations = new Set<number>();
  /** The generation that the window found. */
  private lastBefore = 0;
  /** Partitions with an owner. */
  private ownedCount = 0;
  private nobodySinceUs = 0;
  private standstillUs = 0;
  private moves = 0;
  private processed = 0;

  constructor(fromUs: number, untilUs: number) {
    this.fromUs = fromUs;
    this.untilUs = untilUs;
  }

  observed(node: number, observation: ClientObservation, atUs: number): void {
    if (observation.type === 'assignment') {
      if (atUs < this.fromUs) this.lastBefore = Math.max(this.lastBefore, observation.generationId);
      else if (observation.reason === 'assigned' && observation.generationId > this.lastBefore) this.generations.add(observation.generationId);
      this.own(node, observation.owned.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`)), atUs);
    } else if (observation.type === 'record.processed') {
      this.processed += 1;
      this.seen.add(`${observation.topic}-${observation.partition} ${observation.offset}`);
    }
  }

  /** The process on `node` is gone, and owns nothing. */
  ended(node: number, atUs: number): void {
    this.own(node, [], atUs);
  }

  /** At the end of the window. A generation that was there before it counts as none. */
  measured(): Measured {
    let unownedUs = 0;
    let longestUs = 0;
    for (const partition of this.partitions.values()) {
      if (partition.owners === 0) this.close(partition, this.untilUs);
      unownedUs += partition.unownedUs;
      longestUs = Math.max(longestUs, partition.longestUs);
    }
    const standstillUs = this.standstillUs + (this.ownedCount === 0 ? this.inWindow(this.nobodySinceUs, this.untilUs) : 0);
    return { rebalances: this.generations.size, unownedUs, longestUs, standstillUs, moves: this.moves, duplicates: this.processed - this.seen.size, processed: this.processed };
  }

  private own(node: number, now: readonly string[], atUs: number): void {
    const before = this.owned.get(node) ?? [];
    this.owned.set(node, now);
    for (const name of before) {
      if (now.includes(name)) continue;
      const partition = this.partition(name);
      partition.owners -= 1;
      if (partition.owners > 0) continue;
      partition.unownedSinceUs = atUs;
      this.ownedCount -= 1;
      if (this.ownedCount === 0) this.nobodySinceUs = atUs;
    }
    for (const name of now) {
      if (before.includes(name)) continue;
      const partition = this.partition(name);
      if (partition.owners === 0) {
        this.close(partition, atUs);
        if (this.ownedCount === 0) this.standstillUs += this.inWindow(this.nobodySinceUs, atUs);
        this.ownedCount += 1;
      }
      partition.owners += 1;
      if (partition.lastOwner !== node && partition.lastOwner !== -1 && atUs >= this.fromUs) this.moves += 1;
      partition.lastOwner = node;
    }
  }

  private close(partition: Partition, atUs: number): void {
    const us = this.inWindow(partition.unownedSinceUs, atUs);
    partition.unownedUs += us;
    partition.longestUs = Math.max(partition.longestUs, us);
  }

  private inWindow(sinceUs: number, atUs: number): number {
    return Math.max(0, atUs - Math.max(this.fromUs, sinceUs));
  }

  private partition(name: string): Partition {
    let partition = this.partitions.get(name);
    if (partition === undefined) {
      partition = { owners: 0, unownedSinceUs: 0, unownedUs: 0, longestUs: 0, lastOwner: -1 };
      this.partitions.set(name, partition);
    }
    return partition;
  }
}
