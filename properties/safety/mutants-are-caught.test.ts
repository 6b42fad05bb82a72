/**
 * A checker that never trips proves nothing: with any one rule reverted, a property that depends on it is violated
 * within a few hundred seeds, at pinned seeds and at fresh ones.
 */
import { describe, expect, it } from 'vitest';
import { MUTANT_DOCS } from '../../src/scenarios/mutants.ts';
import { builtIn, run } from '../support/runs.ts';
import { freshSeed } from '../support/seed.ts';

const LIMIT = 300;

describe('every mutant is caught', () => {
  const scenario = builtIn('small_faulty_cluster');

  for (const { name, trips } of MUTANT_DOCS) {
    for (const first of [1, freshSeed(name)]) {
      it(`${name}, within ${LIMIT} seeds from ${first} on, by ${trips.join(' or ')}`, () => {
        for (let seed = first; seed < first + LIMIT; seed += 1) {
          const violated = run(scenario, String(seed), { mutants: [name] }).verdicts.filter(({ verdict }) => verdict === 'violated');
          if (violated.some(({ property }) => trips.includes(property))) return;
        }
        expect.fail(`no seed of ${LIMIT} violated any of ${trips.join(', ')}`);
      });
    }
  }
});
