import { describe, expect, it } from 'vitest';
import { createTopic } from './create-topic.ts';
import type { CreatableTopic } from './create-topic.ts';
import { MetadataImage } from './metadata.ts';
import type { MetadataRecord, PartitionRecord } from './metadata-records.ts';

/** Brokers 1 to 3 active, 4 fenced, 5 leaving. */
const BROKERS: readonly MetadataRecord[] = [1, 2, 3, 4, 5].map((id) => ({
  type: 'RegisterBrokerRecord',
  brokerId: id,
  brokerEpoch: id,
  incarnationId: `inc-${id}`,
  fenced: id === 4,
  inControlledShutdown: id === 5,
}));
const image = MetadataImage.empty().applyAll(BROKERS, 0);
const spec = (fields: Partial<CreatableTopic> = {}): CreatableTopic => ({
  name: 'trucks_gps',
  topicId: 'id-1',
  numPartitions: 10,
  replicationFactor: 3,
  ...fields,
});
const partitionsOf = (records: readonly MetadataRecord[]): PartitionRecord[] =>
  records.filter((record) => record.type === 'PartitionRecord');

describe('creating a topic', () => {
  it('makes a topic, its configs and its partitions, in records that fit the image', () => {
    const { errorCode, records } = createTopic(
      image,
      spec({ configs: { 'min.insync.replicas': '2', 'flush.messages': '1' } }),
      7,
    );
    expect(errorCode).toBe('NONE');
    expect(records.map((record) => record.type)).toEqual([
      'TopicRecord',
      'ConfigRecord',
      'ConfigRecord',
      ...Array.from({ length: 10 }, () => 'PartitionRecord'),
    ]);
    const after = image.applyAll(records, 10);
    expect(after.topic('trucks_gps')?.partitions).toHaveLength(10);
    expect([...after.configsOf(2, 'trucks_gps').keys()]).toEqual(['flush.messages', 'min.insync.replicas']);
    for (const partition of after.topic('trucks_gps')?.partitions ?? []) {
      expect(partition).toMatchObject({
        leader: partition.replicas[0],
        isr: partition.replicas,
        leaderEpoch: 0,
        partitionEpoch: 0,
        leaderRecoveryState: 'RECOVERED',
      });
      expect([...partition.replicas].sort()).toEqual([1, 2, 3]);
    }
  });

  it('spreads the leaders', () => {
    const leaders = partitionsOf(createTopic(image, spec({ numPartitions: 9 }), 3).records).map(
      (partition) => partition.leader,
    );
    expect([1, 2, 3].map((id) => leaders.filter((leader) => leader === id).length)).toEqual([3, 3, 3]);
  });

  it('puts a replica on a fenced broker if it must, outside the ISR, and none on one that is leaving', () => {
    for (const partition of partitionsOf(createTopic(image, spec({ replicationFactor: 4 }), 1).records)) {
      expect([...partition.replicas].sort()).toEqual([1, 2, 3, 4]);
      expect([...partition.isr].sort()).toEqual([1, 2, 3]);
      expect(partition.leader).toBe(partition.isr[0]);
    }
    expect(createTopic(image, spec({ replicationFactor: 5 }), 1).errorCode).toBe('INVALID_REPLICATION_FACTOR');
  });

  it('depends on nothing but the image, the topic and the draw', () => {
    expect(createTopic(image, spec(), 5)).toEqual(createTopic(image, spec(), 5));
  });

  const taken = image.applyAll(createTopic(image, spec({ name: 'trucks.gps' }), 1).records, 10);
  it.each<[string, Partial<CreatableTopic>, MetadataImage, string]>([
    ['that exists', { name: 'trucks.gps' }, taken, 'TOPIC_ALREADY_EXISTS'],
    ['that collides with another in metrics', {}, taken, 'INVALID_TOPIC_EXCEPTION'],
    ['without a name', { name: '' }, image, 'INVALID_TOPIC_EXCEPTION'],
    ['called ..', { name: '..' }, image, 'INVALID_TOPIC_EXCEPTION'],
    ['with a slash in its name', { name: 'a/b' }, image, 'INVALID_TOPIC_EXCEPTION'],
    ['with too long a name', { name: 'x'.repeat(250) }, image, 'INVALID_TOPIC_EXCEPTION'],
    ['without partitions', { numPartitions: 0 }, image, 'INVALID_PARTITIONS'],
    ['without replicas', { replicationFactor: 0 }, image, 'INVALID_REPLICATION_FACTOR'],
    ['in a cluster without brokers', {}, MetadataImage.empty(), 'INVALID_REPLICATION_FACTOR'],
  ])('refuses one %s', (_, fields, on, errorCode) => {
    const result = createTopic(on, spec({ topicId: 'id-2', ...fields }), 1);
    expect(result).toMatchObject({ errorCode, records: [] });
    expect(result.errorMessage).not.toBeNull();
  });
});

describe('a topic whose replicas are named', () => {
  const manual = (...lists: readonly (readonly number[])[]): Partial<CreatableTopic> => ({
    numPartitions: -1,
    replicationFactor: -1,
    assignments: lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
  });

  it('has them, in whatever order they are named, and its active ones in sync', () => {
    const { assignments = [], ...rest } = manual([3, 1], [4, 2], [5, 1]);
    const { errorCode, records } = createTopic(image, spec({ ...rest, assignments: assignments.toReversed() }), 7);
    expect(errorCode).toBe('NONE');
    expect(partitionsOf(records).map(({ partitionId, replicas, isr, leader }) => [partitionId, replicas, isr, leader])).toEqual([
      [0, [3, 1], [3, 1], 3],
      [1, [4, 2], [2], 2],
      [2, [5, 1], [1], 1],
    ]);
  });

  it.each<[string, Partial<CreatableTopic>, string]>([
    ['with a number of partitions beside them', { ...manual([1]), numPartitions: 1 }, 'INVALID_REQUEST'],
    ['with a replication factor beside them', { ...manual([1]), replicationFactor: 1 }, 'INVALID_REQUEST'],
    ['with no replicas', manual([1], []), 'INVALID_REPLICA_ASSIGNMENT'],
    ['with another number of replicas in each', manual([1], [1, 2]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['with a replica twice', manual([1, 1]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['with an unknown broker', manual([9]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['with nobody who is active', manual([4, 5]), 'INVALID_REPLICA_ASSIGNMENT'],
    ['with a gap', { ...manual([1]), assignments: [{ partitionIndex: 1, brokerIds: [1] }] }, 'INVALID_REPLICA_ASSIGNMENT'],
    [
      'with a partition twice',
      { ...manual([1]), assignments: [{ partitionIndex: 0, brokerIds: [1] }, { partitionIndex: 0, brokerIds: [2] }] },
      'INVALID_REPLICA_ASSIGNMENT',
    ],
  ])('is refused %s', (_, fields, errorCode) => {
    expect(createTopic(image, spec(fields), 7)).toMatchObject({ errorCode, records: [] });
  });

  it('takes the cluster’s defaults when neither names nor numbers are given', () => {
    const { records } = createTopic(image, spec({ numPartitions: -1, replicationFactor: -1 }), 7, { numPartitions: 4, defaultReplicationFactor: 2 });
    expect(partitionsOf(records).map(({ replicas }) => replicas.length)).toEqual([2, 2, 2, 2]);
  });
});
