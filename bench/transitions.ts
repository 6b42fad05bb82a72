/**
 * `npm run transitions -- --seeds A..B [--scenario NAME|swarm] [--workers N]`: which transitions of the shipped machines
 * do the runs of a soak take? Prints those that none took, and writes reports/transitions.md with the runs of each.
 *
 * Exit codes: 0 written, whatever was taken; 1 an error of ours; 64 a mistake on the command line.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BUILT_IN_NAMES, builtInScenario } from '../src/scenarios/catalogue/catalogue.ts';
import { UsageError, progressTeller, runCommand, seedRange, unknownName, workerCount } from './arguments.ts';
import { REPORTS } from './reports.ts';
import { soak } from './soak/pool.ts';
import type { SoakSpec } from '../src/explorer/campaign/seed-outcome.ts';
import { MachineCoverage } from '../src/explorer/coverage/machine-coverage.ts';
import { summarize } from './soak/summary.ts';
import { formatTransitions } from './transitions/report.ts';

const EXIT_WRITTEN = 0;
const EXIT_INTERNAL = 1;

async function main(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  let values;
  try {
    values = parseArgs({ args: [...argv], options: { seeds: text, scenario: text, workers: text } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; expected --seeds A..B, --scenario NAME, --workers N`);
  }
  const name = values.scenario ?? 'swarm';
  const scenario = name === 'swarm' ? name : builtInScenario(name);
  if (scenario === undefined) throw new UsageError(unknownName('--scenario', name, [...BUILT_IN_NAMES, 'swarm']));
  const range = seedRange(values.seeds ?? '1..1000');
  const tell = progressTeller();
  const spec: SoakSpec = { scenario, mutants: [], trips: null };
  const outcomes = await soak(spec, {
    ...range, workers: workerCount(values.workers), untilFirst: false, progress: (done) => tell(() => `${name}: ${done} of ${range.lastSeed - range.firstSeed + 1} seeds`),
  });
  const { transitionRuns } = summarize(spec, outcomes, (texts) => String(texts.length));
  const coverage = new MachineCoverage();
  const transitions = coverage.points.slice(0, coverage.transitionCount);
  const report = formatTransitions({ scenario: name, ...range, rows: transitions, runs: transitionRuns.slice(0, transitions.length) });
  writeFileSync(new URL('transitions.md', REPORTS), report);
  process.stdout.write(`${report.slice(0, report.indexOf('\n## ', report.indexOf('## Never taken') + 1))}\n\nwritten to reports/transitions.md\n`);
  return EXIT_WRITTEN;
}

await runCommand(main, EXIT_INTERNAL);
