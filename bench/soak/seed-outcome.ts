/**
 * What a soak keeps of one run: the verdicts with the sentence that settles a violation, what the faults came to, which
 * marks were reached, which transitions were taken. Plain data, so that a worker can send it. A function of (scenario, seed,
 * mutants) alone.
 */
import { RunFailed } from '../../src/kernel/assert.ts';
import type { TraceLine } from '../../src/kernel/trace.ts';
import type { VerdictKind } from '../../src/history/verdict.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { drawSwarm } from '../../src/scenarios/swarm.ts';
import { requestFor } from '../clusters/requests.ts';
import { TransitionCoverage } from '../transitions/coverage.ts';

/** What every run of a soak has in common. */
export interface SoakSpec {
  /** The same for every seed, or `swarm`: drawn from the seed. */
  readonly scenario: Scenario | 'swarm';
  readonly mutants: readonly string[];
  /** Properties of which a violation counts as a detection: those that the mutant must trip. Null for all. */
  readonly trips: readonly string[] | null;
}

export interface PropertyOutcome {
  readonly property: string;
  readonly verdict: VerdictKind;
  readonly compared: number;
  /** Of the first evidence; null unless violated. */
  readonly sentence: string | null;
}

export interface SeedOutcome {
  readonly seed: number;
  readonly digest: string;
  readonly virtualMs: number;
  readonly messages: number;
  readonly properties: readonly PropertyOutcome[];
  /** Kinds of the faults that took effect, one entry for each fault. */
  readonly faultKinds: readonly string[];
  /** Labels, each once; null when the run was not traced. */
  readonly marks: readonly string[] | null;
  /** What a swarm chose, as `what=value`; empty for a scenario of its own. */
  readonly choices: readonly string[];
  /** Of the shipped machines, by their numbers in TransitionCoverage, each once; also of a run that an error ended. */
  readonly transitions: readonly number[];
  /** An error of ours that ended the run; the rest is then empty. */
  readonly error: string | null;
}

/** Marks are read off a trace, which makes a run cost 1.7 times as much: one seed in eight has to do. */
const TRACED_SEEDS = 8;

/** One for each thread: the engine's counts are the process's. */
let coverage: TransitionCoverage | undefined;

export function runSeed({ scenario, mutants }: SoakSpec, seed: number): SeedOutcome {
  coverage ??= new TransitionCoverage();
  coverage.takenSinceLast();
  const drawn = scenario === 'swarm' ? drawSwarm(String(seed)) : { scenario, choices: [] };
  const isTraced = seed % TRACED_SEEDS === 0;
  const marks = new Set<string>();
  const trace = ({ effects }: TraceLine): void => {
    for (const effect of effects) if (effect.kind === 'mark') marks.add(effect.label);
  };
  try {
    const result = execute({ ...requestFor(drawn.scenario, String(seed), 'compiled', mutants), ...(isTraced ? { trace } : {}) });
    const { digest, virtualMs, messages, verdicts, faults } = result;
    return {
      seed, digest, virtualMs, messages,
      properties: verdicts.map(({ property, verdict, compared, evidence }) => ({
        property, verdict, compared, sentence: verdict === 'violated' ? (evidence[0]?.sentence ?? 'no evidence') : null,
      })),
      faultKinds: faults.filter(({ outcome }) => outcome === 'applied').map(({ fault }) => fault.kind),
      marks: isTraced ? [...marks] : null,
      choices: drawn.choices,
      transitions: coverage.takenSinceLast(),
      error: null,
    };
  } catch (error) {
    if (!(error instanceof RunFailed)) throw error;
    return {
      seed, digest: '', virtualMs: 0, messages: 0, properties: [], faultKinds: [], marks: null, choices: drawn.choices, transitions: coverage.takenSinceLast(), error: error.message,
    };
  }
}

/** A property that was looked for is violated, or an error of ours ended the run. */
export function isDetection({ properties, error }: SeedOutcome, trips: SoakSpec['trips']): boolean {
  return error !== null || properties.some(({ property, verdict }) => verdict === 'violated' && (trips === null || trips.includes(property)));
}
