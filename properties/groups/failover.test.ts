/**
 * The coordinator as a replicated log (GRP-7): what was answered survives the broker that answered it, what was not committed
 * is not shown, and who waits is told where to go.
 */
import { describe, expect, it } from 'vitest';
import { KAFKA_RULES } from '../../src/kafka/rules.ts';
import type { JoinGroupResponse, OffsetFetchResponse } from '../../src/kafka/group-api.ts';
import { CONTROLLER } from '../support/broker-cluster.ts';
import { GROUP, GroupCluster } from '../support/group-cluster.ts';

const started = (options: ConstructorParameters<typeof GroupCluster>[0] = {}): GroupCluster => new GroupCluster({ partitions: 2, ...options }).startGroups();

function crash(cluster: GroupCluster, broker: number): void {
  cluster.world.crash(broker, 'test');
  cluster.until('another coordinator is loaded', 30_000, () => cluster.coordinatorOf() !== broker && cluster.isLoaded());
}

describe('the next coordinator', () => {
  it('knows members, generation, assignment and offsets, and the members go on as if nothing had happened', () => {
    const cluster = started();
    const [one, two] = cluster.stableGroup([1, 2], { sessionTimeoutMs: 30_000 }) as [JoinGroupResponse, JoinGroupResponse];
    expect(cluster.commit(1, 41, one.memberId, 1)).toBe('NONE');
    expect(cluster.commit(1, 42, one.memberId, 1)).toBe('NONE');
    const before = cluster.group();
    crash(cluster, cluster.coordinatorOf());
    const after = cluster.group();
    expect([after?.image, after?.classic.state, after?.classic.leaderId]).toEqual([before?.image, 'Stable', one.memberId]);
    expect([cluster.heartbeat(1, one.memberId, 1), cluster.heartbeat(2, two.memberId, 1)]).toEqual(['NONE', 'NONE']);
    expect(cluster.offsets(1)).toEqual({ 0: 42 });
    expect(cluster.synced(2, cluster.askSync(2, two)).assignment.assignedPartitions).toEqual([{ topic: 't', partitions: [1] }]);
  });

  it('knows that there is a group which a static member has just begun, and nobody in it: the member begins it again', () => {
    const cluster = started();
    const join = (member: number): number => cluster.ask(member, cluster.joinRequest('', { groupInstanceId: 'i' }));
    join(1);
    cluster.until('the group is written down', 5_000, () => cluster.group()?.image.metadata?.members.length === 0 && cluster.group()?.writes.length === 0);
    crash(cluster, cluster.coordinatorOf());
    expect(cluster.joined(2, join(2))).toMatchObject({ errorCode: 'NONE', generationId: 1 });
  });

  it('expects every member to be heard of within a session, and goes on with those that are', () => {
    const cluster = started();
    const [one] = cluster.stableGroup([1, 2]) as [JoinGroupResponse];
    crash(cluster, cluster.coordinatorOf());
    for (let i = 0; i < 6; i += 1) {
      cluster.heartbeat(1, one.memberId, 1);
      cluster.run(2_000);
    }
    expect([...(cluster.group()?.classic.members.keys() ?? [])]).toEqual([one.memberId]);
  });

  it('says that it is loading while it does', () => {
    const cluster = started();
    for (let offset = 0; offset < 4; offset += 1) cluster.commit(1, offset);
    const old = cluster.coordinatorOf();
    cluster.world.crash(old, 'test');
    cluster.until('a broker loads', 30_000, () => cluster.brokerIds.some((id) => id !== old && [...(cluster.coordinator(id)?.partitions.values() ?? [])].some(({ state }) => state === 'Loading')));
    expect(cluster.marked('coordinator loads')).toBeGreaterThan(2);
    cluster.until('it is loaded', 1_000, () => cluster.isLoaded());
    expect(cluster.offsets(1)).toEqual({ 0: 3 });
  });

  it('without the rule loadKeepsLastRecord falls back to the first offset (KAFKA-5600)', () => {
    const cluster = started({ rules: { ...KAFKA_RULES, loadKeepsLastRecord: false } });
    for (const offset of [10, 20, 30]) expect(cluster.commit(1, offset)).toBe('NONE');
    expect(cluster.offsets(1)).toEqual({ 0: 30 });
    crash(cluster, cluster.coordinatorOf());
    expect(cluster.offsets(1)).toEqual({ 0: 10 });
  });
});

