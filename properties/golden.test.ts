/**
 * Golden traces: what a whole cluster does in a short scenario, line by line, told so that a person can follow it. A file
 * holds the story (`#`), the scenario, a rule, and the trace; CI compares and never writes. After a change that is meant:
 * HARROW_UPDATE_GOLDEN=1 npx vitest run properties/golden.test.ts, and read the difference.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, scenarioOf, violationsOf } from './support/runs.ts';
import { Story } from './support/story.ts';

const RULE = '\n----\n';
const folder = join(import.meta.dirname, 'golden');

describe('golden traces', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.golden.txt')).sort()) {
    const path = join(folder, file);
    it(`tells ${file}`, () => {
      const [head = '', expected] = readFileSync(path, 'utf8').split(RULE);
      const story = new Story();
      const result = run(scenarioOf(head), '1', { trace: story.tell });
      const told = `${story.lines.join('\n')}\n`;
      if (process.env['HARROW_UPDATE_GOLDEN'] === '1') writeFileSync(path, `${head}${RULE}${told}`);
      else expect(told).toBe(expected);
      expect(violationsOf(result)).toEqual([]);
    });
  }
});
