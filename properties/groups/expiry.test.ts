/**
 * How long offsets are kept (GRP-8, KIP-211): as long as somebody uses them, and `offsets.retention.minutes` longer.
 */
import { describe, expect, it } from 'vitest';
import type { JoinGroupResponse } from '../../src/kafka/group-api.ts';
import { KAFKA_RULES, type Rules } from '../../src/kafka/rules.ts';
import { GROUP, GroupCluster, subscription } from '../support/group-cluster.ts';

const MINUTE_MS = 60_000;

const started = (rules: Rules = KAFKA_RULES): GroupCluster =>
  new GroupCluster({ partitions: 2, rules, config: { 'offsets.retention.minutes': 1, 'offsets.retention.check.interval.ms': 5_000 } }).startGroups();

/** Two minutes in which a member does nothing but to stay. */
function stay(cluster: GroupCluster, { memberId }: JoinGroupResponse): void {
  for (let i = 0; i < 30; i += 1) {
    expect(cluster.heartbeat(1, memberId, 1)).toBe('NONE');
    cluster.run(4_000);
  }
}

describe('offsets', () => {
  it('of a group with members do not expire, however long ago the last commit was (KAFKA-4682)', () => {
    const cluster = started();
    const [one] = cluster.stableGroup([1]) as [JoinGroupResponse];
    cluster.commit(1, 7, one.memberId, 1);
    stay(cluster, one);
    expect(cluster.offsets(1)).toEqual({ 0: 7 });
  });

  it('without the rule activeGroupsKeepOffsets expire under the feet of their group', () => {
    const cluster = started({ ...KAFKA_RULES, activeGroupsKeepOffsets: false });
    const [one] = cluster.stableGroup([1]) as [JoinGroupResponse];
    cluster.commit(1, 7, one.memberId, 1);
    stay(cluster, one);
    expect(cluster.offsets(1)).toEqual({});
  });

  it('of topics that a stable group does not subscribe to expire with their last commit', () => {
    const cluster = started();
    const [one] = cluster.stableGroup([1], { protocols: [{ name: 'range', metadata: subscription('other') }] }) as [JoinGroupResponse];
    cluster.commit(1, 7, one.memberId, 1);
    cluster.commit(1, 8, one.memberId, 1, 0, 'other');
    stay(cluster, one);
    expect([...(cluster.group()?.image.offsets.keys() ?? [])]).toEqual(['other-0']);
  });

  it('of a group that is empty expire a retention time after its last member went, and the group with them', () => {
    const cluster = started();
    const [one] = cluster.stableGroup([1]) as [JoinGroupResponse];
    cluster.commit(1, 7, one.memberId, 1);
    stay(cluster, one);
    const coordinator = cluster.coordinatorOf();
    cluster.leave(1, one.memberId);
    cluster.run(MINUTE_MS - 5_000);
    expect(cluster.offsets(1)).toEqual({ 0: 7 });
    cluster.run(15_000);
    expect(cluster.group(coordinator)).toBe(undefined);
    expect(cluster.offsets(1)).toEqual({});
    const log = [...(cluster.offsetsReplica(coordinator)?.log.batches() ?? [])].flatMap(({ records }) => records);
    expect(log.slice(-2).map(({ key, value }) => [JSON.parse(key ?? '') as unknown, value])).toEqual([
      [{ type: 'OffsetCommit', group: GROUP, topic: 't', partition: 0 }, null], [{ type: 'GroupMetadata', group: GROUP }, null],
    ]);
  });

  it('of a consumer that assigned itself expire a retention time after each commit', () => {
    const cluster = started();
    cluster.commit(1, 7);
    cluster.run(40_000);
    cluster.commit(1, 3, '', -1, 1);
    cluster.run(30_000);
    expect(cluster.offsets(1)).toEqual({ 1: 3 });
  });

  it('stay gone after a change of the coordinator: tombstones are loaded like records', () => {
    const cluster = started();
    cluster.commit(1, 7);
    cluster.run(40_000);
    cluster.commit(1, 3, '', -1, 1);
    cluster.run(30_000);
    const old = cluster.coordinatorOf();
    cluster.world.crash(old, 'test');
    cluster.until('another coordinator is loaded', 30_000, () => cluster.coordinatorOf() !== old && cluster.isLoaded());
    expect(cluster.offsets(1)).toEqual({ 1: 3 });
  });
});
