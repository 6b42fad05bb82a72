/**
 * The shrinker: from a run that violated something to the smallest scenario that shows the same, made of plain text.
 * Makes deliveries equal where it can, because then a cut moves little else; minimises faults, then operations and records,
 * then cluster and configuration towards their defaults, faults and records once more, and the parameters of the faults; every
 * step keeps the fingerprint (property and kind of evidence), and the end is verified from its text. Where deliveries differ, a
 * large cut moves everything after it in time, and is tried under other seeds, too. Deterministic: equal runs and budgets give
 * equal results.
 *
 * Left out: minimising which of two messages came first; a latency that is the same for all of them is tried instead.
 *
 * Source: Zeller and Hildebrandt, TSE 2002; ecosystem practice on bounded minimisers that keep the original.
 */
import { assert } from '../../kernel/assert.ts';
import type { Evidence } from '../../history/verdict.ts';
import { parseScenario } from '../../scenarios/parse.ts';
import type { Execute, RunResult } from '../../scenarios/run-record.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { writeScenario } from '../../scenarios/write-scenario.ts';
import { closedScenario, type Asked } from '../request.ts';
import { fewerConfigs, fewerNodes, plainDeliveries } from './cluster-passes.ts';
import { rounderFaults, rounderTimes, staysDown, weakerFaults } from './fault-passes.ts';
import { evidenceOf, fingerprintOf, type Fingerprint } from './fingerprint.ts';
import { Hunt, show } from './hunt.ts';
import { endEarlier, fewerFaults, fewerFaultsStill, fewerOperations, fewerRecords, hasFewRecords, judgeOne, oneByOne, recordsOf } from './plan-passes.ts';

export interface ShrinkOptions {
  readonly execute: Execute;
  /** Most runs, verification included. */
  readonly runs?: number;
  /** The violation to keep, by its property; default the first that is violated. */
  readonly properties?: readonly string[];
  /** Asked before each run; for a limit of time. */
  readonly mayGoOn?: () => boolean;
  readonly progress?: (progress: ShrinkProgress) => void;
}

export interface ShrinkProgress {
  readonly pass: string;
  readonly runs: number;
  readonly size: Size;
}

/** What is left of a run. */
export interface Size {
  readonly faults: number;
  /** Records offered. */
  readonly records: number;
  readonly operations: number;
  readonly brokers: number;
  /** Configs that are not as by default. */
  readonly configs: number;
  readonly durationMs: number;
}

export interface PassReport {
  readonly pass: string;
  readonly runs: number;
  readonly size: Size;
}

export interface Shrunk {
  readonly fingerprint: Fingerprint;
  readonly minimal: Scenario;
  /** The minimal scenario as text; reading it gives `minimal`, running that gives `result`. */
  readonly text: string;
  readonly result: RunResult;
  readonly evidence: Evidence;
  /** The scenario as it was, with fewer faults, operations and records and with equal deliveries, before anything else was changed. */
  readonly plan: Scenario;
  readonly before: Size;
  readonly after: Size;
  /** Runs in all, the verification included. */
  readonly runs: number;
  readonly passes: readonly PassReport[];
  /** The runs were over, of all or of what records may cost, before it was known that no single fault and no single record can be left out. */
  readonly isExhausted: boolean;
}

export const DEFAULT_SHRINK_RUNS = 240;

/** Why a run cannot be shrunk. */
export interface NotShrunk {
  readonly reason: string;
}

/**
 * Shrinks what `asked` came to.
 *
 * @param verdicts of the original run
 */
