/**
 * The classic protocol, message by message, as members and their coordinator speak it (GRP-1, GRP-2; ClassicGroup).
 */
import { describe, expect, it } from 'vitest';
import type { JoinGroupResponse } from '../../src/kafka/group-api.ts';
import { assignment, GroupCluster, subscription } from '../support/group-cluster.ts';

const started = (): GroupCluster => new GroupCluster({ partitions: 2 }).startGroups();

describe('a group that forms', () => {
  it('gives a member an id first, and takes it in when it comes back with it (KIP-394)', () => {
    const cluster = started();
    const first = cluster.call<JoinGroupResponse>(1, cluster.joinRequest(''));
    expect(first).toMatchObject({ errorCode: 'MEMBER_ID_REQUIRED', generationId: -1 });
    expect(cluster.group()?.classic.pendingJoinMembers).toEqual([first.memberId]);
    const join = cluster.ask(1, cluster.joinRequest(first.memberId));
    expect(cluster.joined(1, join)).toMatchObject({ errorCode: 'NONE', generationId: 1, leader: first.memberId, memberId: first.memberId, protocolName: 'range' });
  });

  it('waits for group.initial.rebalance.delay.ms, and again for whoever comes meanwhile; the first to join leads', () => {
    const cluster = started();
    const fromMs = cluster.nowMs;
    const one = cluster.beginJoin(1);
    cluster.run(2_000);
    const two = cluster.beginJoin(2);
    const [first, second] = [cluster.joined(1, one.join), cluster.joined(2, two.join)];
    expect(cluster.nowMs - fromMs).toBeGreaterThan(6_000);
    expect(cluster.nowMs - fromMs).toBeLessThan(6_100);
    expect([first.generationId, second.generationId, first.leader, second.leader]).toEqual([1, 1, one.memberId, one.memberId]);
    expect([first.members.map(({ memberId }) => memberId), second.members]).toEqual([[one.memberId, two.memberId], []]);
  });

  it('tells each member its assignment when the leader has brought it and it is committed', () => {
    const cluster = started();
    const joins = [1, 2].map((member) => cluster.beginJoin(member));
    const [leader, other] = joins.map(({ join }, i) => cluster.joined(i + 1, join)) as [JoinGroupResponse, JoinGroupResponse];
    const waits = cluster.askSync(2, other);
    cluster.run(1_000);
    expect([cluster.answer(2, waits), cluster.group()?.classic.state]).toEqual([undefined, 'CompletingRebalance']);
    const brings = cluster.askSync(1, leader, { [leader.memberId]: assignment('t', 0), [other.memberId]: assignment('t', 1) });
    expect([cluster.synced(1, brings).assignment, cluster.synced(2, waits).assignment]).toEqual([assignment('t', 0), assignment('t', 1)]);
    expect(cluster.group()?.classic.state).toBe('Stable');
    expect(cluster.group()?.image.metadata).toMatchObject({ generation: 1, protocol: 'range', leader: leader.memberId });
    const again = cluster.askSync(2, other);
    expect(cluster.synced(2, again).assignment, 'whoever lost the answer gets it again').toEqual(assignment('t', 1));
  });

  it('uses the assignor that most members prefer of those that all support', () => {
    const cluster = started();
    const protocols = (...names: readonly string[]) => ({ protocols: names.map((name) => ({ name, metadata: subscription('t') })) });
    const joins = [
      cluster.beginJoin(1, protocols('sticky', 'range', 'roundrobin')), cluster.beginJoin(2, protocols('roundrobin', 'range')), cluster.beginJoin(3, protocols('roundrobin', 'range')),
    ];
    expect(joins.map(({ join }, i) => cluster.joined(i + 1, join).protocolName)).toEqual(['roundrobin', 'roundrobin', 'roundrobin']);
    expect(cluster.call<JoinGroupResponse>(4, cluster.joinRequest('', protocols('sticky'))).errorCode).toBe('INCONSISTENT_GROUP_PROTOCOL');
  });
});

