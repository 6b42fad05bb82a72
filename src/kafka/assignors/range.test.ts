import { describe, expect, it } from 'vitest';
import type { GroupSubscription } from './assignor.ts';
import { rangeAssignor } from './range.ts';
import { roundRobinAssignor } from './round-robin.ts';
import { cluster, shown, subscription } from './staging.ts';

const staticMember = (memberId: string, groupInstanceId: string, topics: string): GroupSubscription => ({
  ...subscription(memberId, topics),
  groupInstanceId,
});
const range = (counts: string, ...members: GroupSubscription[]): { [memberId: string]: string } =>
  shown(rangeAssignor.assign(cluster(counts), members));
const roundRobin = (counts: string, ...members: GroupSubscription[]): { [memberId: string]: string } =>
  shown(roundRobinAssignor.assign(cluster(counts), members));

// Kafka's RangeAssignorTest and RoundRobinAssignorTest, where no racks are known.
describe.each([rangeAssignor, roundRobinAssignor])('the $name assignor', ({ assign }) => {
  const given = (counts: string, ...members: GroupSubscription[]): { [memberId: string]: string } => shown(assign(cluster(counts), members));

  it('gives nothing to a group without members, to one without topics, and of a topic that does not exist', () => {
    expect(assign(cluster('topic1:3'), [])).toEqual([]);
    expect(given('', subscription('consumer1', ''))).toEqual({ consumer1: '' });
    expect(given('', subscription('consumer1', 'topic1'))).toEqual({ consumer1: '' });
  });

  it('gives a single member all partitions of the topics it subscribes to, and no others', () => {
    expect(given('topic1:3', subscription('consumer1', 'topic1'))).toEqual({ consumer1: 'topic1-0 topic1-1 topic1-2' });
    expect(given('topic1:3 other:3', subscription('consumer1', 'topic1'))).toEqual({ consumer1: 'topic1-0 topic1-1 topic1-2' });
    expect(given('topic1:1 topic2:2', subscription('consumer1', 'topic1 topic2'))).toEqual({ consumer1: 'topic1-0 topic2-0 topic2-1' });
  });

  it('leaves a member idle when there is one partition less than members', () => {
    const two = [subscription('consumer1', 'topic1'), subscription('consumer2', 'topic1')];
    expect(given('topic1:1', ...two)).toEqual({ consumer1: 'topic1-0', consumer2: '' });
    expect(given('topic1:2', ...two)).toEqual({ consumer1: 'topic1-0', consumer2: 'topic1-1' });
  });

  it('gives what one member alone subscribes to, to it alone', () => {
    const members = [subscription('consumer1', 'topic1'), subscription('consumer2', 'topic1 topic2'), subscription('consumer3', 'topic1')];
    expect(given('topic1:3 topic2:2', ...members)).toEqual({
      consumer1: 'topic1-0',
      consumer2: 'topic1-1 topic2-0 topic2-1',
      consumer3: 'topic1-2',
    });
  });

  it('gives a static member the same again under another member id', () => {
    const before = given(
      'topic1:5 topic2:5',
      staticMember('consumer1', 'instance1', 'topic1 topic2'),
      staticMember('consumer2', 'instance2', 'topic1 topic2'),
      staticMember('consumer3', 'instance3', 'topic1 topic2'),
    );
    const after = given(
      'topic1:5 topic2:5',
      staticMember('consumer1', 'instance1', 'topic1 topic2'),
      staticMember('consumer5', 'instance2', 'topic1 topic2'),
      staticMember('consumer4', 'instance3', 'topic1 topic2'),
    );
    expect([after['consumer1'], after['consumer5'], after['consumer4']]).toEqual([before['consumer1'], before['consumer2'], before['consumer3']]);
  });
});

