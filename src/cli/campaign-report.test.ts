import { describe, expect, it } from 'vitest';
import { builtInScenario } from '../scenarios/catalogue/catalogue.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { seedCommand } from './campaign-report.ts';

const reverting = { ...(builtInScenario('quickstart') as Scenario), mutants: ['minimal-isr'] };

describe('the command that runs one seed of a campaign again', () => {
  it.each([
    ['a swarm with its mutants', 'swarm' as const, ['minimal-isr'], 'harrow sweep swarm --seeds 7..7 --mutant minimal-isr'],
    ['a built-in scenario with its own mutants', reverting, ['minimal-isr'], 'harrow run quickstart --seed 7 --mutant minimal-isr'],
    ['one without them', reverting, [], 'harrow run quickstart --seed 7 --mutant none'],
    ['a scenario of which only the name is known', { ...reverting, name: 'mine', mutants: [] }, [], 'harrow run <the file of mine> --seed 7'],
  ])('is that of %s', (_, scenario, mutants, command) => {
    expect(seedCommand({ scenario, mutants }, '7', 'harrow')).toBe(command);
  });
});
