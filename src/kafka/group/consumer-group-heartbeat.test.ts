import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsumerGroupHeartbeatRequest } from '../group-api.ts';
import { KAFKA_RULES } from '../rules.ts';
import { consumerGroupStateOf } from './consumer-group.ts';
import { errorOfRequest, fence, heartbeat, leave, type HeartbeatContext, type HeartbeatResult } from './consumer-group-heartbeat.ts';
import { EMPTY_GROUP_IMAGE, NEW_CONSUMER_GROUP, replayAll, type ConsumerGroupImage, type GroupImage } from './group-image.ts';
import { difference, namesOf, union, type PartitionSet } from './partition-sets.ts';

const SIZES = [{ topicName: 't', numPartitions: 4 }, { topicName: 'u', numPartitions: 3 }];

/** A coordinator without a log: what it writes is there at once. */
class Coordinator {
  image: GroupImage = EMPTY_GROUP_IMAGE;
  topics = SIZES;
  isRefreshDue = false;

  get group(): ConsumerGroupImage {
    return this.image.consumer ?? NEW_CONSUMER_GROUP;
  }

  beat(memberId: string, memberEpoch: number, change: Partial<ConsumerGroupHeartbeatRequest> = {}): HeartbeatResult | string {
    const context: HeartbeatContext = { groupId: 'g', image: this.image, topics: this.topics, isRefreshDue: this.isRefreshDue, assignorNames: ['uniform', 'range'], maxSize: 5, rules: KAFKA_RULES };
    const result = heartbeat(context, requestOf(memberId, memberEpoch, change));
    if (typeof result !== 'string') this.image = replayAll(this.image, result.records);
    return result;
  }

  leave(memberId: string, memberEpoch: -1 | -2, instanceId: string | null = null): string {
    const records = leave('g', this.image, this.topics, requestOf(memberId, memberEpoch, { instanceId }));
    if (typeof records === 'string') return records;
    this.image = replayAll(this.image, records);
    return 'NONE';
  }

  fence(memberId: string): void {
    this.image = replayAll(this.image, fence('g', this.image, this.topics, memberId));
  }
}

const JOINS = { rebalanceTimeoutMs: 1_000, subscribedTopicNames: ['t'], topicPartitions: [] };

function requestOf(memberId: string, memberEpoch: number, change: Partial<ConsumerGroupHeartbeatRequest> = {}): ConsumerGroupHeartbeatRequest {
  const says = memberEpoch === 0 ? JOINS : { rebalanceTimeoutMs: -1, subscribedTopicNames: null, topicPartitions: null };
  return { type: 'ConsumerGroupHeartbeatRequest', correlationId: 1, groupId: 'g', memberId, memberEpoch, instanceId: null, serverAssignor: null, ...says, ...change };
}

const set = (...partitions: readonly number[]): PartitionSet => [{ topic: 't', partitions }];
const told = (result: HeartbeatResult | string): unknown => (typeof result === 'string' ? result : [result.current.memberEpoch, result.current.state, result.assignment === null ? null : namesOf(result.assignment).join(' ')]);

