/**
 * Trials: one cell under one seed after the other, at least `seeds` of them, and on until every outcome that is possible there was
 * seen, or `limit`. What became of the records is read from the history alone: nothing here asks the checkers, so
 * that their verdicts, which are told beside it, are a second opinion.
 */
import { checkHistory } from '../../src/checkers/history/rules.ts';
import { requestOf } from '../../src/explorer/request.ts';
import { callsOf } from '../../src/history/recorded/calls.ts';
import type { RecordedHistory } from '../../src/history/recorded/operations.ts';
import { execute } from '../../src/scenarios/run.ts';
import { OUTCOMES, possible } from './matrix.ts';
import type { Cell, OutcomeName } from './matrix.ts';
import { GROUP, scenarioOf } from './scenarios.ts';

export interface TrialJob {
  readonly cell: Cell;
  readonly seeds: number;
  readonly limit: number;
}

/** What was seen in a cell. */
export interface CellOutcome {
  readonly cell: Cell;
  /** Seeds 1 to this were run. */
  readonly seeds: number;
  readonly records: number;
  readonly skip: Seen;
  readonly repeat: Seen;
  /** `property: seed` of violations of any property, and of any rule over the history. */
  readonly violated: readonly string[];
}

export interface Seen {
  readonly runs: number;
  readonly records: number;
  /** The first seed that shows it; null when none does. */
  readonly witness: number | null;
}

export interface Trial {
  readonly seed: number;
  /** Records that the group may have met: acknowledged, or processed. */
  readonly records: number;
  readonly skipped: number;
  readonly repeated: number;
  /** Properties of the run that were violated, and rules over its history. */
  readonly violated: readonly string[];
}

export function runCell({ cell, seeds, limit }: TrialJob): CellOutcome {
  const trials: Trial[] = [];
  const isSeen = (outcome: OutcomeName): boolean => trials.some((trial) => countOf(trial, outcome) > 0);
  for (let seed = 1; seed <= limit && (seed <= seeds || OUTCOMES.some((outcome) => possible(cell, outcome) !== undefined && !isSeen(outcome))); seed += 1) trials.push(runTrial(cell, seed));
  return {
    cell, seeds: trials.length, records: trials.reduce((sum, { records }) => sum + records, 0), skip: seen(trials, 'skip'), repeat: seen(trials, 'repeat'),
    violated: trials.flatMap(({ seed, violated }) => violated.map((property) => `${property}: ${seed}`)),
  };
}

function seen(trials: readonly Trial[], outcome: OutcomeName): Seen {
  const showing = trials.filter((trial) => countOf(trial, outcome) > 0);
  return { runs: showing.length, records: showing.reduce((sum, trial) => sum + countOf(trial, outcome), 0), witness: showing[0]?.seed ?? null };
}

export function countOf({ skipped, repeated }: Trial, outcome: OutcomeName): number {
  return outcome === 'skip' ? skipped : repeated;
}

export function runTrial(cell: Cell, seed: number): Trial {
  const scenario = scenarioOf(cell);
  let recorded: RecordedHistory | undefined;
  const result = execute({ ...requestOf(scenario, String(seed)), history: (history) => void (recorded = history) });
  if (recorded === undefined) throw new Error('a run without a history');
  const violated = [...result.verdicts, ...checkHistory(recorded).verdicts].filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
  return { seed, ...countOutcomes(recorded), violated };
}

/** A record is skipped when the group has committed past it and nobody processed it, repeated when its effect happened more than once. */
export function countOutcomes({ operations }: RecordedHistory): Pick<Trial, 'records' | 'skipped' | 'repeated'> {
  const records = new Map<string, Set<number>>();
  const passed = new Map<string, number>();
  const processed = new Set<string>();
  const applied = new Map<string, number>();
  const meet = (key: string, offset: number): void => void records.set(key, (records.get(key) ?? new Set()).add(offset));
  const pass = (key: string, offset: number): void => void passed.set(key, Math.max(offset, passed.get(key) ?? 0));
  for (const { begun, ended, outcome } of callsOf(operations)) {
    if (begun.f === 'send' && outcome === 'ok' && ended?.f === 'send') {
      for (const micro of ended.value) if (micro.kind === 'send' && micro.key !== null && micro.offset !== null) meet(micro.key, micro.offset);
    } else if (begun.f === 'commit' && begun.group === GROUP && outcome === 'ok') {
      for (const [key, offset] of begun.value) pass(key, offset);
    } else if (begun.f === 'position' && begun.reason === 'committed') {
      pass(...begun.value);
    } else if (begun.f === 'process') {
      const [key, offset] = begun.value;
      meet(key, offset);
      processed.add(`${key}@${offset}`);
      if (begun.isApplied) applied.set(`${key}@${offset}`, (applied.get(`${key}@${offset}`) ?? 0) + 1);
    }
  }
  let skipped = 0;
  for (const [key, offsets] of records) for (const offset of offsets) if (offset < (passed.get(key) ?? 0) && !processed.has(`${key}@${offset}`)) skipped += 1;
  return { records: [...records.values()].reduce((sum, { size }) => sum + size, 0), skipped, repeated: [...applied.values()].filter((times) => times > 1).length };
}
