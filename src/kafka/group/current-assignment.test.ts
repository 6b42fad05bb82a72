import { describe, expect, it } from 'vitest';
import { NOTHING_ASSIGNED, reconcile, type CurrentAssignment, type Reconciliation } from './current-assignment.ts';
import type { PartitionSet } from './partition-sets.ts';

const set = (...partitions: readonly number[]): PartitionSet => (partitions.length === 0 ? [] : [{ topic: 't', partitions }]);
const member = (change: Partial<CurrentAssignment>): CurrentAssignment => ({ ...NOTHING_ASSIGNED, memberEpoch: 1, previousMemberEpoch: 0, ...change });
const step = (current: CurrentAssignment, towards: Partial<Reconciliation>): CurrentAssignment => reconcile(current, { targetEpoch: 2, target: [], owned: null, isFree: () => true, ...towards });

describe('a step towards the target', () => {
  it('of a member in its epoch, with all of it, is none', () => {
    const current = member({ memberEpoch: 2, assignedPartitions: set(0) });
    expect(step(current, { target: set(1) })).toBe(current);
  });

  it('gives what is free, in the epoch of the target', () => {
    expect(step(NOTHING_ASSIGNED, { target: set(0, 2) })).toEqual(member({ memberEpoch: 2, assignedPartitions: set(0, 2) }));
  });

  it('takes before it gives, in the epoch of before', () => {
    expect(step(member({ assignedPartitions: set(0, 1) }), { target: set(1, 2), owned: set(0, 1) }))
      .toEqual(member({ previousMemberEpoch: 1, state: 'UNREVOKED_PARTITIONS', assignedPartitions: set(1), partitionsPendingRevocation: set(0) }));
  });

  it('gives only what nobody else has, and comes back for the rest', () => {
    const waits = step(NOTHING_ASSIGNED, { target: set(0, 1), isFree: (_topic, partition) => partition === 1 });
    expect(waits).toEqual(member({ memberEpoch: 2, state: 'UNRELEASED_PARTITIONS', assignedPartitions: set(1) }));
    expect(step(waits, { target: set(0, 1), isFree: () => true })).toEqual(member({ memberEpoch: 2, previousMemberEpoch: 2, assignedPartitions: set(0, 1) }));
  });

  it('waits for a revocation until the heartbeat shows it, and a heartbeat that says nothing shows nothing', () => {
    const revokes = member({ state: 'UNREVOKED_PARTITIONS', assignedPartitions: set(1), partitionsPendingRevocation: set(0) });
    expect(step(revokes, { target: set(1), owned: null })).toBe(revokes);
    expect(step(revokes, { target: set(1), owned: set(0, 1) })).toBe(revokes);
    expect(step(revokes, { target: set(1), owned: set(1) })).toEqual(member({ memberEpoch: 2, previousMemberEpoch: 1, assignedPartitions: set(1) }));
  });

  it('asks for more when the target has moved on meanwhile', () => {
    const revokes = member({ state: 'UNREVOKED_PARTITIONS', assignedPartitions: set(1), partitionsPendingRevocation: set(0) });
    expect(step(revokes, { targetEpoch: 3, target: set(0), owned: set(1) })).toEqual(
      member({ previousMemberEpoch: 1, state: 'UNREVOKED_PARTITIONS', assignedPartitions: [], partitionsPendingRevocation: set(1) }),
    );
  });

  it('asks for nothing that the member has given up already', () => {
    expect(step(member({ assignedPartitions: set(0, 1) }), { target: set(1), owned: set(1) })).toEqual(member({ memberEpoch: 2, previousMemberEpoch: 1, assignedPartitions: set(1) }));
  });
});