describe('a heartbeat of the consumer protocol', () => {
  it('joins the first member, and brings it everything in epoch 1', () => {
    const group = new Coordinator();
    const first = group.beat('a', 0);
    expect(told(first)).toEqual([1, 'STABLE', 't-0 t-1 t-2 t-3']);
    expect((first as HeartbeatResult).records.map(({ type }) => type)).toEqual([
      'ConsumerGroupMemberMetadata', 'ConsumerGroupPartitionMetadata', 'ConsumerGroupMetadata', 'ConsumerGroupTargetAssignmentMember', 'ConsumerGroupTargetAssignmentMetadata', 'ConsumerGroupCurrentMemberAssignment',
    ]);
    expect(group.group.partitionMetadata).toEqual([SIZES[0]]);
  });

  it('of a group at rest writes nothing and says nothing', () => {
    const group = new Coordinator();
    group.beat('a', 0);
    expect(group.beat('a', 1)).toMatchObject({ records: [], assignment: null });
  });

  it('hands partitions over only when their owner has shown that it gave them up', () => {
    const group = new Coordinator();
    group.beat('a', 0);
    expect(told(group.beat('b', 0))).toEqual([2, 'UNRELEASED_PARTITIONS', '']);
    expect(told(group.beat('a', 1))).toEqual([1, 'UNREVOKED_PARTITIONS', 't-0 t-1']);
    expect(told(group.beat('b', 2))).toEqual([2, 'UNRELEASED_PARTITIONS', null]);
    expect(told(group.beat('a', 1, { topicPartitions: set(0, 1) }))).toEqual([2, 'STABLE', null]);
    expect(told(group.beat('b', 2))).toEqual([2, 'STABLE', 't-2 t-3']);
    expect(consumerGroupStateOf(group.group)).toBe('Stable');
  });

  it('of a member that left or was thrown out is UNKNOWN_MEMBER_ID, and what it had goes to the others', () => {
    const group = new Coordinator();
    for (const id of ['a', 'b']) group.beat(id, 0);
    group.beat('a', 1);
    group.beat('a', 1, { topicPartitions: set(0, 1) });
    expect(group.leave('a', -1)).toBe('NONE');
    expect([group.beat('a', 2), group.leave('a', -1), consumerGroupStateOf(group.group)]).toEqual(['UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID', 'Assigning']);
    expect(told(group.beat('b', 2))).toEqual([3, 'STABLE', 't-0 t-1 t-2 t-3']);
    group.fence('b');
    expect([group.beat('b', 3), consumerGroupStateOf(group.group), group.group.partitionMetadata]).toEqual(['UNKNOWN_MEMBER_ID', 'Empty', []]);
  });

  it('that names another epoch is fenced, save the one before with nothing that is not assigned', () => {
    const group = new Coordinator();
    group.beat('a', 0);
    expect(told(group.beat('a', 0))).toEqual([1, 'STABLE', 't-0 t-1 t-2 t-3']);
    expect(group.beat('a', 2)).toBe('FENCED_MEMBER_EPOCH');
    group.beat('a', 1, { subscribedTopicNames: ['t', 'u'] });
    expect(told(group.beat('a', 1, { ...JOINS, subscribedTopicNames: ['t', 'u'], topicPartitions: set(0, 1) }))).toEqual([2, 'STABLE', 't-0 t-1 t-2 t-3 u-0 u-1 u-2']);
    expect(group.beat('a', 1)).toBe('FENCED_MEMBER_EPOCH');
    expect(group.beat('a', 1, { topicPartitions: [{ topic: 'v', partitions: [0] }] })).toBe('FENCED_MEMBER_EPOCH');
    expect(group.beat('a', 0)).toBe('FENCED_MEMBER_EPOCH');
  });

  it('sees topics that grow or come when it is told to look', () => {
    const group = new Coordinator();
    group.beat('a', 0, { subscribedTopicNames: ['t', 'new'] });
    group.topics = [{ topicName: 'new', numPartitions: 1 }, { topicName: 't', numPartitions: 5 }];
    expect(told(group.beat('a', 1))).toEqual([1, 'STABLE', null]);
    group.isRefreshDue = true;
    expect(told(group.beat('a', 1))).toEqual([2, 'STABLE', 'new-0 t-0 t-1 t-2 t-3 t-4']);
    expect(group.beat('a', 2)).toMatchObject({ records: [] });
  });

  it('makes the target with the assignor that most ask for', () => {
    const group = new Coordinator();
    group.beat('a', 0, { subscribedTopicNames: ['t', 'u'], serverAssignor: 'range' });
    const range = told(group.beat('b', 0, { subscribedTopicNames: ['t', 'u'] }));
    expect(range).toEqual([2, 'UNRELEASED_PARTITIONS', '']);
    expect(namesOf(group.group.targetAssignment.get('a') ?? [])).toEqual(['t-0', 't-1', 'u-0', 'u-1']);
  });

  it('of a new member is refused by a full group, of a known one never', () => {
    const group = new Coordinator();
    for (const id of ['a', 'b', 'c', 'd', 'e']) group.beat(id, 0);
    expect([group.beat('f', 0), typeof group.beat('e', 5)]).toEqual(['GROUP_MAX_SIZE_REACHED', 'object']);
  });

  it.each([
    [{ memberId: '' }, 'INVALID_REQUEST'], [{ topicPartitions: set(0) }, 'INVALID_REQUEST'], [{ subscribedTopicNames: [] }, 'INVALID_REQUEST'], [{ rebalanceTimeoutMs: -1 }, 'INVALID_REQUEST'],
    [{ memberEpoch: -2 }, 'INVALID_REQUEST'], [{ memberEpoch: -3 }, 'INVALID_REQUEST'], [{ serverAssignor: 'sticky' }, 'UNSUPPORTED_ASSIGNOR'], [{}, 'NONE'],
  ] as const)('with %o is %s', (change, errorCode) => {
    expect(errorOfRequest(requestOf('a', 0, change), ['uniform', 'range'])).toBe(errorCode);
  });
});

