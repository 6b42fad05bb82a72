/**
 * `harrow report CAMPAIGN.ndjson`: the report of a campaign, and beside it the reports of the runs that it leads to, which
 * are executed again for it.
 */
import { basename, join } from 'node:path';
import type { CampaignHead } from '../explorer/campaign/campaign-lines.ts';
import type { SeedOutcome } from '../explorer/campaign/seed-outcome.ts';
import { Tally } from '../explorer/campaign/tally.ts';
import { MachineCoverage } from '../explorer/coverage/machine-coverage.ts';
import { requestOf } from '../explorer/request.ts';
import { assert } from '../kernel/assert.ts';
import { campaignModel, seedsToReport } from '../report/campaign/build-campaign.ts';
import { campaignHtml } from '../report/html.ts';
import { formatRunRecord } from '../scenarios/run-record-file.ts';
import { drawSwarm } from '../scenarios/swarm.ts';
import { readCampaign } from './campaign-file.ts';
import { seedCommand } from './campaign-report.ts';
import { EXIT_HELD, UsageError, type ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import type { ReportOptions } from './report-command.ts';
import { executeWatched, runRecord } from './run.ts';
import { writeReport } from './write-report.ts';

const DEFAULT_RUNS = 12;

export function reportCampaign(path: string, options: ReportOptions, outside: Outside): ExitCode {
  const limit = runsOf(options.runs);
  // Found out before the work.
  const page = outside.reportPage();
  const tally = new Tally();
  const outcomes: SeedOutcome[] = [];
  const { head } = readCampaign(path, (outcome) => {
    if (tally.add(outcome)) outcomes.push(outcome);
  });
  if (head === undefined) throw new UsageError(`no campaign ${JSON.stringify(path)}; expected a file that harrow sweep wrote`);
  const isSameCode = head.code === outside.codeFingerprint();
  if (!isSameCode && limit > 0 && options.force !== true) {
    throw new UsageError(`${path} was made by other code than this: a run of it would be another. Expected the same code, --runs 0 for a report without the reports of runs, or --force`);
  }
  outcomes.sort((a, b) => a.seed - b.seed);
  const output = options.output ?? path.replace(/(\.ndjson)?$/, '.html');
  const folder = output.replace(/(\.html)?$/, '-runs');
  const reported = seedsToReport(outcomes, limit);
  for (const seed of reported) reportSeed(head, outcomes.find((each) => each.seed === seed) as SeedOutcome, folder, { ...options, open: false }, isSameCode, outside);
  const model = campaignModel({ head, tally, coverage: isSameCode ? new MachineCoverage() : null, outcomes }, { reported, folder: basename(folder), runCommand: commandOf(head, outside.program) });
  outside.writeFile(output, campaignHtml(page, model, (bytes) => outside.deflate(bytes)));
  if (options.open === true) outside.open(output);
  outside.stdout.write(`report  ${output}\n${reported.length === 0 ? '' : `runs    ${folder}: ${reported.length} of ${outcomes.length}\n`}`);
  return EXIT_HELD;
}

function reportSeed({ scenario, mutants }: CampaignHead, { seed, digest }: SeedOutcome, folder: string, options: ReportOptions, isSameCode: boolean, outside: Outside): void {
  const request = requestOf(scenario === 'swarm' ? drawSwarm(String(seed)).scenario : scenario, String(seed), mutants);
  const { result } = executeWatched(request, null, options.quiet === true, outside);
  assert(!isSameCode || result.digest === digest, () => `seed ${seed} came to digest ${result.digest}, the campaign says ${digest}: determinism is lost`);
  const record = runRecord(request, result, outside);
  const path = join(folder, `seed-${seed}.json`);
  outside.writeFile(path, formatRunRecord(record));
  writeReport([{ record, path }], join(folder, `seed-${seed}.html`), options, outside);
}

function runsOf(option: string | undefined): number {
  if (option === undefined) return DEFAULT_RUNS;
  if (!/^[0-9]{1,4}$/.test(option)) throw new UsageError(`--runs ${option}: expected a whole number of runs, such as ${DEFAULT_RUNS}`);
  return Number(option);
}

function commandOf({ scenario, mutants }: CampaignHead, program: string): string {
  return seedCommand({ scenario, mutants }, '{seed}', program);
}
