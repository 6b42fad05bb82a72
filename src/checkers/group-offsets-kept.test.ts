import { describe, expect, it } from 'vitest';
import { groupOffsetsKept } from './group-offsets-kept.ts';
import { commitOf, GroupStage, liveGroup, liveMember, memberOf } from './group-staging.ts';

const stage = (): GroupStage => new GroupStage(groupOffsetsKept);
const active = liveGroup({ state: 'Stable', generationId: 1 }, [liveMember(memberOf('a', [0]))]);

describe('offsets that are in use', () => {
  it('may not be taken back', () => {
    expect(stage().group({ classic: active, records: [commitOf(5)] }).group({ records: [commitOf(null)], writes: [{ isAppended: false }] }).sentences()).toEqual([
      'broker-1 takes back the offset 5 of orders-0, to which the group readers subscribes with 1 members',
    ]);
  });

  it('are those of a group with members that subscribe to the topic', () => {
    const other = liveGroup({ state: 'Stable', generationId: 1 }, [liveMember(memberOf('a', [0], { subscription: { topics: ['other'], ownedPartitions: [], generationId: -1, userData: null } }))]);
    for (const classic of [liveGroup({ generationId: 2 }), other]) {
      expect(stage().group({ classic, records: [commitOf(5)] }).group({ records: [commitOf(null)], writes: [{ isAppended: false }] }).verdict().verdict).toBe('held');
    }
  });

  it('may go with a write that was refused', () => {
    expect(stage().group({ classic: active }).group({ records: [commitOf(5)], writes: [{ isAppended: false }] }).group({ records: [commitOf(null)], writes: [] }).verdict().verdict).toBe('held');
  });
});
