/**
 * Passes over what happens in a run: when it ends, faults, operations of the administrator, records.
 */
import { sortedByTime, type Fault, type ScenarioFault } from '../../scenarios/faults.ts';
import { PROPERTY_DOCS } from '../../scenarios/properties.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { expandWorkload, type Operation } from '../../scenarios/workload.ts';
import { sendsOf } from '../request.ts';
import { ddmin } from './ddmin.ts';
import { reads, type Hunt } from './hunt.ts';

/** Only the property that is hunted is judged: the rest costs time and says nothing. */
export function judgeOne(hunt: Hunt): void {
  hunt.attempt({ ...hunt.scenario, checks: [hunt.fingerprint.property] });
}

/** Ends the run just after the violation. One of liveness shows when time is over: then the run is shortened by halves. */
export function endEarlier(hunt: Hunt): void {
  const endMs = Math.floor(hunt.best.evidence.atUs / 1_000) + 1;
  if (endMs < hunt.scenario.durationMs) hunt.attempt(endingAt(hunt.scenario, endMs));
  if (PROPERTY_DOCS.find(({ name }) => name === hunt.fingerprint.property)?.kind !== 'liveness') return;
  for (let left = hunt.scenario.durationMs, kept = 0; left - kept > MIN_STEP_MS && hunt.mayGoOn();) {
    const middle = Math.floor((left + kept) / 2);
    if (hunt.attempt(endingAt(hunt.scenario, middle))) left = middle;
    else kept = middle;
  }
}

const MIN_STEP_MS = 2_000;

/** Without what would happen after the end. */
export function endingAt(scenario: Scenario, durationMs: number): Scenario {
  return {
    ...scenario,
    durationMs,
    faults: scenario.faults.filter(({ atMs }) => atMs < durationMs),
    admin: scenario.admin.filter(({ atMs }) => atMs < durationMs),
    workload: keeping(scenario.workload, ({ atUs }) => atUs < durationMs * 1_000),
  };
}

function keeping(workload: Scenario['workload'], isKept: (row: { readonly atUs: number }) => boolean): Scenario['workload'] {
  return workload.map((spec) => (spec.kind === 'sends' ? { ...spec, rows: spec.rows.filter(isKept) } : spec)).filter((spec) => spec.kind !== 'sends' || spec.rows.length > 0);
}

/**
 * Faults: first the latest ones alone, for what broke is more often what came last before it; then whole kinds of them, of
 * which most have nothing to do with it; then delta debugging on what is left.
 */
export function fewerFaults(hunt: Hunt): void {
  for (let last = 1; last * 2 <= hunt.scenario.faults.length; last *= 2) {
    const { faults } = hunt.scenario;
    if (cut(hunt, faults.length - last, faults.length, { ...hunt.scenario, faults: faults.slice(-last) })) break;
  }
  for (const kind of new Set(hunt.scenario.faults.map((fault) => fault.kind))) {
    const { faults } = hunt.scenario;
    const others = faults.filter((fault) => fault.kind !== kind);
    if (others.length < faults.length - 1) hunt.attempt({ ...hunt.scenario, faults: others });
  }
  ddmin(hunt.scenario.faults, (faults) => cut(hunt, hunt.scenario.faults.length - faults.length, hunt.scenario.faults.length, { ...hunt.scenario, faults }), hunt.mayGoOn);
}

/** Under other seeds, too, where it is a large part of many. */
function cut(hunt: Hunt, removed: number, all: number, scenario: Scenario): boolean {
  return removed >= MANY && removed >= all * LARGE_PART ? hunt.attemptCut(scenario) : hunt.attempt(scenario);
}

const MANY = 4;
const LARGE_PART = 1 / 4;

export function fewerOperations(hunt: Hunt): void {
  // An operation may speak of what another one makes: without that one it is no scenario.
  ddmin(hunt.scenario.admin, (admin) => reads({ ...hunt.scenario, admin }) && hunt.attempt({ ...hunt.scenario, admin }), hunt.mayGoOn);
}

/**
 * Records: first those that the evidence names, alone, with what was sent shortly before them, and with what was sent when a
 * fault began or ended, all by the producers that the evidence names; then every so many of all; then delta debugging on what
 * is left. The first record of each producer goes with them: it is what connections, metadata and producer ids begin with.
 */
export function fewerRecords(hunt: Hunt): void {
  const isFewer = (records: readonly Operation[]): boolean => records.length < recordsOf(hunt.scenario).length;
  const without = (records: readonly Operation[]): Scenario => ({ ...hunt.scenario, workload: sendsOf(records, hunt.scenario) });
  const cuts = partsOf(hunt).filter((records) => isFewer(records)).sort((a, b) => a.length - b.length);
  // Under its own seed first: a cut that left out too much shows nothing under any.
  cuts.some((records) => hunt.attempt(without(records)));
  const { length: left } = recordsOf(hunt.scenario);
  if (left > FEW_RECORDS) cuts.filter((records) => records.length < left * LARGE_PART).some((records) => hunt.attemptCut(without(records)));
  ddmin(recordsOf(hunt.scenario), (records) => isFewer(records) && cut(hunt, recordsOf(hunt.scenario).length - records.length, recordsOf(hunt.scenario).length, without(records)), hunt.mayGoOn);
}

