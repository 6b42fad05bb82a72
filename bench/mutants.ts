/**
 * `npm run mutants [-- --only NAME] [--campaigns N] [--limit SEEDS] [--shrinks N] [--workers N]`: how many seeds does it take to notice
 * each mutant? Writes reports/mutants.json and, from it, reports/mutants.md. With --only, the other mutants keep what the
 * files say of them. The detections of the first campaigns (--shrinks) are shrunk: what is left of them joins the table. The files do not depend on the number of workers.
 *
 * Exit codes: 0 every campaign caught its mutant; 1 some did not, or an error of ours; 64 a mistake on the command line.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { overProcesses } from '../src/cli/worker-processes.ts';
import { MUTANT_DOCS, MUTANT_NAMES } from '../src/scenarios/mutants.ts';
import { UsageError, integerOption, progressTeller, runCommand, unknownName, workerCount } from './arguments.ts';
import { isHunted, type Campaign, type CampaignOutcome } from './mutants/campaign.ts';
import { campaignsOf, formatMutants, type MutantCampaigns, type MutantReport } from './mutants/report.ts';
import { REPORTS } from './reports.ts';

const EXIT_CAUGHT = 0;
const EXIT_NOT_CAUGHT = 1;
const CAMPAIGNS = 20;
/** Ten times what the hardest mutant takes on average: a campaign that ends without a detection means something. */
const LIMIT = 300;
/** Enough for a median. */
const SHRINKS = 3;

interface Options {
  readonly only: readonly string[];
  readonly campaigns: number;
  readonly limit: number;
  /** Campaigns of each mutant whose detection is shrunk. */
  readonly shrinks: number;
  readonly workers: number;
}

function optionsOf(argv: readonly string[]): Options {
  const text = { type: 'string' } as const;
  let values;
  try {
    values = parseArgs({ args: [...argv], options: { only: { type: 'string', multiple: true }, campaigns: text, limit: text, shrinks: text, workers: text } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; expected --only NAME, --campaigns N, --limit SEEDS, --shrinks N, --workers N`);
  }
  const only = values.only ?? [];
  for (const name of only) if (!MUTANT_NAMES.includes(name)) throw new UsageError(unknownName('--only', name, MUTANT_NAMES));
  return {
    only,
    campaigns: integerOption('--campaigns', values.campaigns ?? String(CAMPAIGNS), 1, 1_000),
    limit: integerOption('--limit', values.limit ?? String(LIMIT), 1, 1_000_000),
    shrinks: integerOption('--shrinks', values.shrinks ?? String(SHRINKS), 0, 1_000),
    workers: workerCount(values.workers),
  };
}

const JSON_FILE = new URL('mutants.json', REPORTS);

/** What the files say already; with --only they must be of the same campaigns. */
function published({ only, campaigns, limit }: Options): readonly MutantCampaigns[] {
  if (only.length === 0 || !existsSync(JSON_FILE)) return [];
  const report = JSON.parse(readFileSync(JSON_FILE, 'utf8')) as MutantReport;
  if (report.campaigns !== campaigns || report.limit !== limit) {
    throw new UsageError(`--only: reports/mutants.json is of ${report.campaigns} campaigns of at most ${report.limit} seeds, which the others would not be; expected --campaigns ${report.campaigns} --limit ${report.limit}`);
  }
  return report.mutants;
}

async function campaignsOver({ only, campaigns, limit, shrinks, workers }: Options): Promise<readonly CampaignOutcome[]> {
  const names = MUTANT_DOCS.filter((mutant) => isHunted(mutant) && (only.length === 0 || only.includes(mutant.name))).map(({ name }) => name);
  const jobs = names.flatMap((mutant) => Array.from({ length: campaigns }, (_, index): Campaign => ({ mutant, campaign: index + 1, limit, isShrunk: index < shrinks })));
  const outcomes: CampaignOutcome[] = [];
  const tell = progressTeller();
  let next = 0;
  await overProcesses<Campaign, CampaignOutcome>({
    script: new URL('./mutants/worker.js', import.meta.url),
    data: null,
    count: workers,
    nextJob: () => {
      next += 1;
      return jobs[next - 1];
    },
    giveUp: ({ mutant, campaign }) => {
      throw new Error(`no process survives campaign ${campaign} of ${mutant}`);
    },
    take: (outcome) => {
      outcomes.push(outcome);
      tell(() => `${outcomes.length} of ${jobs.length} campaigns; ${outcome.mutant}, campaign ${outcome.campaign}: ${outcome.detection === null ? 'not caught' : 'caught'} after ${outcome.seeds} seeds`);
    },
  });
  return outcomes.sort((a, b) => a.campaign - b.campaign);
}

async function main(argv: readonly string[]): Promise<number> {
  const options = optionsOf(argv);
  const before = published(options);
  const outcomes = await campaignsOver(options);
  const mutants = MUTANT_DOCS.map((mutant): MutantCampaigns => {
    const known = before.find(({ name }) => name === mutant.name);
    const isAsked = options.only.length === 0 || options.only.includes(mutant.name);
    return campaignsOf(mutant, isAsked ? outcomes.filter((outcome) => outcome.mutant === mutant.name) : (known?.campaigns ?? []));
  });
  const report: MutantReport = { format: 'harrow.mutants/1', campaigns: options.campaigns, limit: options.limit, mutants };
  const page = formatMutants(report);
  writeFileSync(JSON_FILE, `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(new URL('mutants.md', REPORTS), page);
  process.stdout.write(`${page}\nwritten to reports/mutants.md and reports/mutants.json\n`);
  return mutants.every(({ hunt, campaigns }) => hunt === null || campaigns.every(({ detection }) => detection !== null)) ? EXIT_CAUGHT : EXIT_NOT_CAUGHT;
}

await runCommand(main, EXIT_NOT_CAUGHT);
