/**
 * A group is as safe as its partition of `__consumer_offsets` (GRP-7, HAZ-7). With one replica of it, and brokers that lose power, the
 * group is set back: offsets that were confirmed are gone, and generations are given away twice. That is the price of the
 * configuration, and every property of groups says so and finds nothing else wrong; with three replicas there is no such price.
 */
import { expect, it } from 'vitest';
import type { Verdict } from '../../src/history/verdict.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { builtIn, run, violationsOf } from '../support/runs.ts';

const SEEDS = ['1', '2', '3', '4', '5'];
const LOST = /\[broker-\d\]\) had lost records with its disk/;

/** hunt_members, in which coordinators crash: here they lose power. */
function powerLosses(replicationFactor: number): Scenario {
  const members = builtIn('hunt_members');
  const faults = members.faults.map((fault) => (fault.kind === 'crash' ? { kind: 'powerLoss' as const, atMs: fault.atMs, node: fault.node, restartAfterMs: fault.restartAfterMs } : fault));
  return { ...members, faults, cluster: { ...members.cluster, config: { ...members.cluster.config, 'offsets.topic.replication.factor': replicationFactor } } };
}

function priceOf(verdicts: readonly Verdict[], property: string): boolean {
  return LOST.test(verdicts.find((verdict) => verdict.property === property)?.note ?? '');
}

it('the loss of the only replica of a group sets it back, which is no bug', () => {
  const runs = SEEDS.map((seed) => run(powerLosses(1), seed));
  expect(runs.flatMap(violationsOf)).toEqual([]);
  for (const property of ['at-most-once', 'one-owner-per-generation']) expect([property, runs.some(({ verdicts }) => priceOf(verdicts, property))]).toEqual([property, true]);
});

it('with three replicas nothing is lost, and nothing excused', () => {
  const runs = SEEDS.slice(0, 2).map((seed) => run(powerLosses(3), seed));
  expect(runs.flatMap(violationsOf)).toEqual([]);
  for (const { verdicts } of runs) expect(verdicts.filter(({ property }) => priceOf(verdicts, property)).map(({ property }) => property)).toEqual([]);
});
