/** The sum of a campaign for people, in 100 columns, and as one JSON document. Equal sets of runs give equal text. */
import type { MachineCoverage } from '../explorer/coverage/machine-coverage.ts';
import type { CampaignHead } from '../explorer/campaign/campaign-lines.ts';
import { neverReached, type Never } from '../explorer/campaign/never.ts';
import type { Tally, Violation } from '../explorer/campaign/tally.ts';
import { BUILT_IN_NAMES } from '../scenarios/catalogue/catalogue.ts';
import { EXIT_HELD, EXIT_INTERNAL, EXIT_VACUOUS, EXIT_VIOLATED, type ExitCode } from './exit-codes.ts';
import { NO_MUTANTS } from './run.ts';
import { REPORT_COLUMNS, grouped, table, wrap, type Style } from './style.ts';

export interface CampaignReport {
  readonly head: CampaignHead;
  readonly tally: Tally;
  /** Null for a campaign of other code. */
  readonly coverage: MachineCoverage | null;
  readonly path: string;
  /** Run records of the first violations, by seed. */
  readonly records: ReadonlyMap<number, string>;
  readonly program: string;
}

const NEVER_SHOWN = 8;
const OTHER_CODE = '  Other code made this campaign: which states, transitions and guards it reached only that code can say.';
const MS_PER_HOUR = 3_600_000;

/** 70 when a run ended in an error of ours, 1 when something was violated, 2 when a property never compared anything. */
export function exitCodeOfCampaign({ tally }: Pick<CampaignReport, 'tally'>): ExitCode {
  if (tally.errors > 0) return EXIT_INTERNAL;
  if (tally.violatedRuns > 0) return EXIT_VIOLATED;
  const isVacuous = tally.runs === 0 || [...tally.properties.values()].some(({ compared }) => compared === 0);
  return isVacuous ? EXIT_VACUOUS : EXIT_HELD;
}

