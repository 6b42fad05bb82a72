/**
 * Plans that once violated something, cut down to the faults that mattered. "Pin a seed to test that seeds reproduce; pin
 * a plan to regress a bug": each file names the scenario, the seed and the faults, and says in Kafka's terms what was wrong.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../src/scenarios/faults.ts';
import { builtIn, run, violationsOf } from './support/runs.ts';

interface Regression {
  readonly why: string;
  readonly scenario: string;
  readonly seed: string;
  readonly faults: readonly Fault[];
}

const folder = join(import.meta.dirname, 'regressions');

describe('what was once violated holds', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
    const { why, scenario, seed, faults } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Regression;
    it(`${file}: ${why}`, () => {
      expect(violationsOf(run(builtIn(scenario), seed, { faults }))).toEqual([]);
    });
  }
});
