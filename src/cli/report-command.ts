/**
 * `harrow report RUN.json [OTHER.json]`: one HTML file of a run, or of two side by side. The record is replayed to know
 * everything that happened in it. A campaign, which harrow sweep wrote, has a report of its own.
 */
import { EXIT_HELD, UsageError, type ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { readRecord } from './replay.ts';
import { reportCampaign } from './report-campaign.ts';
import { writeReport } from './write-report.ts';

export interface ReportOptions {
  readonly output?: string;
  readonly open?: boolean;
  readonly quiet?: boolean;
  readonly force?: boolean;
  /** Of a campaign: most runs that get a report of their own. */
  readonly runs?: string;
}

export function reportCommand(path: string, other: string | undefined, options: ReportOptions, outside: Outside): ExitCode {
  if (options.output === '-') throw new UsageError('--output -: a report is a file to open in a browser; expected its path');
  if (path.endsWith('.ndjson')) {
    if (other !== undefined) throw new UsageError(`${path} is a campaign, beside which nothing can be set; expected one campaign, or one or two run records`);
    return reportCampaign(path, options, outside);
  }
  if (options.runs !== undefined) throw new UsageError('--runs is for the report of a campaign; expected a file of harrow sweep, ending in .ndjson, with it');
  const paths = other === undefined ? [path] : [path, other];
  const runs = paths.map((each) => ({ path: each, record: readRecord(each, options.force === true, outside).record }));
  const output = options.output ?? `${path.replace(/\.json$/, '')}${other === undefined ? '' : `.vs.${other.replace(/^.*[\\/]/, '').replace(/\.json$/, '')}`}.html`;
  writeReport(runs, output, options, outside);
  outside.stdout.write(`report  ${output}\n`);
  return EXIT_HELD;
}