describe('the range assignor', () => {
  it('gives the first members one partition more of every topic', () => {
    expect(range('topic1:3 topic2:3', subscription('consumer1', 'topic1 topic2'), subscription('consumer2', 'topic1 topic2'))).toEqual({
      consumer1: 'topic1-0 topic1-1 topic2-0 topic2-1',
      consumer2: 'topic1-2 topic2-2',
    });
  });

  it('has static members first, by instance id', () => {
    const expected = { 'consumer-b': 'topic1-0 topic1-1 topic2-0 topic2-1', 'consumer-a': 'topic1-2 topic2-2' };
    const first = staticMember('consumer-b', 'instance1', 'topic1 topic2');
    expect(range('topic1:3 topic2:3', first, staticMember('consumer-a', 'instance2', 'topic1 topic2'))).toEqual(expected);
    expect(range('topic1:3 topic2:3', first, subscription('consumer-a', 'topic1 topic2'))).toEqual(expected);
  });

  it('keeps the ranges of static members when a dynamic one is replaced', () => {
    const members = ['1', '2', '3'].map((n) => staticMember(`consumer${n}`, `instance${n}`, 'topic1 topic2'));
    const ranges = { consumer1: 'topic1-0 topic1-1 topic2-0', consumer2: 'topic1-2 topic2-1', consumer3: 'topic1-3 topic2-2' };
    expect(range('topic1:5 topic2:4', ...members, subscription('consumer4', 'topic1 topic2'))).toEqual({ ...ranges, consumer4: 'topic1-4 topic2-3' });
    expect(range('topic1:5 topic2:4', ...members, subscription('consumer5', 'topic1 topic2'))).toEqual({ ...ranges, consumer5: 'topic1-4 topic2-3' });
  });

  it('goes by topic: equal and unequal subscriptions to topics of many sizes', () => {
    const all = 't1 t2 t3';
    expect(range('t1:6 t2:7 t3:2', subscription('consumer0', all), subscription('consumer1', all), subscription('consumer2', all))).toEqual({
      consumer0: 't1-0 t1-1 t2-0 t2-1 t2-2 t3-0',
      consumer1: 't1-2 t1-3 t2-3 t2-4 t3-1',
      consumer2: 't1-4 t1-5 t2-5 t2-6',
    });
    expect(range('t1:6 t2:7 t3:2', subscription('consumer0', all), subscription('consumer1', all), subscription('consumer2', 't1 t3'))).toEqual({
      consumer0: 't1-0 t1-1 t2-0 t2-1 t2-2 t2-3 t3-0',
      consumer1: 't1-2 t1-3 t2-4 t2-5 t2-6 t3-1',
      consumer2: 't1-4 t1-5',
    });
  });
});

describe('the round robin assignor', () => {
  it('deals the partitions of all topics in turn', () => {
    expect(roundRobin('topic1:3 topic2:3', subscription('consumer1', 'topic1 topic2'), subscription('consumer2', 'topic1 topic2'))).toEqual({
      consumer1: 'topic1-0 topic1-2 topic2-1',
      consumer2: 'topic1-1 topic2-0 topic2-2',
    });
  });

  it('has static members first, by instance id', () => {
    const expected = { 'consumer-b': 'topic1-0 topic1-2 topic2-1', 'consumer-a': 'topic1-1 topic2-0 topic2-2' };
    const first = staticMember('consumer-b', 'instance1', 'topic1 topic2');
    expect(roundRobin('topic1:3 topic2:3', first, staticMember('consumer-a', 'instance2', 'topic1 topic2'))).toEqual(expected);
    expect(roundRobin('topic1:3 topic2:3', first, subscription('consumer-a', 'topic1 topic2'))).toEqual(expected);
  });

  it('keeps the turns of static members when a dynamic one is replaced', () => {
    const members = ['1', '2', '3'].map((n) => staticMember(`consumer${n}`, `instance${n}`, 'topic1 topic2'));
    const turns = { consumer1: 'topic1-0 topic2-1', consumer2: 'topic1-1 topic2-2', consumer3: 'topic1-2' };
    expect(roundRobin('topic1:3 topic2:3', ...members, subscription('consumer4', 'topic1 topic2'))).toEqual({ ...turns, consumer4: 'topic2-0' });
    expect(roundRobin('topic1:3 topic2:3', ...members, subscription('consumer5', 'topic1 topic2'))).toEqual({ ...turns, consumer5: 'topic2-0' });
  });

  it('is uneven where subscriptions differ, as the sticky assignor tells of it', () => {
    const all = 'topic1 topic2 topic3 topic4 topic5';
    const members = [
      subscription('consumer1', all),
      subscription('consumer2', 'topic1 topic3 topic5'),
      subscription('consumer3', 'topic1 topic3 topic5'),
      subscription('consumer4', all),
    ];
    expect(roundRobin('topic1:2 topic2:1 topic3:2 topic4:1 topic5:2', ...members)).toEqual({
      consumer1: 'topic1-0 topic3-0 topic5-0',
      consumer2: 'topic1-1 topic3-1 topic5-1',
      consumer3: '',
      consumer4: 'topic2-0 topic4-0',
    });
  });
});
