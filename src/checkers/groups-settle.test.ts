import { describe, expect, it } from 'vitest';
import type { CoordinatorRecord } from '../kafka/group/coordinator-records.ts';
import { groupsSettle } from './groups-settle.ts';
import { GROUP, GroupStage, liveGroup, liveMember, memberOf } from './group-staging.ts';

const LIVENESS = { quietFromUs: 0, boundMs: 1_000 };
const stage = (): GroupStage => new GroupStage(groupsSettle, { liveness: LIVENESS });
const members = [liveMember(memberOf('a', [0]), { awaitingJoin: {} }), liveMember(memberOf('b', [1]))];

describe('groups settle', () => {
  it('is violated by a group that rebalances for a bound and its rebalance timeout, and says for whom it waits', () => {
    const run = stage().group({ classic: liveGroup({ state: 'PreparingRebalance' }, members) });
    run.pass(1_900);
    expect(run.sentences()).toEqual([]);
    const late = stage().group({ classic: liveGroup({ state: 'PreparingRebalance' }, members) });
    late.pass(2_100);
    expect(late.sentences()).toEqual(['the group readers, at broker-1, has been in PreparingRebalance since 00:00:00.002000: it waits for b']);
  });

  it('is not violated by a group that goes on, nor by one that is empty or stable', () => {
    const run = stage().group({ classic: liveGroup({ state: 'PreparingRebalance' }, members) });
    run.pass(2_000);
    run.group({ classic: liveGroup({ state: 'CompletingRebalance' }, members) });
    run.pass(1_000);
    expect(run.sentences()).toEqual([]);
    for (const state of ['Empty', 'Stable'] as const) {
      const rests = stage().group({ classic: liveGroup({ state }) });
      rests.pass(10_000);
      expect(rests.verdict().verdict).toBe('held');
    }
  });

  it('is violated by a group of the consumer protocol of which a member does not reach its target', () => {
    const records: CoordinatorRecord[] = [
      { type: 'ConsumerGroupMemberMetadata', key: { groupId: GROUP, memberId: 'a' }, value: { instanceId: null, subscribedTopicNames: ['orders'], rebalanceTimeoutMs: 1_000, serverAssignor: null } },
      { type: 'ConsumerGroupMetadata', key: { groupId: GROUP }, value: { epoch: 2 } }, { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId: GROUP }, value: { assignmentEpoch: 2 } },
    ];
    const at = (memberEpoch: number): CoordinatorRecord => ({ type: 'ConsumerGroupCurrentMemberAssignment', key: { groupId: GROUP, memberId: 'a' }, value: { memberEpoch, previousMemberEpoch: 0, state: 'STABLE', assignedPartitions: [], partitionsPendingRevocation: [] } });
    const late = stage().group({ records: [...records, at(1)] });
    late.pass(2_100);
    expect(late.sentences()).toEqual(['the group readers, at broker-1, has been in Reconciling since 00:00:00.002000: a has not reached its target assignment']);
    const there = stage().group({ records: [...records, at(1)] }).group({ records: [at(2)] });
    there.pass(2_100);
    expect(there.verdict().verdict).toBe('held');
  });

  it('is violated by a load that never ends, and not by one that did', () => {
    const run = stage().coordinator('Loading');
    run.pass(2_000);
    expect(run.sentences()).toEqual(['broker-1 has been loading __consumer_offsets-0 since 00:00:00.002000']);
    const done = stage().coordinator('Loading').coordinator('Active');
    done.pass(2_000);
    expect(done.sentences()).toEqual([]);
  });
});
