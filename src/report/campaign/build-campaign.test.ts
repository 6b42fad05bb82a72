import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeedOutcome } from '../../explorer/campaign/seed-outcome.ts';
import { Tally } from '../../explorer/campaign/tally.ts';
import { MachineCoverage } from '../../explorer/coverage/machine-coverage.ts';
import { campaignModel, fateOf, seedsToReport } from './build-campaign.ts';

const verdict = fc.constantFrom('held' as const, 'violated' as const, 'vacuous' as const);

/** Runs that come to any verdicts of three properties; some end in an error of ours. */
const outcomes = fc.array(fc.record({ verdicts: fc.tuple(verdict, verdict, verdict), messages: fc.nat(1_000), isError: fc.boolean() }), { minLength: 1, maxLength: 30 }).map((all) => all.map(({ verdicts, messages, isError }, i): SeedOutcome => ({
  seed: i + 1, digest: `d${i}`, virtualMs: 1, messages, faultKinds: [], marks: [], choices: [], reached: [], error: isError && i % 3 === 0 ? 'broken' : null,
  properties: isError && i % 3 === 0 ? [] : verdicts.map((said, property) => ({ property: `p${property}`, verdict: said, compared: said === 'vacuous' ? 0 : messages + 1, sentence: said === 'violated' ? 'so' : null })),
})));

function cellsOf(all: readonly SeedOutcome[]): Set<string> {
  return new Set(all.flatMap(({ properties }) => properties.map(({ property, verdict: said }) => `${property} ${said}`)));
}

describe('the runs that a campaign reports', () => {
  it('show every cell of the table, when as many are allowed as there are cells', () => {
    fc.assert(fc.property(outcomes, (all) => {
      const seeds = seedsToReport(all, 9);
      expect(cellsOf(all.filter(({ seed }) => seeds.includes(seed)))).toEqual(cellsOf(all));
      expect(seeds).toEqual([...new Set(seeds)].sort((a, b) => a - b));
    }));
  });

  it('are no more than allowed, show violations first, and never a run that has no report', () => {
    fc.assert(fc.property(outcomes, fc.integer({ min: 0, max: 4 }), (all, limit) => {
      const seeds = seedsToReport(all, limit);
      const chosen = all.filter(({ seed }) => seeds.includes(seed));
      expect(seeds.length).toBeLessThanOrEqual(limit);
      expect(chosen.every(({ error }) => error === null)).toBe(true);
      const violatedRuns = all.filter((each) => fateOf(each) === 'violated').length;
      if (limit > 0 && violatedRuns > 0) expect(chosen.some((each) => fateOf(each) === 'violated')).toBe(true);
    }));
  });

  it('are the examples of what they came to: a cell leads to a run that is in it', () => {
    fc.assert(fc.property(outcomes, (all) => {
      const tally = new Tally();
      for (const outcome of all) tally.add(outcome);
      const head = { format: 'harrow.campaign/1', harrow: '1', code: 'c', scenario: 'swarm', mutants: [] } as const;
      const model = campaignModel({ head, tally, coverage: new MachineCoverage(), outcomes: all }, { reported: seedsToReport(all, 9), folder: 'runs', runCommand: 'run {seed}' });
      for (const { property, examples, ...counts } of model.guarantees) {
        for (const said of ['held', 'violated', 'vacuous'] as const) {
          const seed = examples[said];
          expect(seed === undefined).toBe(counts[said] === 0);
          if (seed !== undefined) expect(all[seed - 1]?.properties.find((each) => each.property === property)?.verdict).toBe(said);
        }
      }
      expect(model.runs.map(({ fate }) => fate)).toEqual(all.map(fateOf));
    }), { numRuns: 30 });
  });
});
