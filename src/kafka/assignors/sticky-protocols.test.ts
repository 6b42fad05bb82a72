/** What the eager and the cooperative sticky assignor do not share: where claims come from, and what is withheld. */
import { describe, expect, it } from 'vitest';
import type { GroupSubscription, MemberAssignment } from './assignor.ts';
import { STICKY_RULES } from './owned-partitions.ts';
import { cluster, keeps, partitions, rebalance, rejoining, shown, subscription, wordsOf } from './staging.ts';
import { cooperativeMemberData, cooperativeStickyAssignor, cooperativeStickyAssignorWith, stickyAssignor, stickyMemberData } from './sticky.ts';

// Kafka's StickyAssignorTest.
describe('the sticky assignor', () => {
  const settled = (counts: string, members: readonly GroupSubscription[]): readonly MemberAssignment[] =>
    rebalance(stickyAssignor, cluster(counts), members).settled;
  const sizes = (assigned: readonly MemberAssignment[]): number[] => assigned.map(({ topicPartitions }) => wordsOf(topicPartitions).length);

  it.each([true, false])('follows members that come back with an old generation (equal subscriptions: %s)', (areEqual) => {
    const all = 'topic topic2';
    const of = (id: string): GroupSubscription => subscription(id, id === 'consumer2' && !areEqual ? 'topic' : all);
    const [one, two, three] = [of('consumer1'), of('consumer2'), of('consumer3')];
    const first = settled('topic:6 topic2:6', [one, two, three]);
    expect(sizes(first)).toEqual([4, 4, 4]);
    const second = settled('topic:6 topic2:6', rejoining([one, two], first, 1));
    expect(sizes(second)).toEqual([6, 6]);
    expect(keeps(second, first, 'consumer2')).toBe(true);
    if (areEqual) expect(keeps(second, first, 'consumer1')).toBe(true);
    const third = settled('topic:6 topic2:6', [...rejoining([two], second, 2), ...rejoining([three], first, 1)]);
    expect(sizes(third)).toEqual([6, 6]);
  });

  it.each([true, false])('gives members their old partitions back from one that had all (equal subscriptions: %s)', (areEqual) => {
    const all = 'topic topic2 topic3';
    const one = subscription('consumer1', areEqual ? all : 'topic');
    const two = subscription('consumer2', all);
    const three = subscription('consumer3', areEqual ? all : 'topic topic2');
    const counts = 'topic:4 topic2:4 topic3:4';
    const first = settled(counts, [one, two, three]);
    expect(sizes(first)).toEqual([4, 4, 4]);
    const second = settled(counts, rejoining([two], first, 1));
    expect(sizes(second)).toEqual([12]);
    const third = settled(counts, [...rejoining([one], first, 1), ...rejoining([two], second, 2), ...rejoining([three], first, 1)]);
    expect(sizes(third)).toEqual([4, 4, 4]);
    // For the general case Kafka remembers the previous owners (KIP-341); the constrained case only evens out.
    if (!areEqual) expect(shown(third)).toEqual(shown(first));
  });

  it.each([true, false])('sorts out claims of two generations on everything (equal subscriptions: %s)', (areEqual) => {
    const all = 'topic topic2 topic3';
    const claims = [
      areEqual ? 'topic-0 topic-1 topic-2 topic2-2 topic2-3 topic3-0' : 'topic-0 topic-1 topic-2 topic-3',
      'topic-0 topic-1 topic2-0 topic2-1 topic2-2 topic2-3',
      'topic-2 topic-3 topic3-0 topic3-1 topic3-2 topic3-3',
    ] as const;
    const last = settled('topic:4 topic2:4 topic3:4', [
      subscription('consumer1', areEqual ? all : 'topic', claims[0], 1),
      subscription('consumer2', areEqual ? all : 'topic topic2', claims[1], 2),
      subscription('consumer3', all, claims[2], 2),
    ]);
    expect(sizes(last)).toEqual([4, 4, 4]);
    for (const n of [1, 2] as const) {
      expect(wordsOf((last[n] as MemberAssignment).topicPartitions).every((word) => claims[n].split(' ').includes(word))).toBe(true);
    }
  });

  it('reads user data without a generation, and looks at nothing but user data', () => {
    const owned = partitions('topic-1');
    const old: GroupSubscription = { ...subscription('consumer2', 'topic'), userData: { previousAssignment: owned } };
    const last = settled('topic:3', [subscription('consumer1', 'topic', 'topic-0 topic-2', 1), old, subscription('consumer3', 'topic')]);
    expect(sizes(last)).toEqual([1, 1, 1]);
    expect(shown(last)['consumer2']).toBe('topic-1');
    expect(stickyMemberData({ ...subscription('c', 'topic', 'topic-0', 5), userData: { previousAssignment: owned, generation: 1 } })).toEqual({
      partitions: owned,
      generation: 1,
    });
  });

  it.each([
    null,
    undefined,
    'text',
    7,
    {},
    { previousAssignment: 'topic-0' },
    { previousAssignment: [{ topic: 1, partitions: [] }] },
    { previousAssignment: [{ topic: 't', partitions: ['0'] }] },
  ])('takes user data that it cannot read for none: %j', (userData) => {
    expect(stickyMemberData({ ...subscription('c', 'topic', 'topic-0', 5), userData })).toEqual({ partitions: [], generation: -1 });
  });

  it('sends its last assignment along, once there is one', () => {
    expect(stickyAssignor.subscriptionUserData?.(null, -1)).toBeNull();
    const userData = stickyAssignor.subscriptionUserData?.(partitions('topic-1'), 4);
    expect(stickyMemberData({ ...subscription('c', 'topic'), userData })).toEqual({ partitions: partitions('topic-1'), generation: 4 });
  });
});

