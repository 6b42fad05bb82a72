/**
 * Named random streams. Every domain of a run (`workload`, `faults`, `network`, `node/3`) draws from its own stream,
 * so that one domain drawing more or less leaves the others as they were. Draws are integers: probabilities are
 * ratios and times are microseconds, because a float rounded differently would be another run.
 *
 * Streams serve set-up and expansion (seed -> plan). What happens while a world runs is keyed instead, see `draw32`.
 * Source: seedrandom's `alea` (Johannes Baagøe), seeded with `seed/domain`.
 */
import seedrandom from 'seedrandom';
import { assert } from './assert.ts';

/** A probability as a fraction: never a float, so never a rounding. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

export function ratio(numerator: number, denominator: number): Ratio {
  assert(denominator > 0 && numerator >= 0 && numerator <= denominator, `ratio ${numerator}/${denominator} is not in [0, 1]`);
  return { numerator, denominator };
}

export class Stream {
  private readonly draw: () => number;

  constructor(seed: string, domain: string) {
    const generator = seedrandom.alea(`${seed}/${domain}`);
    this.draw = () => generator.int32();
  }

  /** An unsigned 32-bit integer. */
  next32(): number {
    return this.draw() >>> 0;
  }

  /** An integer in `[0, bound)`. */
  below(bound: number): number {
    assert(Number.isSafeInteger(bound) && bound > 0 && bound <= 0x1_0000_0000, `bound ${bound} is not in [1, 2^32]`);
    return Math.floor((this.next32() / 0x1_0000_0000) * bound);
  }

  /** An integer in `[minInclusive, maxInclusive]`; draws nothing when there is no choice. */
  between(minInclusive: number, maxInclusive: number): number {
    return minInclusive === maxInclusive ? minInclusive : minInclusive + this.below(maxInclusive - minInclusive + 1);
  }

  /** True with the given probability; draws nothing when it is 0 or 1. */
  chance(probability: Ratio): boolean {
    if (probability.numerator === 0) return false;
    if (probability.numerator === probability.denominator) return true;
    return this.below(probability.denominator) < probability.numerator;
  }

  /** One element; `items` is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** A new array in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }
}

/** The stream of one domain of a seed. Two calls with the same arguments give the same draws. */
export function stream(seed: string, domain: string): Stream {
  return new Stream(seed, domain);
}
