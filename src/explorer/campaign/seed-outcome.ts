/**
 * What a campaign keeps of one run: the verdicts with the sentence that settles a violation, what the faults came to, which
 * marks and which parts of the machines were reached. Plain data, so that a worker can send it. A function of (scenario,
 * seed, mutants) alone.
 */
import type { VerdictKind } from '../../history/verdict.ts';
import { hashString } from '../../kernel/hash.ts';
import { execute } from '../../scenarios/run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { drawSwarm } from '../../scenarios/swarm.ts';
import { MachineCoverage } from '../coverage/machine-coverage.ts';
import { requestOf } from '../request.ts';

/** What every run of a campaign has in common. */
export interface SoakSpec {
  /** The same for every seed, or `swarm`: drawn from the seed. */
  readonly scenario: Scenario | 'swarm';
  readonly mutants: readonly string[];
  /** Properties of which a violation counts as a detection: those that the mutant must trip. Null for all. */
  readonly trips: readonly string[] | null;
  /** Every n-th seed is run twice, and the digests must be equal; absent for none. */
  readonly checkedEvery?: number;
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
  /** Labels, each once. */
  readonly marks: readonly string[];
  /** What a swarm chose, as `what=value`; empty for a scenario of its own. */
  readonly choices: readonly string[];
  /** Points of the shipped machines, by their numbers in MachineCoverage, each once; also of a run that an error ended. */
  readonly reached: readonly number[];
  /** An error of ours that ended the run, or lost determinism; the rest is then empty. */
  readonly error: string | null;
}

/** One for each process: the engine's counts are the process's. */
let coverage: MachineCoverage | undefined;

export function runSeed({ scenario, mutants, checkedEvery }: SoakSpec, seed: number): SeedOutcome {
  coverage ??= new MachineCoverage();
  coverage.takenSinceLast();
  let drawn: Pick<ReturnType<typeof drawSwarm>, 'choices'> = { choices: [] };
  const marks = new Set<string>();
  const failed = (error: string): SeedOutcome => ({
    seed, digest: '', virtualMs: 0, messages: 0, properties: [], faultKinds: [], marks: [], choices: drawn.choices, reached: coverage?.takenSinceLast() ?? [], error,
  });
  try {
    const swarm = scenario === 'swarm' ? drawSwarm(String(seed)) : { scenario, choices: [] };
    drawn = swarm;
    const request = requestOf(swarm.scenario, String(seed), mutants);
    const { digest, virtualMs, messages, verdicts, faults } = execute({
      ...request,
      ended: (world) => {
        for (const label of world.marksReached().keys()) marks.add(label);
      },
    });
    const reached = coverage.takenSinceLast();
    if (checkedEvery !== undefined && isSampled(seed, checkedEvery)) {
      const again = execute(request).digest;
      if (again !== digest) return failed(`lost determinism: executed twice, the run came to ${digest} and to ${again}`);
    }
    return {
      seed, digest, virtualMs, messages,
      properties: verdicts.map(({ property, verdict, compared, evidence }) => ({
        property, verdict, compared, sentence: verdict === 'violated' ? (evidence[0]?.sentence ?? 'no evidence') : null,
      })),
      faultKinds: faults.filter(({ outcome }) => outcome === 'applied').map(({ fault }) => fault.kind),
      marks: [...marks],
      choices: drawn.choices,
      reached,
      error: null,
    };
  } catch (error) {
    // Whatever it is: it is about this seed, and the others go on.
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** One seed of so many, whatever seeds a shard has: those of a shard are as far apart as there are shards. */
export function isSampled(seed: number, every: number): boolean {
  return (hashString(String(seed), SAMPLING) >>> 0) % every === 0;
}

const SAMPLING = 1;

/** A property that was looked for is violated, or an error of ours ended the run. */
export function isDetection({ properties, error }: SeedOutcome, trips: SoakSpec['trips']): boolean {
  return error !== null || properties.some(({ property, verdict }) => verdict === 'violated' && (trips === null || trips.includes(property)));
}