describe('a stable group', () => {
  it('tells its members to rejoin by their heartbeats when one comes, and gives each generation a number one higher', () => {
    const cluster = started();
    const [one] = cluster.stableGroup([1]) as [JoinGroupResponse];
    expect(cluster.heartbeat(1, one.memberId, 1)).toBe('NONE');
    const two = cluster.beginJoin(2);
    cluster.run(100);
    expect(cluster.heartbeat(1, one.memberId, 1)).toBe('REBALANCE_IN_PROGRESS');
    expect(cluster.commit(1, 5, one.memberId, 1), 'there is time to commit').toBe('NONE');
    const rejoin = cluster.ask(1, cluster.joinRequest(one.memberId));
    expect([cluster.joined(1, rejoin).generationId, cluster.joined(2, two.join).generationId]).toEqual([2, 2]);
    expect(cluster.heartbeat(1, one.memberId, 1)).toBe('ILLEGAL_GENERATION');
    expect([cluster.commit(1, 6, one.memberId, 1), cluster.commit(1, 6, one.memberId, 2)]).toEqual(['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']);
  });

  it('goes on without a member that does not rejoin within the rebalance timeout', () => {
    const cluster = started();
    const [one] = cluster.stableGroup([1]) as [JoinGroupResponse];
    const two = cluster.beginJoin(2);
    // It is alive, but its poll loop is not.
    const fromMs = cluster.nowMs;
    while (cluster.answer(2, two.join) === undefined) {
      cluster.heartbeat(1, one.memberId, 1);
      cluster.run(2_000);
    }
    expect(Math.abs(cluster.nowMs - fromMs - 20_000)).toBeLessThan(3_000);
    expect(cluster.joined(2, two.join)).toMatchObject({ generationId: 2, leader: two.memberId });
    expect(cluster.heartbeat(1, one.memberId, 1)).toBe('UNKNOWN_MEMBER_ID');
  });

  it('loses a member whose session is over, and one that leaves', () => {
    const cluster = started();
    const [one, two] = cluster.stableGroup([1, 2]) as [JoinGroupResponse, JoinGroupResponse];
    for (let i = 0; i < 6; i += 1) {
      cluster.run(2_000);
      cluster.heartbeat(1, one.memberId, 1);
    }
    expect([...(cluster.group()?.classic.members.keys() ?? [])]).toEqual([one.memberId]);
    expect(cluster.heartbeat(2, two.memberId, 1)).toBe('UNKNOWN_MEMBER_ID');
    expect(cluster.leave(1, one.memberId).members).toEqual([{ memberId: one.memberId, groupInstanceId: null, errorCode: 'NONE' }]);
    cluster.run(100);
    expect(cluster.group()).toMatchObject({ classic: { state: 'Empty', generationId: 2, leaderId: null }, image: { metadata: { generation: 2, members: [] } } });
    expect(cluster.leave(1, one.memberId).members[0]?.errorCode).toBe('UNKNOWN_MEMBER_ID');
  });

  it('removes a member that does not ask for its assignment', () => {
    const cluster = started();
    const joins = [1, 2].map((member) => cluster.beginJoin(member));
    const [leader, other] = joins.map(({ join }, i) => cluster.joined(i + 1, join)) as [JoinGroupResponse, JoinGroupResponse];
    cluster.synced(1, cluster.askSync(1, leader, { [leader.memberId]: assignment('t', 0) }));
    for (let i = 0; i < 11; i += 1) {
      cluster.run(2_000);
      for (const { memberId } of [leader, other]) cluster.heartbeat(1, memberId, 1);
    }
    expect([...(cluster.group()?.classic.members.keys() ?? [])]).toEqual([leader.memberId]);
    expect(cluster.group()?.classic.state).toBe('PreparingRebalance');
  });

  it('forgets a member id that nobody came back with', () => {
    const cluster = started();
    const [one] = cluster.stableGroup([1]) as [JoinGroupResponse];
    const { memberId } = cluster.call<JoinGroupResponse>(2, cluster.joinRequest(''));
    const rejoin = cluster.ask(1, cluster.joinRequest(one.memberId));
    cluster.run(5_000);
    expect(cluster.answer(1, rejoin), 'a member that was promised is waited for').toBe(undefined);
    expect(cluster.joined(1, rejoin).generationId).toBe(2);
    expect(cluster.call<JoinGroupResponse>(2, cluster.joinRequest(memberId)).errorCode).toBe('UNKNOWN_MEMBER_ID');
  });

  it('answers a follower that joins again as before, and rebalances for its leader (a metadata change, say)', () => {
    const cluster = started();
    const [one, two] = cluster.stableGroup([1, 2]) as [JoinGroupResponse, JoinGroupResponse];
    expect(cluster.call<JoinGroupResponse>(2, cluster.joinRequest(two.memberId))).toMatchObject({ errorCode: 'NONE', generationId: 1, members: [] });
    const rejoin = cluster.ask(1, cluster.joinRequest(one.memberId));
    cluster.run(100);
    expect([cluster.answer(1, rejoin), cluster.group()?.classic.state]).toEqual([undefined, 'PreparingRebalance']);
    cluster.ask(2, cluster.joinRequest(two.memberId));
    expect(cluster.joined(1, rejoin).generationId).toBe(2);
  });
});

