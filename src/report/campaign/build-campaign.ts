/**
 * From the runs of a campaign to its report, and the choice of the runs that get a report of their own: enough of them
 * that every cell of the table of guarantees has one that shows it, the violations first.
 */
import type { CampaignHead } from '../../explorer/campaign/campaign-lines.ts';
import { neverReached } from '../../explorer/campaign/never.ts';
import type { SeedOutcome } from '../../explorer/campaign/seed-outcome.ts';
import type { Tally } from '../../explorer/campaign/tally.ts';
import type { MachineCoverage } from '../../explorer/coverage/machine-coverage.ts';
import type { VerdictKind } from '../../history/verdict.ts';
import { PROPERTY_DOCS } from '../../scenarios/properties.ts';
import { CAMPAIGN_REPORT_FORMAT, type CampaignModel, type CampaignRun, type Guarantee, type RunFate } from './campaign-model.ts';

export interface Campaign {
  readonly head: CampaignHead;
  readonly tally: Tally;
  /** Null for a campaign of other code. */
  readonly coverage: MachineCoverage | null;
  /** Each seed once, in their order. */
  readonly outcomes: readonly SeedOutcome[];
}

export interface Reports {
  readonly reported: readonly number[];
  readonly folder: string;
  readonly runCommand: string;
}

export function campaignModel({ head, tally, coverage, outcomes }: Campaign, { reported, folder, runCommand }: Reports): CampaignModel {
  const { scenario, mutants, harrow, code } = head;
  const shown = outcomes.filter(({ seed }) => reported.includes(seed));
  return {
    format: CAMPAIGN_REPORT_FORMAT, scenario: scenario === 'swarm' ? 'swarm' : scenario.name,
    description: scenario === 'swarm' ? 'Cluster, clients, configuration and faults drawn from each seed.' : scenario.description,
    profile: scenario === 'swarm' ? null : scenario.profile, mutants, harrow, code, digest: tally.digest, virtualMs: tally.virtualMs, messages: tally.messages,
    guarantees: [...tally.properties].map(([property, { held, violated, vacuous, compared }]): Guarantee => ({
      property, claim: PROPERTY_DOCS.find(({ name }) => name === property)?.claim ?? '', held, violated, vacuous, compared, examples: examplesOf(property, shown),
    })),
    runs: outcomes.map((outcome): CampaignRun => ({
      seed: outcome.seed, fate: fateOf(outcome), messages: outcome.messages, faults: outcome.faultKinds.length,
      violated: outcome.properties.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property),
    })),
    counterexamples: tally.violationsTold, reached: neverReached(tally, coverage, scenario),
    faults: sorted(tally.faults), marks: sorted(tally.marks), reported, folder, runCommand,
  };
}

function sorted(counts: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

export function fateOf({ properties, error }: SeedOutcome): RunFate {
  if (error !== null) return 'error';
  if (properties.some(({ verdict }) => verdict === 'violated')) return 'violated';
  return properties.length === 0 || properties.some(({ verdict }) => verdict === 'vacuous') ? 'vacuous' : 'held';
}

/** By verdict, the run that shows it best: of violations the shortest, of what held the one that compared most. */
function examplesOf(property: string, outcomes: readonly SeedOutcome[]): Partial<Record<VerdictKind, number>> {
  const examples: Partial<Record<VerdictKind, number>> = {};
  const best = new Map<VerdictKind, number>();
  for (const { seed, messages, properties } of outcomes) {
    const said = properties.find((each) => each.property === property);
    if (said === undefined) continue;
    const worth = said.verdict === 'held' ? said.compared : -messages;
    if (worth <= (best.get(said.verdict) ?? Number.NEGATIVE_INFINITY)) continue;
    best.set(said.verdict, worth);
    examples[said.verdict] = seed;
  }
  return examples;
}

/** At most `limit` seeds, rising. Each covers as many cells as it can that none before it covers; a violation outweighs all that held. */
export function seedsToReport(outcomes: readonly SeedOutcome[], limit: number): number[] {
  const candidates = outcomes.filter(({ error }) => error === null);
  const covered = new Set<string>();
  const chosen: number[] = [];
  while (chosen.length < limit) {
    let best: SeedOutcome | undefined;
    let bestWorth = 0;
    for (const outcome of candidates) {
      const worth = outcome.properties.reduce((sum, { property, verdict }) => (covered.has(`${property} ${verdict}`) ? sum : sum + (verdict === 'violated' ? 1_000 : 1)), 0);
      if (worth > bestWorth || (worth === bestWorth && worth > 0 && outcome.messages < (best?.messages ?? 0))) {
        best = outcome;
        bestWorth = worth;
      }
    }
    if (best === undefined) break;
    chosen.push(best.seed);
    for (const { property, verdict } of best.properties) covered.add(`${property} ${verdict}`);
  }
  // What else went wrong, as far as there is room: each is a counterexample to look at.
  for (const outcome of candidates) {
    if (chosen.length >= limit) break;
    if (fateOf(outcome) === 'violated' && !chosen.includes(outcome.seed)) chosen.push(outcome.seed);
  }
  return chosen.sort((a, b) => a - b);
}