/** Parts of the records that are likely to be what matters. */
function partsOf({ scenario, best: { evidence } }: Hunt): Operation[][] {
  const all = recordsOf(scenario);
  const named = new Set(all.filter(({ value }) => evidence.sentence.includes(`"${value}"`) || evidence.details['value'] === value));
  const producers = new Set<string>();
  const first = new Set(all.filter(({ producer, topic }) => producers.size < producers.add(`${producer}/${topic}`).size));
  const lastUs = [...named].at(-1)?.atUs ?? evidence.atUs;
  const turnsUs = [lastUs, ...scenario.faults.flatMap((fault) => turnsOf(fault)).map((atMs) => atMs * 1_000)];
  const accused = new Set(all.map(({ producer }) => producer).filter((producer) => isNamedIn(evidence.sentence, producer)));
  const isAccused = ({ producer }: Operation): boolean => accused.size === 0 || accused.has(producer);
  const part = (isIn: (record: Operation, index: number) => boolean): Operation[] => all.filter((record, i) => named.has(record) || (isAccused(record) && (first.has(record) || isIn(record, i))));
  return [
    all.filter((record) => named.has(record)),
    ...REACHES_US.map((reachUs) => part(({ atUs }) => Math.abs(atUs - lastUs) <= reachUs)),
    ...TURNS_US.map((reachUs) => part(({ atUs }) => turnsUs.some((turnUs) => Math.abs(atUs - turnUs) <= reachUs))),
    part(() => true),
    ...THINNINGS.map((every) => all.filter((record, i) => named.has(record) || first.has(record) || i % every === 0)),
  ];
}

function isNamedIn(sentence: string, node: string): boolean {
  return new RegExp(`(?<![A-Za-z0-9_.-])${node.replaceAll('.', '\\.')}(?![A-Za-z0-9_-])`).test(sentence);
}

/** When a fault begins and ends. */
function turnsOf(fault: ScenarioFault): number[] {
  if ('forMs' in fault) return [fault.atMs, fault.atMs + fault.forMs];
  if ('restartAfterMs' in fault && fault.restartAfterMs !== null) return [fault.atMs, fault.atMs + fault.restartAfterMs];
  return [fault.atMs];
}

/** That delta debugging makes short work of. */
const FEW_RECORDS = 20;

/** One record of so many. */
const THINNINGS = [32, 8, 3];

/** Around the record that is lost, or before the violation when none is named. */
const REACHES_US = [0, 200_000, 1_000_000, 4_000_000, 12_000_000];

/** Around that and every turn of a fault. */
const TURNS_US = [100_000, 500_000, 2_000_000];

export function recordsOf(scenario: Scenario): Operation[] {
  return expandWorkload(scenario, scenario.seed ?? '');
}

/** Faults once more: one by one where there are few, which leaves fewer than delta debugging with as many runs. */
export function fewerFaultsStill(hunt: Hunt): void {
  if (hunt.scenario.faults.length <= FEW_FAULTS) faultsOneByOne(hunt);
  else fewerFaults(hunt);
}

const FEW_FAULTS = 30;

function faultsOneByOne(hunt: Hunt): void {
  for (let i = hunt.scenario.faults.length - 1; i >= 0; i -= 1) {
    hunt.attempt({ ...hunt.scenario, faults: hunt.scenario.faults.filter((_, index) => index !== i) });
  }
}

/** Until no single fault can be left out of what is left and, where records are few, no single record. */
export function oneByOne(hunt: Hunt): void {
  for (let before: Scenario | undefined; before !== hunt.scenario && hunt.mayGoOn();) {
    before = hunt.scenario;
    faultsOneByOne(hunt);
    if (hasFewRecords(hunt.scenario)) recordsOneByOne(hunt);
  }
}

export function hasFewRecords(scenario: Scenario): boolean {
  return recordsOf(scenario).length <= FEW_RECORDS;
}

function recordsOneByOne(hunt: Hunt): void {
  for (let i = recordsOf(hunt.scenario).length - 1; i >= 0; i -= 1) {
    hunt.attempt({ ...hunt.scenario, workload: sendsOf(recordsOf(hunt.scenario).filter((_, index) => index !== i), hunt.scenario) });
  }
}

/** Replaces one fault of the plan; the plan stays sorted. */
export function withFault(scenario: Scenario, index: number, fault: Fault): Scenario {
  return { ...scenario, faults: sortedByTime(scenario.faults.map((each, i) => (i === index ? fault : each))) };
}
