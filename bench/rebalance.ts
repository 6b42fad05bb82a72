/**
 * `npm run rebalance [-- --members N --partitions N]`: what does a rolling restart of a consumer group cost, by protocol? Prints the
 * table, and writes reports/rebalance.md when it is the whole one.
 *
 * Exit codes: 0 measured; 1 an error of ours; 64 a mistake on the command line.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ClientObservation } from '../src/history/observations.ts';
import { overallVerdict } from '../src/history/verdict.ts';
import { assert } from '../src/kernel/assert.ts';
import { execute } from '../src/scenarios/run.ts';
import type { Spectator } from '../src/scenarios/spectator.ts';
import { UsageError, progressTeller, runCommand } from './arguments.ts';
import { requestFor } from './clusters/requests.ts';
import { formatRebalance, type RebalanceRow } from './rebalance/report.ts';
import { ENDINGS, PROTOCOL_ROWS, rollingRestartScenario, windowOf, type ProtocolRow, type RollingRestart } from './rebalance/scenario.ts';
import { OwnershipWatch, type Measured } from './rebalance/watch.ts';
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

function measure(row: ProtocolRow, restart: RollingRestart): Measured {
  const scenario = rollingRestartScenario(row, restart);
  const { fromUs, untilUs } = windowOf(restart);
  const watch = new OwnershipWatch(fromUs, untilUs);
  const nothing = (): void => undefined;
  const spectator: Spectator = {
    observed: (world, node, observation) => watch.observed(node, observation as unknown as ClientObservation, world.nowUs),
    lifecycle: (world, event) => {
      if (event.kind !== 'started') watch.ended(event.node, world.nowUs);
    },
    stepped: nothing, trace: nothing, ended: nothing, wiretap: { sent: nothing, stalled: nothing, lost: nothing },
  };
  const { verdicts } = execute({ ...requestFor(scenario, scenario.seed ?? '1'), spectator });
  assert(overallVerdict(verdicts) !== 'violated', () => `${row.name}: ${JSON.stringify(verdicts.filter(({ verdict }) => verdict === 'violated'))}`);
  return watch.measured();
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
  const tell = progressTeller();
  const rows: RebalanceRow[] = [];
  for (const ending of ENDINGS) {
    for (const row of PROTOCOL_ROWS) {
      rows.push({ protocol: row.name, ending, measured: measure(row, { ...size, ending }) });
      tell(() => `${rows.length} of ${ENDINGS.length * PROTOCOL_ROWS.length} runs`);
    }
  }
  const report = formatRebalance(size, rows);
  const isWhole = size.members === MEMBERS && size.partitions === PARTITIONS;
  if (isWhole) writeFileSync(new URL('rebalance.md', REPORTS), report);
  process.stdout.write(`${report}${isWhole ? '\nwritten to reports/rebalance.md\n' : ''}`);
  return EXIT_MEASURED;
}

await runCommand(main, EXIT_INTERNAL);