describe('a write that is not committed', () => {
  /** A coordinator that no follower reaches, but the controller and its clients do. */
  function cutOff(cluster: GroupCluster): number {
    const at = cluster.coordinatorOf();
    cluster.cut('followers', [at], cluster.brokerIds.filter((id) => id !== at));
    return at;
  }

  it('is answered when it is, and no sooner', () => {
    const cluster = started();
    cutOff(cluster);
    const commit = cluster.askCommit(1, 7);
    cluster.run(1_000);
    expect(cluster.committedWith(1, commit)).toBe(undefined);
    cluster.mend('followers');
    cluster.awaitAnswer(1, commit);
    expect(cluster.committedWith(1, commit)).toBe('NONE');
  });

  it('is answered COORDINATOR_NOT_AVAILABLE after offsets.commit.timeout.ms', () => {
    const cluster = started();
    cutOff(cluster);
    const fromMs = cluster.nowMs;
    const commit = cluster.askCommit(1, 7);
    cluster.awaitAnswer(1, commit);
    expect([cluster.committedWith(1, commit), Math.round((cluster.nowMs - fromMs) / 1_000)]).toEqual(['COORDINATOR_NOT_AVAILABLE', 5]);
  });

  it('is not shown to who does not wait, and waited for by who must know (KIP-447)', () => {
    const cluster = started();
    expect(cluster.commit(1, 7)).toBe('NONE');
    cutOff(cluster);
    cluster.askCommit(1, 8);
    cluster.run(100);
    expect(cluster.offsets(2, false)).toEqual({ 0: 7 });
    const stable = cluster.ask(2, { type: 'OffsetFetchRequest', groupId: GROUP, memberId: '', memberEpoch: -1, topics: null, requireStable: true });
    cluster.run(1_000);
    expect(cluster.answer(2, stable)).toBe(undefined);
    cluster.mend('followers');
    expect(cluster.awaitAnswer<OffsetFetchResponse>(2, stable).topics[0]?.partitions[0]?.committedOffset).toBe(8);
  });

  it('of a coordinator that was replaced is NOT_COORDINATOR, and gone', () => {
    const cluster = started();
    expect(cluster.commit(1, 7)).toBe('NONE');
    const old = cutOff(cluster);
    cluster.cut('controller', [old], [CONTROLLER]);
    const [commit, join] = [cluster.askCommit(1, 8, '', -1, 0, 't', old), cluster.ask(2, cluster.joinRequest(''), old)];
    cluster.until('another leads', 30_000, () => cluster.coordinatorOf() !== old && cluster.isLoaded());
    cluster.mend('followers');
    cluster.mend('controller');
    cluster.awaitAnswer(1, commit);
    expect(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE']).toContain(cluster.committedWith(1, commit));
    cluster.awaitAnswer(2, join);
    cluster.until('the old one knows', 20_000, () => cluster.group(old) === undefined);
    expect(cluster.offsets(1)).toEqual({ 0: 7 });
  });

  it('that the log refuses leaves memory as it was', () => {
    const cluster = started({ config: { 'message.max.bytes': 700 } });
    expect(cluster.commit(1, 7)).toBe('NONE');
    const topics = [{ name: 't', partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 9, committedLeaderEpoch: 0, committedMetadata: 'x'.repeat(400) })) }];
    const big = cluster.ask(1, { type: 'OffsetCommitRequest', groupId: GROUP, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null, topics });
    cluster.awaitAnswer(1, big);
    expect(cluster.committedWith(1, big)).toBe('UNKNOWN_SERVER_ERROR');
    expect([cluster.offsets(1), cluster.group()?.writes.length]).toEqual([{ 0: 7 }, 0]);
  });
});
