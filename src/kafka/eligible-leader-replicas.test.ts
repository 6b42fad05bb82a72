import { describe, expect, it } from 'vitest';
import { buildPartitionChange } from './partition-change-builder.ts';
import type { PartitionChange } from './partition-change-builder.ts';
import { mergeChange } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';

/** Replicas 1 to 4, of which three must be in sync. */
const registration = (fields: Partial<PartitionRegistration>): PartitionRegistration => ({
  replicas: [1, 2, 3, 4], isr: [1, 2, 3, 4], leader: 1, leaderEpoch: 100, partitionEpoch: 200, leaderRecoveryState: 'RECOVERED',
  addingReplicas: [], removingReplicas: [], elr: [], lastKnownElr: [], ...fields,
});

/** What the partition becomes: leader, ISR, ELR, last known ELR, recovery. */
function become(partition: Partial<PartitionRegistration>, active: readonly number[], rest: Partial<PartitionChange> = {}) {
  const before = registration(partition);
  const record = buildPartitionChange({
    topicId: 'id', partitionId: 0, partition: before, isAcceptableLeader: (id) => active.includes(id), election: 'ONLINE',
    bumpsLeaderEpochOnIsrShrink: false, minInsyncReplicas: 3, eligibleLeaderReplicas: true, lastKnownLeaderMustBeActive: true, ...rest,
  });
  const { leader, isr, elr, lastKnownElr, leaderRecoveryState } = record === undefined ? before : mergeChange(before, record);
  return { leader, isr, elr, lastKnownElr, ...(leaderRecoveryState === 'RECOVERING' && { leaderRecoveryState }) };
}

describe('who leaves the ISR', () => {
  it('is not eligible while enough replicas are in sync: it may miss what they commit', () => {
    expect(become({}, [1, 2, 3, 4], { targetIsr: [1, 2, 3] })).toMatchObject({ isr: [1, 2, 3], elr: [] });
  });

  it('is eligible once too few are left, and stays so with those who follow', () => {
    expect(become({ isr: [1, 2, 3] }, [1, 2, 3, 4], { targetIsr: [1, 2] })).toMatchObject({ isr: [1, 2], elr: [3] });
    expect(become({ isr: [1, 2], elr: [3] }, [1, 2, 3, 4], { targetIsr: [1] })).toMatchObject({ isr: [1], elr: [2, 3] });
  });

  it('is eligible though enough were in sync until now: at that moment it had everything', () => {
    expect(become({}, [1, 2, 3, 4], { targetIsr: [1] })).toMatchObject({ isr: [1], elr: [2, 3, 4] });
  });

  it('is not eligible when it came back from an unclean shutdown', () => {
    const rest = { targetIsr: [1], uncleanShutdownReplicas: [2] };
    expect(become({ isr: [1, 2], elr: [3] }, [1, 3], rest)).toMatchObject({ isr: [1], elr: [3] });
    expect(become({ isr: [1], elr: [2, 3] }, [1, 3], rest)).toMatchObject({ isr: [1], elr: [3] });
  });

  it('leaves the ELR when it joins the ISR again, and all do when enough are in sync', () => {
    expect(become({ isr: [1], elr: [2, 3] }, [1, 2], { targetIsr: [1, 2] })).toMatchObject({ isr: [1, 2], elr: [3] });
    expect(become({ isr: [1, 2], elr: [3] }, [1, 2, 4], { targetIsr: [1, 2, 4] })).toMatchObject({ elr: [] });
  });

  it('is nowhere remembered with the rule off', () => {
    const off = { targetIsr: [1], eligibleLeaderReplicas: false };
    expect(become({ isr: [1, 2] }, [1], off)).toMatchObject({ isr: [1], elr: [] });
    expect(become({ isr: [1], elr: [2] }, [1], off)).toMatchObject({ elr: [] });
    expect(become({ isr: [1] }, [2], { ...off, targetIsr: [] })).toMatchObject({ leader: -1, isr: [1], elr: [], lastKnownElr: [] });
  });
});

describe('an ISR that becomes empty', () => {
  it('leaves the partition without a leader, and the last one is remembered', () => {
    expect(become({ isr: [1], elr: [2] }, [3], { targetIsr: [] })).toEqual({ leader: -1, isr: [], elr: [1, 2], lastKnownElr: [1] });
  });

  it('elects an active member of the ELR at once, cleanly, in assignment order', () => {
    expect(become({ isr: [1], elr: [2, 3] }, [3, 4], { targetIsr: [] })).toEqual({ leader: 3, isr: [3], elr: [1, 2], lastKnownElr: [] });
    expect(become({ replicas: [4, 3, 2, 1], isr: [1], elr: [2, 3] }, [2, 3], { targetIsr: [] })).toMatchObject({ leader: 3, isr: [3], elr: [1, 2] });
  });

  it('waits for a member of the ELR rather than for the last leader', () => {
    const waiting = { leader: -1, isr: [], elr: [2], lastKnownElr: [1] };
    expect(become(waiting, [1, 3, 4])).toEqual(waiting);
    expect(become(waiting, [1, 2])).toEqual({ leader: 2, isr: [2], elr: [], lastKnownElr: [] });
  });

  it('is not filled from the ELR while a member of the ISR is awaited', () => {
    expect(become({ leader: -1, isr: [1], elr: [2] }, [2])).toMatchObject({ leader: -1, isr: [1] });
  });
});

describe('the last known leader', () => {
  const lost = { leader: -1, isr: [], elr: [], lastKnownElr: [3] };
  const election = { leader: 3, isr: [3], elr: [], lastKnownElr: [], leaderRecoveryState: 'RECOVERING' };

  it('is elected, uncleanly, when ISR and ELR are empty and it is active', () => {
    expect(become(lost, [1, 2, 3])).toEqual(election);
    expect(become(lost, [1, 2, 3], { election: 'PREFERRED' })).toEqual(election);
  });

  it('goes before an unclean election of anybody else', () => {
    expect(become(lost, [1, 2, 3], { election: 'UNCLEAN' })).toEqual(election);
    expect(become(lost, [1, 2], { election: 'UNCLEAN' })).toEqual({ ...election, leader: 1, isr: [1] });
  });

  it('is not elected while it is away, unless the rule of KAFKA-19522 is off', () => {
    expect(become(lost, [1, 2])).toEqual(lost);
    expect(become(lost, [1, 2], { lastKnownLeaderMustBeActive: false })).toEqual(election);
  });

  it('is nobody when several are known, or the rule is off', () => {
    const several = { ...lost, lastKnownElr: [2, 3] };
    expect(become(several, [1, 2, 3])).toEqual(several);
    expect(become(lost, [1, 2, 3], { eligibleLeaderReplicas: false })).toEqual(lost);
  });
});

describe('an unclean election', () => {
  it('forgets the ELR: nobody is known to hold what the new leader holds', () => {
    expect(become({ leader: -1, isr: [1], elr: [2] }, [4], { election: 'UNCLEAN' })).toEqual({
      leader: 4, isr: [4], elr: [], lastKnownElr: [], leaderRecoveryState: 'RECOVERING',
    });
  });
});
