/**
 * `reports/mutants.md` is what `reports/mutants.json` says, of the mutants that there are, and none of them is uncaught. What was
 * found at once is found by the present code: the first run of the first campaign of each such mutant is repeated.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detectionOf, isHunted, runMutant } from '../../bench/mutants/campaign.ts';
import { formatMutants, type MutantReport } from '../../bench/mutants/report.ts';
import { formatTransitions } from '../../bench/transitions/report.ts';
import { MachineCoverage } from '../../src/explorer/coverage/machine-coverage.ts';
import { MUTANT_DOCS } from '../../src/scenarios/mutants.ts';

const REPORTS = new URL('../../reports/', import.meta.url);
const report = JSON.parse(readFileSync(new URL('mutants.json', REPORTS), 'utf8')) as MutantReport;
const hunted = MUTANT_DOCS.filter(isHunted);

/** Found with the first seed of every campaign: that does not hang on a single draw. */
const AT_ONCE = report.mutants.flatMap(({ name, campaigns }) => (campaigns.every(({ seeds, detection }) => seeds === 1 && detection !== null) ? [{ name, seed: campaigns[0]?.detection?.seed ?? 0 }] : []));

describe('the report of mutants', () => {
  it('is what its data says: if this fails, `npm run mutants`', () => {
    expect(readFileSync(new URL('mutants.md', REPORTS), 'utf8')).toBe(formatMutants(report));
  });

  it('has every mutant where it is hunted, and none that a campaign did not catch', () => {
    expect(report.mutants.map(({ name, hunt, trips }) => ({ name, hunt, trips }))).toEqual(MUTANT_DOCS.map(({ name, hunt, trips }) => ({ name, hunt, trips })));
    expect(report.mutants.flatMap(({ name, campaigns }) => (campaigns.length === report.campaigns && campaigns.every(({ detection }) => detection !== null) ? [] : [name]))).toEqual([]);
  });

  it('names many that are found at once', () => {
    expect(AT_ONCE.length).toBeGreaterThan(10);
  });

  it.each(AT_ONCE)('$name is found with seed $seed still', ({ name, seed }) => {
    const mutant = hunted.find((each) => each.name === name);
    if (mutant === undefined) expect.fail(`${name} is not hunted`);
    expect(detectionOf(mutant, runMutant(mutant, seed))).not.toBeNull();
  });
});

describe('the report of transitions', () => {
  it('has every transition of the shipped machines: if this fails, `npm run soak-report` of a campaign of today', () => {
    const coverage = new MachineCoverage();
    const rows = coverage.points.slice(0, coverage.transitionCount);
    const cellsOf = (page: string): string[] => page.split('\n').flatMap((line) => (line.startsWith('| ') ? [line.slice(0, line.lastIndexOf(' | '))] : []));
    const present = formatTransitions({ scenario: 'swarm', campaignRuns: 0, rows, runs: [] });
    expect(cellsOf(readFileSync(new URL('transitions.md', REPORTS), 'utf8'))).toEqual(cellsOf(present));
  });
});
