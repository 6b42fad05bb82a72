/**
 * What it costs to take a copy of a whole world that goes on by itself: after some traffic, for a small cluster and a
 * large one. A fork copies no log and no context; processes are copied when one of the worlds first touches them, which
 * the last figure includes.
 */
import { assert } from '../../src/kernel/assert.ts';
import { US_PER_S } from '../../src/kernel/time.ts';
import type { World } from '../../src/kernel/world.ts';
import { callersOf, startCluster } from '../../src/scenarios/cluster.ts';
import { Plan } from '../../src/scenarios/plan.ts';
import { lightCluster } from '../clusters/light-cluster.ts';
import { requestFor } from '../clusters/requests.ts';
import { atMost, figure, type Figure } from '../figure.ts';
import { measure } from '../measure.ts';

const NAME = 'kernel/fork';
const FORKS_PER_TURN = 5_000;
const TRAFFIC_US = 20 * US_PER_S;
const EVENTS_AFTER_FORK = 100;

export function forkFigures(): readonly Figure[] {
  const small = worldAfterTraffic(3);
  const large = worldAfterTraffic(17);
  const measured = measure(
    [
      { name: 'small', turn: () => forked(small) },
      { name: 'large', turn: () => forked(large) },
      { name: 'small, and on', turn: () => forkedAndContinued(small) },
      { name: 'small, no fork', turn: () => continued(small.fork()) },
    ],
    { rounds: 7, warmUpRounds: 2 },
  );
  const perNode = ({ value, spread }: { value: number; spread: number }, world: World): { value: number; spread: number } => ({ value: value / world.nodeCount, spread });
  return [
    figure(NAME, `a world of ${small.nodeCount} nodes`, measured.ns('small'), 'ns'),
    figure(NAME, `… per node, ${small.pending} events pending`, perNode(measured.ns('small'), small), 'ns/node', atMost(1_000)),
    figure(NAME, `a world of ${large.nodeCount} nodes`, measured.ns('large'), 'ns'),
    figure(NAME, `… per node, ${large.pending} events pending`, perNode(measured.ns('large'), large), 'ns/node', atMost(1_000)),
    figure(NAME, `fork and ${EVENTS_AFTER_FORK} events`, measured.ns('small, and on'), 'ns'),
    figure(NAME, `${EVENTS_AFTER_FORK} events without`, measured.ns('small, no fork'), 'ns'),
  ];
}

function worldAfterTraffic(brokers: number): World {
  const durationMs = (2 * TRAFFIC_US) / 1_000;
  const { scenario, seed, engine, mutants, faults, admin, workload } = requestFor(lightCluster({ brokers, durationMs }), '1');
  const world = startCluster({ scenario, seed, engine, mutants, plan: new Plan(faults, workload, callersOf(scenario), admin) });
  world.runUntil(TRAFFIC_US);
  assert(world.transport.messages > 100 * brokers, `there was traffic: ${world.transport.messages} messages`);
  return world;
}

function forked(world: World): number {
  let nodes = 0;
  for (let i = 0; i < FORKS_PER_TURN; i += 1) nodes += world.fork().nodeCount;
  assert(nodes === FORKS_PER_TURN * world.nodeCount, 'a fork has every node');
  return FORKS_PER_TURN;
}

const CONTINUATIONS_PER_TURN = 200;

function forkedAndContinued(world: World): number {
  const before = world.digest.toString();
  for (let i = 0; i < CONTINUATIONS_PER_TURN; i += 1) world.fork().runUntil(2 * TRAFFIC_US, EVENTS_AFTER_FORK);
  assert(world.digest.toString() === before, 'what a fork does stays there');
  return CONTINUATIONS_PER_TURN;
}

/** The same number of events in one go, for comparison. */
function continued(world: World): number {
  for (let i = 0; i < CONTINUATIONS_PER_TURN; i += 1) world.runUntil(world.nowUs + TRAFFIC_US, EVENTS_AFTER_FORK);
  return CONTINUATIONS_PER_TURN;
}
