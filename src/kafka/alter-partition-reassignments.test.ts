import { describe, expect, it } from 'vitest';
import { alterPartition } from './alter-partition.ts';
import { alterPartitionReassignment, alterPartitionReassignments, listPartitionReassignments } from './alter-partition-reassignments.ts';
import { MetadataImage } from './metadata.ts';
import type { MetadataRecord, PartitionRecord } from './metadata-records.ts';
import { DEFAULT_CONTROL, handleBrokerFenced } from './replication-control.ts';
import type { ReplicationControl } from './replication-control.ts';

const UNCLEAN: ReplicationControl = { ...DEFAULT_CONTROL, uncleanLeaderElectionEnable: true };

/** Brokers 1 to 6 active; partitions of topic `t` with replicas 1, 2, 3 unless said otherwise. */
function imageOf(...partitions: readonly Partial<PartitionRecord>[]): MetadataImage {
  const brokers = [1, 2, 3, 4, 5, 6].map((id): MetadataRecord => ({
    type: 'RegisterBrokerRecord', brokerId: id, brokerEpoch: 10 + id, incarnationId: `inc-${id}`, fenced: false, inControlledShutdown: false,
  }));
  const records = partitions.map((fields, partitionId): MetadataRecord => ({
    type: 'PartitionRecord', topicId: 'id', partitionId, replicas: [1, 2, 3], isr: [1, 2, 3], leader: 1, leaderEpoch: 0, partitionEpoch: 0,
    leaderRecoveryState: 'RECOVERED', ...fields,
  }));
  return MetadataImage.empty().applyAll([...brokers, { type: 'TopicRecord', name: 't', topicId: 'id' }, ...records], 0);
}

function reassign(image: MetadataImage, replicas: readonly number[] | null, control = DEFAULT_CONTROL): MetadataImage {
  const { errorCode, record } = alterPartitionReassignment(image, control, 't', 0, replicas);
  expect(errorCode).toBe('NONE');
  return record === undefined ? image : image.apply(record, image.offset + 1);
}

/** The leader proposes an ISR. */
function propose(image: MetadataImage, ...isr: readonly number[]): MetadataImage {
  const partition = image.partition('t', 0);
  if (partition === undefined) throw new Error('there is no partition');
  const { records } = alterPartition(image, DEFAULT_CONTROL, {
    brokerId: partition.leader,
    brokerEpoch: 10 + partition.leader,
    topics: [{ topicName: 't', partitions: [{ ...partition, partitionIndex: 0, newIsrWithEpochs: isr.map((id) => ({ brokerId: id, brokerEpoch: 10 + id })) }] }],
  });
  return image.applyAll(records, image.offset + 1);
}

