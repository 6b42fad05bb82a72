import { describe, expect, it } from 'vitest';
import type { CoordinatorRecord, MemberState } from '../kafka/group/coordinator-records.ts';
import type { PartitionSet } from '../kafka/group/partition-sets.ts';
import type { GroupView } from '../kafka/views.ts';
import { consumerGroup } from './consumer-group.ts';
import { GROUP, GroupStage } from './group-staging.ts';
import { READER } from './staging.ts';

const stage = (): GroupStage => new GroupStage(consumerGroup);
const set = (partitions: readonly number[], topic = 'orders'): PartitionSet => (partitions.length === 0 ? [] : [{ topic, partitions }]);
const key = (memberId: string): { readonly groupId: string; readonly memberId: string } => ({ groupId: GROUP, memberId });

const member = (memberId: string, instanceId: string | null = null): CoordinatorRecord =>
  ({ type: 'ConsumerGroupMemberMetadata', key: key(memberId), value: { instanceId, subscribedTopicNames: ['orders'], rebalanceTimeoutMs: 1_000, serverAssignor: null } });
const gone = (memberId: string): CoordinatorRecord[] => [
  { type: 'ConsumerGroupCurrentMemberAssignment', key: key(memberId), value: null }, { type: 'ConsumerGroupTargetAssignmentMember', key: key(memberId), value: null }, { type: 'ConsumerGroupMemberMetadata', key: key(memberId), value: null },
];
const epochs = (groupEpoch: number, assignmentEpoch: number): CoordinatorRecord[] => [
  { type: 'ConsumerGroupMetadata', key: { groupId: GROUP }, value: { epoch: groupEpoch } }, { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId: GROUP }, value: { assignmentEpoch } },
];
const target = (memberId: string, topicPartitions: PartitionSet): CoordinatorRecord => ({ type: 'ConsumerGroupTargetAssignmentMember', key: key(memberId), value: { topicPartitions } });
const current = (memberId: string, memberEpoch: number, assigned: readonly number[], state: MemberState = 'STABLE', toRevoke: readonly number[] = []): CoordinatorRecord =>
  ({ type: 'ConsumerGroupCurrentMemberAssignment', key: key(memberId), value: { memberEpoch, previousMemberEpoch: memberEpoch - 1, state, assignedPartitions: set(assigned), partitionsPendingRevocation: set(toRevoke) } });

/** A member with what it is to have, and has. */
const settled = (memberId: string, memberEpoch: number, partitions: readonly number[]): CoordinatorRecord[] => [member(memberId), target(memberId, set(partitions)), current(memberId, memberEpoch, partitions)];
const PAIR = [...epochs(2, 2), ...settled('a', 2, [0]), ...settled('b', 2, [1])];
const wrong = (what: string): string => `the group readers, at broker-1, ${what}`;

