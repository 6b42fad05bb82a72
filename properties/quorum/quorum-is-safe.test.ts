/**
 * Safety and liveness of the controller quorum: whatever crashes, loses power, stands still or is cut off, what is
 * committed stays, and a healed quorum commits again. Trials differ in size, load, snapshots and faults.
 */
import { describe, expect, it } from 'vitest';
import { runTrial } from '../support/raft-trial.ts';
import { freshSeed } from '../support/seed.ts';

/** About 2 s. A sweep over 4,000 seeds found nothing when this was written. */
const TRIALS = 25;

describe('a controller quorum under Kafka 4.1', () => {
  it('never loses what it has committed, and commits again when it is healed', () => {
    const base = freshSeed('a controller quorum is safe');
    const all = Array.from({ length: TRIALS }, (_, i) => {
      const seed = `${base}/${i}`;
      const { violations, quorum, faults } = runTrial(seed);
      expect(violations, `seed ${seed}, ${faults} faults`).toEqual([]);
      return { elections: quorum.invariants.elections, committed: quorum.invariants.committed.length, marks: quorum.world.marksReached() };
    });
    const sum = (of: (trial: (typeof all)[number]) => number): number => all.reduce((total, trial) => total + of(trial), 0);
    // Otherwise the above says nothing: leaders changed, logs parted, snapshots were installed.
    expect(sum(({ elections }) => elections)).toBeGreaterThan(2 * TRIALS);
    expect(sum(({ committed }) => committed)).toBeGreaterThan(50 * TRIALS);
    expect(sum(({ marks }) => marks.get('raft: a follower cut what its leader does not have') ?? 0)).toBeGreaterThan(0);
    expect(sum(({ marks }) => marks.get('raft: a follower installed a snapshot') ?? 0)).toBeGreaterThan(0);
  });

  it('gives the same run with every engine', () => {
    const digests = (['compiled', 'interpreter', 'live'] as const).map((engine) => {
      const { quorum, violations } = runTrial('the same run', { quorum: { engine } });
      expect(violations).toEqual([]);
      return `${quorum.world.digest.toString()} after ${quorum.world.events} events`;
    });
    expect(new Set(digests).size, digests.join('\n')).toBe(1);
  });
});
