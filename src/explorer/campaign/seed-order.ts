/**
 * Which seeds a campaign runs, and in which order: a range in its order, a shard of it, without those that are done; or
 * steered, for a swarm. A steered campaign draws several seeds for each one that it runs, and runs the one whose choices
 * have so far led to what few runs reach. The seed alone still says what a run is: steering picks seeds and touches nothing
 * else.
 *
 * Steering goes by generations: who is picked depends on whole generations before it and on nothing that is still running,
 * so neither the number of workers nor an interruption shows.
 *
 * Source: Groce et al., "Swarm Testing", ISSTA 2012; rarity as in Böhme et al., "AFLFast", CCS 2016.
 */
import type { SeedOutcome } from './seed-outcome.ts';

export interface SeedRange {
  readonly firstSeed: number;
  /** Inclusive; infinite for a campaign that ends by time. */
  readonly lastSeed: number;
  /** This one of so many equal parts, from 0. */
  readonly shard: number;
  readonly shards: number;
}

/** Seeds of a shard in their order, without those that are done. */
export function* plainOrder({ firstSeed, lastSeed, shard, shards }: SeedRange, isDone: (seed: number) => boolean): Generator<number> {
  for (let seed = firstSeed + shard; seed <= lastSeed; seed += shards) if (!isDone(seed)) yield seed;
}

/** Seeds drawn for each one that is run. */
export const CANDIDATES = 4;
/** Runs of a generation. */
export const GENERATION = 32;

/** How rare what choices lead to is, from the runs so far. */
export class Rarity {
  private readonly runsByPoint = new Map<number, number>();
  private readonly runsByChoice = new Map<string, number>();
  private readonly pointsByChoice = new Map<string, Map<number, number>>();
  private runs = 0;

  add({ choices, reached }: Pick<SeedOutcome, 'choices' | 'reached'>): void {
    this.runs += 1;
    for (const point of reached) this.runsByPoint.set(point, (this.runsByPoint.get(point) ?? 0) + 1);
    for (const choice of choices) {
      this.runsByChoice.set(choice, (this.runsByChoice.get(choice) ?? 0) + 1);
      const points = this.pointsByChoice.get(choice) ?? new Map<number, number>();
      this.pointsByChoice.set(choice, points);
      for (const point of reached) points.set(point, (points.get(point) ?? 0) + 1);
    }
  }

  /** What a choice has led to, per run: points count the more the fewer runs reach them. A choice not made yet counts most. */
  yields(): ReadonlyMap<string, number> {
    const yields = new Map<string, number>();
    for (const [choice, points] of this.pointsByChoice) {
      let sum = 0;
      for (const [point, runs] of points) {
        const all = this.runsByPoint.get(point) as number;
        // What most runs reach says nothing of a choice.
        if (all * 4 < this.runs) sum += runs / all;
      }
      yields.set(choice, sum / (this.runsByChoice.get(choice) as number));
    }
    return yields;
  }
}

/** The candidate whose choices promise most; the first of equals. */
export function mostPromising<T extends { readonly choices: readonly string[] }>(candidates: readonly T[], yields: ReadonlyMap<string, number>): T | undefined {
  let best: T | undefined;
  let bestScore = -1;
  const unknown = Math.max(1, ...yields.values());
  for (const candidate of candidates) {
    const score = candidate.choices.reduce((sum, choice) => sum + (yields.get(choice) ?? unknown), 0) / Math.max(1, candidate.choices.length);
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}

export interface Steered {
  readonly seed: number;
  readonly choices: readonly string[];
}

/** Seeds of the next generation; `draw` says what a seed would choose. Fewer at the end of the range. */
export function nextGeneration(generation: number, range: SeedRange, yields: ReadonlyMap<string, number>, draw: (seed: number) => readonly string[]): number[] {
  const seeds: number[] = [];
  const first = generation * GENERATION * CANDIDATES;
  for (let block = 0; block < GENERATION; block += 1) {
    const candidates: Steered[] = [];
    for (let i = 0; i < CANDIDATES; i += 1) {
      const seed = range.firstSeed + range.shard + (first + block * CANDIDATES + i) * range.shards;
      if (seed <= range.lastSeed) candidates.push({ seed, choices: draw(seed) });
    }
    const chosen = mostPromising(candidates, yields);
    if (chosen !== undefined) seeds.push(chosen.seed);
  }
  return seeds;
}
