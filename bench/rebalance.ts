/**
 * `npm run rebalance [-- --members N --partitions N]`: what does a rolling restart of a consumer group cost, by protocol? Prints the
 * table, and writes reports/rebalance.json and, from it, reports/rebalance.md when it is the whole one.
 *
 * Exit codes: 0 measured; 1 an error of ours; 64 a mistake on the command line.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError, progressTeller, runCommand } from './arguments.ts';
import { measureRow } from './rebalance/measure.ts';
import { formatRebalance, SAMPLE, type RebalanceReport, type RebalanceRow } from './rebalance/report.ts';
import { ENDINGS, PROTOCOL_ROWS, type GroupSize } from './rebalance/scenario.ts';
import { REPORTS } from './reports.ts';

const EXIT_MEASURED = 0;
const EXIT_INTERNAL = 1;
const MEMBERS = 50;
const PARTITIONS = 200;

function count(option: string, text: string | undefined, whole: number): number {
  if (text === undefined) return whole;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${option} ${text}; expected a positive integer`);
  return value;
}

function rowsOf(size: GroupSize, tell: (ofHow: string) => void): readonly RebalanceRow[] {
  const rows: RebalanceRow[] = [];
  for (const ending of ENDINGS) {
    for (const row of PROTOCOL_ROWS) {
      rows.push({ protocol: row.name, ending, measured: measureRow(row, { ...size, ending }) });
      tell(`${rows.length} of ${ENDINGS.length * PROTOCOL_ROWS.length} runs with ${size.members} members`);
    }
  }
  return rows;
}

async function main(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  let values;
  try {
    values = parseArgs({ args: [...argv], options: { members: text, partitions: text } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; expected --members N, --partitions N`);
  }
  const size = { members: count('--members', values.members, MEMBERS), partitions: count('--partitions', values.partitions, PARTITIONS) };
  const teller = progressTeller();
  const tell = (what: string): void => teller(() => what);
  const report: RebalanceReport = { format: 'harrow.rebalance/1', ...size, rows: rowsOf(size, tell), sample: { ...SAMPLE, rows: rowsOf(SAMPLE, tell) } };
  const page = formatRebalance(report);
  const isWhole = size.members === MEMBERS && size.partitions === PARTITIONS;
  if (isWhole) {
    writeFileSync(new URL('rebalance.json', REPORTS), `${JSON.stringify(report, undefined, 1)}\n`);
    writeFileSync(new URL('rebalance.md', REPORTS), page);
  }
  process.stdout.write(`${page}${isWhole ? '\nwritten to reports/rebalance.md and reports/rebalance.json\n' : ''}`);
  return EXIT_MEASURED;
}

await runCommand(main, EXIT_INTERNAL);
