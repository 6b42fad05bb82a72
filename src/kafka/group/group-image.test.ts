import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCoordinatorRecord, encodeCoordinatorRecord, type CoordinatorRecord } from './coordinator-records.ts';
import { EMPTY_GROUP_IMAGE, isNoGroup, replayAll } from './group-image.ts';
import { tombstonesOf } from './consumer-group.ts';
import { inHashMapOrder, javaHashCode, partitionForGroup } from './partition.ts';

const commit = (partition: number, offset: number | null): CoordinatorRecord => ({
  type: 'OffsetCommit', key: { group: 'g', topic: 't', partition },
  value: offset === null ? null : { offset, leaderEpoch: 0, metadata: '', commitTimestamp: 5 },
});

const metadata: CoordinatorRecord = {
  type: 'GroupMetadata', key: { group: 'g' }, value: { protocolType: 'consumer', generation: 3, protocol: null, leader: null, currentStateTimestamp: 9, members: [] },
};

const consumerRecords: readonly CoordinatorRecord[] = [
  { type: 'ConsumerGroupMemberMetadata', key: { groupId: 'g', memberId: 'm' }, value: { instanceId: null, subscribedTopicNames: ['t'], rebalanceTimeoutMs: 1, serverAssignor: null } },
  { type: 'ConsumerGroupPartitionMetadata', key: { groupId: 'g' }, value: { topics: [{ topicName: 't', numPartitions: 2 }] } },
  { type: 'ConsumerGroupMetadata', key: { groupId: 'g' }, value: { epoch: 1 } },
  { type: 'ConsumerGroupTargetAssignmentMember', key: { groupId: 'g', memberId: 'm' }, value: { topicPartitions: [{ topic: 't', partitions: [0, 1] }] } },
  { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId: 'g' }, value: { assignmentEpoch: 1 } },
  { type: 'ConsumerGroupCurrentMemberAssignment', key: { groupId: 'g', memberId: 'm' }, value: { memberEpoch: 1, previousMemberEpoch: 0, state: 'STABLE', assignedPartitions: [], partitionsPendingRevocation: [] } },
];

describe('the image of a group', () => {
  it('is the last value of each key, whatever came before', () => {
    const record = fc.tuple(fc.nat(3), fc.option(fc.nat(100), { nil: null }));
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (pairs) => {
        const image = replayAll(EMPTY_GROUP_IMAGE, pairs.map(([partition, offset]) => commit(partition, offset)));
        const last = new Map(pairs);
        expect(new Map([...image.offsets.values()].map(({ partition, offset }) => [partition, offset]))).toEqual(new Map([...last].filter(([, offset]) => offset !== null)));
      }),
    );
  });

  it('is the same for who reads the records from a log', () => {
    for (const record of [commit(1, 5), commit(1, null), metadata, ...consumerRecords]) {
      expect(decodeCoordinatorRecord(encodeCoordinatorRecord(record, 7))).toEqual(record);
    }
  });

  it('is nothing once its tombstones are read', () => {
    const image = replayAll(EMPTY_GROUP_IMAGE, [commit(0, 1), metadata, ...consumerRecords]);
    expect([isNoGroup(image), image.consumer?.groupEpoch, image.consumer?.targetAssignment.size]).toEqual([false, 1, 1]);
    const gone = replayAll(image, [commit(0, null), { ...metadata, value: null } as CoordinatorRecord, ...tombstonesOf('g', image.consumer!)]);
    expect(isNoGroup(gone)).toBe(true);
    const again = replayAll(EMPTY_GROUP_IMAGE, tombstonesOf('g', image.consumer!));
    expect(isNoGroup(again), 'and tombstones of what was compacted away make no group').toBe(true);
  });
});

describe('the partition of a group', () => {
  it('follows Java', () => {
    expect(['', 'a', 'hello'].map(javaHashCode)).toEqual([0, 97, 99162322]);
    expect(javaHashCode('polygenelubricants'), 'Integer.MIN_VALUE').toBe(-2147483648);
    expect(partitionForGroup('polygenelubricants', 50), 'whose absolute value is none').toBe(0);
    expect(partitionForGroup('hello', 50)).toBe(99162322 % 50);
  });

  it('names walk as in a HashMap', () => {
    expect(inHashMapOrder(['range', 'cooperative-sticky']).toSorted()).toEqual(['cooperative-sticky', 'range']);
    expect(inHashMapOrder(['b', 'a', 'q'])).toEqual(['a', 'q', 'b']);
  });
});
