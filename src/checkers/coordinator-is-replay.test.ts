import { describe, expect, it } from 'vitest';
import type { ConsumerAssignment } from '../kafka/group-api.ts';
import { EMPTY_ASSIGNMENT } from '../kafka/group/classic-group.ts';
import type { CoordinatorRecord } from '../kafka/group/coordinator-records.ts';
import { coordinatorIsReplay } from './coordinator-is-replay.ts';
import { commitOf, GROUP, GroupStage, liveGroup, liveMember, memberOf, metadataOf } from './group-staging.ts';

const stage = (): GroupStage => new GroupStage(coordinatorIsReplay);

describe('a coordinator is the replay of its log', () => {
  it('holds when it has written what it remembers, and is not asked before the log has answered', () => {
    const run = stage().group({ records: [commitOf(5)], writes: [{ isAppended: false }] }).log(commitOf(5)).group({ writes: [{ isAppended: true }] }).group({ writes: [] });
    expect(run.verdict().verdict).toBe('held');
  });

  it('is vacuous when nothing was written', () => {
    expect(stage().verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });

  it('is violated by an offset that it loads and the log does not end with', () => {
    expect(stage().log(commitOf(5)).log(commitOf(7)).group({ records: [commitOf(5)] }).sentences()).toEqual([
      'broker-1, coordinator of the group readers, does not remember what __consumer_offsets-0 says: the log has the offset 7 of orders-0, and it has 5',
    ]);
  });

  it('is violated by a tombstone that was not honoured, and by a write that was refused and is remembered', () => {
    expect(stage().log(commitOf(5)).log(commitOf(null)).group({ records: [commitOf(5)] }).sentences()).toHaveLength(1);
    expect(stage().group({ records: [commitOf(5)], writes: [{ isAppended: false }] }).group({ writes: [] }).sentences()).toEqual([
      'broker-1, coordinator of the group readers, does not remember what __consumer_offsets-0 says: it has an offset of orders-0, and the log has none',
    ]);
  });

  it('is violated by a member of the consumer protocol that is in memory and not in the log', () => {
    const epoch: CoordinatorRecord = { type: 'ConsumerGroupMetadata', key: { groupId: GROUP }, value: { epoch: 1 } };
    const member: CoordinatorRecord = { type: 'ConsumerGroupMemberMetadata', key: { groupId: GROUP, memberId: 'a' }, value: { instanceId: null, subscribedTopicNames: ['orders'], rebalanceTimeoutMs: 1_000, serverAssignor: null } };
    expect(stage().log(member, epoch).group({ records: [member, epoch] }).verdict().verdict).toBe('held');
    expect(stage().log(epoch).group({ records: [member, epoch] }).sentences()).toEqual([
      'broker-1, coordinator of the group readers, does not remember what __consumer_offsets-0 says: it has group epoch 1, and the log has 1, or members or assignments differ',
    ]);
  });

  it('is violated by a stable group that is not as its last record says', () => {
    const members = [memberOf('a', [0]), memberOf('b', [1])];
    const stable = liveGroup({ state: 'Stable', generationId: 1 }, members.map((member) => liveMember(member)));
    const run = stage().log(metadataOf(1, members)).group({ records: [metadataOf(1, members)], classic: stable });
    expect(run.group({ classic: { ...stable, generationId: 2 } }).sentences()).toEqual([
      'broker-1, coordinator of the group readers, does not remember what __consumer_offsets-0 says: it is stable in generation 2 with 2 members, and its last record says generation 1 with 2, or they differ otherwise',
    ]);
  });

  it('expects a static member under its old id when the write of the new one was given up, and under no third id', () => {
    const static1 = (memberId: string) => memberOf(memberId, [0], { groupInstanceId: 'instance-1' });
    const stable = (memberId: string) => liveGroup({ state: 'Stable', generationId: 1 }, [liveMember(static1(memberId))]);
    const replaced = () => stage().log(metadataOf(1, [static1('old')])).group({ records: [metadataOf(1, [static1('old')])], classic: stable('old') })
      .group({ records: [metadataOf(1, [static1('new')])], writes: [{ isAppended: false }], classic: stable('new') }).log(metadataOf(1, [static1('new')])).group({ writes: [{ isAppended: true }] });
    expect(replaced().group({ writes: [] }).verdict().verdict).toBe('held');
    expect(replaced().group({ writes: [], classic: stable('old') }).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('the write that was given up is in the log') });
    expect(replaced().group({ writes: [], classic: stable('third') }).verdict().verdict).toBe('violated');
    // Swarm, seed 23501: the leader's assignment names the new id.
    const assigned = (assignment: ConsumerAssignment) => liveGroup({ state: 'Stable', generationId: 1 }, [liveMember({ ...static1('old'), assignment })]);
    expect(replaced().group({ writes: [], classic: assigned(EMPTY_ASSIGNMENT) }).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('the write that was given up is in the log') });
    expect(replaced().group({ writes: [], classic: assigned({ assignedPartitions: [{ topic: 'orders', partitions: [1] }], userData: null }) }).verdict().verdict).toBe('violated');
  });
});
