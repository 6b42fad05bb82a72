/**
 * `npm run delivery [-- --seeds N] [--limit N] [--only FAULT] [--workers N]`: what becomes of records by commit mode and fault class?
 * Writes reports/delivery.json and, from it, reports/delivery.md. With --only, the other fault classes keep what the files say of
 * them. The files do not depend on the number of workers.
 *
 * Exit codes: 0 all that was seen is possible, and no property is violated; 1 not so, or an error of ours; 64 a mistake on the
 * command line.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { overProcesses } from '../src/cli/worker-processes.ts';
import { UsageError, integerOption, progressTeller, runCommand, unknownName, workerCount } from './arguments.ts';
import { CLASSES, cells } from './delivery/matrix.ts';
import { formatDelivery, nameOf, wrongIn, type DeliveryReport } from './delivery/report.ts';
import type { CellOutcome, TrialJob } from './delivery/trial.ts';
import { REPORTS } from './reports.ts';

const EXIT_AS_PREDICTED = 0;
const EXIT_NOT_AS_PREDICTED = 1;
const SEEDS = 6;
const LIMIT = 40;

interface Options {
  readonly only: readonly string[];
  readonly seeds: number;
  readonly limit: number;
  readonly workers: number;
}

function optionsOf(argv: readonly string[]): Options {
  const text = { type: 'string' } as const;
  let values;
  try {
    values = parseArgs({ args: [...argv], options: { only: { type: 'string', multiple: true }, seeds: text, limit: text, workers: text } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; expected --seeds N, --limit N, --only FAULT, --workers N`);
  }
  const faults = CLASSES.map(({ name }) => name);
  const only = values.only ?? [];
  for (const name of only) if (!faults.includes(name)) throw new UsageError(unknownName('--only', name, faults));
  const seeds = integerOption('--seeds', values.seeds ?? String(SEEDS), 1, 100_000);
  return { only, seeds, limit: Math.max(seeds, integerOption('--limit', values.limit ?? String(LIMIT), 1, 1_000_000)), workers: workerCount(values.workers) };
}

const JSON_FILE = new URL('delivery.json', REPORTS);

/** What the files say already; with --only they must be of as many seeds. */
function published({ only, seeds, limit }: Options): readonly CellOutcome[] {
  if (only.length === 0 || !existsSync(JSON_FILE)) return [];
  const report = JSON.parse(readFileSync(JSON_FILE, 'utf8')) as DeliveryReport;
  if (report.seeds !== seeds || report.limit !== limit) {
    throw new UsageError(`--only: reports/delivery.json is of ${report.seeds} to ${report.limit} seeds, which the others would not be; expected --seeds ${report.seeds} --limit ${report.limit}`);
  }
  return report.cells;
}

async function outcomesOf({ only, seeds, limit, workers }: Options): Promise<readonly CellOutcome[]> {
  const jobs = cells().filter(({ fault }) => only.length === 0 || only.includes(fault)).map((cell): TrialJob => ({ cell, seeds, limit }));
  const outcomes: CellOutcome[] = [];
  const tell = progressTeller();
  let next = 0;
  await overProcesses<TrialJob, CellOutcome>({
    script: new URL('./delivery/worker.js', import.meta.url),
    data: null,
    count: workers,
    nextJob: () => {
      next += 1;
      return jobs[next - 1];
    },
    giveUp: ({ cell }) => {
      throw new Error(`no process survives ${nameOf(cell)}`);
    },
    take: (outcome) => {
      outcomes.push(outcome);
      tell(() => `${outcomes.length} of ${jobs.length} cells; ${nameOf(outcome.cell)}`);
    },
  });
  return outcomes;
}

async function main(argv: readonly string[]): Promise<number> {
  const options = optionsOf(argv);
  const before = published(options);
  const outcomes = await outcomesOf(options);
  const all = [...outcomes, ...before.filter(({ cell }) => !options.only.includes(cell.fault))];
  const ordered = cells().flatMap((cell) => all.filter((each) => nameOf(each.cell) === nameOf(cell)).slice(0, 1));
  const report: DeliveryReport = { format: 'harrow.delivery/1', seeds: options.seeds, limit: options.limit, cells: ordered };
  const page = formatDelivery(report);
  writeFileSync(JSON_FILE, `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(new URL('delivery.md', REPORTS), page);
  process.stdout.write(`${page}\nwritten to reports/delivery.md and reports/delivery.json\n`);
  return wrongIn(report).length === 0 ? EXIT_AS_PREDICTED : EXIT_NOT_AS_PREDICTED;
}

await runCommand(main, EXIT_NOT_AS_PREDICTED);