describe('a static member', () => {
  it('that said it will be back has what it had under a new id, and nobody rebalances', () => {
    const group = new Coordinator();
    group.beat('a', 0, { instanceId: 'i' });
    expect(group.beat('a2', 0, { instanceId: 'i' })).toBe('UNRELEASED_INSTANCE_ID');
    expect(group.leave('a', -2, 'i')).toBe('NONE');
    expect(told(group.beat('b', 0))).toEqual([2, 'UNRELEASED_PARTITIONS', '']);
    expect(told(group.beat('a2', 0, { instanceId: 'i' }))).toEqual([2, 'STABLE', 't-0 t-1']);
    expect(group.group.groupEpoch).toBe(2);
    expect([group.beat('a', 1, { instanceId: 'i' }), group.beat('a', 1), group.leave('a', -1, 'i')]).toEqual(['FENCED_INSTANCE_ID', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);
    expect(group.leave('a2', -1, 'i')).toBe('NONE');
    expect(group.beat('a2', 2, { instanceId: 'i' })).toBe('UNKNOWN_MEMBER_ID');
  });
});

/** A member that does what it is told, whenever it likes, and loses answers. */
interface Honest {
  readonly memberId: string;
  epoch: number;
  owned: PartitionSet;
  told: PartitionSet;
  saysAll: boolean;
  /** It took over what an answer says that the coordinator had left behind with one that was lost. */
  isLate: boolean;
}

type Step = { readonly act: 'beat' | 'obey' | 'lose' | 'leave' | 'fence'; readonly member: number };

function act(group: Coordinator, member: Honest, { act: kind }: Step): void {
  const isMember = member.epoch > 0;
  switch (kind) {
    case 'obey':
      if (!isMember) return;
      member.isLate = (group.group.currentAssignment.get(member.memberId)?.memberEpoch ?? 0) > member.epoch;
      member.owned = member.told;
      return;
    case 'leave':
      if (isMember) group.leave(member.memberId, -1);
      return lost(member);
    case 'fence':
      if (group.group.members.has(member.memberId)) group.fence(member.memberId);
      return;
    default: {
      const topics = member.memberId === 'm2' ? ['t'] : ['t', 'u'];
      const all = { rebalanceTimeoutMs: 1_000, subscribedTopicNames: topics, topicPartitions: isMember ? member.owned : [] };
      const result = group.beat(member.memberId, member.epoch, member.saysAll || !isMember ? all : { topicPartitions: member.owned });
      member.saysAll = kind === 'lose';
      if (kind === 'lose') return;
      if (typeof result === 'string') return lost(member);
      member.epoch = result.current.memberEpoch;
      if (result.assignment !== null) member.told = result.assignment;
    }
  }
}

function lost(member: Honest): void {
  Object.assign(member, { epoch: 0, owned: [], told: [], saysAll: true, isLate: false });
}

function owners(sets: readonly PartitionSet[]): string[] {
  return sets.flatMap((each) => namesOf(each)).sort();
}

const steps = fc.array(fc.record({ act: fc.constantFrom('beat', 'beat', 'beat', 'obey', 'obey', 'lose', 'leave', 'fence'), member: fc.nat(3) }), { maxLength: 120 });

describe('a group of honest members', () => {
  it('never assigns a partition twice, knows of everything that a member owns, and keeps its epochs in order', () => {
    fc.assert(fc.property(steps, (all) => {
      const group = new Coordinator();
      const members = [0, 1, 2, 3].map((i): Honest => ({ memberId: `m${i}`, epoch: 0, owned: [], told: [], saysAll: true, isLate: false }));
      for (const step of all) {
        act(group, members[step.member] as Honest, step as Step);
        const { members: known, currentAssignment, targetAssignment, assignmentEpoch, groupEpoch } = group.group;
        const current = [...currentAssignment.values()];
        const assigned = owners(current.flatMap(({ assignedPartitions, partitionsPendingRevocation }) => [assignedPartitions, partitionsPendingRevocation]));
        expect(new Set(assigned).size).toBe(assigned.length);
        const target = owners([...targetAssignment.values()]);
        expect(new Set(target).size).toBe(target.length);
        expect(assignmentEpoch).toBeLessThanOrEqual(groupEpoch);
        for (const { memberEpoch } of current) expect(memberEpoch).toBeLessThanOrEqual(assignmentEpoch);
        // Those that the coordinator has thrown out do not know it, and own what may be another's; so do for a moment those that said
        // they own nothing, did not get the answer, and only then take over what they were told before: they are fenced next.
        for (const { memberId, owned, isLate } of members) if (known.has(memberId) && !isLate) expect(difference(owned, currentOf(group.group, memberId))).toEqual([]);
      }
    }));
  });

  it('comes to rest with every partition owned once, when its members go on', () => {
    fc.assert(fc.property(steps, (all) => {
      const group = new Coordinator();
      const members = [0, 1, 2, 3].map((i): Honest => ({ memberId: `m${i}`, epoch: 0, owned: [], told: [], saysAll: true, isLate: false }));
      for (const step of all) act(group, members[step.member] as Honest, step as Step);
      // A member that the coordinator keeps in an epoch of which it knows nothing is refused until its session is over.
      for (let round = 0; round < 12; round += 1) {
        for (const member of members) {
          if (member.epoch === 0 && round === 2 && group.group.members.has(member.memberId)) group.fence(member.memberId);
          for (const kind of ['beat', 'obey', 'beat'] as const) act(group, member, { act: kind, member: 0 });
        }
      }
      expect(consumerGroupStateOf(group.group)).toBe('Stable');
      expect(owners(members.map(({ owned }) => owned))).toEqual(['t-0', 't-1', 't-2', 't-3', 'u-0', 'u-1', 'u-2']);
    }));
  });
});

function currentOf({ currentAssignment }: ConsumerGroupImage, memberId: string): PartitionSet {
  const current = currentAssignment.get(memberId);
  return current === undefined ? [] : union(current.assignedPartitions, current.partitionsPendingRevocation);
}
