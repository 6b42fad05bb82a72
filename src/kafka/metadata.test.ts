import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../kernel/assert.ts';
import { MetadataImage } from './metadata.ts';
import type {
  BrokerRegistrationChangeRecord,
  ConfigRecord,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
} from './metadata-records.ts';

const register = (
  brokerId: number,
  brokerEpoch: number,
  fields: Partial<RegisterBrokerRecord> = {},
): RegisterBrokerRecord => ({
  type: 'RegisterBrokerRecord',
  brokerId,
  brokerEpoch,
  incarnationId: `inc-${brokerEpoch}`,
  fenced: true,
  inControlledShutdown: false,
  ...fields,
});
const registration = (
  brokerId: number,
  brokerEpoch: number,
  fenced: 1 | -1 | 0,
  inControlledShutdown: 1 | 0 = 0,
): BrokerRegistrationChangeRecord => ({
  type: 'BrokerRegistrationChangeRecord',
  brokerId,
  brokerEpoch,
  fenced,
  inControlledShutdown,
});
const topic = (name: string): MetadataRecord => ({ type: 'TopicRecord', name, topicId: `id-${name}` });
const partition = (name: string, partitionId: number, fields: Partial<PartitionRecord> = {}): PartitionRecord => ({
  type: 'PartitionRecord',
  topicId: `id-${name}`,
  partitionId,
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  leader: 1,
  leaderEpoch: 0,
  partitionEpoch: 0,
  leaderRecoveryState: 'RECOVERED',
  ...fields,
});
const change = (
  name: string,
  partitionId: number,
  fields: Partial<PartitionChangeRecord> = {},
): PartitionChangeRecord => ({
  type: 'PartitionChangeRecord',
  topicId: `id-${name}`,
  partitionId,
  isr: null,
  leader: -2,
  replicas: null,
  leaderRecoveryState: null,
  ...fields,
});
const config = (resourceName: string, name: string, value: string | null): ConfigRecord => ({
  type: 'ConfigRecord',
  resourceType: 2,
  resourceName,
  name,
  value,
});

const imageOf = (...records: readonly MetadataRecord[]): MetadataImage => MetadataImage.empty().applyAll(records, 0);

describe('brokers in the image', () => {
  it('are kept by id, whatever order they registered in', () => {
    const image = imageOf(register(3, 0), register(1, 1), register(2, 2));
    expect(image.brokers.map((broker) => broker.id)).toEqual([1, 2, 3]);
    expect(image.broker(2)).toMatchObject({ id: 2, epoch: 2, incarnationId: 'inc-2', fenced: true });
    expect(image.broker(4)).toBeUndefined();
  });

  it('become active when unfenced and inactive when fenced or shutting down', () => {
    const fenced = imageOf(register(1, 0));
    expect(fenced.isActive(1)).toBe(false);
    const unfenced = fenced.apply(registration(1, 0, -1), 1);
    expect(unfenced.isActive(1)).toBe(true);
    const leaving = unfenced.apply(registration(1, 0, 0, 1), 2);
    expect(leaving.broker(1)).toMatchObject({ fenced: false, inControlledShutdown: true });
    expect(leaving.isActive(1)).toBe(false);
    expect(leaving.apply(registration(1, 0, 1), 3).broker(1)).toMatchObject({
      fenced: true,
      inControlledShutdown: true,
    });
    expect(leaving.apply(register(1, 7), 7).broker(1)).toMatchObject({
      fenced: true,
      inControlledShutdown: false,
      epoch: 7,
    });
    expect(leaving.isActive(9)).toBe(false);
  });

  it('are removed by their own epoch only', () => {
    const image = imageOf(register(1, 0), register(2, 1));
    expect(
      image
        .apply({ type: 'UnregisterBrokerRecord', brokerId: 1, brokerEpoch: 0 }, 2)
        .brokers.map((broker) => broker.id),
    ).toEqual([2]);
    expect(() => image.apply({ type: 'UnregisterBrokerRecord', brokerId: 1, brokerEpoch: 1 }, 2)).toThrow(
      AssertionFailed,
    );
  });
});

