/**
 * A soak in numbers: verdicts by property, faults that took effect, marks that were reached, transitions that were taken,
 * what was chosen, and the first seeds that violated something. Equal outcomes give equal summaries, byte for byte: no clock is read here.
 */
import { isDetection, type SeedOutcome, type SoakSpec } from '../../src/explorer/campaign/seed-outcome.ts';

export interface PropertySummary {
  readonly property: string;
  readonly held: number;
  readonly violated: number;
  readonly vacuous: number;
  readonly compared: number;
}

export interface Count {
  readonly name: string;
  /** How often in all. */
  readonly total: number;
  /** In how many runs. */
  readonly runs: number;
}

export interface ChoiceCount {
  /** What was to be chosen. */
  readonly what: string;
  /** Runs by answer. */
  readonly answers: readonly { readonly answer: string; readonly runs: number }[];
}

export interface Finding {
  readonly seed: number;
  /** Empty for an error of ours. */
  readonly property: string;
  readonly sentence: string;
}

export interface SoakSummary {
  readonly scenario: string;
  readonly mutants: readonly string[];
  readonly seeds: number;
  readonly virtualMs: number;
  readonly messages: number;
  /** Of the digests of all runs, in the order of their seeds. */
  readonly digest: string;
  readonly properties: readonly PropertySummary[];
  readonly faultKinds: readonly Count[];
  readonly marks: readonly Count[];
  /** What a swarm chose: questions in the order of their first answer, answers by name. */
  readonly choices: readonly ChoiceCount[];
  /** Runs that took each transition, and other points, by their numbers in MachineCoverage; as long as there are points up to the last that was reached. */
  readonly transitionRuns: readonly number[];
  /** Runs with a detection. */
  readonly detections: number;
  /** Runs up to and including the first detection; null when there is none. */
  readonly seedsToFirst: number | null;
  /** Runs that an error of ours ended. */
  readonly errors: number;
  /** Of the first seeds that have any. */
  readonly findings: readonly Finding[];
}

/** Seeds that are told with their evidence. */
const SEEDS_TOLD = 5;

/** @param outcomes in the order of their seeds; `digestOf` folds texts into one */
export function summarize({ scenario, mutants, trips }: SoakSpec, outcomes: readonly SeedOutcome[], digestOf: (texts: readonly string[]) => string): SoakSummary {
  const detections = outcomes.filter((outcome) => isDetection(outcome, trips));
  return {
    scenario: scenario === 'swarm' ? scenario : scenario.name,
    mutants,
    seeds: outcomes.length,
    virtualMs: sum(outcomes.map(({ virtualMs }) => virtualMs)),
    messages: sum(outcomes.map(({ messages }) => messages)),
    digest: digestOf(outcomes.map(({ digest }) => digest)),
    properties: propertiesOf(outcomes),
    faultKinds: countsOf(outcomes.map(({ faultKinds }) => faultKinds)),
    marks: countsOf(outcomes.map(({ marks }) => marks)),
    choices: choicesOf(outcomes),
    transitionRuns: transitionRunsOf(outcomes),
    detections: detections.length,
    seedsToFirst: detections[0] === undefined ? null : outcomes.indexOf(detections[0]) + 1,
    errors: outcomes.filter(({ error }) => error !== null).length,
    findings: outcomes.filter((outcome) => isDetection(outcome, null)).slice(0, SEEDS_TOLD).flatMap(findingsOf),
  };
}

function findingsOf({ seed, properties, error }: SeedOutcome): Finding[] {
  if (error !== null) return [{ seed, property: '', sentence: `internal error: ${error}` }];
  return properties.flatMap(({ property, sentence }) => (sentence === null ? [] : [{ seed, property, sentence }]));
}

/** In the order in which runs report them. */
function propertiesOf(outcomes: readonly SeedOutcome[]): PropertySummary[] {
  const names = [...new Set(outcomes.flatMap(({ properties }) => properties.map(({ property }) => property)))];
  return names.map((name) => {
    const all = outcomes.flatMap(({ properties }) => properties.filter(({ property }) => property === name));
    const count = (kind: string): number => all.filter(({ verdict }) => verdict === kind).length;
    return { property: name, held: count('held'), violated: count('violated'), vacuous: count('vacuous'), compared: sum(all.map(({ compared }) => compared)) };
  });
}

/** Sorted by name. */
function countsOf(runs: readonly (readonly string[])[]): Count[] {
  const counts = new Map<string, { total: number; runs: number }>();
  for (const names of runs) {
    for (const name of names) {
      const count = counts.get(name) ?? { total: 0, runs: 0 };
      counts.set(name, { ...count, total: count.total + 1 });
    }
    for (const name of new Set(names)) {
      const count = counts.get(name) ?? { total: 0, runs: 0 };
      counts.set(name, { ...count, runs: count.runs + 1 });
    }
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => ({ name, ...count }));
}

function choicesOf(outcomes: readonly SeedOutcome[]): ChoiceCount[] {
  const counts = new Map<string, Map<string, number>>();
  for (const choice of outcomes.flatMap(({ choices }) => choices)) {
    const [what, answer] = [choice.slice(0, choice.indexOf('=')), choice.slice(choice.indexOf('=') + 1)];
    const answers = counts.get(what) ?? new Map<string, number>();
    counts.set(what, answers.set(answer, (answers.get(answer) ?? 0) + 1));
  }
  return [...counts].map(([what, answers]) => ({ what, answers: [...answers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([answer, runs]) => ({ answer, runs })) }));
}

function transitionRunsOf(outcomes: readonly SeedOutcome[]): number[] {
  const runs: number[] = [];
  for (const transition of outcomes.flatMap(({ reached }) => reached)) {
    while (runs.length <= transition) runs.push(0);
    runs[transition] = (runs[transition] ?? 0) + 1;
  }
  return runs;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
