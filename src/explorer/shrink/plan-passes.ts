/**
 * Passes over what happens in a run: when it ends, faults, operations of the administrator, records.
 */
import { sortedByTime, type Fault } from '../../scenarios/faults.ts';
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

export function fewerFaults(hunt: Hunt): void {
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
 * Records: first those that the evidence names, alone and with what was sent shortly before them, then every so many of all;
 * then delta debugging on what is left.
 */
export function fewerRecords(hunt: Hunt): void {
  const all = recordsOf(hunt.scenario);
  const isFewer = (records: readonly Operation[]): boolean => records.length < recordsOf(hunt.scenario).length;
  const without = (records: readonly Operation[]): Scenario => ({ ...hunt.scenario, workload: sendsOf(records, hunt.scenario) });
  const named = all.filter(({ value }) => hunt.best.evidence.sentence.includes(`"${value}"`) || hunt.best.evidence.details['value'] === value);
  const lastUs = named.at(-1)?.atUs ?? hunt.best.evidence.atUs;
  const cuts = [
    ...REACHES_US.map((reachUs) => all.filter((record) => named.includes(record) || Math.abs(record.atUs - lastUs) <= reachUs)),
    ...THINNINGS.map((every) => all.filter((record, i) => i % every === 0 || named.includes(record))),
  ].filter((records) => isFewer(records));
  // Under its own seed first: a cut that left out too much shows nothing under any.
  cuts.some((records) => hunt.attempt(without(records)));
  const { length: left } = recordsOf(hunt.scenario);
  if (left > FEW_RECORDS) cuts.filter((records) => records.length < left * LARGE_PART).some((records) => hunt.attemptCut(without(records)));
  ddmin(recordsOf(hunt.scenario), (records) => isFewer(records) && cut(hunt, recordsOf(hunt.scenario).length - records.length, recordsOf(hunt.scenario).length, without(records)), hunt.mayGoOn);
}

/** That delta debugging makes short work of. */
const FEW_RECORDS = 20;

/** One record of so many. */
const THINNINGS = [32, 8, 3];

/** Around the record that is lost, or before the violation when none is named. */
const REACHES_US = [0, 200_000, 1_000_000, 4_000_000, 12_000_000];

export function recordsOf(scenario: Scenario): Operation[] {
  return expandWorkload(scenario, scenario.seed ?? '');
}

/** Fewer records and faults, one by one: cheap once there are few. */
export function oneByOne(hunt: Hunt): void {
  for (let i = hunt.scenario.faults.length - 1; i >= 0; i -= 1) {
    hunt.attempt({ ...hunt.scenario, faults: hunt.scenario.faults.filter((_, index) => index !== i) });
  }
  for (let i = recordsOf(hunt.scenario).length - 1; i >= 0; i -= 1) {
    hunt.attempt({ ...hunt.scenario, workload: sendsOf(recordsOf(hunt.scenario).filter((_, index) => index !== i), hunt.scenario) });
  }
}

/** Replaces one fault of the plan; the plan stays sorted. */
export function withFault(scenario: Scenario, index: number, fault: Fault): Scenario {
  return { ...scenario, faults: sortedByTime(scenario.faults.map((each, i) => (i === index ? fault : each))) };
}