describe('a group of the consumer protocol', () => {
  it('holds when a partition goes from one member to another, who has it only then', () => {
    const run = stage().group({ records: [...epochs(1, 1), ...settled('a', 1, [0, 1])] });
    run.group({ records: [member('b'), ...epochs(2, 2), target('a', set([0])), target('b', set([1])), current('b', 2, [], 'UNRELEASED_PARTITIONS')] });
    run.group({ records: [current('a', 1, [0], 'UNREVOKED_PARTITIONS', [1])] }).owns('a', [0, 1]).owns('a', [0]);
    run.group({ records: [current('a', 2, [0])] }).group({ records: [current('b', 2, [1])] }).owns('b', [1]);
    expect(run.verdict().verdict).toBe('held');
  });

  it('is vacuous without members', () => {
    expect(stage().verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });

  it.each([
    ['a partition with two members', [target('a', set([0])), current('b', 1, [1], 'UNREVOKED_PARTITIONS', [0])], ['has orders-0 with a and with b']],
    ['a partition in two targets', [...epochs(3, 3), target('b', set([0, 1]))], ['has orders-0 in the target of a and of b']],
    ['a target that nobody asked for', [...epochs(3, 3), target('a', set([0], 'other'))], ['has other-0 in the target of a, who does not subscribe to it']],
    ['a target ahead of its group', epochs(2, 3), ['has a target of epoch 3 in epoch 2']],
    ['a member ahead of its target', [...epochs(4, 2), current('a', 4, [0])], ['has a in epoch 4, and its target is of epoch 2']],
    ['a stable member without its target', [current('a', 2, [])], ['has a stable in epoch 2 with nothing, and its target is orders-0']],
    ['a member that waits for a revocation of nothing', [current('a', 1, [0], 'UNREVOKED_PARTITIONS')], ['has a in UNREVOKED_PARTITIONS with nothing to revoke']],
    ['an instance with two members', [member('a', 'i'), member('b', 'i')], ['has the instance i twice, as a and as b']],
  ] as const)('is violated by %s', (_name, records, expected) => {
    expect(stage().group({ records: PAIR }).group({ records }).sentences()).toContain(wrong(expected[0]));
  });

  it('is violated by epochs that fall in the log, and not by what the log refused', () => {
    const run = stage().group({ records: [...epochs(5, 5), ...settled('a', 5, [0])] });
    expect(run.group({ records: [...epochs(4, 4), current('a', 4, [0])] }).sentences()).toEqual([
      wrong('falls from epoch 5 to 4'), wrong('goes back from the target of epoch 5 to that of 4'), wrong('has a go back from epoch 5 to 4'),
    ]);
    const refused = stage().group({ records: PAIR }).group({ records: [...epochs(3, 3), current('a', 3, [0])], writes: [{ isAppended: false }] });
    expect(refused.group({ records: PAIR, writes: [] }).verdict().verdict).toBe('held');
  });

  it('is violated by a consumer that owns what is not with it, whichever of the two comes first', () => {
    expect(stage().group({ records: PAIR }).owns('a', [0, 1], READER, 2).sentences()).toEqual([wrong('does not know that a, at reader-1, owns orders-1')]);
    expect(stage().group({ records: PAIR }).owns('a', [0]).group({ records: [...epochs(3, 3), target('a', []), current('a', 3, [])] }).sentences()).toEqual([wrong('does not know that a, at reader-1, owns orders-0')]);
  });

  it('asks nothing of a consumer that was thrown out, nor of the process before this one', () => {
    expect(stage().group({ records: PAIR }).owns('a', [0]).group({ records: [...gone('a'), ...epochs(3, 2)] }).owns('a', [0, 1]).verdict().verdict).toBe('held');
  });

  // swarm, seed 16716: it left because it did not poll, and a heartbeat by which it had once joined came late.
  it('asks nothing of what a consumer owned when it was no member, until it takes over something as the member that it is', () => {
    const rejoined = (): GroupStage => stage().group({ records: PAIR }).owns('a', [0], READER, 2).group({ records: [...gone('a'), ...epochs(3, 3), ...settled('b', 3, [0, 1])] })
      .group({ records: [...epochs(4, 4), ...settled('a', 4, [])] });
    expect(rejoined().sentences()).toEqual([]);
    expect(rejoined().owns('a', [0, 1], READER, 4).sentences()).toEqual([wrong('does not know that a, at reader-1, owns orders-1')]);
  });

  it('expects a consumer to own for a moment what an overtaken answer gave it, and nothing else', () => {
    const released = [...epochs(3, 3), ...settled('a', 3, [0]), ...settled('b', 3, [1])];
    const overtaken = (): GroupStage => stage().group({ records: [...epochs(2, 2), ...settled('a', 2, [0, 1])] }).owns('a', [0], READER, 1).group({ records: released }).owns('a', [0, 1], READER, 2);
    expect(overtaken().group({ records: epochs(4, 3) }).verdict()).toMatchObject({ verdict: 'held', note: '1 expected: a heartbeat that was given up overtook the answer to another' });
    expect(overtaken().owns('a', [0, 1], READER, 3).owns('a', [0, 1, 2], READER, 3).sentences()).toEqual([wrong('does not know that a, at reader-1, owns orders-2')]);
    // What it had when the coordinator let go of it is no surprise to the consumer.
    expect(stage().group({ records: [...epochs(2, 2), ...settled('a', 2, [0, 1])] }).owns('a', [0, 1], READER, 2).group({ records: released }).sentences()).toEqual([wrong('does not know that a, at reader-1, owns orders-1')]);
  });

  // swarm, seed 112254: a heartbeat of before the member had anything is stuck in a connection that was given up, and is taken later.
  it('expects a consumer to own for a moment what a late heartbeat of the epoch before took from it, and not what one of its own epoch did', () => {
    const heartbeatOf = (memberEpoch: number): GroupView['writes'] => [{
      isAppended: false,
      completions: [{ kind: 'respond', waiter: { request: { type: 'ConsumerGroupHeartbeatRequest', correlationId: 1, groupId: GROUP, memberId: 'a', memberEpoch, instanceId: null, rebalanceTimeoutMs: -1, subscribedTopicNames: null, serverAssignor: null, topicPartitions: [] } } }],
    }];
    const taken = (memberEpoch: number): GroupStage => stage().group({ records: [...epochs(2, 2), ...settled('a', 2, [0, 1])] }).owns('a', [0, 1], READER, 2)
      .group({ records: [...epochs(3, 3), ...settled('a', 3, [0]), ...settled('b', 3, [1])], writes: heartbeatOf(memberEpoch) });
    expect(taken(1).group({ records: epochs(4, 3) }).verdict()).toMatchObject({ verdict: 'held', note: '1 expected: a heartbeat that was given up came behind the one that followed it' });
    expect(taken(2).sentences()).toEqual([wrong('does not know that a, at reader-1, owns orders-1')]);
    expect(taken(1).owns('a', [0, 1, 2], READER, 3).sentences()).toEqual([wrong('does not know that a, at reader-1, owns orders-2')]);
  });
});
