/**
 * A property of a cluster, checked: regressions first (committed plans that once failed), then drawn cases. Each case is a
 * seed, a configuration, a fault plan and a workload, all explicit; the first that violates is shrunk by Harrow's shrinker
 * and told with its minimal plan. A property that was never put to the test is a failure, too.
 */
import fc from 'fast-check';
import { closedScenario, requestOf, type Asked } from '../explorer/request.ts';
import { show } from '../explorer/shrink/hunt.ts';
import { shrink, type Shrunk } from '../explorer/shrink/shrink.ts';
import { hashString } from '../kernel/hash.ts';
import type { Fault } from '../scenarios/faults.ts';
import { parseScenario } from '../scenarios/parse.ts';
import { ScenarioError, meant, oneOf } from '../scenarios/problems.ts';
import { PROPERTY_NAMES } from '../scenarios/properties.ts';
import { execute } from '../scenarios/run.ts';
import type { RunResult } from '../scenarios/run-record.ts';
import type { Scenario, WorkloadSpec } from '../scenarios/scenario.ts';
import { writeScenario } from '../scenarios/write-scenario.ts';
import { failureText } from './failure-text.ts';
import { nodeTestOutside, type TestOutside } from './outside.ts';

export interface PropertyOptions {
  /** For the names of files; default the name of the scenario. */
  readonly name?: string;
  /** YAML text, or a scenario as a value. */
  readonly scenario: string | Scenario;
  /** Names of the properties that must hold; default all that apply. */
  readonly holds?: readonly string[];
  /** Drawn cases; default 100. */
  readonly runs?: number;
  /** Default `HARROW_SEED`, else a fresh one; in CI one of the two is required. */
  readonly seed?: number;
  /** The scenario under other configurations, see `configurations`. */
  readonly configurations?: fc.Arbitrary<Scenario>;
  /** Default the scenario's own faults and nemesis under each seed; see `faultPlans`. */
  readonly faults?: fc.Arbitrary<readonly Fault[]>;
  /** Default the scenario's own workload; see `workloads`. */
  readonly workload?: fc.Arbitrary<readonly WorkloadSpec[]>;
  /** Folder of plans that once failed; they run first, in the scenario as it is now. */
  readonly regressions?: string;
  /** Most runs of the shrinker. */
  readonly shrinkRuns?: number;
  /** Names of mutants: rules of Kafka that are reverted. For tests of the test. */
  readonly mutants?: readonly string[];
}

export interface Checked {
  readonly cases: number;
  readonly regressions: number;
  /** Comparisons over all cases, by property. */
  readonly compared: Readonly<Record<string, number>>;
  /** Faults that took effect. */
  readonly faults: number;
}

/** A property is violated; the message is for people, `shrunk` for programs. */
export class PropertyViolated extends Error {
  override readonly name = 'PropertyViolated';
  readonly shrunk: Shrunk;

  constructor(message: string, shrunk: Shrunk) {
    super(message);
    this.shrunk = shrunk;
  }
}

/** A property was never put to the test. */
export class PropertyVacuous extends Error {
  override readonly name = 'PropertyVacuous';
}

const RUNS = 100;
const SHRINK_RUNS = 250;
export const FAILURES = '.harrow/failures';
export const PLAN_ENDING = '.plan.yaml';

/** @throws PropertyViolated, PropertyVacuous; ScenarioError for a scenario that does not read */
export function check(options: PropertyOptions, outside: TestOutside = nodeTestOutside): Checked {
  const scenario = scenarioOf(options.scenario);
  if (options.holds?.length === 0) throw new Error('holds: no property is named; leave it out for all that apply');
  if (options.runs !== undefined && !(Number.isSafeInteger(options.runs) && options.runs >= 1)) throw new Error(`runs: ${options.runs}; expected a whole number from 1 on`);
  mustBeProperties('holds', options.holds ?? []);
  const checking = new Checking(options, options.holds === undefined ? scenario : { ...scenario, checks: options.holds }, outside);
  checking.regress();
  checking.draw();
  return checking.summary();
}

/** @throws Error for a name that is no property's, with the nearest that is one */
export function mustBeProperties(where: string, names: readonly string[]): void {
  for (const name of names) {
    if (!PROPERTY_NAMES.includes(name)) throw new Error(`${where}: no property "${name}"; expected ${oneOf(PROPERTY_NAMES, 8)}${meant(name, PROPERTY_NAMES)}`);
  }
}

/** What a scenario, a seed and a plan come to; for matchers. */
export function run(scenario: string | Scenario, options: { readonly seed?: string; readonly faults?: readonly Fault[]; readonly mutants?: readonly string[] } = {}): RunResult {
  const read = scenarioOf(scenario);
  const request = requestOf(read, options.seed ?? read.seed ?? '1', allMutants(read, options.mutants));
  return execute(options.faults === undefined ? request : { ...request, faults: options.faults });
}

/** Those that are asked for are reverted beside those of the scenario. */
function allMutants({ mutants }: Scenario, asked: readonly string[] = []): readonly string[] {
  return [...(mutants ?? []), ...asked];
}

function scenarioOf(scenario: string | Scenario): Scenario {
  if (typeof scenario !== 'string') return scenario;
  const parsed = parseScenario({ file: 'scenario', content: scenario });
  if ('problems' in parsed) throw new ScenarioError(parsed.problems);
  return parsed.value;
}

class Checking {
  private readonly options: PropertyOptions;
  private readonly scenario: Scenario;
  private readonly outside: TestOutside;
  private readonly compared = new Map<string, number>();
  private cases = 0;
  private regressions = 0;
  private planned = 0;
  private faults = 0;