describe('partitions in the image', () => {
  const image = imageOf(topic('trucks_gps'), partition('trucks_gps', 0), partition('trucks_gps', 1));

  it('are found by name and by id', () => {
    expect(image.partition('trucks_gps', 1)).toMatchObject({ leader: 1, leaderEpoch: 0 });
    expect(image.topicById('id-trucks_gps')).toBe(image.topic('trucks_gps'));
    expect(image.topic('other')).toBeUndefined();
    expect(image.partition('trucks_gps', 2)).toBeUndefined();
  });

  it('raise the partition epoch with every change and the leader epoch with every leader named', () => {
    const shrunk = image.apply(change('trucks_gps', 0, { isr: [1, 2] }), 9);
    expect(shrunk.partition('trucks_gps', 0)).toMatchObject({
      isr: [1, 2],
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 1,
    });
    const moved = shrunk.apply(change('trucks_gps', 0, { leader: 2 }), 10);
    expect(moved.partition('trucks_gps', 0)).toMatchObject({
      isr: [1, 2],
      leader: 2,
      leaderEpoch: 1,
      partitionEpoch: 2,
    });
    const same = moved.apply(change('trucks_gps', 0, { leader: 2 }), 11);
    expect(same.partition('trucks_gps', 0)).toMatchObject({ leader: 2, leaderEpoch: 2, partitionEpoch: 3 });
    const gone = same.apply(change('trucks_gps', 0, { isr: [2], leader: -1, leaderRecoveryState: 'RECOVERING' }), 12);
    expect(gone.partition('trucks_gps', 0)).toMatchObject({
      isr: [2],
      leader: -1,
      leaderEpoch: 3,
      leaderRecoveryState: 'RECOVERING',
    });
    expect(image.partition('trucks_gps', 0)).toMatchObject({ partitionEpoch: 0 });
  });

  it('share with the older image all that did not change', () => {
    const after = image.apply(change('trucks_gps', 0, { isr: [1] }), 9);
    expect(after.partition('trucks_gps', 1)).toBe(image.partition('trucks_gps', 1));
    expect(after.brokers).toBe(image.brokers);
    const wider = after.apply(topic('second'), 10);
    expect(wider.topic('trucks_gps')).toBe(after.topic('trucks_gps'));
  });
});

describe('a record that does not fit', () => {
  const image = imageOf(register(1, 0), topic('t'), partition('t', 0));
  it.each<[string, MetadataRecord]>([
    ['a change of an unknown broker', registration(9, 0, 1)],
    ['a change of another incarnation', registration(1, 5, 1)],
    ['a change of registration that changes nothing', registration(1, 0, 0)],
    ['the removal of an unknown broker', { type: 'UnregisterBrokerRecord', brokerId: 9, brokerEpoch: 0 }],
    ['a new incarnation without a new epoch', register(1, 0, { incarnationId: 'other' })],
    ['a topic of the same name', { type: 'TopicRecord', name: 't', topicId: 'fresh' }],
    ['a topic of the same id', { type: 'TopicRecord', name: 'fresh', topicId: 'id-t' }],
    ['a partition of an unknown topic', partition('nowhere', 0)],
    ['a partition that leaves a gap', partition('t', 2)],
    ['a partition that exists', partition('t', 0)],
    ['a partition without replicas', partition('t', 1, { replicas: [], isr: [], leader: -1 })],
    ['a replica named twice', partition('t', 1, { replicas: [1, 1], isr: [1] })],
    ['an ISR outside the replicas', partition('t', 1, { isr: [1, 4] })],
    ['an empty ISR', change('t', 0, { isr: [], leader: -1 })],
    ['an ISR with a member twice', change('t', 0, { isr: [1, 1] })],
    ['a leader outside the ISR', change('t', 0, { isr: [2, 3] })],
    ['an ELR that names a member of the ISR', change('t', 0, { eligibleLeaderReplicas: [3] })],
    ['an ELR with a member twice', change('t', 0, { isr: [1], eligibleLeaderReplicas: [2, 2] })],
    ['a reassignment that adds who is no replica', change('t', 0, { addingReplicas: [4] })],
    ['the removal of an unknown topic', { type: 'RemoveTopicRecord', topicId: 'id-nowhere' }],
    ['the ELR of an unknown topic', { type: 'ClearElrRecord', topicName: 'nowhere' }],
    ['a change of an unknown partition', change('t', 1)],
    ['a change of an unknown topic', change('nowhere', 0)],
  ])('is refused: %s', (_, record) => {
    expect(() => image.apply(record, 10)).toThrow(AssertionFailed);
  });

  it('is refused at an offset that was applied already', () => {
    expect(() => image.apply(topic('u'), 2)).toThrow(AssertionFailed);
    expect(image.apply(topic('u'), 3).offset).toBe(3);
  });
});

