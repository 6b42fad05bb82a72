/**
 * The seed of a test run. Every run of the suite draws a fresh one and prints it at the start, so that a property is
 * tried on new cases each time and any failure can be repeated: `HARROW_SEED=N npm test`. All randomness of a test
 * comes from here: fast-check is seeded with it (fast-check.setup.ts), and worlds are given `freshSeed('my claim')`.
 *
 * Knows nothing of worlds. The seed itself is drawn in seed.global.ts, once, before any test file is loaded.
 */
import { inject } from 'vitest';
import { fmix32, hashString } from '../../src/kernel/hash.ts';
import { SEED_END_EXCLUSIVE } from './seed-value.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The seed of this run of the suite, in `[0, 2^31)`. */
    harrowSeed: number;
  }
}

/**
 * The seed of this run in `[0, 2^31)`; with `claim`, a seed that depends on both, so that two properties of one run
 * do not walk the same worlds. The same run seed and claim always give the same number.
 */
export function freshSeed(claim = ''): number {
  const seed = inject('harrowSeed');
  return claim === '' ? seed : fmix32(hashString(claim, seed)) & (SEED_END_EXCLUSIVE - 1);
}
