/**
 * How fast properties are put to the test: seeds per minute of the default cluster of property tests (three brokers, 60
 * virtual seconds, faults, every property that applies), on one core; and what a second worker adds.
 *
 * Seeds per minute are of CPU time, so that they can be compared on a machine that others use. The scaling is of wall
 * time, because waiting for each other is what it is about; it says something where two cores are idle, and the load of
 * the machine before the measurement stands beside it.
 */
import { loadavg } from 'node:os';
import { overProcesses } from '../../src/cli/worker-processes.ts';
import { runSeed, type SeedOutcome, type SoakSpec } from '../../src/explorer/campaign/seed-outcome.ts';
import { requestOf } from '../../src/explorer/request.ts';
import { assert, present } from '../../src/kernel/assert.ts';
import { builtInScenario } from '../../src/scenarios/catalogue/catalogue.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { atLeast, figure, type Figure } from '../figure.ts';
import { estimate, measure } from '../measure.ts';

const NAME = 'explorer/seeds';
const SEEDS_PER_TURN = 10;
const TARGET_PER_MINUTE = 3_000;
const TARGET_SCALING = 1.7;
const NS_PER_MINUTE = 60e9;

/** The workhorse of sweeps, for a minute. */
export function propertyTestCluster(): Scenario {
  return { ...present(builtInScenario('small_faulty_cluster'), 'scenario small_faulty_cluster'), durationMs: 60_000 };
}

export async function seedFigures(): Promise<readonly Figure[]> {
  const scenario = propertyTestCluster();
  return [...perMinute(scenario), ...(await scaling(scenario))];
}

function perMinute(scenario: Scenario): readonly Figure[] {
  const spec: SoakSpec = { scenario, mutants: [], trips: null };
  let seed = 0;
  let properties = 0;
  let messages = 0;
  const turn = (one: (seed: number) => number) => (): number => {
    for (let i = 0; i < SEEDS_PER_TURN; i += 1) {
      seed += 1;
      messages += one(seed);
    }
    return SEEDS_PER_TURN;
  };
  const timed = measure(
    [
      { name: 'campaign', turn: turn((each) => {
        const outcome = runSeed(spec, each);
        assert(outcome.error === null && outcome.properties.every(({ verdict }) => verdict !== 'violated'), () => `seed ${each} holds: ${JSON.stringify(outcome.error ?? outcome.properties.find(({ verdict }) => verdict === 'violated'))}`);
        properties = Math.max(properties, outcome.properties.length);
        return outcome.messages;
      }) },
      { name: 'no checks', turn: turn((each) => execute(requestOf({ ...scenario, checks: [] }, String(each))).messages) },
    ],
    { rounds: 5, warmUpRounds: 20 },
  );
  const rate = (name: string) => estimate(timed.samples(name).map((ns) => NS_PER_MINUTE / ns));
  return [
    figure(NAME, `3 brokers, 60 s, faults, ${properties} properties`, rate('campaign'), 'seeds/min', atLeast(TARGET_PER_MINUTE)),
    figure(NAME, '… without checks', rate('no checks'), 'seeds/min'),
    figure(NAME, '… messages of a seed', Math.round(messages / seed), 'messages'),
  ];
}

const SEEDS_SCALED = 160;
const SEEDS_PER_BATCH = 4;
/** Of each worker: a process compiles what is hot for its first fifty seeds, of which two have half as many each to measure. */
const SEEDS_WARMING_UP = 60;
/** Handed out one by one, so that no worker waits long for the other at the end. */
const LAST_SEEDS = 16;
const ROUNDS = 3;

/** Interleaved, so that whoever disturbs, disturbs both. */
async function scaling(scenario: Scenario): Promise<readonly Figure[]> {
  const [load = 0] = loadavg();
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const one = await seedsPerSecond(scenario, 1);
    const two = await seedsPerSecond(scenario, 2);
    ratios.push(two / one);
  }
  return [
    figure(NAME, '2 workers vs 1, wall time', estimate(ratios), 'x', atLeast(TARGET_SCALING)),
    figure(NAME, '… load of the machine before', load, 'processes'),
  ];
}

/** Once every worker has warmed up on its first batches: from then to the last result. */
async function seedsPerSecond(scenario: Scenario, workers: number): Promise<number> {
  const data: SoakSpec = { scenario, mutants: [], trips: null };
  let next = 1;
  let done = 0;
  let startedMs = 0;
  /** Seeds that were done by then. */
  let before = 0;
  const warmUp = workers * SEEDS_WARMING_UP;
  const all = warmUp + SEEDS_SCALED;
  await overProcesses<readonly number[], readonly SeedOutcome[]>({
    script: new URL('../soak/worker.js', import.meta.url),
    data,
    count: workers,
    nextJob: () => {
      if (next > all) return undefined;
      const count = next > all - LAST_SEEDS ? 1 : SEEDS_PER_BATCH;
      next += count;
      return Array.from({ length: count }, (_, i) => next - count + i);
    },
    giveUp: (seeds) => {
      throw new Error(`no process survives the seeds ${seeds.join(', ')}`);
    },
    take: (outcomes) => {
      done += outcomes.length;
      if (startedMs > 0 || done < warmUp) return;
      startedMs = performance.now();
      before = done;
    },
  });
  return (done - before) / ((performance.now() - startedMs) / 1_000);
}