describe('configs in the image', () => {
  it('are set, replaced and removed per resource', () => {
    const image = imageOf(
      config('t', 'min.insync.replicas', '2'),
      config('t', 'flush.messages', '1'),
      config('u', 'flush.messages', '7'),
      config('t', 'flush.messages', '3'),
    );
    expect([...image.configsOf(2, 't')]).toEqual([
      ['flush.messages', '3'],
      ['min.insync.replicas', '2'],
    ]);
    expect(image.configValue(2, 'u', 'flush.messages')).toBe('7');
    expect(image.configValue(4, 't', 'flush.messages')).toBeUndefined();
    expect([...image.apply(config('t', 'flush.messages', null), 9).configsOf(2, 't')]).toEqual([
      ['min.insync.replicas', '2'],
    ]);
  });
});

describe('what was touched between two images', () => {
  it('is each partition created or changed since, in order', () => {
    const before = imageOf(topic('a'), partition('a', 0), partition('a', 1), topic('b'), partition('b', 0));
    const after = before.applyAll(
      [
        change('b', 0, { isr: [1] }),
        change('a', 1, { isr: [1] }),
        topic('c'),
        partition('c', 0),
        change('a', 1, { isr: [1, 2] }),
        config('a', 'x', 'y'),
      ],
      10,
    );
    expect(after.partitionsTouchedSince(before).map(({ topic: name, partition: index }) => `${name}-${index}`)).toEqual(
      ['a-1', 'b-0', 'c-0'],
    );
    expect(after.partitionsTouchedSince(after)).toEqual([]);
    expect(after.partitionsTouchedSince(MetadataImage.empty())).toHaveLength(4);
  });

  it('is each broker registered, changed or removed since', () => {
    const before = imageOf(register(1, 0), register(2, 1), register(3, 2));
    const after = before.applyAll(
      [registration(2, 1, -1), { type: 'UnregisterBrokerRecord', brokerId: 3, brokerEpoch: 2 }, register(0, 5)],
      10,
    );
    expect(after.brokersTouchedSince(before)).toEqual([0, 2, 3]);
    expect(after.brokersTouchedSince(after)).toEqual([]);
  });

  it('is the set of partitions that the records name, for any prefix of the log', () => {
    const step = fc.record({
      topic: fc.constantFrom('a', 'b', 'c'),
      partition: fc.nat(3),
      isr: fc.constantFrom([1], [1, 2], [1, 2, 3]),
    });
    const start = imageOf(
      ...['a', 'b', 'c'].flatMap((name) => [topic(name), ...[0, 1, 2, 3].map((index) => partition(name, index))]),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20), (steps, cut) => {
        const records = steps.map((each) => change(each.topic, each.partition, { isr: each.isr }));
        const images = records.reduce(
          (all, record, i) => [...all, (all[i] as MetadataImage).apply(record, 100 + i)],
          [start],
        );
        const from = Math.min(cut, steps.length);
        const touched = (images[steps.length] as MetadataImage).partitionsTouchedSince(images[from] as MetadataImage);
        const named = new Set(steps.slice(from).map((each) => `${each.topic}-${each.partition}`));
        expect(touched.map((each) => `${each.topic}-${each.partition}`)).toEqual([...named].sort());
      }),
    );
  });
});

