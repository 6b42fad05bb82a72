/**
 * What a violated property says: what went wrong in Kafka's words, the minimal plan, the configs that matter, and the
 * commands that show it again. Plain text of short lines, the same in a console, a JUnit file and an annotation.
 */
import type { Shrunk } from '../explorer/shrink/shrink.ts';
import { explain } from '../explorer/story.ts';
import { readableMs } from '../scenarios/durations.ts';
import { describeFault } from '../scenarios/faults.ts';
import type { ConfigEntries, Scenario } from '../scenarios/scenario.ts';

export interface Failure {
  readonly shrunk: Shrunk;
  /** Cases up to the one that failed. */
  readonly cases: number;
  /** Of this run of the tests. */
  readonly seed: number;
  /** Where the minimal scenario is. */
  readonly minimalPath: string;
  /** Where the plan for the scenario as it is is; null for a regression, which has one. */
  readonly planPath: string | null;
  /** Where regressions are; undefined when the property has none. */
  readonly regressions: string | undefined;
  /** Path of the regression that failed; null for a drawn case. */
  readonly regression: string | null;
}

export function failureText({ shrunk, cases, seed, minimalPath, planPath, regressions, regression }: Failure): string {
  const { fingerprint, minimal, evidence, result, runs } = shrunk;
  const found = regression === null ? `after ${count(cases, 'case')}` : `by the regression ${regression}`;
  const faults = minimal.faults.map((fault) => `    ${readableMs(fault.atMs).padStart(8)}  ${describeFault(fault)}`);
  const records = shrunk.after.records;
  return [
    `PROPERTY ${fingerprint.property} violated ${found}, shrunk in ${count(runs, 'run')}`,
    `  ${explain(minimal, evidence, result)}`,
    `  ${count(faults.length, 'fault')}, ${count(records, 'record')} offered, ${count(minimal.cluster.brokers, 'broker')}, ${readableMs(minimal.durationMs)}:`,
    ...faults,
    ...configLines(minimal).map((line) => `  config: ${line}`),
    `  digest: ${result.digest}`,
    ...(regression === null ? [`  again:  HARROW_SEED=${seed}`] : []),
    `  replay: npx harrow run ${minimalPath}`,
    ...(planPath === null || regressions === undefined ? [] : [`  keep:   mkdir -p ${regressions} && cp ${planPath} ${regressions}/`]),
  ].join('\n');
}

/** Configs that are still not as by default: without one of them it did not fail. */
function configLines({ cluster, topics, producers, consumers }: Scenario): string[] {
  const of = (place: string, config: ConfigEntries): string[] => (Object.keys(config).length === 0 ? [] : [`${place}: ${Object.entries(config).map(([name, value]) => `${name}=${String(value)}`).join(', ')}`]);
  return [
    ...of('brokers', cluster.config),
    ...topics.flatMap(({ name, config }) => of(`topic ${name}`, config)),
    ...producers.flatMap(({ name, config }) => of(`producer ${name}`, config)),
    ...consumers.flatMap(({ name, config }) => of(`consumer ${name}`, config)),
  ];
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
