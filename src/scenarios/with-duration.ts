/**
 * A scenario with another duration. What would strike or be sent after the new end is left out, and counted, so that
 * whoever shortened the run can say so.
 */
import { assert } from '../kernel/assert.ts';
import type { NemesisSpec, Scenario } from './scenario.ts';

export interface Resized {
  readonly scenario: Scenario;
  /** Explicit faults that are no longer in the run. */
  readonly faultsLeftOut: number;
  /** The administrator's operations that are no longer in the run. */
  readonly operationsLeftOut: number;
}

/** `durationMs` > 0. A nemesis that would not end in time gets the default quiet phase, a quarter of the run. */
export function withDuration(scenario: Scenario, durationMs: number): Resized {
  assert(durationMs > 0, `duration ${durationMs} ms is positive`);
  const faults = scenario.faults.filter((fault) => fault.atMs < durationMs);
  const admin = scenario.admin.filter((operation) => operation.atMs < durationMs);
  const workload = scenario.workload
    .map((spec) => (spec.kind === 'periodic' ? { ...spec, untilMs: Math.min(spec.untilMs, durationMs) } : spec))
    .filter((spec) => spec.kind !== 'periodic' || spec.startMs < spec.untilMs);
  const nemesis = scenario.nemesis === null ? null : endingIn(scenario.nemesis, durationMs);
  return { scenario: { ...scenario, durationMs, admin, faults, workload, nemesis }, faultsLeftOut: scenario.faults.length - faults.length, operationsLeftOut: scenario.admin.length - admin.length };
}

function endingIn(nemesis: NemesisSpec, durationMs: number): NemesisSpec {
  const quietAfterMs = nemesis.quietAfterMs < durationMs ? nemesis.quietAfterMs : Math.max(1, Math.floor((durationMs / 4) * 3));
  return { ...nemesis, quietAfterMs };
}
