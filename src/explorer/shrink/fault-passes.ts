/**
 * Passes over the parameters of what is left: faults that harm fewer nodes and links, for a shorter time, more weakly; times
 * that are round, because a person reads them.
 */
import type { Fault, ScenarioFault } from '../../scenarios/faults.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Hunt } from './hunt.ts';
import { withFault } from './plan-passes.ts';

/** Faults with fewer nodes, or a weaker kind in their place. */
export function weakerFaults(hunt: Hunt): void {
  for (let index = 0; index < hunt.scenario.faults.length; index += 1) {
    // A fault that became weaker may become weaker still.
    for (let isWeaker = true; isWeaker && hunt.mayGoOn();) {
      const fault = hunt.scenario.faults[index] as Fault;
      isWeaker = weaker(fault).some((proposal) => hunt.attemptChanged(withFault(hunt.scenario, index, proposal)));
    }
  }
}

/** Weakest first. All of one time, so that the order of the plan stays. */
function weaker(fault: ScenarioFault): Fault[] {
  switch (fault.kind) {
    case 'wipe':
      return [{ ...fault, kind: 'crash' }, { ...fault, kind: 'powerLoss' }];
    case 'powerLoss':
    case 'stop': {
      const { atMs, node, restartAfterMs } = fault;
      return [{ kind: 'crash', atMs, node, restartAfterMs }];
    }
    case 'partition':
      return [
        ...(fault.groups.length > 2 ? fault.groups.map((_, i) => ({ ...fault, groups: fault.groups.filter((__, j) => j !== i) })) : []),
        ...fault.groups.flatMap((group, i) => (group.length === 1 ? [] : group.map((node) => ({ ...fault, groups: fault.groups.map((each, j) => (i === j ? each.filter((other) => other !== node) : each)) })))),
      ];
    case 'oneWay':
    case 'flaky':
    case 'slow':
    case 'clog':
      return [
        ...(fault.from.length === 1 ? [] : fault.from.map((node) => ({ ...fault, from: fault.from.filter((each) => each !== node) }))),
        ...(fault.to.length === 1 ? [] : fault.to.map((node) => ({ ...fault, to: fault.to.filter((each) => each !== node) }))),
      ];
    default:
      return [];
  }
}

/** A node that nobody needs back stays away: one thing less happens. Whether it matters is tried for each. */
export function staysDown(hunt: Hunt): void {
  for (let index = 0; index < hunt.scenario.faults.length; index += 1) {
    const fault = hunt.scenario.faults[index] as Fault;
    if ('restartAfterMs' in fault && fault.restartAfterMs !== null) hunt.attemptChanged(withFault(hunt.scenario, index, { ...fault, restartAfterMs: null }));
  }
}

const GRAINS_MS = [5_000, 1_000, 100, 10] as const;

/** Times and durations of faults, coarsest grain first; the first that still shows the violation stays. */
export function rounderFaults(hunt: Hunt): void {
  for (let index = 0; index < hunt.scenario.faults.length; index += 1) {
    tryGrains(hunt, (grainMs) => {
      const fault = hunt.scenario.faults[index] as Fault;
      const atMs = Math.round(fault.atMs / grainMs) * grainMs;
      const fits = !hunt.scenario.faults.some((other, i) => i !== index && (i < index ? other.atMs > atMs : other.atMs < atMs));
      return fits && atMs < hunt.scenario.durationMs ? withFault(hunt.scenario, index, { ...fault, atMs }) : undefined;
    });
    tryGrains(hunt, (grainMs) => {
      const fault = hunt.scenario.faults[index] as Fault;
      if ('forMs' in fault) return withFault(hunt.scenario, index, { ...fault, forMs: Math.max(grainMs, Math.round(fault.forMs / grainMs) * grainMs) });
      if ('restartAfterMs' in fault && fault.restartAfterMs !== null) {
        return withFault(hunt.scenario, index, { ...fault, restartAfterMs: Math.max(grainMs, Math.round(fault.restartAfterMs / grainMs) * grainMs) });
      }
      return undefined;
    });
  }
}

/** Times of records, all at once, and the end of the run. */
export function rounderTimes(hunt: Hunt): void {
  tryGrains(hunt, (grainMs) => {
    const grainUs = grainMs * 1_000;
    const round = (atUs: number): number => Math.max(0, Math.min(Math.round(atUs / grainUs) * grainUs, hunt.scenario.durationMs * 1_000 - 1));
    return { ...hunt.scenario, workload: hunt.scenario.workload.map((spec) => (spec.kind === 'sends' ? { ...spec, rows: spec.rows.map((row) => ({ ...row, atUs: round(row.atUs) })) } : spec)) };
  });
  tryGrains(hunt, (grainMs) => ({ ...hunt.scenario, durationMs: Math.ceil(hunt.scenario.durationMs / grainMs) * grainMs }));
}

function tryGrains(hunt: Hunt, change: (grainMs: number) => Scenario | undefined): void {
  for (const grainMs of GRAINS_MS) {
    if (!hunt.mayGoOn()) return;
    const changed = change(grainMs);
    // Round already.
    if (changed !== undefined && JSON.stringify(changed) === JSON.stringify(hunt.scenario)) return;
    if (changed !== undefined && hunt.attemptChanged(changed)) return;
  }
}
