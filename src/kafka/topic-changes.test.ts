import { describe, expect, it } from 'vitest';
import { createTopic } from './create-topic.ts';
import { MetadataImage } from './metadata.ts';
import type { MetadataRecord } from './metadata-records.ts';
import { createPartitions, deleteTopic } from './topic-changes.ts';

/** Brokers 1 to 4, of which 4 is fenced; topic `t` with two partitions of two replicas. */
const BROKERS: readonly MetadataRecord[] = [1, 2, 3, 4].map((id) => ({
  type: 'RegisterBrokerRecord', brokerId: id, brokerEpoch: id, incarnationId: `inc-${id}`, fenced: id === 4, inControlledShutdown: false,
}));
const empty = MetadataImage.empty().applyAll(BROKERS, 0);
const image = empty.applyAll(
  createTopic(empty, { name: 't', topicId: 'id', numPartitions: -1, replicationFactor: -1, assignments: [[1, 2], [2, 3]].map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })) }, 0).records,
  10,
);

describe('a topic that gains partitions', () => {
  it('has as many as asked for, and the new ones as many replicas as the first', () => {
    const { errorCode, records } = createPartitions(image, { name: 't', count: 7 }, 5);
    expect(errorCode).toBe('NONE');
    const partitions = image.applyAll(records, 20).topic('t')?.partitions ?? [];
    expect(partitions.map(({ replicas }) => replicas.length)).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(partitions.slice(0, 2)).toEqual(image.topic('t')?.partitions);
    for (const { replicas, isr, leader, leaderEpoch } of partitions) expect([replicas.filter((id) => id !== 4), leader, leaderEpoch]).toEqual([isr, isr[0], 0]);
  });

  it('has them where they are told to be', () => {
    const { records } = createPartitions(image, { name: 't', count: 4, assignments: [[4, 3], [3, 1]] }, 0);
    expect(records).toMatchObject([
      { partitionId: 2, replicas: [4, 3], isr: [3], leader: 3 },
      { partitionId: 3, replicas: [3, 1], isr: [3, 1], leader: 3 },
    ]);
  });

  it.each<[string, Parameters<typeof createPartitions>[1], string]>([
    ['an unknown topic', { name: 'u', count: 3 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['as many as there are', { name: 't', count: 2 }, 'INVALID_PARTITIONS'],
    ['fewer than there are', { name: 't', count: 1 }, 'INVALID_PARTITIONS'],
    ['assignments of another number', { name: 't', count: 4, assignments: [[1, 2]] }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['another number of replicas', { name: 't', count: 3, assignments: [[1, 2, 3]] }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['nobody', { name: 't', count: 3, assignments: [[]] }, 'INVALID_REPLICA_ASSIGNMENT'],
    ['a broker that is not registered', { name: 't', count: 3, assignments: [[1, 9]] }, 'INVALID_REPLICA_ASSIGNMENT'],
  ])('is refused: %s', (_, wanted, errorCode) => {
    expect(createPartitions(image, wanted, 0)).toMatchObject({ errorCode, records: [] });
  });

  it('is refused where brokers are too few or none is active', () => {
    const fence = (id: number): MetadataRecord => ({ type: 'BrokerRegistrationChangeRecord', brokerId: id, brokerEpoch: id, fenced: 1, inControlledShutdown: 0 });
    const fenced = image.applyAll([1, 2, 3].map(fence), 20);
    expect(createPartitions(fenced, { name: 't', count: 3 }, 0)).toMatchObject({ errorCode: 'INVALID_REPLICATION_FACTOR', records: [] });
    expect(createPartitions(fenced, { name: 't', count: 3, assignments: [[1, 2]] }, 0)).toMatchObject({ errorCode: 'INVALID_REPLICA_ASSIGNMENT' });
  });
});

describe('a topic that is deleted', () => {
  it('is gone by its id', () => {
    const { errorCode, records } = deleteTopic(image, 't');
    expect([errorCode, records]).toEqual(['NONE', [{ type: 'RemoveTopicRecord', topicId: 'id' }]]);
    expect(image.applyAll(records, 20).topic('t')).toBeUndefined();
  });

  it('must be there', () => {
    expect(deleteTopic(image, 'u')).toMatchObject({ errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', records: [] });
  });
});