describe('a reassignment', () => {
  it('makes the new replicas replicas beside the old ones, without a new leader epoch', () => {
    expect(reassign(imageOf({}), [4, 2, 5]).partition('t', 0)).toMatchObject({
      replicas: [4, 2, 5, 1, 3], addingReplicas: [4, 5], removingReplicas: [1, 3], isr: [1, 2, 3], leader: 1, leaderEpoch: 0, partitionEpoch: 1,
    });
  });

  it('completes when every replica that stays is in the ISR, with a new leader epoch', () => {
    const started = reassign(imageOf({}), [4, 2, 5]);
    const onTheWay = propose(started, 1, 2, 3, 4);
    expect(onTheWay.partition('t', 0)).toMatchObject({ replicas: [4, 2, 5, 1, 3], isr: [1, 2, 3, 4], leader: 1, leaderEpoch: 0 });
    expect(propose(onTheWay, 1, 2, 3, 4, 5).partition('t', 0)).toMatchObject({
      replicas: [4, 2, 5], addingReplicas: [], removingReplicas: [], isr: [2, 4, 5], leader: 4, leaderEpoch: 1,
    });
  });

  it('completes at once when it only takes replicas away, or puts them in another order', () => {
    expect(reassign(imageOf({}), [2, 3]).partition('t', 0)).toMatchObject({
      replicas: [2, 3], isr: [2, 3], addingReplicas: [], removingReplicas: [], leader: 2, leaderEpoch: 1,
    });
    expect(reassign(imageOf({}), [3, 2, 1]).partition('t', 0)).toMatchObject({ replicas: [3, 2, 1], isr: [1, 2, 3], leader: 1, leaderEpoch: 0 });
    expect(alterPartitionReassignment(imageOf({}), DEFAULT_CONTROL, 't', 0, [1, 2, 3])).toMatchObject({ errorCode: 'NONE', record: undefined });
  });

  it('waits while nobody who stays is in sync', () => {
    const image = imageOf({ isr: [1] });
    expect(reassign(image, [2, 3]).partition('t', 0)).toMatchObject({ replicas: [2, 3, 1], removingReplicas: [1], isr: [1], leader: 1 });
  });

  it('completes with the change that fencing brings, too', () => {
    const started = propose(reassign(imageOf({ isr: [1, 2] }), [2, 4]), 1, 2, 4);
    expect(started.partition('t', 0)).toMatchObject({ replicas: [2, 4] });
    const waiting = imageOf({ replicas: [2, 4, 1], isr: [1, 2, 4], addingReplicas: [4], removingReplicas: [1] });
    const fenced = waiting.applyAll(handleBrokerFenced(waiting, DEFAULT_CONTROL, 1), 100);
    expect(fenced.partition('t', 0)).toMatchObject({ replicas: [2, 4], isr: [2, 4], leader: 2, removingReplicas: [] });
  });

  it('gives way to another one, which takes out what the first had added', () => {
    const second = reassign(reassign(imageOf({}), [4, 5, 6]), [1, 2, 4]);
    expect(second.partition('t', 0)).toMatchObject({ replicas: [1, 2, 4, 3, 5, 6], addingReplicas: [4, 5, 6], removingReplicas: [3, 5, 6] });
    expect(propose(second, 1, 2, 3, 4).partition('t', 0)).toMatchObject({ replicas: [1, 2, 4], isr: [1, 2, 4], addingReplicas: [], removingReplicas: [] });
  });

  it('goes on removing whom the first one was removing when the second removes nobody, as Kafka does', () => {
    const second = reassign(reassign(imageOf({}), [2, 3, 4]), [1, 2, 3, 4]);
    expect(second.partition('t', 0)).toMatchObject({ replicas: [1, 2, 3, 4], addingReplicas: [4], removingReplicas: [1] });
  });

  it.each<[string, string, number, readonly number[] | null, string]>([
    ['an unknown topic', 'u', 0, [1], 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['an unknown partition', 't', 7, [1], 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['no replicas', 't', 0, [], 'INVALID_REPLICA_ASSIGNMENT'],
    ['a broker that is not registered', 't', 0, [1, 9], 'INVALID_REPLICA_ASSIGNMENT'],
    ['a broker named twice', 't', 0, [2, 2], 'INVALID_REPLICA_ASSIGNMENT'],
    ['the cancellation of nothing', 't', 0, null, 'NO_REASSIGNMENT_IN_PROGRESS'],
  ])('is refused for %s', (_, topic, partition, replicas, errorCode) => {
    expect(alterPartitionReassignment(imageOf({}), DEFAULT_CONTROL, topic, partition, replicas)).toMatchObject({ errorCode, record: undefined });
  });

  it('is decided for every partition of a request by itself, and once', () => {
    const { records, response } = alterPartitionReassignments(imageOf({}, {}), DEFAULT_CONTROL, {
      topics: [{ name: 't', partitions: [
        { partitionIndex: 0, replicas: [4] }, { partitionIndex: 1, replicas: null }, { partitionIndex: 0, replicas: [5] },
      ] }],
    });
    expect(response.responses.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual([
      ['NONE', 'NO_REASSIGNMENT_IN_PROGRESS', 'INVALID_REQUEST'],
    ]);
    expect(records.map(({ partitionId, addingReplicas }) => [partitionId, addingReplicas])).toEqual([[0, [4]]]);
  });
});

describe('a reassignment that is cancelled', () => {
  it('gives the old replicas back and sends the added ones away, the leader among them', () => {
    const image = imageOf({ replicas: [4, 5, 1, 2, 3], isr: [1, 2, 4], leader: 4, addingReplicas: [4, 5], removingReplicas: [1, 2, 3] });
    expect(reassign(image, null).partition('t', 0)).toMatchObject({ replicas: [1, 2, 3], isr: [1, 2], leader: 1, leaderEpoch: 1, partitionEpoch: 1 });
  });

  it('keeps a leader that stays, in a new leader epoch', () => {
    const cancelled = reassign(propose(reassign(imageOf({}), [4, 5]), 1, 2, 4), null);
    expect(cancelled.partition('t', 0)).toMatchObject({
      replicas: [1, 2, 3], isr: [1, 2], addingReplicas: [], removingReplicas: [], leader: 1, leaderEpoch: 1,
    });
  });

  it('is refused where only added replicas are in sync, unless unclean elections are allowed', () => {
    const image = imageOf({ replicas: [4, 5, 1, 2], isr: [4], leader: 4, addingReplicas: [4, 5], removingReplicas: [1, 2] });
    expect(alterPartitionReassignment(image, DEFAULT_CONTROL, 't', 0, null)).toMatchObject({ errorCode: 'INVALID_REPLICA_ASSIGNMENT', record: undefined });
    expect(reassign(image, null, UNCLEAN).partition('t', 0)).toMatchObject({ replicas: [1, 2], isr: [1], leader: 1, leaderEpoch: 1 });
  });
});

describe('listing reassignments', () => {
  const moving = { replicas: [4, 2, 1], addingReplicas: [4], removingReplicas: [1], isr: [1, 2] };
  const image = imageOf({}, moving, {}, moving);
  const ongoing = (partitionIndex: number): unknown => ({ partitionIndex, replicas: [4, 2, 1], addingReplicas: [4], removingReplicas: [1] });

  it('lists all of them, or those asked for, and nothing that stands still', () => {
    expect(listPartitionReassignments(image, null)).toEqual([{ name: 't', partitions: [ongoing(1), ongoing(3)] }]);
    expect(listPartitionReassignments(image, [{ name: 't', partitionIndexes: [0, 3, 9] }])).toEqual([{ name: 't', partitions: [ongoing(3)] }]);
    expect(listPartitionReassignments(image, [{ name: 't', partitionIndexes: [0] }, { name: 'u', partitionIndexes: [0] }])).toEqual([]);
  });
});

describe('a reassignment below min.insync.replicas, as Kafka does it with ELR', () => {
  const two: ReplicationControl = { ...DEFAULT_CONTROL, minInsyncReplicas: 2 };

  it('keeps in the ELR whom it takes from a partition’s replicas, and elects them without their data when they are replicas again', () => {
    const move = (image: MetadataImage, target: readonly number[]): MetadataImage => {
      const { record } = alterPartitionReassignment(image, two, 't', 1, target);
      if (record === undefined) throw new Error('the reassignment changes nothing');
      return image.apply(record, image.offset + 1);
    };
    // 1. One replica is left, which commits alone from now on: a leader asks for no more in-sync replicas than there are.
    //    The controller goes by the replicas of partition 0, of which there still are three.
    const alone = move(imageOf({}, {}), [1]);
    expect(alone.partition('t', 1)).toMatchObject({ replicas: [1], isr: [1], elr: [2, 3], leader: 1 });
    // 2. The others come back with empty logs, and are out of sync.
    const back = move(alone, [1, 2, 3]);
    expect(back.partition('t', 1)).toMatchObject({ replicas: [1, 2, 3], isr: [1], elr: [2, 3], addingReplicas: [2, 3], leader: 1 });
    // 3. The only one that has the data goes, and the election is called clean.
    const lost = back.applyAll(handleBrokerFenced(back, two, 1), back.offset + 1);
    expect(lost.partition('t', 1)).toMatchObject({ isr: [2], elr: [1, 3], leader: 2, leaderRecoveryState: 'RECOVERED' });
  });
});
