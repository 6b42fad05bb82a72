import { describe, expect, it } from 'vitest';
import { classicGroup } from './classic-group.ts';
import { GroupStage, liveGroup, liveMember, memberOf, metadataOf } from './group-staging.ts';

const stage = (): GroupStage => new GroupStage(classicGroup);

describe('a classic group', () => {
  it('holds when each partition has one owner who subscribes to it, and generations rise', () => {
    const run = stage().group({ classic: liveGroup({ generationId: 1 }) }).group({ records: [metadataOf(1, [memberOf('a', [0, 1]), memberOf('b', [2])])], classic: liveGroup({ generationId: 2 }) });
    expect(run.verdict().verdict).toBe('held');
  });

  it('is violated by a partition with two owners, and by a topic that its owner does not subscribe to', () => {
    expect(stage().group({ records: [metadataOf(4, [memberOf('a', [0, 1]), memberOf('b', [1], {}, 'orders'), memberOf('c', [0], {}, 'other')])] }).sentences()).toEqual([
      'the group readers, at broker-1, assigns orders-1 in generation 4 to a and to b',
      'the group readers, at broker-1, assigns other in generation 4 to c, who subscribes to orders',
    ]);
  });

  it('is violated by a generation that falls, an instance with two members and a leader who is none', () => {
    const twins = ['a', 'b'].map((memberId) => liveMember(memberOf(memberId, [], { groupInstanceId: 'i' })));
    expect(stage().group({ classic: liveGroup({ generationId: 3 }) }).group({ classic: liveGroup({ generationId: 2, leaderId: 'nobody' }, twins) }).sentences()).toEqual([
      'the group readers, at broker-1, falls from generation 3 to 2',
      'the group readers, at broker-1, has the instance i twice, as a and as b',
      'the group readers, at broker-1, is led by nobody, who is no member',
    ]);
  });
});
