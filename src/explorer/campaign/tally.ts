/**
 * A campaign in numbers, added up run by run in any order: verdicts and comparisons by property, faults that took effect,
 * what was reached and how often, the first violations. Equal sets of runs give equal tallies; a seed that comes again is
 * counted once, and must have come to the same digest.
 */
import { assert } from '../../kernel/assert.ts';
import { fmix32, hashString, hex64 } from '../../kernel/hash.ts';
import { PROPERTY_NAMES } from '../../scenarios/properties.ts';
import type { SeedOutcome } from './seed-outcome.ts';

export interface PropertyTally {
  held: number;
  violated: number;
  vacuous: number;
  compared: number;
}

export interface Violation {
  readonly seed: number;
  /** Empty for an error of ours. */
  readonly property: string;
  readonly sentence: string;
}

/** Violations that are told; the rest are counted. */
const VIOLATIONS_TOLD = 20;

export class Tally {
  runs = 0;
  virtualMs = 0;
  messages = 0;
  violatedRuns = 0;
  errors = 0;
  /** Violations and errors, of which `violationsTold` are some. */
  violationsFound = 0;
  /** Seeds that came twice. */
  repeated = 0;
  readonly seeds = new Map<number, string>();
  private readonly counted = new Map<string, PropertyTally>();
  /** Of faults that took effect, by kind. */
  readonly faults = new Map<string, number>();
  /** Runs by mark. */
  readonly marks = new Map<string, number>();
  /** Runs by point of the machines. */
  readonly reached: number[] = [];
  /** Runs by choice of a swarm. */
  readonly choices = new Map<string, number>();
  /** Runs since a run reached something for the first time. */
  runsSinceNew = 0;
  private violations: Violation[] = [];
  private high = 0;
  private low = 0;

  /** False when the seed was counted before. */
  add(outcome: SeedOutcome): boolean {
    const known = this.seeds.get(outcome.seed);
    if (known !== undefined) {
      assert(known === outcome.digest, () => `seed ${outcome.seed} came to the digest ${known} and to ${outcome.digest}`);
      this.repeated += 1;
      return false;
    }
    const { seed, digest, properties, faultKinds, marks, choices, error } = outcome;
    this.seeds.set(seed, digest);
    this.runs += 1;
    this.virtualMs += outcome.virtualMs;
    this.messages += outcome.messages;
    if (error !== null) this.errors += 1;
    this.high = (this.high + fmix32(hashString(digest, seed))) | 0;
    this.low = (this.low + fmix32(hashString(digest, ~seed))) | 0;
    const reachedBefore = this.reachedCount;
    this.count(this.faults, faultKinds);
    this.count(this.marks, marks);
    this.count(this.choices, choices);
    for (const point of outcome.reached) {
      while (this.reached.length <= point) this.reached.push(0);
      this.reached[point] = (this.reached[point] as number) + 1;
    }
    this.runsSinceNew = this.reachedCount > reachedBefore ? 0 : this.runsSinceNew + 1;
    for (const { property, verdict, compared } of properties) {
      const tally = this.counted.get(property) ?? { held: 0, violated: 0, vacuous: 0, compared: 0 };
      this.counted.set(property, tally);
      tally[verdict] += 1;
      tally.compared += compared;
    }
    if (error !== null || properties.some(({ verdict }) => verdict === 'violated')) this.note(outcome);
    return true;
  }

  /** In the order in which a run shows them, whatever the order of the runs. */
  get properties(): ReadonlyMap<string, PropertyTally> {
    const known = PROPERTY_NAMES.flatMap((name) => (this.counted.has(name) ? [name] : []));
    const others = [...this.counted.keys()].filter((name) => !known.includes(name)).sort((a, b) => (a < b ? -1 : 1));
    return new Map([...known, ...others].map((name) => [name, this.counted.get(name) as PropertyTally]));
  }

  /** Points, marks and kinds of faults that were reached. */
  get reachedCount(): number {
    return this.reached.reduce((sum, runs) => sum + Number(runs > 0), 0) + this.marks.size + this.faults.size;
  }

  /** Over (seed, digest) of all runs, whatever their order. */
  get digest(): string {
    return hex64(this.high, this.low);
  }

  /** Those of the smallest seeds, in their order. */
  get violationsTold(): readonly Violation[] {
    return this.violations;
  }

  private note({ seed, properties, error }: SeedOutcome): void {
    if (error === null) this.violatedRuns += 1;
    const found = error === null
      ? properties.filter(({ verdict }) => verdict === 'violated').map(({ property, sentence }) => ({ seed, property, sentence: sentence ?? '' }))
      : [{ seed, property: '', sentence: error }];
    this.violationsFound += found.length;
    this.violations = [...this.violations, ...found].sort((a, b) => a.seed - b.seed).slice(0, VIOLATIONS_TOLD);
  }

  private count(counts: Map<string, number>, names: readonly string[]): void {
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}
