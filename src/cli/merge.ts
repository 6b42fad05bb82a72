/**
 * `harrow merge FILE…`: adds up campaigns of the same scenario and code, as the shards of a sweep leave them. A seed that is
 * in several files counts once, and must have come to the same digest.
 */
import { AssertionFailed } from '../kernel/assert.ts';
import { headLine, outcomeLine, type CampaignHead } from '../explorer/campaign/campaign-lines.ts';
import type { SeedOutcome } from '../explorer/campaign/seed-outcome.ts';
import { Tally } from '../explorer/campaign/tally.ts';
import { MachineCoverage } from '../explorer/coverage/machine-coverage.ts';
import { continueCampaign, readCampaign } from './campaign-file.ts';
import { campaignJson, campaignText, exitCodeOfCampaign } from './campaign-report.ts';
import { UsageError, type ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { styleFor } from './style.ts';

export interface MergeOptions {
  readonly out?: string;
  readonly json?: boolean;
}

export function mergeCommand(paths: readonly string[], options: MergeOptions, outside: Outside): ExitCode {
  const { head, tally, outcomes } = readCampaigns(paths, options.out !== undefined);
  if (options.out !== undefined) {
    const sink = continueCampaign(options.out, 0);
    const { format: _format, ...rest } = head;
    sink.write(headLine(rest));
    for (const outcome of outcomes.sort((a, b) => a.seed - b.seed)) sink.write(outcomeLine(outcome));
    sink.close();
  }
  const coverage = head.code === outside.codeFingerprint() ? new MachineCoverage() : null;
  const report = { head, tally, coverage, path: options.out ?? paths.join(' '), records: new Map<number, string>(), program: outside.program };
  outside.stdout.write(options.json === true ? campaignJson(report) : campaignText(report, styleFor(outside.stdout, outside.env)));
  return exitCodeOfCampaign(report);
}

/** Adds up campaigns; with `areKept` their runs are kept, too. @throws UsageError for what is no campaign, and for those that do not add up. */
export function readCampaigns(paths: readonly string[], areKept: boolean): { readonly head: CampaignHead; readonly tally: Tally; readonly outcomes: SeedOutcome[] } {
  const tally = new Tally();
  const outcomes: SeedOutcome[] = [];
  let first: { readonly path: string; readonly head: CampaignHead } | undefined;
  for (const path of paths) {
    const take = (outcome: SeedOutcome): void => {
      if (addTo(tally, outcome, path) && areKept) outcomes.push(outcome);
    };
    // Before the runs: those of another campaign would look like lost determinism.
    const { head } = readCampaign(path, take, (begun) => {
      if (first !== undefined) mustMatch(first.head, begun, `${path} and ${first.path}`);
    });
    if (head === undefined) throw new UsageError(`no campaign ${JSON.stringify(path)}; expected a file that harrow sweep wrote`);
    first ??= { path, head };
  }
  if (first === undefined) throw new UsageError('no campaign; expected files that harrow sweep wrote');
  return { head: first.head, tally, outcomes };
}

function addTo(tally: Tally, outcome: SeedOutcome, path: string): boolean {
  try {
    return tally.add(outcome);
  } catch (error) {
    if (error instanceof AssertionFailed) throw new AssertionFailed(`${path}: ${error.message}: determinism is lost`);
    throw error;
  }
}

/** @throws UsageError when runs of the two do not add up. */
export function mustMatch(a: CampaignHead, b: CampaignHead, which: string): void {
  const differ = (['harrow', 'code', 'scenario', 'mutants'] as const).find((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
  if (differ !== undefined) throw new UsageError(`${which} differ in ${differ}: their runs do not add up; expected campaigns of one scenario and one code`);
}
