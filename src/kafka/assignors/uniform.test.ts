import { describe, expect, it } from 'vitest';
import type { AssignableMember, MemberAssignment, PartitionAssignor } from './assignor.ts';
import { serverRangeAssignor } from './server-range.ts';
import { serverGroupOf, targetOf as targetOfOwners } from './server-group.ts';
import { cluster, member, shown, subscribersOf, targetOf, unevenness, wordsOf, wrongWith } from './staging.ts';
import { assignHeterogeneous } from './uniform-heterogeneous.ts';
import { uniformAssignor } from './uniform.ts';

/** The new target, after a look at what no assignor may do. */
function target({ assign }: PartitionAssignor, counts: string, members: readonly AssignableMember[]): readonly MemberAssignment[] {
  const found = targetOf(assign(cluster(counts), members));
  expect(wrongWith(cluster(counts), subscribersOf(members), found)).toEqual([]);
  return found;
}

const uniform = (counts: string, ...members: AssignableMember[]): { [memberId: string]: string } => {
  const found = target(uniformAssignor, counts, members);
  expect(unevenness(subscribersOf(members), found)).toEqual([]);
  return shown(found);
};

const range = (counts: string, ...members: AssignableMember[]): { [memberId: string]: string } => shown(target(serverRangeAssignor, counts, members));

describe.each([uniformAssignor, serverRangeAssignor])('the $name assignor of the coordinator', (assignor) => {
  it('gives nothing to a group without members, and to members without topics', () => {
    expect(assignor.assign(cluster('t1:3'), [])).toEqual({ members: [] });
    expect(assignor.assign(cluster('t1:3'), [member('A', ''), member('B', '')])).toEqual({
      members: [
        { memberId: 'A', topicPartitions: [] },
        { memberId: 'B', topicPartitions: [] },
      ],
    });
  });

  it('refuses a subscription to a topic that does not exist', () => {
    expect(assignor.assign(cluster('t1:3'), [member('A', 't2')])).toEqual({
      partitionAssignorException: "Member A is subscribed to topic t2 which doesn't exist in the topic metadata.",
    });
    expect(assignor.assign(cluster('t1:3'), [member('A', 't1'), member('B', 't3')])).toHaveProperty('partitionAssignorException');
  });

  it('tells the members in the order in which they were given', () => {
    expect(Object.keys(shown(target(assignor, 't1:3', [member('B', 't1'), member('A', 't1')])))).toEqual(['B', 'A']);
  });

  it('gives nobody a partition that is gone', () => {
    expect(shown(target(assignor, 't1:1 t2:1', [member('A', 't1 t2', 't1-0 t1-1 t2-0 t3-0')]))).toEqual({ A: 't1-0 t2-0' });
  });
});

// Kafka's UniformHomogeneousAssignmentBuilderTest, as it is since KAFKA-18688.
describe('the uniform assignor where all subscribe to the same', () => {
  it('gives the one more to the last members that can take it', () => {
    // Kafka's hash set has its topic3 before its topic1; they are t1 and t2 here.
    expect(uniform('t1:2 t2:3', member('A', 't1 t2'), member('B', 't1 t2'))).toEqual({ A: 't1-0 t1-1', B: 't2-0 t2-1 t2-2' });
    expect(uniform('t1:2', member('A', 't1'), member('B', 't1'), member('C', 't1'))).toEqual({ A: '', B: 't1-0', C: 't1-1' });
  });

  it('assigns a large group evenly', () => {
    const topics = Array.from({ length: 99 }, (_, i) => `t${i}`);
    const members = Array.from({ length: 49 }, (_, i) => member(`member${i}`, topics.join(' ')));
    const found = uniform(topics.map((topic) => `${topic}:3`).join(' '), ...members);
    expect(Object.values(found).filter((got) => got.split(' ').length === 7)).toHaveLength((99 * 3) % 49);
  });

  it('takes from a member what is above its quota, its last partitions first', () => {
    expect(uniform('t1:3 t2:3', member('A', 't1 t2', 't1-0 t1-1 t2-0 t2-1'), member('B', 't1 t2', 't1-2 t2-2'))).toEqual({
      A: 't1-0 t1-1 t2-0',
      B: 't1-2 t2-1 t2-2',
    });
  });

  it('gives new partitions to the members in order, up to their quotas', () => {
    // Kafka's hash set has its topic2 before its topic1; they are t1 and t2 here, and in the test of a member that went.
    expect(uniform('t1:5 t2:6', member('A', 't1 t2', 't1-0 t2-0 t2-2'), member('B', 't1 t2', 't1-1 t1-2 t2-1'))).toEqual({
      A: 't1-0 t1-3 t1-4 t2-0 t2-2',
      B: 't1-1 t1-2 t2-1 t2-3 t2-4 t2-5',
    });
  });

  it('takes for a member that comes only what it needs', () => {
    expect(uniform('t1:3 t2:3', member('A', 't1 t2', 't1-0 t1-2 t2-0'), member('B', 't1 t2', 't1-1 t2-1 t2-2'), member('C', 't1 t2'))).toEqual({
      A: 't1-0 t1-2',
      B: 't1-1 t2-1',
      C: 't2-0 t2-2',
    });
  });

  it('spreads what a member that went had', () => {
    expect(uniform('t1:3 t2:3', member('A', 't1 t2', 't1-0 t2-0'), member('B', 't1 t2', 't1-1 t2-1'))).toEqual({
      A: 't1-0 t1-2 t2-0',
      B: 't1-1 t2-1 t2-2',
    });
  });

  it('drops a topic that nobody subscribes to any more', () => {
    expect(uniform('t1:2 t2:2', member('A', 't2', 't1-0 t2-0'), member('B', 't2', 't1-1 t2-1'))).toEqual({ A: 't2-0', B: 't2-1' });
  });

  it('leaves an even assignment as it is, whoever has the one more (KAFKA-18688)', () => {
    for (const [A, B, C] of [
      ['t1-0 t1-1', 't1-2', 't1-3'],
      ['t1-0', 't1-1 t1-2', 't1-3'],
      ['t1-0', 't1-1', 't1-2 t1-3'],
    ] as const) {
      expect(uniform('t1:4', member('A', 't1', A), member('B', 't1', B), member('C', 't1', C))).toEqual({ A, B, C });
    }
  });
});