describe('records that are applied together', () => {
  it('make the image that they make one after another', () => {
    const records: readonly MetadataRecord[] = [
      register(1, 0), topic('t'), partition('t', 0), partition('t', 1), change('t', 0, { isr: [1] }), change('t', 0, { isr: [1, 2] }), topic('u'),
      partition('u', 0), change('t', 1, { isr: [1, 3] }), change('u', 0, { leader: 2 }), config('t', 'flush.messages', '1'), partition('t', 2),
    ];
    const oneByOne = records.reduce<MetadataImage>((image, record, i) => image.apply(record, 5 + i), MetadataImage.empty());
    const together = MetadataImage.empty().applyAll(records, 5);
    expect(together).toEqual(oneByOne);
    expect(together.topics.map(({ partitionNames }) => partitionNames)).toEqual([['t-0', 't-1', 't-2'], ['u-0']]);
  });

  it('are refused together, too, where one does not fit', () => {
    expect(() => imageOf(topic('t'), partition('t', 0), partition('t', 2))).toThrow(AssertionFailed);
    expect(() => imageOf(topic('t'), partition('t', 0), change('t', 0, { isr: [1] }), change('t', 1))).toThrow(AssertionFailed);
  });
});

describe('a topic that is removed', () => {
  const older = imageOf(
    topic('t'), partition('t', 0), topic('u'), partition('u', 0), partition('u', 1), config('t', 'flush.messages', '1'), config('u', 'flush.messages', '2'),
  );
  const image = older.apply({ type: 'RemoveTopicRecord', topicId: 'id-t' }, 20);

  it('takes its partitions and its configs with it and leaves the others where they can be found', () => {
    expect([image.topic('t'), image.topicById('id-t'), image.partition('t', 0), image.configValue(2, 't', 'flush.messages')]).toEqual([
      undefined, undefined, undefined, undefined,
    ]);
    expect([image.topics.map(({ name }) => name), image.configValue(2, 'u', 'flush.messages')]).toEqual([['u'], '2']);
    expect([image.topic('u'), image.topicById('id-u')]).toEqual([older.topic('u'), older.topic('u')]);
  });

  it('is told apart from those that stay, which are not touched though they move up', () => {
    expect(image.topicsRemovedSince(older)).toEqual([older.topic('t')]);
    expect(image.partitionsTouchedSince(older)).toEqual([]);
    const changed = image.apply(change('u', 1, { isr: [1] }), 21);
    expect(changed.partitionsTouchedSince(older)).toEqual([{ topicId: 'id-u', topic: 'u', partition: 1 }]);
    expect(changed.topicsRemovedSince(image)).toEqual([]);
  });

  it('is removed and touched at once when a topic of its name is created anew', () => {
    const record: MetadataRecord = { ...partition('t', 0), topicId: 'fresh' };
    const anew = image.apply({ type: 'TopicRecord', name: 't', topicId: 'fresh' }, 21).apply(record, 22);
    expect(anew.topicsRemovedSince(older).map(({ topicId }) => topicId)).toEqual(['id-t']);
    expect(anew.partitionsTouchedSince(older)).toEqual([{ topicId: 'fresh', topic: 't', partition: 0 }]);
    expect(anew.topics.map(({ topicId }) => topicId)).toEqual(['id-u', 'fresh']);
  });
});

describe('clearing eligible leader replicas', () => {
  const below = { isr: [1], eligibleLeaderReplicas: [2, 3] };
  const image = imageOf(topic('t'), partition('t', 0, below), partition('t', 1), topic('u'), partition('u', 0, below));

  it('raises the partition epoch of those that had some and leaves the rest as they were', () => {
    const cleared = image.apply({ type: 'ClearElrRecord', topicName: 't' }, 20);
    expect(cleared.partition('t', 0)).toMatchObject({ isr: [1], elr: [], leader: 1, leaderEpoch: 0, partitionEpoch: 1 });
    expect(cleared.partitionsTouchedSince(image)).toEqual([{ topicId: 'id-t', topic: 't', partition: 0 }]);
    expect(cleared.offset).toBe(20);
  });

  it('is of every topic when none is named', () => {
    const cleared = image.apply({ type: 'ClearElrRecord', topicName: '' }, 20);
    expect(cleared.partitionsTouchedSince(image).map((each) => each.topic)).toEqual(['t', 'u']);
  });
});
