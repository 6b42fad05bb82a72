/** Run requests as `harrow run` would make them: the seed expanded to faults and workload. */
import { present } from '../../src/kernel/assert.ts';
import type { EngineName } from '../../src/kernel/statechart/engine.ts';
import { builtInScenario } from '../../src/scenarios/catalogue/catalogue.ts';
import { planFaults } from '../../src/scenarios/nemesis.ts';
import type { RunRequest } from '../../src/scenarios/run-record.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { expandWorkload } from '../../src/scenarios/workload.ts';

export function requestFor(scenario: Scenario, seed: string, engine: EngineName = 'compiled', mutants: readonly string[] = []): RunRequest {
  return { scenario, seed, faults: planFaults(scenario, seed), admin: scenario.admin, workload: expandWorkload(scenario, seed), engine, mutants };
}

/** The scenario of the README, as it comes. */
export function flagship(): Scenario {
  return present(builtInScenario('trucks_gps'), 'scenario trucks_gps');
}

export function seedOf({ seed }: Scenario): string {
  return seed ?? '1';
}