export function campaignText(report: CampaignReport, style: Style): string {
  const { head, tally, coverage, path, program } = report;
  const name = head.scenario === 'swarm' ? 'swarm' : head.scenario.name;
  const right = { align: 'right' } as const;
  const never = neverReached(tally, coverage, head.scenario);
  const sections = [
    [`${style.paint(name, 'bold')}  ${style.paint([`${grouped(tally.runs)} runs`, `${(tally.virtualMs / MS_PER_HOUR).toFixed(1)} h of virtual time`, `${grouped(tally.messages)} messages`, ...head.mutants.map((mutant) => `mutant ${mutant}`)].join(' · '), 'dim')}`],
    table(
      [{ title: 'property' }, { title: 'held', ...right }, { title: 'violated', ...right }, { title: 'vacuous', ...right }, { title: 'compared', ...right }],
      [...tally.properties].map(([property, { held, violated, vacuous, compared }]) => [property, grouped(held), { text: grouped(violated), colours: violated > 0 ? ['red'] as const : [] }, grouped(vacuous), grouped(compared)]), style),
    [style.paint('Reached', 'bold'), ...(coverage === null ? [style.paint(OTHER_CODE, 'dim')] : []), ...never.flatMap((each) => neverLines(each, style))],
    violationLines(report, style),
    [`${style.paint('digest   ', 'dim')}${tally.digest}`, `${style.paint('campaign ', 'dim')}${path}`, `${style.paint('again    ', 'dim')}${program} merge ${path}`, '', conclusion(report, style)],
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function neverLines({ what, reached, all, never }: Never, style: Style): string[] {
  const shown = never.slice(0, NEVER_SHOWN);
  const more = never.length - shown.length;
  const heading = `  ${grouped(reached)} of ${grouped(all)} ${what}${never.length === 0 ? '' : '; never:'}`;
  return [heading, ...shown.flatMap((each) => wrap(each, REPORT_COLUMNS - 4).map((line) => style.paint(`    ${line}`, 'yellow'))), ...(more > 0 ? [style.paint(`    … and ${grouped(more)} more, all with --json`, 'dim')] : [])];
}

function violationLines({ tally, records, program, head }: CampaignReport, style: Style): string[] {
  const told = tally.violationsTold;
  if (told.length === 0) return [];
  const lines = [style.paint('Violations', 'bold')];
  for (const [index, violation] of told.entries()) {
    if (told[index - 1]?.seed !== violation.seed) lines.push(`  seed ${violation.seed}: ${commandOf(violation, records, program, head)}`);
    lines.push(...wrap(`${violation.property === '' ? 'internal error' : violation.property}: ${violation.sentence}`, REPORT_COLUMNS - 4).map((line) => `    ${line}`));
  }
  const more = tally.violationsFound - told.length;
  if (more > 0) lines.push(style.paint(`  … and ${grouped(more)} more, all in the campaign`, 'dim'));
  return lines;
}

function commandOf({ seed }: Violation, records: ReadonlyMap<number, string>, program: string, { scenario, mutants }: CampaignHead): string {
  const record = records.get(seed);
  return record !== undefined ? `${program} shrink ${record}` : seedCommand({ scenario, mutants }, String(seed), program);
}

/** Runs one seed of a campaign again. Where a scenario's file was is not in the campaign, only its name. */
export function seedCommand({ scenario, mutants }: Pick<CampaignHead, 'scenario' | 'mutants'>, seed: string, program: string): string {
  const isWithoutOwn = scenario !== 'swarm' && scenario.mutants?.every((own) => mutants.includes(own)) === false;
  const options = [...(isWithoutOwn ? [NO_MUTANTS] : []), ...mutants].map((mutant) => ` --mutant ${mutant}`).join('');
  if (scenario === 'swarm') return `${program} sweep swarm --seeds ${seed}..${seed}${options}`;
  const known = BUILT_IN_NAMES.includes(scenario.name) ? scenario.name : `<the file of ${scenario.name}>`;
  return `${program} run ${known} --seed ${seed}${options}`;
}

function conclusion({ tally }: CampaignReport, style: Style): string {
  const empty = [...tally.properties].filter(([, { compared }]) => compared === 0).map(([property]) => property);
  switch (exitCodeOfCampaign({ tally })) {
    case EXIT_INTERNAL:
      return style.paint(`INTERNAL ERROR in ${grouped(tally.errors)} of ${grouped(tally.runs)} runs: they prove nothing`, 'bold', 'red');
    case EXIT_VIOLATED:
      return style.paint(`VIOLATED in ${grouped(tally.violatedRuns)} of ${grouped(tally.runs)} runs`, 'bold', 'red');
    case EXIT_VACUOUS:
      return style.paint(`VACUOUS: ${empty.length === 0 ? 'nothing ran' : `never put to the test: ${empty.join(', ')}`}`, 'bold', 'yellow');
    default:
      return style.paint(`HELD: ${tally.properties.size} properties over ${grouped(tally.runs)} runs`, 'bold', 'green');
  }
}

export function campaignJson(report: CampaignReport): string {
  const { head, tally, coverage, path, records } = report;
  return `${JSON.stringify({
    format: 'harrow.campaign-summary/1', scenario: head.scenario === 'swarm' ? 'swarm' : head.scenario.name, mutants: head.mutants, campaign: path,
    runs: tally.runs, repeated: tally.repeated, virtualMs: tally.virtualMs, messages: tally.messages, digest: tally.digest, violatedRuns: tally.violatedRuns, errors: tally.errors,
    properties: Object.fromEntries(tally.properties), faults: Object.fromEntries([...tally.faults].sort(([a], [b]) => (a < b ? -1 : 1))), violations: tally.violationsTold,
    records: Object.fromEntries(records), reached: neverReached(tally, coverage, head.scenario),
  }, null, 2)}\n`;
}
