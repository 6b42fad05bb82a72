/**
 * Seeds handed out to whoever is free: a range in its order, or steered by what the runs so far have reached. In either case
 * which seeds run depends on nothing but the range and what its runs came to.
 */
import { assert } from '../../kernel/assert.ts';
import { drawSwarm } from '../../scenarios/swarm.ts';
import type { SeedOutcome } from './seed-outcome.ts';
import { GENERATION, Rarity, nextGeneration, plainOrder, type SeedRange } from './seed-order.ts';

/** Who hands out seeds, and is told what became of them. */
export interface Order {
  /** At most `count` seeds; none when there are none, for good or (with `isWaiting`) for now. */
  take(count: number): readonly number[];
  done(outcome: SeedOutcome): void;
  /** Seeds may come once runs are done that are still out. */
  readonly isWaiting: boolean;
}

/** A range in its order. */
export class PlainOrder implements Order {
  readonly isWaiting = false;
  private readonly seeds: Generator<number>;

  constructor(range: SeedRange, isDone: (seed: number) => boolean) {
    this.seeds = plainOrder(range, isDone);
  }

  take(count: number): readonly number[] {
    const batch: number[] = [];
    while (batch.length < count) {
      const { value, done } = this.seeds.next();
      if (done === true) break;
      batch.push(value);
    }
    return batch;
  }

  done(): void {}
}

/** One generation after the other; the next one is picked when the last run of this one is known. */
export class SteeredOrder implements Order {
  private readonly range: SeedRange;
  private readonly known: Map<number, SeedOutcome>;
  private readonly rarity = new Rarity();
  private generation = 0;
  private members: readonly number[] = [];
  private waiting: number[] = [];

  /** `known`: runs that are done; grows. */
  constructor(range: SeedRange, known: Map<number, SeedOutcome>) {
    this.range = range;
    this.known = known;
    this.advance();
  }

  get isWaiting(): boolean {
    return this.members.some((seed) => !this.known.has(seed));
  }

  take(count: number): readonly number[] {
    return this.waiting.splice(0, count);
  }

  done(outcome: SeedOutcome): void {
    this.known.set(outcome.seed, outcome);
    if (!this.isWaiting) this.advance();
  }

  /** To the first generation with a seed that has not run. */
  private advance(): void {
    do {
      for (const seed of this.members) {
        const outcome = this.known.get(seed);
        if (outcome !== undefined) this.rarity.add(outcome);
      }
      this.members = nextGeneration(this.generation, this.range, this.rarity.yields(), (seed) => drawSwarm(String(seed)).choices);
      this.generation += 1;
    } while (this.members.length > 0 && !this.isWaiting);
    this.waiting = this.members.filter((seed) => !this.known.has(seed));
    assert(this.members.length <= GENERATION, 'a generation has its size');
  }
}