describe('static members (KIP-345)', () => {
  const instance = (id: string): { readonly groupInstanceId: string } => ({ groupInstanceId: id });
  const join = (cluster: GroupCluster, member: number, id: string): number => cluster.ask(member, cluster.joinRequest('', instance(id)));

  function staticGroup(cluster: GroupCluster): [JoinGroupResponse, JoinGroupResponse] {
    const joins = [join(cluster, 1, 'a'), join(cluster, 2, 'b')];
    const [a, b] = joins.map((each, i) => cluster.joined(i + 1, each)) as [JoinGroupResponse, JoinGroupResponse];
    const leader = a.leader === a.memberId ? a : b;
    const assignments = { [a.memberId]: assignment('t', 0), [b.memberId]: assignment('t', 1) };
    const syncs = [a, b].map((each, i) => cluster.askSync(i + 1, each, each === leader ? assignments : {}, i === 0 ? 'a' : 'b'));
    syncs.forEach((sync, i) => cluster.synced(i + 1, sync));
    return [a, b];
  }

  it('come back under a new id with the same assignment, and nobody rebalances', () => {
    const cluster = started();
    const [a, b] = staticGroup(cluster);
    const back = cluster.joined(3, join(cluster, 3, 'b'));
    expect(back).toMatchObject({ errorCode: 'NONE', generationId: 1, skipAssignment: false });
    expect(back.memberId).not.toBe(b.memberId);
    expect(cluster.synced(3, cluster.askSync(3, back, {}, 'b')).assignment).toEqual(assignment('t', 1));
    expect(cluster.group()?.classic.state).toBe('Stable');
    expect([cluster.heartbeat(2, b.memberId, 1, 'b'), cluster.heartbeat(3, back.memberId, 1, 'b'), cluster.heartbeat(1, a.memberId, 1, 'a')]).toEqual(['FENCED_INSTANCE_ID', 'NONE', 'NONE']);
    const leader = cluster.joined(4, join(cluster, 4, 'a'));
    expect([leader.skipAssignment, leader.members.length], 'the leader is told not to assign anew (KIP-814)').toEqual([true, 2]);
  });

  it('are not removed by a rebalance that they miss, only when their session is over', () => {
    const cluster = started();
    const [a, b] = staticGroup(cluster);
    const [leader, other] = a.leader === a.memberId ? [{ ...a, id: 'a', member: 1 }, { ...b, id: 'b', member: 2 }] : [{ ...b, id: 'b', member: 2 }, { ...a, id: 'a', member: 1 }];
    const rejoin = cluster.ask(leader.member, cluster.joinRequest(leader.memberId, instance(leader.id)));
    while (cluster.answer(leader.member, rejoin) === undefined) {
      cluster.heartbeat(other.member, other.memberId, 1, other.id);
      cluster.run(2_000);
    }
    expect(cluster.joined(leader.member, rejoin)).toMatchObject({ generationId: 2, members: [{ groupInstanceId: 'a' }, { groupInstanceId: 'b' }] });
    cluster.run(15_000);
    expect(cluster.group()?.classic.members.has(other.memberId)).toBe(false);
  });

  it('are removed by an administrator who names the instance alone', () => {
    const cluster = started();
    const [a] = staticGroup(cluster);
    expect(cluster.leave(3, '', 'b').members).toEqual([{ memberId: '', groupInstanceId: 'b', errorCode: 'NONE' }]);
    const rejoin = cluster.ask(1, cluster.joinRequest(a.memberId, instance('a')));
    expect(cluster.joined(1, rejoin)).toMatchObject({ generationId: 2, leader: a.memberId });
    expect(cluster.leave(3, '', 'b').members[0]?.errorCode).toBe('UNKNOWN_MEMBER_ID');
  });
});

describe('requests that are wrong', () => {
  it('are refused', () => {
    const cluster = started();
    expect(cluster.call<JoinGroupResponse>(1, cluster.joinRequest('', { sessionTimeoutMs: 5_999 })).errorCode).toBe('INVALID_SESSION_TIMEOUT');
    expect(cluster.call<JoinGroupResponse>(1, cluster.joinRequest('', { groupId: '' })).errorCode).toBe('INVALID_GROUP_ID');
    expect(cluster.call<JoinGroupResponse>(1, cluster.joinRequest('nobody')).errorCode).toBe('UNKNOWN_MEMBER_ID');
    expect(cluster.heartbeat(1, 'nobody', 1)).toBe('UNKNOWN_MEMBER_ID');
    expect(cluster.commit(1, 1, 'nobody', 1)).toBe('GROUP_ID_NOT_FOUND');
    const other = cluster.coordinatorOf() === 1 ? 2 : 1;
    expect(cluster.call<JoinGroupResponse>(1, cluster.joinRequest(''), other).errorCode).toBe('NOT_COORDINATOR');
  });
});
