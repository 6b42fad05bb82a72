import { describe, expect, it } from 'vitest';
import type { GroupSubscription, MemberAssignment } from './assignor.ts';
import { cluster, keeps, rebalance, rejoining, shown, subscription, wordsOf } from './staging.ts';
import type { Rebalanced } from './staging.ts';
import { cooperativeStickyAssignor, stickyAssignor } from './sticky.ts';

/** How many partitions of a topic each member has. */
const countsOf = (settled: readonly MemberAssignment[], topic: string): (number | undefined)[] =>
  settled.map(({ topicPartitions }) => topicPartitions.find((one) => one.topic === topic)?.partitions.length);

const numbered = (letter: string, from: number, toInclusive: number): string[] =>
  Array.from({ length: toInclusive - from + 1 }, (_, i) => `${letter}${String(from + i).padStart(2, '0')}`);

// Kafka's AbstractStickyAssignorTest, where no racks are known.
describe.each([stickyAssignor, cooperativeStickyAssignor])('the $name assignor', (assignor) => {
  const isCooperative = assignor === cooperativeStickyAssignor;
  const given = (counts: string, ...members: GroupSubscription[]): Rebalanced => rebalance(assignor, cluster(counts), members);
  const settled = (counts: string, ...members: GroupSubscription[]): { [memberId: string]: string } => shown(given(counts, ...members).settled);
  const two = (topics: string): GroupSubscription[] => [subscription('consumer1', topics), subscription('consumer2', topics)];

  it('gives nothing to a group without members, to one without topics, and of a topic that does not exist', () => {
    expect(assignor.assign(cluster('topic:3'), [])).toEqual([]);
    expect(settled('', subscription('consumer', ''))).toEqual({ consumer: '' });
    expect(settled('topic:0', subscription('consumer', 'topic'))).toEqual({ consumer: '' });
    expect(settled('', subscription('consumer', 'topic', 'topic-0 topic-1 topic-2', 1))).toEqual({ consumer: '' });
  });

  it('gives a single member all partitions of the topics it subscribes to, and no others', () => {
    expect(settled('topic:3', subscription('consumer', 'topic'))).toEqual({ consumer: 'topic-0 topic-1 topic-2' });
    expect(settled('topic:2', subscription('consumer', 'topic', 'topic-0 topic-1 other-0 other-1', 1))).toEqual({ consumer: 'topic-0 topic-1' });
    expect(settled('topic1:1 topic2:2', subscription('consumer', 'topic1 topic2'))).toEqual({ consumer: 'topic1-0 topic2-0 topic2-1' });
    expect(given('topic1:1 topic3:100', subscription('consumer', 'topic1 topic2 topic3')).settled.flatMap(({ topicPartitions }) => wordsOf(topicPartitions))).toHaveLength(101);
  });

  it('leaves a member idle when there is one partition less than members', () => {
    expect(Object.values(settled('topic:1', ...two('topic'))).toSorted((a, b) => a.length - b.length)).toEqual(['', 'topic-0']);
    expect(settled('topic:2', ...two('topic'))).toEqual({ consumer1: 'topic-0', consumer2: 'topic-1' });
  });

  it('deals to members with unequal subscriptions the partition with the fewest subscribers first', () => {
    const members = [subscription('consumer1', 'topic1'), subscription('consumer2', 'topic1 topic2'), subscription('consumer3', 'topic1')];
    expect(settled('topic1:3 topic2:2', ...members)).toEqual({ consumer1: 'topic1-0 topic1-2', consumer2: 'topic2-0 topic2-1', consumer3: 'topic1-1' });
    const all = 't1 t2 t3';
    expect(settled('t1:6 t2:7 t3:2', subscription('consumer0', all), subscription('consumer1', all), subscription('consumer2', 't1 t3'))).toEqual({
      consumer0: 't1-5 t2-0 t2-2 t2-4 t2-6',
      consumer1: 't1-3 t2-1 t2-3 t2-5 t3-0',
      consumer2: 't1-0 t1-1 t1-2 t1-4 t3-1',
    });
  });

  it('deals to members with equal subscriptions in turn', () => {
    expect(settled('topic1:3 topic2:3', ...two('topic1 topic2'))).toEqual({
      consumer1: 'topic1-0 topic1-2 topic2-1',
      consumer2: 'topic1-1 topic2-0 topic2-2',
    });
    const all = 't1 t2 t3';
    expect(settled('t1:6 t2:7 t3:2', subscription('consumer0', all), subscription('consumer1', all), subscription('consumer2', all))).toEqual({
      consumer0: 't1-0 t1-3 t2-0 t2-3 t2-6',
      consumer1: 't1-1 t1-4 t2-1 t2-4 t3-0',
      consumer2: 't1-2 t1-5 t2-2 t2-5 t3-1',
    });
  });

  it('gives the one more to a member that owns the least that everybody gets', () => {
    const members = [subscription('consumer1', 'topic1 topic2', 'topic1-0 topic2-1', 1), subscription('consumer2', 'topic1 topic2', 'topic1-1 topic2-2', 1)];
    expect(settled('topic1:2 topic2:3', ...members)).toEqual({ consumer1: 'topic1-0 topic2-0 topic2-1', consumer2: 'topic1-1 topic2-2' });
  });

  it('lets only as many members keep one more as there are', () => {
    const { withheld, settled: last } = given(
      'topic1:2 topic2:2',
      subscription('consumer1', 'topic1 topic2', 'topic1-0 topic2-0', 1),
      subscription('consumer2', 'topic1 topic2', 'topic1-1 topic2-1', 1),
      subscription('consumer3', 'topic1 topic2', '', 1),
    );
    expect(shown(last)).toEqual({ consumer1: 'topic1-0', consumer2: 'topic1-1 topic2-1', consumer3: 'topic2-0' });
    expect(withheld).toBe(isCooperative ? 'topic2-0' : '');
  });

  it('fills members that are all below the least, in turn', () => {
    const { withheld, settled: last } = given(
      'topic1:2 topic2:3',
      subscription('consumer1', 'topic1 topic2', 'topic1-0', 1),
      subscription('consumer2', 'topic1 topic2', 'topic1-1', 1),
      subscription('consumer3', 'topic1 topic2', '', 1),
    );
    expect(shown(last)).toEqual({ consumer1: 'topic1-0 topic2-1', consumer2: 'topic1-1 topic2-2', consumer3: 'topic2-0' });
    expect(withheld).toBe('');
  });

  it('takes one partition from the single member when another one comes, and gives it all when that one goes', () => {
    const counts = cluster('topic:3');
    const alone = rebalance(assignor, counts, [subscription('consumer1', 'topic')]);
    const joined = rebalance(assignor, counts, rejoining(two('topic'), alone.settled, 1));
    expect(joined.withheld).toBe(isCooperative ? 'topic-2' : '');
    expect(shown(joined.settled)).toEqual({ consumer1: 'topic-0 topic-1', consumer2: 'topic-2' });
    const left = rebalance(assignor, counts, rejoining([subscription('consumer2', 'topic')], joined.settled, 2));
    expect(left.withheld).toBe('');
    expect(shown(left.settled)).toEqual({ consumer2: 'topic-0 topic-1 topic-2' });
  });

  it('keeps the topics even among the members that come and go', () => {
    const counts = cluster('topic1:12 topic2:12');
    const members = ['consumer1', 'consumer2', 'consumer3', 'consumer4'].map((id) => subscription(id, 'topic1 topic2'));
    let last: readonly MemberAssignment[] = [];
    for (const [from, end, each] of [
      [0, 1, 12],
      [0, 2, 6],
      [0, 4, 3],
      [2, 4, 6],
    ] as const) {
      last = rebalance(assignor, counts, rejoining(members.slice(from, end), last, 1)).settled;
      expect(countsOf(last, 'topic1')).toEqual(Array.from({ length: end - from }, () => each));
      expect(countsOf(last, 'topic2')).toEqual(Array.from({ length: end - from }, () => each));
    }
  });

  it('moves what must move when two members come and two go', () => {
    const counts = cluster('topic1:3 topic2:4');
    const all = 'topic1 topic2';
    const first = rebalance(assignor, counts, two(all));
    expect(shown(first.settled)).toEqual({ consumer1: 'topic1-0 topic1-2 topic2-1 topic2-3', consumer2: 'topic1-1 topic2-0 topic2-2' });
    const four = [...two(all), subscription('consumer3', all), subscription('consumer4', all)];
    const second = rebalance(assignor, counts, rejoining(four, first.settled, 1));
    expect(second.withheld).toBe(isCooperative ? 'topic1-2 topic2-2 topic2-3' : '');
    expect(shown(second.settled)).toEqual({
      consumer1: 'topic1-0 topic2-1',
      consumer2: 'topic1-1 topic2-0',
      consumer3: 'topic1-2 topic2-3',
      consumer4: 'topic2-2',
    });
    const third = rebalance(assignor, counts, rejoining(four.slice(2), second.settled, 1));
    expect(third.withheld).toBe('');
    expect(shown(third.settled)).toEqual({ consumer3: 'topic1-0 topic1-2 topic2-1 topic2-3', consumer4: 'topic1-1 topic2-0 topic2-2' });
  });

  it('is even where round robin is not', () => {
    const all = 'topic1 topic2 topic3 topic4 topic5';
    const members = [
      subscription('consumer1', all),
      subscription('consumer2', 'topic1 topic3 topic5'),
      subscription('consumer3', 'topic1 topic3 topic5'),
      subscription('consumer4', all),
    ];
    const { settled: last } = given('topic1:2 topic2:1 topic3:2 topic4:1 topic5:2', ...members);
    expect(last.map(({ topicPartitions }) => wordsOf(topicPartitions).length)).toEqual([2, 2, 2, 2]);
    expect(shown(last)).toEqual({
      consumer1: 'topic2-0 topic3-0',
      consumer2: 'topic1-0 topic3-1',
      consumer3: 'topic1-1 topic5-0',
      consumer4: 'topic4-0 topic5-1',
    });
  });

  it('leaves the members what they have when a topic comes, and when one goes', () => {
    const first = rebalance(assignor, cluster('topic:3'), two('topic'));
    const second = rebalance(assignor, cluster('topic:3 topic2:3'), rejoining(two('topic topic2'), first.settled, 1));
    expect(second.withheld).toBe('');
    expect(second.settled.map(({ topicPartitions }) => wordsOf(topicPartitions).length)).toEqual([3, 3]);
    expect(keeps(second.settled, first.settled, 'consumer1') && keeps(second.settled, first.settled, 'consumer2')).toBe(true);
    const third = rebalance(assignor, cluster('topic2:3'), rejoining(two('topic2'), second.settled, 2));
    expect(third.withheld).toBe('');
    expect(keeps(second.settled, third.settled, 'consumer1') && keeps(second.settled, third.settled, 'consumer2')).toBe(true);
  });

  it('is even after a member leaves a group in which everybody subscribes to more than the one before', () => {
    const topics = numbered('t', 1, 19);
    const counts = topics.map((topic, i) => ({ topic, numPartitions: i + 1 }));
    const members = numbered('c', 1, 19).map((id, i) => subscription(id, topics.slice(0, i + 1).join(' ')));
    const first = rebalance(assignor, counts, members);
    const second = rebalance(assignor, counts, rejoining(members.filter(({ memberId }) => memberId !== 'c10'), first.settled, 1));
    expect(second.settled.map(({ memberId }) => memberId)).not.toContain('c10');
  });

  it('moves nothing but the partitions of the member that leaves when subscriptions are equal', () => {
    const topics = numbered('t', 1, 14);
    const counts = topics.map((topic, i) => ({ topic, numPartitions: i + 1 }));
    const members = numbered('c', 1, 8).map((id) => subscription(id, topics.join(' ')));
    const first = rebalance(assignor, counts, members);
    const rest = members.filter(({ memberId }) => memberId !== 'c05');
    const second = rebalance(assignor, counts, rejoining(rest, first.settled, 1));
    expect(second.withheld).toBe('');
    expect(rest.every(({ memberId }) => keeps(second.settled, first.settled, memberId))).toBe(true);
  });

  it('gives an idle member the partition of the one that leaves, and moves no other', () => {
    const counts = cluster('topic1:3');
    const members = ['consumer1', 'consumer2', 'consumer3', 'consumer4'].map((id) => subscription(id, 'topic1'));
    const first = rebalance(assignor, counts, members);
    const second = rebalance(assignor, counts, rejoining(members.slice(1), first.settled, 1));
    expect(second.settled.every(({ topicPartitions }) => wordsOf(topicPartitions).length === 1)).toBe(true);
    expect(members.slice(1).every(({ memberId }) => keeps(second.settled, first.settled, memberId))).toBe(true);
  });

  it('counts members that reach their quota as filled', () => {
    const { withheld, settled: last } = given(
      'topic:4',
      subscription('consumer1', 'topic', 'topic-0 topic-1', 1),
      subscription('consumer2', 'topic', 'topic-2', 1),
      subscription('consumer3', 'topic', '', 1),
    );
    expect(shown(last)).toEqual({ consumer1: 'topic-0 topic-1', consumer2: 'topic-2', consumer3: 'topic-3' });
    expect(withheld).toBe('');
  });

  it('evens out what members own of topics that overlap', () => {
    const { settled: last } = given(
      'topic1:1 topic2:1 topic3:1 topic4:1 topic5:1 topic6:1',
      subscription('consumer1', 'topic1 topic2', 'topic1-0', 1),
      subscription('consumer2', 'topic1 topic2 topic3 topic4', 'topic2-0 topic3-0', 1),
      subscription('consumer3', 'topic2 topic3 topic4 topic5 topic6', 'topic4-0 topic5-0 topic6-0', 1),
    );
    expect(last).toHaveLength(3);
  });

  it('takes a member with an empty subscription for what it is', () => {
    const { settled: last } = given('t1:1 t2:1 t3:1 t4:1', subscription('c0', ''), subscription('c1', 't1'), subscription('c2', 't2 t3 t4'));
    expect(shown(last)).toEqual({ c0: '', c1: 't1-0', c2: 't2-0 t3-0 t4-0' });
    // Kafka would take it for a subscriber here: it has seen no other subscription when it comes to c0.
    expect(settled('t1:2', subscription('c0', ''), subscription('c1', 't1'))).toEqual({ c0: '', c1: 't1-0 t1-1' });
  });

  // Worked out by hand after AbstractStickyAssignor; balanced otherwise they would be, too, but with other owners.
  describe('where subscriptions differ', () => {
    it('evens out by the new partitions first, so that members keep what they own', () => {
      const members = [subscription('c0', 't1', 't1-0 t1-3', 1), subscription('c1', 't0 t1', '', 1), subscription('c2', 't0', '', 1)];
      expect(settled('t0:1 t1:4', ...members)).toEqual({ c0: 't1-0 t1-3', c1: 't1-1 t1-2', c2: 't0-0' });
    });

    it('evens out by all partitions at once when a member must give one up anyway', () => {
      const members = [subscription('c1', 't1', 't1-0', 1), subscription('c2', 't0 t1', '', 1), subscription('c3', 't0', 't1-2', 1)];
      expect(shown(stickyAssignor.assign(cluster('t0:1 t1:4'), members))).toEqual({ c1: 't1-1 t1-3', c2: 't1-0 t1-2', c3: 't0-0' });
    });

    it('moves a partition back instead of another one of its topic the other way', () => {
      const members = [
        subscription('c0', 't0 t1', 't0-2 t0-3 t1-0 t1-1', 1),
        subscription('c1', 't0', 't0-0 t0-1', 1),
        subscription('c2', 't1', '', 1),
        subscription('c3', 't1', '', 1),
      ];
      expect(settled('t0:4 t1:2', ...members)).toEqual({ c0: 't0-2 t0-3', c1: 't0-0 t0-1', c2: 't1-0', c3: 't1-1' });
    });

    it('gives a partition back to the member that had it before the one that now has all (KIP-341)', () => {
      const others = [subscription('c1', 't0', '', -1), subscription('c2', 't0', 't0-0', 1), subscription('c3', 't1', '', 1)];
      const members = [subscription('c0', 't0', 't0-0 t0-1 t0-2 t0-3', 2), ...others];
      expect(shown(stickyAssignor.assign(cluster('t0:4 t1:1'), members))).toEqual({ c0: 't0-2 t0-3', c1: 't0-1', c2: 't0-0', c3: 't1-0' });
    });

    it('does not give it back to one that does not subscribe any more, where Kafka would', () => {
      const members = [subscription('c0', 't0', 't0-0 t0-1 t0-2 t0-3', 2), subscription('c1', 't0', '', -1), subscription('c2', 't1', 't0-0', 1)];
      expect(shown(stickyAssignor.assign(cluster('t0:4 t1:1'), members))).toEqual({ c0: 't0-2 t0-3', c1: 't0-0 t0-1', c2: 't1-0' });
    });
  });

  describe('of conflicting claims', () => {
    const six = 'topic:3 topic2:3';
    const both = 'topic topic2';

    it.each([9, -1])('believes the one of generation 10 before that of generation %i', (older) => {
      const claimed = 'topic-0 topic-2 topic2-1';
      const { withheld, settled: last } = given(six, subscription('consumer1', both, claimed, 10), subscription('consumer2', both, claimed, older));
      expect(shown(last)).toEqual({ consumer1: claimed, consumer2: 'topic-1 topic2-0 topic2-2' });
      expect(withheld).toBe('');
    });

    it('believes the older one where the newer one does not object', () => {
      const { withheld, settled: last } = given(
        six,
        subscription('consumer1', both, 'topic-0 topic2-1 topic-1', 10),
        subscription('consumer2', both, 'topic-0 topic2-1 topic2-2', 8),
      );
      expect(shown(last)).toEqual({ consumer1: 'topic-0 topic-1 topic2-1', consumer2: 'topic-2 topic2-0 topic2-2' });
      expect(withheld).toBe('');
    });

    it('believes the newest of three', () => {
      const all = 'topic topic2 topic3';
      const { withheld, settled: last } = given(
        'topic:3 topic2:3 topic3:3',
        subscription('consumer1', all, 'topic-0 topic2-0 topic3-0', 10),
        subscription('consumer2', all, 'topic-1 topic2-1 topic3-1', 9),
        subscription('consumer3', all, 'topic2-1 topic3-0 topic3-2', 8),
      );
      expect(shown(last)).toEqual({ consumer1: 'topic-0 topic2-0 topic3-0', consumer2: 'topic-1 topic2-1 topic3-1', consumer3: 'topic-2 topic2-2 topic3-2' });
      expect(withheld).toBe('');
    });

    it('lets members of any generation keep what nobody else claims', () => {
      const all = 'topic topic1 topic2 topic3';
      const { withheld, settled: last } = given(
        'topic:3 topic1:3 topic2:3 topic3:3',
        subscription('consumer1', all),
        subscription('consumer2', all, 'topic-0 topic2-0 topic1-0', 9),
        subscription('consumer3', all, 'topic3-2 topic2-2 topic1-1', 8),
        subscription('consumer4', all, 'topic3-1 topic-1 topic-2', 7),
      );
      expect(shown(last)['consumer1']).toBe('topic1-2 topic2-1 topic3-0');
      expect(withheld).toBe('');
    });

    it('believes neither of two of one generation, and the cooperative one gives the partition to nobody yet', () => {
      const members = [
        subscription('consumer1', 'topic', 'topic-0 topic-1', 1),
        subscription('consumer2', 'topic', 'topic-0 topic-2', 1),
        subscription('consumer3', 'topic', '', 1),
      ];
      const equal = given('topic:3', ...members);
      expect(shown(equal.settled)).toEqual({ consumer1: 'topic-1', consumer2: 'topic-2', consumer3: 'topic-0' });
      expect(equal.withheld).toBe(isCooperative ? 'topic-0' : '');
      const unequal = given('topic:4', ...members);
      expect(shown(unequal.settled)).toEqual({ consumer1: 'topic-1 topic-3', consumer2: 'topic-2', consumer3: 'topic-0' });
      expect(unequal.withheld).toBe(isCooperative ? 'topic-0' : '');
    });

    it('stays even with three generations in any order and unequal subscriptions', () => {
      for (const [a, b, c] of [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] as const) {
        const members = [
          subscription('consumer1', 'topic', 'topic-0 topic-2', a),
          subscription('consumer2', 'topic', 'topic-1 topic-2 topic-3', b),
          subscription('consumer3', 'topic', 'topic-2 topic-4 topic-5', c),
          subscription('consumer4', 'topic1', 'topic1-0', 2),
        ];
        expect(assignor.assign(cluster('topic:6 topic1:1'), members).every(({ topicPartitions }) => [1, 2].includes(wordsOf(topicPartitions).length))).toBe(true);
        given('topic:6 topic1:1', ...members);
      }
    });
  });
});
