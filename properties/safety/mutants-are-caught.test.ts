/**
 * A checker that never trips proves nothing: with a rule reverted, a property that depends on it is violated in the
 * scenario that hunts for it, at pinned seeds and at fresh ones. Mutants that take many seeds are left to `npm run soak`.
 */
import { describe, expect, it } from 'vitest';
import { AssertionFailed, RunFailed } from '../../src/kernel/assert.ts';
import { MUTANT_DOCS } from '../../src/scenarios/mutants.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { builtIn, run } from '../support/runs.ts';
import { freshSeed } from '../support/seed.ts';

/** With so many seeds to a detection a hunt takes seconds; twelve times as many miss it once in 150,000 tries. */
const FREQUENT = 10;
const PATIENCE = 12;

const FREQUENT_MUTANTS = MUTANT_DOCS.flatMap(({ hunt, seedsToDetection = Infinity, ...mutant }) => (hunt !== null && seedsToDetection <= FREQUENT ? [{ ...mutant, hunt, seedsToDetection }] : []));

/**
 * Properties that the mutant violates. A world whose own invariants break without the rule, such as a controller that is
 * handed another metadata log than the one it knew, ends without verdicts: that catches nothing, and the next seed is tried.
 */
function violatedBy(scenario: Scenario, seed: string, mutant: string): string[] {
  try {
    return run(scenario, seed, { mutants: [mutant] }).verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
  } catch (error) {
    if (error instanceof RunFailed && error.cause instanceof AssertionFailed) return [];
    throw error;
  }
}

describe('every mutant that shows soon is caught', () => {
  it('which are some of replication, of disks, of the controller and of its quorum', () => {
    expect(FREQUENT_MUTANTS.map(({ name }) => name)).toEqual(expect.arrayContaining(['ack-before-replication', 'minimal-isr', 'truncate-to-high-watermark', 'append-after-disk-error', 'proposal-without-broker-epochs', 'raft-ack-before-flush', 'raft-commits-older-epochs']));
  });

  for (const { name, trips, hunt, seedsToDetection, profile } of FREQUENT_MUTANTS) {
    const limit = seedsToDetection * PATIENCE;
    const scenario = profile === undefined ? builtIn(hunt) : { ...builtIn(hunt), profile };
    for (const first of [1, freshSeed(name)]) {
      it(`${name}, in ${hunt} within ${limit} seeds from ${first} on, by ${trips.join(' or ')}`, () => {
        for (let seed = first; seed < first + limit; seed += 1) {
          if (violatedBy(scenario, String(seed), name).some((property) => trips.includes(property))) return;
        }
        expect.fail(`no seed of ${limit} violated any of ${trips.join(', ')}`);
      });
    }
  }
});