// Kafka's UniformHeterogeneousAssignmentBuilderTest.
describe('the uniform assignor where subscriptions differ', () => {
  it('evens out what it could not assign evenly at once', () => {
    expect(uniform('t1:3 t3:6', member('A', 't1 t3'), member('B', 't3'))).toEqual({
      A: 't1-0 t1-1 t1-2 t3-4',
      B: 't3-0 t3-1 t3-2 t3-3 t3-5',
    });
  });

  it('leaves a member idle when there is one partition less than members', () => {
    expect(uniform('t3:1 t1:2', member('A', 't3'), member('B', 't3'), member('C', 't1'))).toEqual({ A: 't3-0', B: '', C: 't1-0 t1-1' });
  });

  it('evens out a target that was uneven', () => {
    expect(
      uniform(
        't1:6 t2:4 t3:4',
        member('A', 't1', 't1-0 t1-1 t1-2'),
        member('B', 't1 t2', 't1-3 t2-0'),
        member('C', 't1 t2 t3', 't1-4 t1-5 t2-1 t2-2 t2-3 t3-0 t3-1 t3-2 t3-3'),
      ),
    ).toEqual({ A: 't1-0 t1-1 t1-2 t1-5', B: 't1-3 t2-0 t2-1 t2-2 t2-3', C: 't1-4 t3-0 t3-1 t3-2 t3-3' });
  });

  it('gives new partitions to the least loaded', () => {
    expect(
      uniform(
        't1:6 t2:5 t3:3 t4:3',
        member('A', 't1 t3', 't1-0 t1-1 t1-2 t1-3 t3-0 t3-1'),
        member('B', 't1 t2 t3 t4', 't2-0 t2-1 t2-2 t4-0 t4-1 t4-2'),
      ),
    ).toEqual({ A: 't1-0 t1-1 t1-2 t1-3 t1-4 t1-5 t3-0 t3-1 t3-2', B: 't2-0 t2-1 t2-2 t2-3 t2-4 t4-0 t4-1 t4-2' });
  });

  it('takes a member and new partitions at once', () => {
    expect(
      uniform('t1:6 t2:7', member('A', 't1', 't1-0 t1-2 t2-0'), member('B', 't1 t2', 't1-1 t2-1 t2-2'), member('C', 't1 t2')),
    ).toEqual({ A: 't1-0 t1-2 t1-3 t1-4 t1-5', B: 't1-1 t2-1 t2-2 t2-6', C: 't2-0 t2-3 t2-4 t2-5' });
  });

  it('gives what a member that went had to those that are left', () => {
    expect(
      uniform('t1:3 t2:8 t3:3', member('A', 't1 t3', 't1-0 t1-1 t1-2 t3-0 t3-1'), member('B', 't2', 't2-3 t2-4 t2-5 t2-6')),
    ).toEqual({ A: 't1-0 t1-1 t1-2 t3-0 t3-1 t3-2', B: 't2-0 t2-1 t2-2 t2-3 t2-4 t2-5 t2-6 t2-7' });
  });

  it('takes a topic from a member that does not subscribe to it any more', () => {
    expect(uniform('t1:3 t2:5', member('A', 't1', 't1-0 t1-2 t2-1 t2-3'), member('B', 't1 t2', 't1-1 t2-0 t2-2 t2-4'))).toEqual({
      A: 't1-0 t1-1 t1-2',
      B: 't2-0 t2-1 t2-2 t2-3 t2-4',
    });
  });

  it('gives nothing to a member without subscriptions', () => {
    expect(uniform('t1:3', member('A', 't1'), member('B', ''))).toEqual({ A: 't1-0 t1-1 t1-2', B: '' });
  });

  it('goes on to the next topic when this one has no partition left to move', () => {
    // Equal subscriptions, which the assignor itself would give to the other builder.
    const members = [member('A', 't1 t2 t3', 't1-0 t1-1 t2-0 t2-1 t3-0 t3-1'), member('B', 't1 t2 t3')];
    const group = serverGroupOf(cluster('t1:2 t2:2 t3:2'), members);
    expect(shown(targetOf(targetOfOwners(group, assignHeterogeneous(group), members)))).toEqual({ A: 't2-0 t3-0 t3-1', B: 't1-0 t1-1 t2-1' });
  });

  it('passes over loaded members that have no partition of the topic, and leaves the rest as it is when that is even', () => {
    expect(uniform('t0:3 t1:1', member('A', 't1'), member('B', 't0 t1'), member('C', 't1'))).toEqual({ A: 't1-0', B: 't0-0 t0-1 t0-2', C: '' });
  });

  it('is content when each topic is even for itself, as Kafka says of a chain of two topics', () => {
    const numbers = (topic: string, from: number, end: number): string => Array.from({ length: end - from }, (_, i) => `${topic}-${from + i}`).join(' ');
    const members = [
      member('1', 't1', numbers('t1', 0, 9)),
      member('2', 't1 t2', `${numbers('t1', 9, 14)} ${numbers('t2', 0, 5)}`),
      member('3', 't2', numbers('t2', 5, 16)),
    ];
    expect(uniform('t1:14 t2:16', ...members)).toEqual(Object.fromEntries(members.map(({ memberId, assigned }) => [memberId, wordsOf(assigned).join(' ')])));
  });
});

