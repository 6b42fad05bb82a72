/**
 * reports/soak.md: what a campaign on the protocol as it is came to. A function of the campaign, so that whoever runs the same
 * seeds with the same code writes the same page.
 */
import type { CampaignHead } from '../../src/explorer/campaign/campaign-lines.ts';
import type { Never } from '../../src/explorer/campaign/never.ts';
import type { Tally, Violation } from '../../src/explorer/campaign/tally.ts';
import { grouped } from '../../src/cli/style.ts';

export interface SoakReport {
  readonly head: CampaignHead;
  readonly tally: Tally;
  readonly never: readonly Never[];
}

const MS_PER_HOUR = 3_600_000;

export function formatSoakReport({ head, tally, never }: SoakReport): string {
  const { scenario, code, harrow } = head;
  const name = scenario === 'swarm' ? scenario : scenario.name;
  const ranges = rangesOf([...tally.seeds.keys()]).map(([first, last]) => `${first}..${last}`);
  const lines = [
    '# Soak',
    '',
    scenario === 'swarm'
      ? 'Kafka as it is, on clusters, clients, administration and faults that are drawn from each seed: nothing may be violated.'
      : `Kafka as it is, in \`${name}\`: nothing may be violated.`,
    '',
    `${grouped(tally.runs)} runs, ${(tally.virtualMs / MS_PER_HOUR).toFixed(1)} h of virtual time, ${grouped(tally.messages)} messages: **${outcomeOf(tally)}**.`,
    '',
    '```',
    ...ranges.map((range) => `harrow sweep ${name} --seeds ${range} --file soak.ndjson`),
    'npm run soak-report -- soak.ndjson',
    '```',
    '',
    `Harrow ${harrow}, code \`${code.slice(0, 16)}\`, digest of all runs \`${tally.digest}\`. The same code comes to the same digest, on any machine and with any number of workers.`,
    ...violationLines(tally.violationsTold),
    '',
    '## What was compared',
    '',
    ...table(['property', 'held', 'violated', 'vacuous', 'comparisons'], [...tally.properties].map(([property, { held, violated, vacuous, compared }]) => [`\`${property}\``, ...[held, violated, vacuous, compared].map(grouped)])),
    '',
    'Vacuous is a run in which a property had nothing to compare: it counts for nothing.',
    '',
    '## Faults that took effect',
    '',
    ...table(['fault', 'times'], sorted(tally.faults).map(([kind, times]) => [`\`${kind}\``, grouped(times)])),
  ];
  if (tally.choices.size > 0) lines.push('', '## What was drawn', '', ...table(['of', 'drawn, in so many runs'], choicesOf(tally.choices)));
  lines.push('', '## Never reached', '', ...never.filter((each) => each.what !== 'transitions').flatMap(neverLines), 'Transitions: [transitions.md](transitions.md).');
  return `${lines.join('\n')}\n`;
}

function outcomeOf({ violatedRuns, errors }: Tally): string {
  if (violatedRuns + errors === 0) return 'nothing was violated';
  return `${grouped(violatedRuns)} runs violated something, ${grouped(errors)} ended in an error of ours`;
}

function violationLines(violations: readonly Violation[]): string[] {
  if (violations.length === 0) return [];
  return ['', '## Violated', '', ...violations.map(({ seed, property, sentence }) => `- seed ${seed}, ${property === '' ? 'internal error' : `\`${property}\``}: ${sentence}`)];
}

function neverLines({ what, reached, all, never }: Never): string[] {
  return [`${grouped(reached)} of ${grouped(all)} ${what}${never.length === 0 ? '.' : '; never:'}`, '', ...(never.length === 0 ? [] : [...never.map((each) => `- ${each}`), ''])];
}

/** `what=answer`, by what was to be drawn, in the order in which it first was. */
function choicesOf(choices: ReadonlyMap<string, number>): string[][] {
  const answers = new Map<string, string[]>();
  for (const [choice, runs] of sorted(choices)) {
    const at = choice.indexOf('=');
    const what = choice.slice(0, at);
    answers.set(what, [...(answers.get(what) ?? []), `${choice.slice(at + 1)} ${grouped(runs)}`]);
  }
  return [...answers].map(([what, of]) => [what, of.join(' · ')]);
}

/** Runs of consecutive seeds, both ends included. */
export function rangesOf(seeds: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const ranges: [number, number][] = [];
  for (const seed of [...seeds].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && seed === last[1] + 1) last[1] = seed;
    else ranges.push([seed, seed]);
  }
  return ranges;
}

function sorted(counts: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const isNumber = (column: number): boolean => rows.every((cells) => /^[\d,]+$/.test(cells[column] ?? ''));
  return [line(titles), `|${titles.map((_, column) => (isNumber(column) ? '---:' : '---')).join('|')}|`, ...rows.map(line)];
}