// Kafka's CooperativeStickyAssignorTest.
describe('the cooperative sticky assignor', () => {
  it('prefers the cooperative protocol and can do the eager one, for the upgrade', () => {
    expect(cooperativeStickyAssignor.supportedProtocols).toEqual(['COOPERATIVE', 'EAGER']);
  });

  it('takes the generation of the subscription before that of the user data, and the partitions from the subscription always', () => {
    const owned = partitions('topic-0');
    const userData = cooperativeStickyAssignor.subscriptionUserData?.(partitions('topic-1'), 3);
    expect(userData).toEqual({ generation: 3 });
    const of = (generationId: number, data: unknown): unknown =>
      cooperativeMemberData({ ...subscription('c', 'topic', 'topic-0', generationId), userData: data });
    expect(of(-1, userData)).toEqual({ partitions: owned, generation: 3 });
    expect(of(2, userData)).toEqual({ partitions: owned, generation: 2 });
    expect(of(-1, null)).toEqual({ partitions: owned, generation: -1 });
    expect(of(-1, 'text')).toEqual({ partitions: owned, generation: -1 });
  });

  it('gives a partition back to a member with an older claim at once when subscriptions differ, as Kafka does', () => {
    const members = [subscription('consumer1', 'topic', 'topic-0 topic-1 topic-2 topic-3', 10), subscription('consumer2', 'topic topic2', 'topic-0', 9)];
    expect(shown(cooperativeStickyAssignor.assign(cluster('topic:4 topic2:0'), members))['consumer2']).toBe('topic-0');
    const equal = [members[0] as GroupSubscription, subscription('consumer2', 'topic', 'topic-0', 9)];
    expect(shown(cooperativeStickyAssignor.assign(cluster('topic:4'), equal))['consumer2']).toBe('');
  });

  it('assigns nothing that changes its owner with unequal subscriptions either', () => {
    const members = [subscription('consumer1', 'topic', 'topic-0 topic-1 topic-2 topic-3', 1), subscription('consumer2', 'topic topic2', '', 1)];
    const assigned = cooperativeStickyAssignor.assign(cluster('topic:4 topic2:1'), members);
    expect(shown(assigned)).toEqual({ consumer1: 'topic-1 topic-2 topic-3', consumer2: 'topic2-0' });
    expect(shown(cooperativeStickyAssignor.assign(cluster('topic:4 topic2:1'), rejoining(members, assigned, 2)))).toEqual({
      consumer1: 'topic-1 topic-2 topic-3',
      consumer2: 'topic-0 topic2-0',
    });
  });
});

describe('a rule of the sticky assignors that is reverted', () => {
  const members = [subscription('consumer1', 'topic', 'topic-0 topic-1', 10), subscription('consumer2', 'topic', '', 10)];

  it('gives a partition to another member before it is revoked', () => {
    const { assign } = cooperativeStickyAssignorWith({ ...STICKY_RULES, withholdsUntilRevoked: false });
    expect(shown(assign(cluster('topic:2'), members))).toEqual({ consumer1: 'topic-0', consumer2: 'topic-1' });
    expect(shown(cooperativeStickyAssignor.assign(cluster('topic:2'), members))).toEqual({ consumer1: 'topic-0', consumer2: '' });
  });

  it('believes an old claim, and takes the partition from its owner', () => {
    // consumer2 comes first in the order of hashes, consumer1 last.
    const claims = [subscription('consumer1', 'topic', 'topic-0', 9), subscription('consumer2', 'topic', 'topic-0', 10)];
    const { assign } = cooperativeStickyAssignorWith({ ...STICKY_RULES, newerGenerationOwns: false });
    expect(shown(assign(cluster('topic:2'), claims))).toEqual({ consumer1: 'topic-0', consumer2: 'topic-1' });
    expect(shown(cooperativeStickyAssignor.assign(cluster('topic:2'), claims))).toEqual({ consumer1: 'topic-1', consumer2: 'topic-0' });
  });
});
