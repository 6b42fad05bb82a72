/**
 * A campaign as its report shows it: what every guarantee came to over all seeds, each run in a line, what was reached, the
 * counterexamples. Plain JSON; the reports of single runs lie in files beside it, one for each seed of `reported`.
 */
import type { VerdictKind } from '../../history/verdict.ts';

export const CAMPAIGN_REPORT_FORMAT = 'harrow.campaign-report/1';

/** What became of a run: its verdict, or an error of ours ended it. */
export type RunFate = VerdictKind | 'error';

export interface Guarantee {
  readonly property: string;
  readonly claim: string;
  readonly held: number;
  readonly violated: number;
  readonly vacuous: number;
  /** Over all runs. */
  readonly compared: number;
  /** By verdict, the seed whose report shows it; absent where no reported run came to it. */
  readonly examples: Readonly<Partial<Record<VerdictKind, number>>>;
}

export interface CampaignRun {
  readonly seed: number;
  readonly fate: RunFate;
  readonly messages: number;
  /** Faults that took effect. */
  readonly faults: number;
  /** Properties that were violated. */
  readonly violated: readonly string[];
}

export interface Counterexample {
  readonly seed: number;
  /** Empty for an error of ours. */
  readonly property: string;
  readonly sentence: string;
}

export interface Reached {
  readonly what: string;
  readonly reached: number;
  readonly all: number;
  readonly never: readonly string[];
}

export interface CampaignModel {
  readonly format: typeof CAMPAIGN_REPORT_FORMAT;
  readonly scenario: string;
  readonly description: string;
  /** Null for a swarm, which draws one for each seed. */
  readonly profile: string | null;
  readonly mutants: readonly string[];
  readonly harrow: string;
  readonly code: string;
  readonly digest: string;
  readonly virtualMs: number;
  readonly messages: number;
  readonly guarantees: readonly Guarantee[];
  /** By seed. */
  readonly runs: readonly CampaignRun[];
  /** Of the smallest seeds; the others are in `runs`. */
  readonly counterexamples: readonly Counterexample[];
  readonly reached: readonly Reached[];
  /** Faults that took effect, by kind. */
  readonly faults: readonly (readonly [string, number])[];
  /** Runs that reached it, by mark. */
  readonly marks: readonly (readonly [string, number])[];
  /** Seeds that have a report, `seed-N.html` in `folder`. */
  readonly reported: readonly number[];
  /** Beside the report of the campaign. */
  readonly folder: string;
  /** What runs one seed again, with `{seed}` where it stands. */
  readonly runCommand: string;
}
