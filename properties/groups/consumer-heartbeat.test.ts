/**
 * The coordinator of the consumer protocol (KIP-848) on real brokers, with members that say what a test tells them to: time,
 * the log, failover, and the other protocol. What a heartbeat does to a group is shown beside the reducer.
 */
import { describe, expect, it } from 'vitest';
import type { ConsumerGroupHeartbeatResponse, JoinGroupResponse, OffsetFetchResponse, TopicPartitions } from '../../src/kafka/group-api.ts';
import { consumerGroupStateOf, type ConsumerGroupState } from '../../src/kafka/group/consumer-group.ts';
import { GROUP, GroupCluster } from '../support/group-cluster.ts';

const SESSION = { 'group.consumer.session.timeout.ms': 8_000, 'group.consumer.heartbeat.interval.ms': 2_000 };
const PROPERTIES = ['coordinator-is-replay', 'consumer-group'];

function started(config: Readonly<Record<string, unknown>> = {}): GroupCluster {
  return new GroupCluster({ partitions: 2, judgedBy: PROPERTIES, config: { ...SESSION, ...config } }).startGroups();
}

const set = (...partitions: readonly number[]): readonly TopicPartitions[] => (partitions.length === 0 ? [] : [{ topic: 't', partitions }]);
const told = ({ errorCode, memberEpoch, assignment }: ConsumerGroupHeartbeatResponse): unknown => (errorCode === 'NONE' ? [memberEpoch, assignment === null ? null : assignment.topicPartitions.flatMap(({ partitions }) => partitions).join(' ')] : errorCode);

function stateOf(cluster: GroupCluster): ConsumerGroupState | undefined {
  const image = cluster.group()?.image.consumer ?? undefined;
  return image === undefined ? undefined : consumerGroupStateOf(image);
}

function membersOf(cluster: GroupCluster): string[] {
  return [...(cluster.group()?.image.consumer?.members.keys() ?? [])];
}

/** a and b have a partition each, in epoch 2. */
function pair(cluster: GroupCluster): void {
  expect(cluster.settleMember(1, 'a', 0)).toBe(1);
  cluster.beat(2, 'b', 0);
  expect([cluster.settleMember(1, 'a', 1), cluster.settleMember(2, 'b', 2, { topicPartitions: [] }), stateOf(cluster)]).toEqual([2, 2, 'Stable']);
}

function crash(cluster: GroupCluster): void {
  const broker = cluster.coordinatorOf();
  cluster.world.crash(broker, 'test');
  cluster.until('another coordinator is loaded', 30_000, () => cluster.coordinatorOf() !== broker && cluster.isLoaded());
}

function expectHeld(cluster: GroupCluster): void {
  expect(cluster.verdicts().map(({ property, verdict, evidence }) => [property, verdict, evidence[0]?.sentence])).toEqual(PROPERTIES.map((name) => [name, 'held', undefined]));
}

