import { describe, expect, it } from 'vitest';
import { Stage } from './staging.ts';
import { truncationSafe } from './truncation-safe.ts';

describe('truncation safe', () => {
  it('is violated when a follower cuts a committed record that its leader holds', () => {
    const stage = Stage.ready([truncationSafe]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.truncate(2, 1);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated',
      evidence: [{
        sentence: 'broker-2 cut orders-0 at offset 1, below the committed offset 3: it held records up to 3 that are committed and not lost',
        details: { truncatedTo: 1, heldEnd: 3, committedOffset: 3 },
      }],
    });
  });

  it('holds when a follower cuts what was never committed', () => {
    const stage = Stage.ready([truncationSafe]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.append(1, ['zombie']);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.truncate(1, 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held' });
  });

  it('holds when a follower cuts to what its leader has left, since nobody has the rest', () => {
    const stage = Stage.ready([truncationSafe]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.truncate(1, 1);
    stage.truncate(2, 1);
    expect(stage.violations).toBe(0);
  });

  // hunt_unclean_elections, seed 678241340: broker-3 was cut off, and fetched from a broker-1 that knew of no newer leader either.
  it('excuses a replica that nobody counts on and that follows a replaced leader', () => {
    const stage = Stage.ready([truncationSafe]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.elect(2, [2]);
    stage.lead(2);
    stage.truncate(3, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', note: '1 excused: a replica outside the ISR and the ELR followed a leader that had been replaced' });
  });

  it.each([
    ['a replica that the next election may take cuts on the word of a replaced leader', [2, 3], false],
    ['a replica outside the ISR cuts on the word of the leader of today', [2], true],
  ])('is violated when %s', (_, isr, followsToday) => {
    const stage = Stage.ready([truncationSafe]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.elect(2, isr);
    stage.lead(2);
    if (followsToday) stage.follow(3);
    stage.truncate(3, 1);
    expect(stage.violations).toBe(1);
  });

  it('compares nothing when no follower ever changes', () => {
    const stage = Stage.ready([truncationSafe]);
    stage.append(1, ['a']);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', note: "no follower's log changed" });
  });

  it('goes on by itself in a fork', () => {
    const stage = Stage.ready([truncationSafe]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    const fork = stage.fork();
    fork.truncate(2, 1);
    expect([stage.violations, fork.violations]).toEqual([0, 1]);
  });
});
