/**
 * The flagship scenario as `npm start` runs it, faults and all: how many simulated messages a second of one core
 * carries, how much faster than life that is, and what the checkers cost.
 */
import { assert } from '../../src/kernel/assert.ts';
import { US_PER_S, usOfMs } from '../../src/kernel/time.ts';
import { overallVerdict } from '../../src/history/verdict.ts';
import { callersOf, startCluster } from '../../src/scenarios/cluster.ts';
import { Plan } from '../../src/scenarios/plan.ts';
import { execute } from '../../src/scenarios/run.ts';
import { flagship, requestFor, seedOf } from '../clusters/requests.ts';
import { atLeast, figure, type Figure } from '../figure.ts';
import { estimate, measure } from '../measure.ts';

const NAME = 'cluster/flagship';

export function flagshipFigures(): readonly Figure[] {
  const scenario = flagship();
  const request = requestFor(scenario, seedOf(scenario));
  const { messages, verdicts } = execute(request);
  assert(overallVerdict(verdicts) !== 'violated', 'the flagship holds');
  const measured = measure(
    [
      { name: 'checks on', turn: () => execute(request).messages },
      { name: 'checks off', turn: () => unwatched(request) },
    ],
    { rounds: 4, warmUpRounds: 4 },
  );
  const speedUps = measured.samples('checks on').map((ns) => (scenario.durationMs * 1e6) / (ns * messages));
  return [
    figure(NAME, 'messages of a run', messages, 'messages'),
    figure(NAME, 'all checks on', measured.rate('checks on'), 'msg/s', atLeast(150_000)),
    figure(NAME, 'checks off', measured.rate('checks off'), 'msg/s'),
    figure(NAME, 'checks on vs off', measured.ratio('checks on', 'checks off'), 'x'),
    figure(NAME, 'virtual vs real time', estimate(speedUps), 'x'),
  ];
}

/** The same world with nobody watching; returns its messages. */
function unwatched({ scenario, seed, engine, mutants, faults, admin, workload }: ReturnType<typeof requestFor>): number {
  const world = startCluster({ scenario, seed, engine, mutants, plan: new Plan(faults, workload, callersOf(scenario), admin) });
  world.runUntil(usOfMs(scenario.durationMs));
  assert(world.nowUs === usOfMs(scenario.durationMs), `the run ends after ${scenario.durationMs} ms, not ${world.nowUs / US_PER_S} s`);
  return world.transport.messages;
}