describe('members of the consumer protocol', () => {
  it('share the partitions, and the coordinator says how often it wants to hear of them', () => {
    const cluster = started();
    pair(cluster);
    expect(cluster.beat(1, 'a', 2)).toMatchObject({ errorCode: 'NONE', memberEpoch: 2, heartbeatIntervalMs: 2_000, assignment: null });
    expectHeld(cluster);
  });

  it('are removed when their session is over, and whoever is left gets what they had', () => {
    const cluster = started();
    pair(cluster);
    for (let i = 0; i < 3; i += 1) {
      cluster.run(3_000);
      cluster.beat(1, 'a', 2);
    }
    expect(membersOf(cluster)).toEqual(['a']);
    expect([cluster.settleMember(1, 'a', 2, { topicPartitions: set(0) }), told(cluster.beat(2, 'b', 2))]).toEqual([3, 'UNKNOWN_MEMBER_ID']);
    expectHeld(cluster);
  });

  it('are removed when they do not give up in their rebalance timeout what they are told to, however often they are heard of', () => {
    const cluster = started();
    cluster.settleMember(1, 'a', 0, { rebalanceTimeoutMs: 10_000 });
    cluster.beat(2, 'b', 0);
    const fromMs = cluster.nowMs;
    while (membersOf(cluster).includes('a')) {
      cluster.beat(1, 'a', 1, { topicPartitions: set(0, 1) });
      cluster.beat(2, 'b', 2);
      cluster.run(1_000);
    }
    expect(Math.abs(cluster.nowMs - fromMs - 10_000)).toBeLessThan(2_000);
    expect([told(cluster.beat(1, 'a', 1)), cluster.settleMember(2, 'b', 2)]).toEqual(['UNKNOWN_MEMBER_ID', 3]);
    expect(cluster.group()?.image.consumer?.currentAssignment.get('b')?.assignedPartitions).toEqual(set(0, 1));
    expectHeld(cluster);
  });

  it('of a static instance that said it would be back are waited for during a session, and no longer', () => {
    const cluster = started();
    const instanceId = 'i';
    cluster.settleMember(1, 'a', 0, { instanceId });
    expect(told(cluster.beat(1, 'a2', 0, { instanceId }))).toBe('UNRELEASED_INSTANCE_ID');
    cluster.beat(1, 'a', -2, { instanceId });
    cluster.run(5_000);
    expect(told(cluster.beat(1, 'a2', 0, { instanceId }))).toEqual([1, '0 1']);
    cluster.beat(1, 'a2', -2, { instanceId });
    cluster.run(9_000);
    expect([membersOf(cluster), stateOf(cluster)]).toEqual([[], 'Empty']);
    expectHeld(cluster);
  });

  it('commit in their epoch alone, and learn in it what is committed', () => {
    const cluster = started();
    pair(cluster);
    expect([cluster.commit(1, 5, 'a', 1), cluster.commit(1, 5, 'x', 2), cluster.commit(1, 5), cluster.commit(1, 5, 'a', 2)]).toEqual(['STALE_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID', 'NONE']);
    const fetched = (memberEpoch: number): string => cluster.call<OffsetFetchResponse>(1, { type: 'OffsetFetchRequest', groupId: GROUP, memberId: 'a', memberEpoch, topics: null, requireStable: true }).errorCode;
    expect([fetched(1), fetched(2), cluster.offsets(1)]).toEqual(['STALE_MEMBER_EPOCH', 'NONE', { 0: 5 }]);
    expectHeld(cluster);
  });
});

describe('the next coordinator of the consumer protocol', () => {
  it('goes on with members, epochs and assignments, and expects every member anew', () => {
    const cluster = started();
    pair(cluster);
    cluster.commit(1, 5, 'a', 2);
    const before = cluster.group()?.image;
    crash(cluster);
    expect(cluster.group()?.image).toEqual(before);
    expect([told(cluster.beat(1, 'a', 2)), told(cluster.beat(2, 'b', 2)), cluster.offsets(1)]).toEqual([[2, null], [2, null], { 0: 5 }]);
    for (let i = 0; i < 3; i += 1) {
      cluster.run(3_000);
      cluster.beat(2, 'b', 2);
    }
    expect(membersOf(cluster)).toEqual(['b']);
    expectHeld(cluster);
  });

  it('goes on waiting for a revocation', () => {
    const cluster = started();
    cluster.settleMember(1, 'a', 0, { rebalanceTimeoutMs: 10_000 });
    cluster.beat(2, 'b', 0);
    expect(told(cluster.beat(1, 'a', 1))).toEqual([1, '0']);
    crash(cluster);
    expect(told(cluster.beat(2, 'b', 2))).toEqual([2, null]);
    const fromMs = cluster.nowMs;
    while (membersOf(cluster).includes('a')) {
      cluster.beat(1, 'a', 1);
      cluster.run(1_000);
    }
    expect(cluster.nowMs - fromMs).toBeLessThan(11_000);
    expectHeld(cluster);
  });
});

