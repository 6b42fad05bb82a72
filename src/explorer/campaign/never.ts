/**
 * What a campaign never reached, in words: transitions, states and outcomes of guards of the machines, marks, faults that
 * could have struck and never took effect, properties that never compared anything. What is not on these lists was seen at
 * least once, and nothing more.
 */
import { FAULT_DOCS, type ScenarioFaultKind } from '../../scenarios/faults.ts';
import { RECOVERABLE_KINDS } from '../../scenarios/nemesis.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { describePoint, type MachineCoverage, type PointKind } from '../coverage/machine-coverage.ts';
import { MARKS } from '../coverage/marks.ts';
import type { Tally } from './tally.ts';

export interface Never {
  /** `transitions`, `marks`, … */
  readonly what: string;
  readonly reached: number;
  readonly all: number;
  /** Those that were not. */
  readonly never: readonly string[];
}

/** `coverage` is null for a campaign of other code: its numbers are not of the machines that there are now, and nothing is said of them. */
export function neverReached(tally: Tally, coverage: MachineCoverage | null, scenario: Scenario | 'swarm'): Never[] {
  const ofPoints = (what: string, kind: PointKind): Never[] => {
    if (coverage === null) return [];
    const points = coverage.points.flatMap((point, number) => (point.kind === kind ? [{ point, runs: tally.reached[number] ?? 0 }] : []));
    const never = points.filter(({ runs }) => runs === 0).map(({ point }) => describePoint(point));
    return [{ what, reached: points.length - never.length, all: points.length, never }];
  };
  const ofNames = (what: string, names: readonly string[], isReached: (name: string) => boolean): Never => {
    const never = names.filter((name) => !isReached(name));
    return { what, reached: names.length - never.length, all: names.length, never };
  };
  return [
    ...ofPoints('states', 'state'),
    ...ofPoints('transitions', 'transition'),
    ...ofPoints('outcomes of guards', 'guard'),
    ofNames('marks', MARKS, (mark) => tally.marks.has(mark)),
    ofNames('kinds of faults', possibleKinds(scenario), (kind) => tally.faults.has(kind)),
    ofNames('properties', [...tally.properties.keys()], (property) => (tally.properties.get(property)?.compared ?? 0) > 0),
  ];
}

/** Kinds that the plan of some seed may have; what becomes other faults in a plan stands for those. */
function possibleKinds(scenario: Scenario | 'swarm'): ScenarioFaultKind[] {
  const written: readonly ScenarioFaultKind[] = scenario === 'swarm'
    ? FAULT_DOCS.map(({ kind }) => kind).filter((kind) => kind !== 'heal')
    : [...scenario.faults.map(({ kind }) => kind), ...(scenario.nemesis === null ? [] : (scenario.nemesis.kinds ?? RECOVERABLE_KINDS))];
  const planned = new Set<ScenarioFaultKind>(written.map((kind) => (kind === 'swizzleClog' ? 'clog' : kind === 'rollingRestart' ? 'stop' : kind)));
  return FAULT_DOCS.map(({ kind }) => kind).filter((kind) => planned.has(kind));
}
