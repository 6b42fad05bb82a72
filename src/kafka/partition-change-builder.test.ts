import { describe, expect, it } from 'vitest';
import { buildPartitionChange } from './partition-change-builder.ts';
import type { Election, PartitionChange } from './partition-change-builder.ts';
import type { PartitionRegistration } from './partition-registration.ts';

const registration = (fields: Partial<PartitionRegistration>): PartitionRegistration => ({
  replicas: [2, 1, 3],
  isr: [2, 1, 3],
  leader: 1,
  leaderEpoch: 100,
  partitionEpoch: 200,
  leaderRecoveryState: 'RECOVERED',
  addingReplicas: [],
  removingReplicas: [],
  elr: [],
  lastKnownElr: [],
  ...fields,
});

/** Without eligible leader replicas, which have tests of their own. */
function build(
  partition: Partial<PartitionRegistration>,
  active: readonly number[],
  election: Election,
  rest: Partial<PartitionChange> = {},
) {
  const record = buildPartitionChange({
    topicId: 'id',
    partitionId: 0,
    partition: registration(partition),
    isAcceptableLeader: (id) => active.includes(id),
    election,
    bumpsLeaderEpochOnIsrShrink: false,
    minInsyncReplicas: 2,
    eligibleLeaderReplicas: false,
    lastKnownLeaderMustBeActive: true,
    ...rest,
  });
  return record === undefined
    ? undefined
    : { isr: record.isr, leader: record.leader, leaderRecoveryState: record.leaderRecoveryState };
}

describe('electing a leader', () => {
  const none = undefined;
  const cases: readonly (readonly [
    sentence: string,
    Election,
    Partial<PartitionRegistration>,
    active: readonly number[],
    expected: unknown,
  ])[] = [
    ['keeps a valid leader though it is not preferred', 'ONLINE', {}, [1, 2, 3], none],
    ['keeps a valid leader when others are gone', 'ONLINE', {}, [1], none],
    [
      'takes the first active replica of the ISR in assignment order',
      'ONLINE',
      {},
      [2, 3],
      { isr: null, leader: 2, leaderRecoveryState: null },
    ],
    [
      'passes over a replica outside the ISR',
      'ONLINE',
      { isr: [1, 3] },
      [2, 3],
      { isr: null, leader: 3, leaderRecoveryState: null },
    ],
    [
      'has no leader when no active replica is in the ISR',
      'ONLINE',
      { isr: [1] },
      [2, 3],
      { isr: null, leader: -1, leaderRecoveryState: null },
    ],
    ['leaves a leaderless partition alone while its ISR is gone', 'ONLINE', { isr: [1], leader: -1 }, [2, 3], none],
    [
      'gives a leaderless partition its last ISR member back',
      'ONLINE',
      { isr: [1], leader: -1 },
      [1],
      { isr: null, leader: 1, leaderRecoveryState: null },
    ],
    [
      'moves to the preferred replica when asked to',
      'PREFERRED',
      {},
      [1, 2, 3],
      { isr: null, leader: 2, leaderRecoveryState: null },
    ],
    ['stays when the preferred replica is not in the ISR', 'PREFERRED', { isr: [1, 3] }, [1, 2, 3], none],
    [
      'finds another when neither the preferred nor the present leader will do',
      'PREFERRED',
      {},
      [3],
      { isr: null, leader: 3, leaderRecoveryState: null },
    ],
    [
      'never goes outside the ISR for a preferred leader',
      'PREFERRED',
      { isr: [1] },
      [2, 3],
      { isr: null, leader: -1, leaderRecoveryState: null },
    ],
    [
      'prefers the ISR even when unclean elections are allowed',
      'UNCLEAN',
      { isr: [1, 3] },
      [2, 3],
      { isr: null, leader: 3, leaderRecoveryState: null },
    ],
    [
      'uncleanly takes the first active replica and shrinks the ISR to it',
      'UNCLEAN',
      { isr: [1] },
      [2, 3],
      { isr: [2], leader: 2, leaderRecoveryState: 'RECOVERING' },
    ],
    [
      'stays RECOVERING after a second unclean election',
      'UNCLEAN',
      { isr: [1], leaderRecoveryState: 'RECOVERING' },
      [3],
      { isr: [3], leader: 3, leaderRecoveryState: null },
    ],
    [
      'has no leader when nobody is active, unclean or not',
      'UNCLEAN',
      {},
      [],
      { isr: null, leader: -1, leaderRecoveryState: null },
    ],
  ];
  it.each(cases)('%s', (_, election, partition, active, expected) => {
    expect(build(partition, active, election)).toEqual(expected);
  });
});

describe('changing the ISR', () => {
  it('names the new ISR and leaves leader and leader epoch alone', () => {
    expect(build({}, [1, 2, 3], 'ONLINE', { targetIsr: [1, 2] })).toEqual({
      isr: [1, 2],
      leader: -2,
      leaderRecoveryState: null,
    });
  });

  it('raises the leader epoch on a shrink, but not on an expansion, before metadata version 3.6', () => {
    const old = { bumpsLeaderEpochOnIsrShrink: true };
    expect(build({}, [1, 2, 3], 'ONLINE', { targetIsr: [1, 2], ...old })).toMatchObject({ isr: [1, 2], leader: 1 });
    expect(build({ isr: [1] }, [1, 2, 3], 'ONLINE', { targetIsr: [1, 2], ...old })).toMatchObject({
      isr: [1, 2],
      leader: -2,
    });
    expect(build({ isr: [1, 2] }, [1, 2, 3], 'ONLINE', { targetIsr: [1, 3], ...old })).toMatchObject({ leader: 1 });
  });

  it('elects from the target ISR, not from the present one', () => {
    expect(build({}, [2, 3], 'ONLINE', { targetIsr: [3] })).toMatchObject({ isr: [3], leader: 3 });
  });

  it('never removes the last member: the partition is left without a leader', () => {
    expect(build({ isr: [1] }, [2, 3], 'ONLINE', { targetIsr: [] })).toEqual({
      isr: null,
      leader: -1,
      leaderRecoveryState: null,
    });
    expect(build({ isr: [1], leader: -1 }, [2, 3], 'ONLINE', { targetIsr: [] })).toBeUndefined();
  });

  it('replaces an emptied ISR in an unclean election', () => {
    expect(build({ isr: [1] }, [3], 'UNCLEAN', { targetIsr: [] })).toEqual({
      isr: [3],
      leader: 3,
      leaderRecoveryState: 'RECOVERING',
    });
  });

  it('records that a leader has recovered', () => {
    const recovering = { isr: [1], leaderRecoveryState: 'RECOVERING' as const };
    expect(build(recovering, [1], 'ONLINE', { targetLeaderRecoveryState: 'RECOVERED' })).toEqual({
      isr: null,
      leader: -2,
      leaderRecoveryState: 'RECOVERED',
    });
    expect(build(recovering, [1], 'ONLINE', { targetLeaderRecoveryState: 'RECOVERING' })).toBeUndefined();
  });
});
