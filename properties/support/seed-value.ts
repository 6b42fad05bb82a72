/**
 * What a seed of the test suite is, and how `HARROW_SEED` is read. Apart from seed.ts because it also runs outside a
 * test file, where vitest's `inject` does not exist.
 */

/** One above the largest seed: fast-check reads a seed as a signed 32-bit integer. */
export const SEED_END_EXCLUSIVE = 0x8000_0000;

/**
 * Reads `HARROW_SEED`. Returns undefined when it is unset or empty; throws with what was expected when it is not a
 * decimal integer in `[0, 2^31)`, because a seed that is silently replaced repeats nothing.
 */
export function parseSeed(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : SEED_END_EXCLUSIVE;
  if (seed >= SEED_END_EXCLUSIVE) {
    throw new Error(`HARROW_SEED=${text} is not a seed: expected an integer from 0 to ${SEED_END_EXCLUSIVE - 1}`);
  }
  return seed;
}
