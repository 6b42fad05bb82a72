import { describe, expect, it } from 'vitest';
import { committedPrefixImmutable } from './committed-prefix-immutable.ts';
import { Stage } from './staging.ts';

describe('committed prefix immutable', () => {
  it('is violated when a new leader lacks a committed record', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.truncate(2, 2);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated',
      evidence: [{
        sentence: 'broker-2 leads orders-0 in leader epoch 1 without a committed record from offset 2 on (leader epoch 0): the high watermark had reached 3, its log ends at 2',
        details: { offset: 2, lostCount: 1 },
      }],
    });
  });

  it('is violated when a new leader has another record there', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.truncate(3, 1);
    stage.append(3, ['x', 'y'], { epoch: 0 });
    stage.elect(3, [3]);
    stage.lead(3);
    expect(stage.verdict().evidence[0]).toMatchObject({ details: { offset: 1, lostCount: 2 } });
    expect(stage.verdict().evidence[0]?.sentence).toContain('its log has another batch of leader epoch 0 there');
  });

  it('is violated when the leader itself truncates below the high watermark', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.truncate(1, 1);
    expect(stage.violations).toBe(1);
  });

  it('is violated when what was rewritten shows with the next high watermark', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.elect(2, [2, 3]);
    stage.truncate(2, 1);
    stage.append(2, ['x', 'y', 'z'], { epoch: 1 });
    stage.lead(2);
    stage.highWatermark(2, 4);
    // One loss is one violation: from then on the log of the new leader is what must stay.
    expect(stage.violations).toBe(1);
  });

  // swarm, seed 35564: a zombie returned to a leader whose retention had taken all, and led before it heard of that.
  it('holds when a new leader lacks what the one before had deleted, and no more', () => {
    const deleted = (kept: number): Stage => {
      const stage = Stage.ready([committedPrefixImmutable]);
      stage.replicate(1, [2, 3], ['a', 'b', 'c']);
      stage.advanceLogStart(1, kept);
      stage.truncate(2, 1);
      stage.append(2, ['x', 'y'], { epoch: 0 });
      stage.elect(2, [2, 3]);
      stage.lead(2);
      return stage;
    };
    expect([deleted(3), deleted(2)].map((stage) => stage.violations)).toEqual([0, 1]);
  });

  it('holds when a zombie loses what only it had, and when a follower truncates', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.append(1, ['zombie']);
    stage.elect(2, [2, 3]);
    stage.highWatermark(1, 3);
    stage.lead(2);
    stage.truncate(1, 1);
    stage.copy(2, 1);
    stage.replicate(2, [1, 3], ['c']);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('holds when a new leader starts with an older high watermark', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.append(1, ['a', 'b']);
    stage.copy(1, 2);
    stage.highWatermark(1, 2);
    stage.elect(2, [2]);
    stage.lead(2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('does not forget that a record was committed because its successor has an older high watermark', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.append(1, ['a', 'b']);
    stage.copy(1, 2);
    stage.highWatermark(1, 2);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.elect(3, [3]);
    stage.lead(3);
    expect(stage.verdict()).toMatchObject({ verdict: 'violated', evidence: [{ details: { broker: 'broker-3', offset: 0, lostCount: 2 } }] });
  });

  it('holds when retention took the record', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.advanceLogStart(2, 2);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is vacuous when nothing was committed', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    stage.append(1, ['a', 'b']);
    stage.elect(2, [2]);
    stage.lead(2);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous' });
  });

  it('keeps ten violations in full and counts the others', () => {
    const stage = Stage.ready([committedPrefixImmutable]);
    for (let i = 0; i < 12; i += 1) {
      stage.replicate(1, [], [`value ${i}`]);
      stage.truncate(1, 0);
    }
    const { evidence, note } = stage.verdict();
    expect(evidence).toHaveLength(10);
    expect(note).toBe('12 violations, of which the first 10 are shown');
  });
});