describe('a heartbeat that writes', () => {
  it('is answered when what it wrote is committed, or COORDINATOR_NOT_AVAILABLE when that takes too long', () => {
    const cluster = started();
    const at = cluster.coordinatorOf();
    cluster.cut('followers', [at], cluster.brokerIds.filter((id) => id !== at));
    const join = cluster.ask(1, cluster.heartbeatRequest('a', 0));
    cluster.run(1_000);
    expect(cluster.answer(1, join)).toBe(undefined);
    expect(told(cluster.awaitAnswer<ConsumerGroupHeartbeatResponse>(1, join))).toBe('COORDINATOR_NOT_AVAILABLE');
    cluster.mend('followers');
    cluster.run(2_000);
    expect(told(cluster.beat(1, 'a', 0))).toEqual([1, '0 1']);
    expectHeld(cluster);
  });

  it('leaves the group as it was when the log refuses it', () => {
    const cluster = started({ 'message.max.bytes': 1_500 });
    pair(cluster);
    const before = cluster.group()?.image;
    expect(told(cluster.beat(3, 'c', 0, { subscribedTopicNames: ['t', 'x'.repeat(2_000)] }))).toBe('UNKNOWN_SERVER_ERROR');
    expect([cluster.group()?.image, cluster.group()?.writes, stateOf(cluster)]).toEqual([before, [], 'Stable']);
    expect([told(cluster.beat(1, 'a', 2)), told(cluster.beat(3, 'c', 1))]).toEqual([[2, null], 'UNKNOWN_MEMBER_ID']);
    expectHeld(cluster);
  });

  it('of a first member that the log refuses leaves the classic group that was there', () => {
    const cluster = started({ 'group.initial.rebalance.delay.ms': 0, 'message.max.bytes': 1_500 });
    const [classic] = cluster.stableGroup([1]) as [JoinGroupResponse];
    cluster.leave(1, classic.memberId);
    expect(told(cluster.beat(2, 'a', 0, { subscribedTopicNames: ['t', 'x'.repeat(2_000)] }))).toBe('UNKNOWN_SERVER_ERROR');
    expect(cluster.group()).toMatchObject({ image: { consumer: null, metadata: { generation: 2 } }, classic: { state: 'Empty', generationId: 2 } });
    expect((cluster.stableGroup([1])[0] as JoinGroupResponse).generationId).toBe(3);
    expectHeld(cluster);
  });
});

describe('a group of the other protocol', () => {
  it('makes way when it is empty, in both directions, and its offsets stay', () => {
    const cluster = started({ 'group.initial.rebalance.delay.ms': 0 });
    const [classic] = cluster.stableGroup([1]) as [JoinGroupResponse];
    cluster.commit(1, 5, classic.memberId, 1);
    expect(told(cluster.beat(2, 'a', 0))).toBe('GROUP_ID_NOT_FOUND');
    cluster.leave(1, classic.memberId);
    expect(cluster.settleMember(2, 'a', 0)).toBe(1);
    expect([cluster.group()?.image.metadata, cluster.offsets(1)]).toEqual([null, { 0: 5 }]);
    expect(cluster.call<JoinGroupResponse>(1, cluster.joinRequest('')).errorCode).toBe('INCONSISTENT_GROUP_PROTOCOL');
    cluster.beat(2, 'a', -1);
    expect(cluster.heartbeat(1, classic.memberId, 1)).toBe('UNKNOWN_MEMBER_ID');
    cluster.stableGroup([1]);
    expect([cluster.group()?.image.consumer, cluster.group()?.classic.state, cluster.offsets(1)]).toEqual([null, 'Stable', { 0: 5 }]);
    expect(told(cluster.beat(2, 'a', 1))).toBe('GROUP_ID_NOT_FOUND');
    expectHeld(cluster);
  });
});
