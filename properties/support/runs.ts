/**
 * Runs for properties: a built-in scenario, or a scenario given as YAML, under a seed. A property says what it needs and
 * reads verdicts; how a run is put together is said once, here.
 */
import { execute } from '../../src/scenarios/run.ts';
import { builtInScenario } from '../../src/scenarios/catalogue/catalogue.ts';
import type { Fault } from '../../src/scenarios/faults.ts';
import { planFaults } from '../../src/scenarios/nemesis.ts';
import { parseScenario } from '../../src/scenarios/parse.ts';
import type { RunRequest, RunResult } from '../../src/scenarios/run-record.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { expandWorkload } from '../../src/scenarios/workload.ts';

export function builtIn(name: string): Scenario {
  const scenario = builtInScenario(name);
  if (scenario === undefined) throw new Error(`there is no built-in scenario ${name}`);
  return scenario;
}

export function scenarioOf(yaml: string): Scenario {
  const parsed = parseScenario({ file: 'scenario.yaml', content: yaml });
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  return parsed.value;
}

export type Overrides = Partial<Pick<RunRequest, 'engine' | 'mutants' | 'trace' | 'faults' | 'admin'>>;

/** The request that `harrow run` would make of a scenario and a seed. */
export function requestOf(scenario: Scenario, seed: string, overrides: Overrides = {}): RunRequest {
  const faults: readonly Fault[] = overrides.faults ?? planFaults(scenario, seed);
  const { engine = 'compiled', mutants = scenario.mutants ?? [], trace } = overrides;
  return { scenario, seed, faults, admin: overrides.admin ?? scenario.admin, workload: expandWorkload(scenario, seed), engine, mutants, ...(trace === undefined ? {} : { trace }) };
}

export function run(scenario: Scenario, seed: string, overrides: Overrides = {}): RunResult {
  return execute(requestOf(scenario, seed, overrides));
}

/** `property: evidence` of everything that was violated: empty is what a property wants to see. */
export function violationsOf({ verdicts }: RunResult): string[] {
  return verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property, evidence }) => `${property}: ${evidence[0]?.sentence ?? ''}`);
}

/** Properties of a run that compared nothing. */
export function vacuousOf({ verdicts }: RunResult): string[] {
  return verdicts.filter(({ verdict }) => verdict === 'vacuous').map(({ property }) => property);
}