export function shrink(asked: Asked, verdicts: RunResult['verdicts'], options: ShrinkOptions): Shrunk | NotShrunk {
  const { execute, runs = DEFAULT_SHRINK_RUNS, properties, mayGoOn = () => true, progress = () => undefined } = options;
  const fingerprint = fingerprintOf(verdicts, asked.scenario, properties);
  if (fingerprint === undefined) return { reason: properties === undefined ? 'no property was violated' : `none of ${properties.join(', ')} was violated` };
  const closed = closedScenario(asked);
  const first = show(closed, { execute, fingerprint });
  if (first === undefined) return { reason: `the run, executed again, does not violate ${fingerprint.property} in the same way` };
  const hunt = new Hunt(first, { execute, fingerprint, runs: runs - VERIFICATION_RUNS, mayGoOn });
  hunt.runs += 1;
  const passes: PassReport[] = [];
  const pass = (name: string, share: number, work: (hunt: Hunt) => void): boolean => {
    const before = hunt.runs;
    const isDone = hunt.pass(share, () => work(hunt));
    passes.push({ pass: name, runs: hunt.runs - before, size: sizeOf(hunt.scenario) });
    progress({ pass: name, runs: hunt.runs, size: sizeOf(hunt.scenario) });
    return isDone;
  };
  pass('one property', 1, judgeOne);
  pass('end', 1, endEarlier);
  pass('deliveries', 1, plainDeliveries);
  pass('end', 1, endEarlier);
  pass('faults', SHARE_OF_FAULTS, fewerFaults);
  pass('administration', SHARE_OF_OPERATIONS, fewerOperations);
  pass('end', 1, endEarlier);
  pass('deliveries', 1, plainDeliveries);
  pass('end', 1, endEarlier);
  pass('records', SHARE_OF_RECORDS, fewerRecords);
  const plan: Scenario = { ...closed, seed: hunt.scenario.seed, network: hunt.scenario.network, disk: hunt.scenario.disk, faults: hunt.scenario.faults, admin: hunt.scenario.admin, workload: hunt.scenario.workload };
  pass('nodes', 1, fewerNodes);
  pass('configs', SHARE_OF_CONFIGS, fewerConfigs);
  pass('deliveries', 1, plainDeliveries);
  pass('end', 1, endEarlier);
  // Fewer nodes and equal deliveries: what could not go before may go now.
  pass('faults', SHARE_OF_SECOND_ROUND, fewerFaultsStill);
  const areRecordsDone = pass('records', SHARE_OF_SECOND_ROUND, fewerRecords);
  pass('fault parameters', SHARE_OF_PARAMETERS, (each) => {
    weakerFaults(each);
    staysDown(each);
    rounderFaults(each);
    rounderTimes(each);
  });
  // Nobody comes after it: what is left of the budget is its own.
  const isDone = pass('one by one', 1, oneByOne);
  const isExhausted = !isDone || (!areRecordsDone && !hasFewRecords(hunt.scenario));
  return { ...verified(hunt, named(hunt.scenario, asked.scenario), execute), fingerprint, plan, before: sizeOf(closed), after: sizeOf(hunt.scenario), runs: hunt.runs + VERIFICATION_RUNS, passes, isExhausted };
}

const VERIFICATION_RUNS = 1;
/** Of all runs: no pass may starve those after it. */
const SHARE_OF_FAULTS = 1 / 5;
const SHARE_OF_OPERATIONS = 1 / 10;
const SHARE_OF_RECORDS = 1 / 5;
const SHARE_OF_CONFIGS = 1 / 10;
const SHARE_OF_SECOND_ROUND = 1 / 12;
const SHARE_OF_PARAMETERS = 1 / 9;

/** The run once more, from the text. */
function verified(hunt: Hunt, minimal: Scenario, execute: Execute): Pick<Shrunk, 'minimal' | 'text' | 'result' | 'evidence'> {
  const text = writeScenario(minimal);
  const parsed = parseScenario({ file: 'minimal.yaml', content: text });
  assert('value' in parsed, () => `the minimal scenario does not read: ${JSON.stringify(parsed)}\n${text}`);
  const shown = show(parsed.value, { execute, fingerprint: hunt.fingerprint });
  assert(shown !== undefined && evidenceOf(hunt.fingerprint, shown.result.verdicts, minimal) !== undefined, 'the minimal scenario, read from its text, shows the violation');
  assert(shown.evidence.sentence === hunt.best.evidence.sentence, () => `the minimal scenario shows again what it showed: ${shown.evidence.sentence}; ${hunt.best.evidence.sentence}`);
  return { minimal: parsed.value, text, result: shown.result, evidence: shown.evidence };
}

/** Names do not steer a run. */
function named(minimal: Scenario, original: Scenario): Scenario {
  return { ...minimal, name: original.name.startsWith('min_') ? original.name : `min_${original.name}`.slice(0, 64), description: '' };
}

export function sizeOf(scenario: Scenario): Size {
  const configs = [scenario.cluster, ...scenario.topics, ...scenario.producers, ...scenario.consumers].reduce((sum, { config }) => sum + Object.keys(config).length, 0);
  const { faults, admin, durationMs, cluster } = scenario;
  return { faults: faults.length, records: recordsOf(scenario).length, operations: admin.length, brokers: cluster.brokers, configs, durationMs };
}
