/**
 * `npm run soak-report -- CAMPAIGN…`: publishes what sweeps left, which are read as `harrow merge` reads them. Writes
 * reports/soak.md, and reports/transitions.md with the runs that took each transition of the shipped machines.
 *
 * Exit codes: 0 nothing was violated; 1 something was, or an error of ours (the pages are written all the same); 64 a mistake
 * on the command line.
 */
import { writeFileSync } from 'node:fs';
import { UsageError as CliUsageError } from '../src/cli/exit-codes.ts';
import { readCampaigns } from '../src/cli/merge.ts';
import { neverReached } from '../src/explorer/campaign/never.ts';
import { MachineCoverage } from '../src/explorer/coverage/machine-coverage.ts';
import { UsageError, runCommand } from './arguments.ts';
import { REPORTS } from './reports.ts';
import { formatSoakReport } from './soak/report.ts';
import { formatTransitions } from './transitions/report.ts';

const EXIT_HELD = 0;
const EXIT_NOT_SO = 1;

async function main(paths: readonly string[]): Promise<number> {
  const { head, tally } = read(paths);
  if (head.mutants.length > 0) throw new UsageError(`a campaign on ${head.mutants.join(', ')}: expected one on the protocol as it is (mutants: npm run mutants)`);
  const coverage = new MachineCoverage();
  const rows = coverage.points.slice(0, coverage.transitionCount);
  writeFileSync(new URL('soak.md', REPORTS), formatSoakReport({ head, tally, never: neverReached(tally, coverage, head.scenario) }));
  writeFileSync(new URL('transitions.md', REPORTS), formatTransitions({ scenario: head.scenario === 'swarm' ? head.scenario : head.scenario.name, campaignRuns: tally.runs, rows, runs: tally.reached.slice(0, rows.length) }));
  process.stdout.write(`reports/soak.md and reports/transitions.md: ${tally.runs} runs, ${tally.violatedRuns} violated, ${tally.errors} errors\n`);
  return tally.violatedRuns + tally.errors === 0 ? EXIT_HELD : EXIT_NOT_SO;
}

/** @throws UsageError of this command for what is one at `harrow merge`. */
function read(paths: readonly string[]): ReturnType<typeof readCampaigns> {
  try {
    return readCampaigns(paths, false);
  } catch (error) {
    throw error instanceof CliUsageError ? new UsageError(error.message) : error;
  }
}

await runCommand(main, EXIT_NOT_SO);
