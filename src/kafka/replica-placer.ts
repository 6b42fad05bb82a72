/**
 * Where the replicas of a new topic go, on one rack: partition p begins one broker further than partition p - 1, so
 * that leaders spread evenly, and takes the following brokers for its other replicas. Brokers in order of id, from a
 * drawn start; once every unfenced broker has led once the order is shuffled, so that losing one broker spreads its
 * load over all. Fenced brokers come last and never lead.
 *
 * Left out: racks.
 *
 * Source: StripedReplicaPlacer.
 */
import { assert } from '../kernel/assert.ts';
import { draw32, scaleDraw } from '../kernel/hash.ts';
import type { NodeId } from './ids.ts';

export interface UsableBroker {
  readonly id: NodeId;
  readonly fenced: boolean;
}

/** The replicas of each partition, or why there can be none (InvalidReplicationFactorException). */
export type Placement =
  { readonly assignments: readonly (readonly NodeId[])[] } | { readonly invalidReplicationFactor: string };

/** Integers below a bound, one after another, from a single draw. */
class Draws {
  private readonly key: number;
  private count = 0;

  constructor(key: number) {
    this.key = key;
  }

  below(bound: number): number {
    const n = this.count;
    this.count += 1;
    return scaleDraw(draw32(this.key, n), bound);
  }
}

/** Brokers handed out in a circle; each partition starts one further. */
class BrokerCircle {
  private readonly brokers: NodeId[];
  private offset: number;
  private taken = 0;
  private partition = 0;

  constructor(brokers: readonly NodeId[], draws: Draws) {
    this.brokers = brokers.toSorted((a, b) => a - b);
    this.offset = this.brokers.length === 0 ? 0 : draws.below(this.brokers.length);
  }

  get size(): number {
    return this.brokers.length;
  }

  /** The next broker for `partition`, undefined when it has had them all. */
  next(partition: number): NodeId | undefined {
    if (this.brokers.length === 0) return undefined;
    if (partition !== this.partition) {
      this.partition = partition;
      this.taken = 0;
      this.offset = (this.offset + 1) % this.brokers.length;
    }
    if (this.taken === this.brokers.length) return undefined;
    const broker = this.brokers[(this.offset + this.taken) % this.brokers.length];
    this.taken += 1;
    return broker;
  }

  shuffle(draws: Draws): void {
    for (let i = this.brokers.length - 1; i > 0; i -= 1) {
      const j = draws.below(i + 1);
      const swapped = this.brokers[i] as NodeId;
      this.brokers[i] = this.brokers[j] as NodeId;
      this.brokers[j] = swapped;
    }
  }
}

/**
 * Places `numPartitions` partitions of `replicationFactor` replicas on `brokers`, those in controlled shutdown left out
 * by the caller. `draw` is an unsigned 32-bit integer; the same draw gives the same placement.
 */
export function placeReplicas(
  brokers: readonly UsableBroker[],
  numPartitions: number,
  replicationFactor: number,
  draw: number,
): Placement {
  const draws = new Draws(draw);
  const fenced = new BrokerCircle(
    brokers.filter((broker) => broker.fenced).map((broker) => broker.id),
    draws,
  );
  const unfenced = new BrokerCircle(
    brokers.filter((broker) => !broker.fenced).map((broker) => broker.id),
    draws,
  );
  if (replicationFactor <= 0)
    return { invalidReplicationFactor: `Invalid replication factor ${replicationFactor}: it must be positive.` };
  if (unfenced.size === 0) return { invalidReplicationFactor: 'All brokers are currently fenced.' };
  if (replicationFactor > brokers.length) {
    return {
      invalidReplicationFactor: `${replicationFactor} replicas cannot be placed on ${brokers.length} broker(s).`,
    };
  }
  const assignments: NodeId[][] = [];
  // A single unfenced broker leads every partition; shuffling would only restart its count.
  const roundLength = unfenced.size > 1 ? unfenced.size : Number.POSITIVE_INFINITY;
  let round = 0;
  for (let partition = 0; partition < numPartitions; partition += 1) {
    if (round === roundLength) {
      fenced.shuffle(draws);
      unfenced.shuffle(draws);
      round = 0;
    }
    const replicas: NodeId[] = [];
    while (replicas.length < replicationFactor) {
      const broker = unfenced.next(partition) ?? fenced.next(partition);
      assert(broker !== undefined, 'a partition ran out of brokers');
      replicas.push(broker);
    }
    round += 1;
    assignments.push(replicas);
  }
  return { assignments };
}
