/**
 * What the checkers cost: the flagship with nobody watching, with only what all checkers share (history, cluster, fault
 * budget, committed prefix), and with every property judged. Measured side by side in one process, in interleaved rounds.
 */
import { assert } from '../../src/kernel/assert.ts';
import { usOfMs } from '../../src/kernel/time.ts';
import { callersOf, startCluster } from '../../src/scenarios/cluster.ts';
import { Plan } from '../../src/scenarios/plan.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { RunRequest } from '../../src/scenarios/run-record.ts';
import { flagship, requestFor, seedOf } from '../clusters/requests.ts';
import { atMost, figure, type Figure } from '../figure.ts';
import { measure } from '../measure.ts';

const NAME = 'checkers/cost';
/** All invariants together cost at most this, against no checks at all. */
const TARGET = 1.35;

export function checkerFigures(): readonly Figure[] {
  const scenario = flagship();
  const request = requestFor(scenario, seedOf(scenario));
  const shared: RunRequest = { ...request, scenario: { ...scenario, checks: [] } };
  const { verdicts } = execute(request);
  assert(verdicts.length > 20 && verdicts.every(({ verdict, compared }) => verdict === 'held' && compared > 0), 'every property of the flagship is judged and holds');
  const measured = measure(
    [
      { name: 'no checks', turn: () => unwatched(request) },
      { name: 'shared state', turn: () => execute(shared).messages },
      { name: 'all properties', turn: () => execute(request).messages },
    ],
    { rounds: 5, warmUpRounds: 3 },
  );
  return [
    figure(NAME, 'properties', verdicts.length, 'properties'),
    figure(NAME, 'no checks', measured.ns('no checks'), 'ns/msg'),
    figure(NAME, 'shared state vs no checks', measured.ratio('shared state', 'no checks'), 'x'),
    figure(NAME, 'all properties vs no checks', measured.ratio('all properties', 'no checks'), 'x', atMost(TARGET)),
  ];
}

/** The same world with nobody watching; returns its messages. */
function unwatched({ scenario, seed, engine, mutants, faults, admin, workload }: RunRequest): number {
  const world = startCluster({ scenario, seed, engine, mutants, plan: new Plan(faults, workload, callersOf(scenario), admin) });
  world.runUntil(usOfMs(scenario.durationMs));
  return world.transport.messages;
}