// The RangeAssignorTest of Kafka's group coordinator, as it is since KAFKA-16944.
describe('the range assignor of the coordinator', () => {
  it('gives the first members one partition more of every topic', () => {
    expect(range('t1:3 t3:2', member('A', 't1 t3'), member('B', 't1 t3'))).toEqual({ A: 't1-0 t1-1 t3-0', B: 't1-2 t3-1' });
  });

  it('goes by topic where subscriptions differ', () => {
    expect(range('t1:3 t2:3 t3:2', member('A', 't1 t2'), member('B', 't3'), member('C', 't2 t3'))).toEqual({
      A: 't1-0 t1-1 t1-2 t2-0 t2-1',
      B: 't3-0',
      C: 't2-2 t3-1',
    });
  });

  it('leaves a member idle when a topic has less partitions than members', () => {
    expect(range('t1:3 t3:2', member('A', 't1 t3'), member('B', 't1 t3'), member('C', 't1 t3'))).toEqual({ A: 't1-0 t3-0', B: 't1-1 t3-1', C: 't1-2' });
  });

  it('gives a static member its range back under another member id, among dynamic members too', () => {
    const [a, b, c] = [member('A', 't1', '', 'instanceA'), member('B', 't1'), member('C', 't1', '', 'instanceC')];
    const before = range('t1:5', a, b, c);
    const after = range('t1:5', { ...a, memberId: 'Z' }, b, c);
    expect([after['Z'], after['B'], after['C']]).toEqual([before['A'], before['B'], before['C']]);
    expect(before).toEqual({ A: 't1-0 t1-1', C: 't1-2 t1-3', B: 't1-4' });
  });

  it('computes the ranges anew whatever the members have', () => {
    const [a, b] = [member('A', 't1 t2', 't1-0 t2-0'), member('B', 't1 t2', 't1-1 t2-1')];
    expect(range('t1:2 t2:2', a, b, member('C', 't1 t2'))).toEqual({ A: 't1-0 t2-0', B: 't1-1 t2-1', C: '' });
    const [d, e] = [member('A', 't1 t2', 't1-0 t1-1 t2-0 t2-1'), member('B', 't1 t2', 't1-2 t2-2')];
    expect(range('t1:4 t2:4', d, e)).toEqual({ A: 't1-0 t1-1 t2-0 t2-1', B: 't1-2 t1-3 t2-2 t2-3' });
    expect(range('t1:3 t2:3', d, e, member('C', 't1 t2'))).toEqual({ A: 't1-0 t2-0', B: 't1-1 t2-1', C: 't1-2 t2-2' });
    expect(range('t1:4 t2:3', d, e, member('C', 't1'))).toEqual({ A: 't1-0 t1-1 t2-0 t2-1', B: 't1-2 t2-2', C: 't1-3' });
    expect(range('t1:3 t2:3', e)).toEqual({ B: 't1-0 t1-1 t1-2 t2-0 t2-1 t2-2' });
  });

  it('follows subscriptions that changed', () => {
    expect(
      range(
        't1:3 t2:3 t3:2',
        member('A', 't1', 't1-0 t1-1 t1-2 t2-0'),
        member('B', 't1 t2 t3', 't2-1'),
        member('C', 't2', 't2-2 t3-0 t3-1'),
      ),
    ).toEqual({ A: 't1-0 t1-1', B: 't1-2 t2-0 t2-1 t3-0 t3-1', C: 't2-2' });
  });
});
