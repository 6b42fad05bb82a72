/**
 * Kafka as it is keeps its word: on the correct protocol no property is violated, whatever the nemesis draws, at pinned
 * seeds and at fresh ones. Each property must also have compared something over the runs. (Ten thousand: npm run soak.)
 */
import { describe, expect, it } from 'vitest';
import { HUNTS } from '../../src/scenarios/catalogue/hunting/hunting.ts';
import { PROPERTY_NAMES } from '../../src/scenarios/properties.ts';
import { builtIn, run, violationsOf } from '../support/runs.ts';
import { freshSeed } from '../support/seed.ts';

const PINNED = 100;
const FRESH = 200;
const HUNTED = 15;

describe('the correct protocol gives no false alarm', () => {
  const scenario = builtIn('small_faulty_cluster');

  const sweep = (firstSeed: number, count: number): Map<string, number> => {
    const compared = new Map<string, number>();
    for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
      const result = run(scenario, String(seed));
      expect(violationsOf(result), `seed ${seed}`).toEqual([]);
      for (const verdict of result.verdicts) compared.set(verdict.property, (compared.get(verdict.property) ?? 0) + verdict.compared);
    }
    return compared;
  };

  it(`over ${PINNED} pinned seeds, and no property is vacuous`, () => {
    const compared = sweep(1, PINNED);
    expect(PROPERTY_NAMES.filter((name) => compared.has(name) && (compared.get(name) ?? 0) === 0)).toEqual([]);
  });

  const first = freshSeed('no false alarm');
  it(`over ${FRESH} fresh seeds from ${first} on`, () => {
    expect(sweep(first, FRESH).get('committed-prefix-immutable')).toBeGreaterThan(FRESH);
  });
});

describe.each(HUNTS)('in $name, which hunts for mutants, the correct protocol gives no false alarm', ({ name }) => {
  const fresh = freshSeed(name);
  it.each([1, fresh])(`over ${HUNTED} seeds from %i on`, (firstSeed) => {
    for (let seed = firstSeed; seed < firstSeed + HUNTED; seed += 1) expect(violationsOf(run(builtIn(name), String(seed))), `seed ${seed}`).toEqual([]);
  });
});
