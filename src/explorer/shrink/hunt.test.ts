import { describe, expect, it } from 'vitest';
import { builtInScenario } from '../../scenarios/catalogue/catalogue.ts';
import type { RunRequest, RunResult } from '../../scenarios/run-record.ts';
import { execute } from '../../scenarios/run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { closedScenario, requestOf, requestOfClosed } from '../request.ts';
import { fingerprintOf, type Fingerprint } from './fingerprint.ts';
import { Hunt, show } from './hunt.ts';

const closed = closedScenario(requestOf(builtInScenario('acks_1_leader_crash') as Scenario, '7'));
const violated = execute(requestOfClosed(closed));
const fingerprint = fingerprintOf(violated.verdicts, closed) as Fingerprint;

/** A simulator in which a run without records shows the violation under the seeds of `shows` alone. */
function huntIn(shows: readonly string[]): { hunt: Hunt; asked: string[] } {
  const asked: string[] = [];
  const run = (request: RunRequest): RunResult => {
    asked.push(request.seed);
    return request.workload.length > 0 || shows.includes(request.seed) ? violated : { ...violated, verdicts: [] };
  };
  const first = show(closed, { execute: run, fingerprint });
  if (first === undefined) throw new Error('the whole scenario shows the violation');
  asked.length = 0;
  return { hunt: new Hunt(first, { execute: run, fingerprint, runs: 10, mayGoOn: () => true }), asked };
}

describe('a hunt', () => {
  const cut = { ...closed, workload: [] };

  it('tries a large cut under its own seed, then under others, and keeps the first that shows the violation', () => {
    const { hunt, asked } = huntIn(['7-2']);
    expect(hunt.attemptCut(cut)).toBe(true);
    expect(asked).toEqual(['7', '7-1', '7-2']);
    expect(hunt.scenario).toEqual({ ...cut, seed: '7-2' });
    expect(hunt.attemptCut({ ...hunt.scenario, faults: [] })).toBe(true);
    expect(asked.slice(3)).toEqual(['7-2']);
  });

  it('runs no scenario twice, and none beyond its budget', () => {
    const { hunt, asked } = huntIn([]);
    for (let i = 0; i < 3; i += 1) expect(hunt.attemptCut(cut)).toBe(false);
    expect(asked).toEqual(['7', '7-1', '7-2']);
    expect(hunt.pass(0, () => expect(hunt.attempt({ ...cut, faults: [] })).toBe(false))).toBe(false);
    expect(hunt.pass(1, () => expect(hunt.attempt(cut)).toBe(false))).toBe(true);
    expect(hunt.runs).toBe(3);
    expect(hunt.scenario).toBe(closed);
  });
});
