/**
 * A campaign: seeds one after the other, until a mutant is noticed by a property that it must trip. Each campaign of a
 * mutant has a block of seeds of its own, so that campaigns are independent. A function of (mutant, campaign, limit)
 * alone.
 *
 * A run that one of our own assertions ends is no detection: it is counted, and the campaign goes on.
 */
import { assert, present } from '../../src/kernel/assert.ts';
import { requestOf } from '../../src/explorer/request.ts';
import { shrink } from '../../src/explorer/shrink/shrink.ts';
import { builtInScenario } from '../../src/scenarios/catalogue/catalogue.ts';
import type { MutantDoc } from '../../src/scenarios/mutants.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { runSeed, type SeedOutcome } from '../../src/explorer/campaign/seed-outcome.ts';

export interface Campaign {
  readonly mutant: string;
  /** From 1. */
  readonly campaign: number;
  /** Most seeds. */
  readonly limit: number;
  /** Whether a detection is shrunk. */
  readonly isShrunk: boolean;
}

export interface Detection {
  readonly seed: number;
  /** Of the run. */
  readonly digest: string;
  /** Those that it must trip and did, in the order in which runs report them. */
  readonly properties: readonly string[];
  /** What the first of them says. */
  readonly sentence: string;
}

export interface CampaignOutcome {
  readonly mutant: string;
  readonly campaign: number;
  /** Runs up to and including the detection, or all. */
  readonly seeds: number;
  /** Simulated time of these runs. */
  readonly virtualMs: number;
  /** Runs that an assertion of ours ended. */
  readonly errors: number;
  readonly detection: Detection | null;
  /** What the detection shrinks to; null without one, or when the campaign does not shrink. */
  readonly minimal: Minimal | null;
}

export interface Minimal {
  readonly property: string;
  readonly faultsBefore: number;
  readonly faults: number;
  /** Records offered and operations of the administrator. */
  readonly operationsBefore: number;
  readonly operations: number;
  readonly brokers: number;
  readonly configs: number;
  readonly durationMs: number;
  /** Runs that it took, the verification included. */
  readonly runs: number;
  /** The scenario: `harrow run` of it violates the property. */
  readonly text: string;
}

/** A mutant that is hunted. */
export type Hunted = MutantDoc & { readonly hunt: string };

export function isHunted(mutant: MutantDoc): mutant is Hunted {
  return mutant.hunt !== null;
}

/** Where the mutant is hunted: its scenario, in the profile that it asks for. */
export function huntOf({ name, hunt, profile }: Hunted): Scenario {
  const scenario = present(builtInScenario(hunt), `scenario ${hunt}, in which ${name} is hunted`);
  return profile === undefined ? scenario : { ...scenario, profile };
}

/** The first seed of a campaign: blocks of `limit` seeds, from 1 on. */
export function firstSeedOf({ campaign, limit }: Pick<Campaign, 'campaign' | 'limit'>): number {
  return (campaign - 1) * limit + 1;
}

export function runCampaign(mutant: Hunted, { campaign, limit, isShrunk }: Pick<Campaign, 'campaign' | 'limit' | 'isShrunk'>): CampaignOutcome {
  const first = firstSeedOf({ campaign, limit });
  let virtualMs = 0;
  let errors = 0;
  for (let seed = first; seed < first + limit; seed += 1) {
    const outcome = runMutant(mutant, seed);
    virtualMs += outcome.virtualMs;
    if (outcome.error !== null) errors += 1;
    const detection = detectionOf(mutant, outcome);
    if (detection !== null) return { mutant: mutant.name, campaign, seeds: seed - first + 1, virtualMs, errors, detection, minimal: isShrunk ? minimalOf(mutant, seed) : null };
  }
  return { mutant: mutant.name, campaign, seeds: limit, virtualMs, errors, detection: null, minimal: null };
}

/** What the run of a detection shrinks to. */
export function minimalOf(mutant: Hunted, seed: number): Minimal {
  const asked = requestOf(huntOf(mutant), String(seed), [mutant.name]);
  const shrunk = shrink(asked, execute(asked).verdicts, { execute, properties: mutant.trips });
  assert('text' in shrunk, () => `${mutant.name}, seed ${seed}: ${'reason' in shrunk ? shrunk.reason : ''}`);
  const { fingerprint: { property }, before, after, runs, text } = shrunk;
  const { faults, brokers, configs, durationMs } = after;
  return { property, faultsBefore: before.faults, faults, operationsBefore: before.records + before.operations, operations: after.records + after.operations, brokers, configs, durationMs, runs, text };
}

/** One run of the hunt. */
export function runMutant(mutant: Hunted, seed: number): SeedOutcome {
  return runSeed({ scenario: huntOf(mutant), mutants: [mutant.name], trips: mutant.trips }, seed);
}

export function detectionOf({ trips }: Hunted, { seed, digest, properties }: SeedOutcome): Detection | null {
  const tripped = properties.filter(({ property, verdict }) => verdict === 'violated' && trips.includes(property));
  const sentence = tripped[0]?.sentence;
  return sentence === undefined || sentence === null ? null : { seed, digest, properties: tripped.map(({ property }) => property), sentence };
}