  constructor(options: PropertyOptions, scenario: Scenario, outside: TestOutside) {
    this.options = options;
    this.scenario = scenario;
    this.outside = outside;
  }

  /**
   * Committed plans, in the scenario as it is now: its cluster and its configs, their seed, faults, records and deliveries. Where
   * configurations are drawn there is no single one of now, and a plan keeps the one with which it failed.
   */
  regress(): void {
    const { regressions, mutants, configurations } = this.options;
    if (regressions === undefined) return;
    for (const { path, text } of this.outside.readFolder(regressions, PLAN_ENDING)) {
      const plan = parseScenario({ file: path, content: text });
      if ('problems' in plan) throw new ScenarioError(plan.problems);
      const { seed, faults, admin, workload, network, disk, cluster, topics, producers, consumers } = plan.value;
      const configured = configurations === undefined ? {} : { cluster, topics, producers, consumers };
      const applied = { ...this.scenario, ...configured, seed, nemesis: null, faults, admin, workload, network, disk };
      const read = parseScenario({ file: path, content: writeScenario(applied) });
      if ('problems' in read) throw new Error(`${path} does not fit the scenario any more: ${read.problems[0]?.message ?? ''}; shrink the failure again, or delete the plan`);
      this.regressions += 1;
      const asked = requestOf(read.value, seed ?? '1', allMutants(read.value, mutants));
      const result = this.execute(asked);
      if (isViolated(result)) throw this.violated(asked, result, path);
    }
  }

  /** Drawn cases. fast-check draws and stops at the first that fails; shrinking is ours. */
  draw(): void {
    const { runs = RUNS, faults, workload, configurations = fc.constant(this.scenario), mutants } = this.options;
    const seed = this.seed;
    const one = fc.record({ seed: fc.noBias(fc.nat()), scenario: configurations, faults: faults ?? fc.constant(null), workload: workload ?? fc.constant(null) });
    let failed: { readonly asked: Asked; readonly result: RunResult } | undefined;
    const details = fc.check(fc.property(one, (drawn) => {
      const scenario: Scenario = { ...drawn.scenario, checks: this.scenario.checks, ...(drawn.workload === null ? {} : { workload: drawn.workload }) };
      const asked = requestOf(scenario, String(drawn.seed), allMutants(scenario, mutants));
      const request = drawn.faults === null ? asked : { ...asked, faults: drawn.faults };
      this.cases += 1;
      const result = this.execute(request);
      if (!isViolated(result)) return true;
      failed = { asked: request, result };
      return false;
    }), { seed, numRuns: runs, endOnFailure: true });
    if (failed !== undefined) throw this.violated(failed.asked, failed.result, null);
    // What threw inside the property: an error of ours.
    if (details.failed) throw details.errorInstance;
  }

  /** @throws PropertyVacuous */
  summary(): Checked {
    const never = [...this.compared].filter(([, compared]) => compared === 0).map(([property]) => property);
    const which = this.options.holds ?? [];
    const missing = which.filter((name) => !this.compared.has(name));
    const vacuous = which.length === 0 ? (never.length === this.compared.size ? never : []) : [...never, ...missing];
    if (this.compared.size === 0) throw new PropertyVacuous(`no property was judged in ${this.cases} cases: the scenario names none in its checks, or none applies to it`);
    if (vacuous.length > 0) throw new PropertyVacuous(`PROPERTY ${vacuous.join(', ')} was never put to the test in ${this.cases} cases: the scenario has nothing that it could be compared on`);
    if (this.planned > 0 && this.faults === 0) throw new PropertyVacuous(`none of ${this.planned} faults took effect in ${this.cases} cases: what held has not been tried`);
    return { cases: this.cases, regressions: this.regressions, compared: Object.fromEntries(this.compared), faults: this.faults };
  }

  private get seed(): number {
    const { seed } = this.options;
    const base = seed ?? this.outside.seed();
    return hashString(this.name, base) >>> 1;
  }

  private get name(): string {
    return (this.options.name ?? this.scenario.name).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '').slice(0, 60);
  }

  private execute(asked: Asked): RunResult {
    const result = execute({ ...asked, engine: 'compiled' });
    for (const { property, compared } of result.verdicts) this.compared.set(property, (this.compared.get(property) ?? 0) + compared);
    this.planned += asked.faults.length;
    this.faults += result.faults.filter(({ outcome }) => outcome === 'applied').length;
    return result;
  }

  private violated(asked: Asked, result: RunResult, regression: string | null): PropertyViolated {
    const { shrinkRuns = SHRINK_RUNS, regressions } = this.options;
    const shrunk = shrink(asked, result.verdicts, { execute, runs: shrinkRuns });
    if ('reason' in shrunk) throw new Error(`internal error: ${shrunk.reason}`);
    const id = `${this.name}-${shrunk.result.digest.slice(0, 8)}`;
    const minimalPath = this.outside.write(FAILURES, `${id}.min.yaml`, shrunk.text);
    const planPath = regression === null ? this.outside.write(FAILURES, `${id}${PLAN_ENDING}`, writeScenario(planOf(shrunk, asked))) : null;
    const seed = this.options.seed ?? this.outside.seed();
    return new PropertyViolated(failureText({ shrunk, cases: this.cases, seed, minimalPath, planPath, regressions, regression }), shrunk);
  }
}

/** The plan was reduced in a run that ends with the violation; over the whole time it may be mended again. Then all of the plan is kept. */
function planOf({ plan, fingerprint }: Shrunk, asked: Asked): Scenario {
  return show(plan, { execute, fingerprint }) === undefined ? closedScenario(asked) : plan;
}

function isViolated({ verdicts }: RunResult): boolean {
  return verdicts.some(({ verdict }) => verdict === 'violated');
}
