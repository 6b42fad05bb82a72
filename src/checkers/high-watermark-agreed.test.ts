import { describe, expect, it } from 'vitest';
import { highWatermarkAgreed } from './high-watermark-agreed.ts';
import { Stage } from './staging.ts';

/** broker-1 leaves "b" to itself; broker-2 takes over with "c" in its place, which broker-3 has, too. */
function diverged(changes: ConstructorParameters<typeof Stage>[1] = {}): Stage {
  const stage = Stage.ready([highWatermarkAgreed], changes);
  stage.replicate(1, [2, 3], ['a']);
  stage.append(1, ['b']);
  stage.elect(2, [2, 3]);
  stage.lead(2);
  stage.follow(3);
  stage.replicate(2, [3], ['c']);
  stage.follow(1);
  return stage;
}

describe('high watermark agreed', () => {
  it('is violated by a follower whose high watermark covers what it is yet to truncate', () => {
    const stage = diverged();
    stage.highWatermark(1, 2);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated',
      evidence: [{ sentence: 'broker-1 raised its high watermark of orders-0 to 2 in leader epoch 1, and holds a batch of leader epoch 0 at offset 1, where one of leader epoch 1 is committed' }],
    });
  });

  it('holds when the follower truncates first', () => {
    const stage = diverged();
    stage.truncate(1, 1);
    stage.copy(2, 1);
    stage.highWatermark(1, 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('does not compare what is above the high watermark, or above what is committed', () => {
    const stage = Stage.ready([highWatermarkAgreed]);
    stage.append(1, ['a']);
    stage.copy(1, 2);
    stage.highWatermark(2, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous' });
  });

  it('excuses those that have not heard of an unclean election', () => {
    const stage = diverged({ topics: [{ name: 'orders', partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: true }] });
    stage.elect(-1, [2, 3]);
    stage.elect(1, [1]);
    stage.highWatermark(1, 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', note: '1 excused: a leader was elected uncleanly' });
  });
});
