/**
 * Scripted groups under the checkers: a correct coordinator gives no alarm through rebalances, failovers and lost writes, and
 * with a rule reverted the property that depends on it trips.
 */
import { describe, expect, it } from 'vitest';
import type { JoinGroupResponse } from '../../src/kafka/group-api.ts';
import { KAFKA_RULES } from '../../src/kafka/rules.ts';
import { mutated } from '../../src/scenarios/mutants.ts';
import { assignment, GroupCluster } from '../support/group-cluster.ts';

const PROPERTIES = ['coordinator-is-replay', 'classic-group', 'group-offsets-kept', 'groups-settle', 'committed-prefix-immutable', 'leader-completeness', 'log-matching'];

/** A group forms, commits, loses its coordinator twice, one of them cut off first, rebalances, is quiet for two retention times. */
function eventful(mutants: readonly string[] = [], seed = '1'): GroupCluster {
  const cluster = new GroupCluster({
    seed, partitions: 2, judgedBy: PROPERTIES, rules: mutated(KAFKA_RULES, mutants), config: { 'offsets.retention.minutes': 1, 'offsets.retention.check.interval.ms': 5_000 },
  }).startGroups();
  const [one, two] = cluster.stableGroup([1, 2], { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 5_000 }) as [JoinGroupResponse, JoinGroupResponse];
  for (const offset of [1, 2, 3]) cluster.commit(1, offset, one.memberId, 1);
  const first = cluster.coordinatorOf();
  cluster.world.crash(first, 'test');
  cluster.until('another coordinator is loaded', 30_000, () => cluster.coordinatorOf() !== first && cluster.isLoaded());
  cluster.commit(2, 9, two.memberId, 1, 1);
  cluster.heal();
  cluster.settle();
  const second = cluster.coordinatorOf();
  cluster.cut('followers', [second], cluster.brokerIds.filter((id) => id !== second));
  const lost = cluster.askCommit(1, 7, one.memberId, 1);
  cluster.run(1_000);
  cluster.world.crash(second, 'test');
  cluster.mend('followers');
  cluster.until('another coordinator is loaded', 30_000, () => cluster.coordinatorOf() !== second && cluster.isLoaded());
  expect(cluster.answer(1, lost)).toBe(undefined);
  cluster.heal();
  cluster.settle();
  const rejoins = [one, two].map(({ memberId }, i) => cluster.ask(i + 1, cluster.joinRequest(memberId, { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 5_000 })));
  const again = rejoins.map((rejoin, i) => cluster.joined(i + 1, rejoin));
  const syncs = again.map((each, i) => cluster.askSync(i + 1, each, each.leader === each.memberId ? { [one.memberId]: assignment('t', 1), [two.memberId]: assignment('t', 0) } : {}));
  syncs.forEach((sync, i) => cluster.synced(i + 1, sync));
  for (let i = 0; i < 12; i += 1) {
    cluster.run(10_000);
    for (const [at, { memberId }] of [one, two].entries()) cluster.heartbeat(at + 1, memberId, 2);
  }
  return cluster;
}

const violatedIn = (cluster: GroupCluster): string[] => cluster.verdicts().flatMap(({ verdict, property }) => (verdict === 'violated' ? [property] : []));

describe('a scripted group', () => {
  it.each(['1', '2', '3'])('of a correct coordinator is judged, and nothing is violated (seed %s)', (seed) => {
    const verdicts = eventful([], seed).verdicts();
    expect(verdicts.map(({ property, verdict, evidence }) => [property, verdict, evidence[0]?.sentence])).toEqual(PROPERTIES.map((property) => [property, 'held', undefined]).toSorted(([a], [b]) => verdicts.findIndex((each) => each.property === a) - verdicts.findIndex((each) => each.property === b)));
  });

  it('of the mutant load-keeps-first-offset trips coordinator-is-replay', () => {
    expect(violatedIn(eventful(['load-keeps-first-offset']))).toContain('coordinator-is-replay');
  });

  it('of the mutant offsets-expire-in-use trips group-offsets-kept', () => {
    expect(violatedIn(eventful(['offsets-expire-in-use']))).toEqual(['group-offsets-kept']);
  });
});
