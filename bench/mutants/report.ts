/**
 * The campaigns of all mutants as data (reports/mutants.json), and as a page (reports/mutants.md), which is a function of
 * the data. No wall time in either: equal code gives equal files.
 */
import type { MutantDoc } from '../../src/scenarios/mutants.ts';
import type { CampaignOutcome, Minimal } from './campaign.ts';

export interface MutantCampaigns {
  readonly name: string;
  readonly doc: string;
  readonly source: string;
  readonly needs: string;
  readonly trips: readonly string[];
  /** The scenario; null when none finds it. */
  readonly hunt: string | null;
  readonly profile: string | null;
  /** Why it is not hunted; null when it is. */
  readonly uncaught: string | null;
  /** By number; empty when it is not hunted. */
  readonly campaigns: readonly CampaignOutcome[];
}

export interface MutantReport {
  readonly format: 'harrow.mutants/1';
  /** Campaigns of each mutant. */
  readonly campaigns: number;
  /** Most seeds of a campaign. */
  readonly limit: number;
  readonly mutants: readonly MutantCampaigns[];
}

export function campaignsOf(mutant: MutantDoc, campaigns: readonly CampaignOutcome[]): MutantCampaigns {
  const { name, doc, source, needs, trips, hunt, profile = null, uncaught = null } = mutant;
  return { name, doc, source, needs, trips, hunt, profile, uncaught, campaigns };
}

export function formatMutants({ campaigns, limit, mutants }: MutantReport): string {
  const hunted = mutants.filter(({ hunt }) => hunt !== null);
  const others = mutants.filter(({ hunt }) => hunt === null);
  const lines = [
    '# Mutants',
    '',
    'A mutant is Harrow with one rule of Kafka reverted. Each is hunted in a scenario of its own by',
    `${campaigns} independent campaigns of at most ${limit} seeds: a campaign ends with the first seed whose run violates a property`,
    'that the mutant must trip. A run that an assertion of Harrow itself ends has failed, which is no detection.',
    '"Simulated" is the time that the runs of a campaign simulated up to then. Written by `npm run mutants`, which',
    'also writes the data, `mutants.json`; the seeds are in there, and each detection can be replayed:',
    '`harrow run SCENARIO --seed SEED --mutant NAME`.',
    '',
    '| mutant | instead of the rule | source | hunted in | caught by (campaigns) | seeds: median | min | max | simulated, median | not caught | runs that failed |',
    '|---|---|---|---|---|---:|---:|---:|---:|---:|---:|',
    ...hunted.map((mutant) => row(mutant)),
  ];
  lines.push(...shrunkLines(hunted));
  if (others.length > 0) {
    lines.push('', '## Not hunted', '', '| mutant | instead of the rule | source | needs | why no campaign finds it |', '|---|---|---|---|---|');
    for (const { name, doc, source, needs, uncaught } of others) lines.push(`| ${[name, doc, source, needs, uncaught ?? ''].map(cell).join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** What detections shrink to; nothing when none was shrunk. */
function shrunkLines(hunted: readonly MutantCampaigns[]): string[] {
  const rows = hunted.flatMap(({ name, campaigns }) => {
    const minimal = campaigns.flatMap((campaign) => (campaign.minimal === null ? [] : [campaign.minimal]));
    return minimal.length === 0 ? [] : [{ name, minimal }];
  });
  if (rows.length === 0) return [];
  const all = rows.flatMap(({ minimal }) => minimal);
  const medians = (list: readonly Minimal[]): string[] => {
    const of = (value: (each: Minimal) => number): string => String(Number(median(list.map(value)).toFixed(3)));
    return [`${of(({ faultsBefore }) => faultsBefore)} -> ${of(({ faults }) => faults)}`, `${of(({ operationsBefore }) => operationsBefore)} -> ${of(({ operations }) => operations)}`,
      of(({ brokers }) => brokers), of(({ configs }) => configs), `${of(({ durationMs }) => durationMs / 1_000)} s`, of(({ runs }) => runs)];
  };
  return [
    '', '## What is left of a detection', '',
    `The first detections of each mutant, ${all.length} in all, shrunk (\`harrow shrink\`): medians of what violates the same property in the same`,
    'way. Each is in `mutants.json` as a scenario, verified by a run of its text.',
    '',
    '| mutant | property | faults | operations | brokers | configs | duration | runs |',
    '|---|---|---:|---:|---:|---:|---:|---:|',
    ...rows.map(({ name, minimal }) => `| ${[name, [...new Set(minimal.map(({ property }) => property))].join(', '), ...medians(minimal)].map(cell).join(' | ')} |`),
    `| ${['median of all', '', ...medians(all)].join(' | ')} |`,
  ];
}

function row({ name, doc, source, hunt, profile, campaigns }: MutantCampaigns): string {
  const caught = campaigns.filter(({ detection }) => detection !== null);
  const seeds = caught.map((campaign) => campaign.seeds);
  const failed = campaigns.reduce((sum, { errors }) => sum + errors, 0);
  const counts = new Map<string, number>();
  for (const property of caught.flatMap(({ detection }) => detection?.properties ?? [])) counts.set(property, (counts.get(property) ?? 0) + 1);
  const by = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([property, count]) => `${property} ${count}`).join(', ');
  const minutes = median(caught.map(({ virtualMs }) => virtualMs)) / 60_000;
  const numbers = caught.length === 0 ? ['-', '-', '-', '-'] : [String(median(seeds)), String(Math.min(...seeds)), String(Math.max(...seeds)), `${minutes.toFixed(1)} min`];
  return `| ${[name, doc, source, `${hunt ?? ''}${profile === null ? '' : `, ${profile}`}`, by, ...numbers, String(campaigns.length - caught.length), String(failed)].map(cell).join(' | ')} |`;
}

/** The middle one, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
