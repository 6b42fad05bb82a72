/** The summary of a soak as plain text. */
import { formatNumber } from '../table.ts';
import { MachineCoverage } from '../../src/explorer/coverage/machine-coverage.ts';
import type { Count, SoakSummary } from './summary.ts';

export function formatSoak(summary: SoakSummary, firstSeed: number): string {
  const { scenario, mutants, seeds, virtualMs, messages, digest, detections, seedsToFirst } = summary;
  const title = `${scenario}${mutants.length === 0 ? '' : ` with ${mutants.join(', ')}`}, seeds ${firstSeed}..${firstSeed + seeds - 1}`;
  const lines = [
    title,
    `  ${formatNumber(seeds)} runs, ${detections === 0 ? 'nothing detected' : `${formatNumber(detections)} with a detection`}; ${formatNumber(virtualMs / 3_600_000)} h of virtual time, ${formatNumber(messages)} messages; digest ${digest}`,
    ...(seedsToFirst === null ? [] : [`  detected after ${formatNumber(seedsToFirst)} ${seedsToFirst === 1 ? 'seed' : 'seeds'}`]),
    '',
    ...propertyTable(summary),
    '',
    `faults that took effect: ${formatCounts(summary.faultKinds)}`,
    `marks reached: ${formatCounts(summary.marks)}`,
  ];
  if (summary.choices.length > 0) lines.push('', ...choiceLines(summary));
  lines.push('', coverageLine(summary));
  if (summary.findings.length > 0) lines.push('', ...findingLines(summary));
  return `${lines.join('\n')}\n`;
}

function propertyTable({ properties }: SoakSummary): string[] {
  const rows = [
    ['property', 'held', 'violated', 'vacuous', 'compared'],
    ...properties.map(({ property, held, violated, vacuous, compared }) => [property, ...[held, violated, vacuous, compared].map(formatNumber)]),
  ];
  const width = (column: number): number => Math.max(...rows.map((row) => (row[column] as string).length));
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(width(column)) : cell.padStart(width(column) + 2))).join(''));
}

/** `crash 12 in 10 runs`; the runs are left out when they are as many. */
function formatCounts(counts: readonly Count[]): string {
  if (counts.length === 0) return 'none';
  return counts.map(({ name, total, runs }) => `${name} ${formatNumber(total)}${runs === total ? '' : ` in ${formatNumber(runs)} runs`}`).join(', ');
}

/** Each question with its answers and the runs that gave it. */
function choiceLines({ choices }: SoakSummary): string[] {
  return ['chosen, in runs:', ...choices.map(({ what, answers }) => `  ${what}: ${answers.map(({ answer, runs }) => `${answer} ${formatNumber(runs)}`).join(', ')}`)];
}

function coverageLine({ transitionRuns }: SoakSummary): string {
  const all = new MachineCoverage().transitionCount;
  const taken = transitionRuns.slice(0, all).filter((runs) => runs > 0).length;
  return `transitions of the machines: ${formatNumber(taken)} of ${formatNumber(all)} taken (reports/transitions.md lists those of a campaign)`;
}

function findingLines({ scenario, mutants, findings }: SoakSummary): string[] {
  const mutantOptions = mutants.map((name) => ` --mutant ${name}`).join('');
  return findings.flatMap(({ seed, property, sentence }, index) => {
    const line = `  ${property === '' ? '' : `${property}: `}${sentence}`;
    return findings[index - 1]?.seed === seed ? [line] : [`seed ${seed}: ${scenario === 'swarm' ? `npm run soak -- --scenario swarm --seeds ${seed}..${seed}` : `harrow run ${scenario} --seed ${seed}`}${mutantOptions}`, line];
  });
}
