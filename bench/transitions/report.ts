/** reports/transitions.md: every transition of every shipped machine, with the runs that took it. A function of its data. */
import { grouped } from '../../src/cli/style.ts';
import type { Transition } from '../../src/explorer/coverage/machine-table.ts';

export interface TransitionReport {
  /** `swarm`, or the name of a built-in scenario. */
  readonly scenario: string;
  readonly campaignRuns: number;
  readonly rows: readonly Transition[];
  /** Runs by row; what is missing at the end is 0. */
  readonly runs: readonly number[];
}

export function formatTransitions({ scenario, campaignRuns, rows, runs }: TransitionReport): string {
  const machines = [...new Set(rows.map(({ machine }) => machine))];
  const numbered = rows.map((row, number) => ({ ...row, runs: runs[number] ?? 0 }));
  const never = numbered.filter((row) => row.runs === 0);
  const lines = [
    '# Transitions',
    '',
    `Every transition of the shipped machines, and in how many of ${grouped(campaignRuns)} runs of \`${scenario}\` it was taken: those of`,
    `[soak.md](soak.md). ${grouped(rows.length - never.length)} of ${grouped(rows.length)} were. Written by \`npm run soak-report\`.`,
    '',
    '## Never taken',
    '',
    ...(never.length === 0 ? ['None.'] : never.map((row) => `- \`${row.machine}\`: ${inWords(row)}`)),
  ];
  for (const machine of machines) {
    lines.push('', `## ${machine}`, '', '| state | event | guard | target | runs |', '|---|---|---|---|---:|');
    for (const row of numbered.filter((each) => each.machine === machine)) {
      lines.push(`| ${row.state || '(any)'} | ${row.event || '(always)'} | ${row.guard} | ${row.target || '(stays)'} | ${row.runs} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function inWords({ state, event, guard, target }: Transition): string {
  return `${state || '(any)'}, ${event || '(always)'}${guard === '' ? '' : ` [${guard}]`} -> ${target || '(stays)'}`;
}
