/** The seed of a run of the suite: one per run, the same for everybody in it, repeatable by number. */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { parseSeed, SEED_END_EXCLUSIVE } from '../support/seed-value.ts';
import { freshSeed } from '../support/seed.ts';

describe('the seed of a run', () => {
  it('is the one that was printed, and fast-check starts from it', () => {
    expect(freshSeed()).toBe(inject('harrowSeed'));
    expect(fc.readConfigureGlobal().seed).toBe(freshSeed());
    const drawn = (): number[] => {
      const values: number[] = [];
      fc.assert(fc.property(fc.integer(), (value) => values.push(value) > 0), { numRuns: 10 });
      return values;
    };
    expect(drawn()).toEqual(drawn());
  });

  it('gives every claim a seed of its own, and the same claim the same one', () => {
    const claims = Array.from({ length: 100 }, (_, index) => `claim ${index}`);
    const seeds = claims.map((claim) => freshSeed(claim));
    expect(seeds).toEqual(claims.map((claim) => freshSeed(claim)));
    expect(new Set(seeds).size).toBeGreaterThan(98);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < SEED_END_EXCLUSIVE)).toBe(true);
  });
});

describe('HARROW_SEED', () => {
  it('is any integer that fast-check takes, and nothing else', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: SEED_END_EXCLUSIVE - 1 }), (seed) => parseSeed(String(seed)) === seed));
    expect([parseSeed(undefined), parseSeed('')]).toEqual([undefined, undefined]);
    for (const text of ['-1', '1.5', '0x10', ' 7', 'seven', String(SEED_END_EXCLUSIVE), '99999999999']) {
      expect(() => parseSeed(text)).toThrow(`HARROW_SEED=${text} is not a seed`);
    }
  });
});
