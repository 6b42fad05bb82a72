import { describe, expect, it } from 'vitest';
import { highWatermarkMonotone } from './high-watermark-monotone.ts';
import { Stage } from './staging.ts';

describe('high watermark monotone', () => {
  it('is violated when a leader lowers it within its epoch', () => {
    const stage = Stage.ready([highWatermarkMonotone]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.highWatermark(1, 1);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated', compared: 2, evidence: [{ sentence: 'broker-1, leader of orders-0 in leader epoch 0, lowered its high watermark from 2 to 1' }],
    });
  });

  it('holds when a follower lowers it, and when a new leader begins below its predecessor', () => {
    const stage = Stage.ready([highWatermarkMonotone]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.highWatermark(2, 1);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.highWatermark(2, 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2 });
  });

  it('is vacuous when no leader ever moved it', () => {
    const stage = Stage.ready([highWatermarkMonotone]);
    stage.append(1, ['a']);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous' });
  });
});
