/**
 * Plans that once violated something, cut down to the faults that mattered. "Pin a seed to test that seeds reproduce; pin
 * a plan to regress a bug": each file says in Kafka's terms what was wrong. Those in JSON name a built-in scenario, the seed and the
 * faults; those in YAML are what `harrow shrink` left, with the property that was violated in `checks`.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { present } from '../src/kernel/assert.ts';
import type { Fault } from '../src/scenarios/faults.ts';
import { builtIn, run, scenarioOf, violationsOf } from './support/runs.ts';

interface Regression {
  readonly why: string;
  readonly scenario: string;
  readonly seed: string;
  readonly faults: readonly Fault[];
}

const folder = join(import.meta.dirname, 'regressions');
const filesOf = (ending: string) => readdirSync(folder).filter((name) => name.endsWith(ending)).sort().map((file) => ({ file, content: readFileSync(join(folder, file), 'utf8') }));

describe('what was once violated holds', () => {
  for (const { file, content } of filesOf('.json')) {
    const { why, scenario, seed, faults } = JSON.parse(content) as Regression;
    it(`${file}: ${why}`, () => {
      expect(violationsOf(run(builtIn(scenario), seed, { faults }))).toEqual([]);
    });
  }

  for (const { file, content } of filesOf('.yaml')) {
    const { checks, ...scenario } = scenarioOf(content);
    it(`${file}: ${scenario.description}`, () => {
      const result = run({ ...scenario, checks: null }, present(scenario.seed ?? undefined, 'the seed of a plan'));
      expect(violationsOf(result)).toEqual([]);
      expect(result.faults.filter(({ outcome }) => outcome !== 'applied')).toEqual([]);
      expect(result.verdicts.map(({ property }) => property)).toEqual(expect.arrayContaining([...present(checks ?? undefined, 'the property that was violated')]));
    });
  }
});
