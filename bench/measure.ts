/**
 * Measuring on a machine that others use too. Contenders take turns in rounds, so that whatever slows the machine down
 * slows all of them; time is the CPU time of the process, which a busy neighbour hardly touches; a ratio is the median
 * of the ratios within a round, and never compares two times that were taken far apart.
 *
 * CPU time counts V8's helper threads as well: garbage and compilation are part of the price. Each turn starts after a
 * minor collection when the process was started with --expose-gc, so nobody pays for the young garbage of another. Not
 * after a full one: that also throws away optimised code, and every turn would begin cold.
 *
 * Left out: wall time, memory. Source: Georges, Buytaert, Eeckhout, "Statistically Rigorous Java Performance
 * Evaluation", OOPSLA 2007 (several rounds, spread reported), with the pairing of interleaved designs.
 */
import { present } from '../src/kernel/assert.ts';

/** A turn that knows better than the stopwatch which part of it counts. */
export interface Timed {
  readonly operations: number;
  readonly cpuUs: number;
}

/** One of those that are compared. */
export interface Contender {
  readonly name: string;
  /** One turn of work; returns how many operations it was. */
  readonly turn: () => number | Timed;
  /** Follows each turn, off the clock: checks what came of it, makes ready for the next. */
  readonly afterTurn?: () => void;
}

export interface Sampling {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them, for the JIT. */
  readonly warmUpRounds: number;
}

/** A number with how far it wandered: half the distance between the quartiles, as a share of the median. */
export interface Estimate {
  readonly value: number;
  readonly spread: number;
}

export class Measurement {
  private readonly samplesNs: ReadonlyMap<string, readonly number[]>;

  constructor(samplesNs: ReadonlyMap<string, readonly number[]>) {
    this.samplesNs = samplesNs;
  }

  /** CPU ns per operation of a contender, round by round. */
  samples(name: string): readonly number[] {
    return present(this.samplesNs.get(name), `contender ${name}`);
  }

  /** CPU ns per operation. */
  ns(name: string): Estimate {
    return estimate(this.samples(name));
  }

  /** Operations per second of CPU time. */
  rate(name: string): Estimate {
    return estimate(this.samples(name).map((ns) => 1e9 / ns));
  }

  /** How many times the cost of `base` that of `name` is. */
  ratio(name: string, base: string): Estimate {
    const bases = this.samples(base);
    return estimate(this.samples(name).map((ns, round) => ns / present(bases[round], 'round')));
  }
}

/** Lets the contenders take turns; in each round another one begins. */
export function measure(contenders: readonly Contender[], { rounds, warmUpRounds }: Sampling): Measurement {
  const samplesNs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (let i = 0; i < contenders.length; i += 1) {
      const { name, turn, afterTurn } = present(contenders[(i + round + warmUpRounds) % contenders.length], 'contender');
      const ns = timed(turn);
      afterTurn?.();
      if (round >= 0) samplesNs.get(name)?.push(ns);
    }
  }
  return new Measurement(samplesNs);
}

/** CPU ns per operation of one turn. */
function timed(turn: Contender['turn']): number {
  globalThis.gc?.({ type: 'minor' });
  const beforeUs = cpuUs();
  const result = turn();
  const afterUs = cpuUs();
  const { operations, cpuUs: takenUs } = typeof result === 'number' ? { operations: result, cpuUs: afterUs - beforeUs } : result;
  return (takenUs * 1_000) / operations;
}

/** CPU time that the process has taken so far. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export function estimate(samples: readonly number[]): Estimate {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = quantile(sorted, 0.5);
  return { value, spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / value };
}

/** Linear interpolation between the two nearest of `sorted`, which is not empty. */
function quantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = present(sorted[below], 'sample');
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (position - below);
}
