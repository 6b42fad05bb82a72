import { describe, expect, it } from 'vitest';
import { KAFKA_RULES, type Rules } from '../kafka/rules.ts';
import { BUILT_IN_NAMES } from './catalogue/catalogue.ts';
import { MUTANT_DOCS, MUTANT_NAMES, mutated } from './mutants.ts';
import { PROFILE_NAMES, rulesOf } from './profiles.ts';
import { PROPERTY_NAMES } from './properties.ts';

/** Rules whose absence breaks no promise; mutants.ts says why. */
const NO_BUG: readonly (keyof Rules)[] = ['bumpsLeaderEpochOnIsrShrink', 'eligibleLeaderReplicas', 'raftFetchWaitsForHighWatermark'];

describe('the mutants', () => {
  it('revert every rule whose absence is a bug, and no other', () => {
    const reverted = new Set(MUTANT_DOCS.flatMap(({ reverts }) => Object.keys(reverts)));
    expect([...reverted].sort()).toEqual(Object.keys(KAFKA_RULES).filter((rule) => !NO_BUG.includes(rule as keyof Rules)).sort());
  });

  it('have each a name of its own', () => {
    expect(new Set(MUTANT_NAMES).size).toBe(MUTANT_NAMES.length);
  });

  it.each(MUTANT_DOCS)('$name changes the newest rules, and trips properties that exist', ({ name, reverts, trips }) => {
    const rules = mutated(KAFKA_RULES, [name]);
    for (const rule of Object.keys(reverts) as (keyof Rules)[]) expect([rule, rules[rule] === KAFKA_RULES[rule]]).toEqual([rule, false]);
    expect(trips.filter((property) => !PROPERTY_NAMES.includes(property))).toEqual([]);
    expect(trips.length).toBeGreaterThan(0);
  });

  it.each(MUTANT_DOCS)('$name is hunted in a built-in scenario, which finds it', ({ hunt, uncaught, seedsToDetection = 0 }) => {
    expect(BUILT_IN_NAMES).toContain(hunt);
    expect(uncaught).toBeUndefined();
    expect(seedsToDetection).toBeGreaterThan(0);
  });
});

it('without mutants the rules of a profile are as they are', () => {
  for (const name of PROFILE_NAMES) expect(mutated(rulesOf(name), [])).toEqual(rulesOf(name));
});
