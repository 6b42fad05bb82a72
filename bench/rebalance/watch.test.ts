import { describe, expect, it } from 'vitest';
import { OwnershipWatch } from './watch.ts';

const FROM_US = 1_000;
const UNTIL_US = 10_000;

function assignment(reason: 'assigned' | 'revoked', generationId: number, ...partitions: number[]) {
  return { type: 'assignment', groupId: 'g', memberId: 'm', generationId, reason, owned: partitions.length === 0 ? [] : [{ topic: 't', partitions }] } as const;
}

describe('the watch over owners', () => {
  it('counts the time in the window in which nobody alive owns a partition', () => {
    const watch = new OwnershipWatch(FROM_US, UNTIL_US);
    watch.observed(1, assignment('assigned', 1, 0, 1), 500);
    watch.observed(1, assignment('revoked', 1), 2_000);
    watch.observed(1, assignment('assigned', 2, 0), 2_300);
    watch.observed(2, assignment('assigned', 2, 1), 2_500);
    watch.ended(2, 9_000);
    expect(watch.measured()).toMatchObject({ rebalances: 1, unownedUs: 300 + 500 + 1_000, longestUs: 1_000, standstillUs: 300, moves: 1 });
  });

  it('does not count what happened before the window, nor a partition that somebody else owns still', () => {
    const watch = new OwnershipWatch(FROM_US, UNTIL_US);
    watch.observed(1, assignment('assigned', 1, 0), 600);
    watch.observed(1, assignment('revoked', 1), 900);
    watch.observed(2, assignment('assigned', 2, 0), 1_100);
    watch.observed(1, assignment('assigned', 2, 0), 1_200);
    watch.ended(1, 5_000);
    expect(watch.measured()).toMatchObject({ unownedUs: 100, longestUs: 100, standstillUs: 100 });
  });

  it('counts what is processed again', () => {
    const watch = new OwnershipWatch(FROM_US, UNTIL_US);
    for (const offset of [0, 1, 1, 2]) watch.observed(1, { type: 'record.processed', topic: 't', partition: 0, offset, value: 'v', isApplied: true }, 2_000);
    expect(watch.measured()).toMatchObject({ duplicates: 1, processed: 4 });
  });
});
