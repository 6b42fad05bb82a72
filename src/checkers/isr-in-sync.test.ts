import { describe, expect, it } from 'vitest';
import { isrInSync } from './isr-in-sync.ts';
import { Stage, TOPIC } from './staging.ts';

const UNCLEAN = { topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: true }] };

describe('ISR in sync', () => {
  it('holds when the high watermark follows the slowest member of the ISR', () => {
    const stage = Stage.ready([isrInSync]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.append(1, ['c']);
    stage.copy(1, 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is violated when the high watermark passes a member of the ISR', () => {
    const stage = Stage.ready([isrInSync]);
    stage.append(1, ['a', 'b']);
    stage.copy(1, 2);
    stage.copy(1, 3, 1);
    stage.highWatermark(1, 2);
    expect(stage.verdict().evidence.map(({ sentence }) => sentence)).toEqual([
      'broker-1 acts as leader of orders-0 in leader epoch 0 with high watermark 2, and broker-3, in its maximal ISR, does not hold its batch at offset 1 (leader epoch 0): its log ends at 1',
    ]);
  });

  it('is violated when the ISR gains a member that is behind the high watermark (KAFKA-7128)', () => {
    const stage = Stage.ready([isrInSync]);
    stage.changeIsr([1, 2]);
    stage.know(1, { isr: [1, 2], maximalIsr: [1, 2] });
    stage.replicate(1, [2], ['a']);
    expect(stage.violations).toBe(0);
    stage.changeIsr([1, 2, 3]);
    expect(stage.verdict().evidence[0]?.sentence).toContain('broker-3, in the committed ISR, does not hold its batch at offset 0');
  });

  it('is violated when a member cuts what it counted for', () => {
    const stage = Stage.ready([isrInSync]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.truncate(3, 1);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('is violated when a member holds another batch there, though its log is long enough', () => {
    const stage = Stage.ready([isrInSync]);
    stage.append(1, ['a']);
    stage.copy(1, 2);
    stage.append(3, ['other']);
    stage.highWatermark(1, 1);
    expect(stage.verdict().evidence[0]?.sentence).toContain('broker-3');
  });

  it('holds for a replaced leader that goes on with followers that do not know yet either', () => {
    const stage = Stage.ready([isrInSync]);
    stage.replicate(1, [2, 3], ['a']);
    stage.elect(2, [2, 3]);
    stage.append(1, ['zombie']);
    expect(stage.violations).toBe(0);
  });

  it('asks nothing of a member whose disk lost records, until it is in the ISR anew', () => {
    const stage = Stage.ready([isrInSync]);
    stage.registerBrokers();
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.goDown(3, 1);
    stage.replicate(1, [2], ['c']);
    expect(stage.violations).toBe(0);
    stage.changeIsr([1, 2]);
    stage.start(3, 2);
    stage.registerBroker(3, 20);
    stage.changeIsr([1, 2, 3]);
    expect(stage.violations).toBe(1);
  });

  it('asks nothing of a member that lost records and was brought in by a fetch from before, until it registers anew', () => {
    const stage = Stage.ready([isrInSync]);
    stage.registerBrokers();
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.changeIsr([1, 2]);
    stage.goDown(3, 1);
    stage.know(1, { maximalIsr: [1, 2, 3] });
    stage.changeIsr([1, 2, 3]);
    expect(stage.violations).toBe(0);
    stage.registerBroker(3, 20);
    stage.changeIsr([1, 2]);
    stage.know(1, { maximalIsr: [1, 2, 3] });
    expect(stage.violations).toBe(0);
    stage.changeIsr([1, 2, 3]);
    expect(stage.violations).toBe(1);
  });

  it('excuses a replaced leader for what an unclean election put away', () => {
    const stage = Stage.ready([isrInSync], UNCLEAN);
    stage.changeIsr([1]);
    stage.know(1, { isr: [1], maximalIsr: [1] });
    stage.replicate(1, [], ['a']);
    stage.elect(2, [2]);
    expect(stage.verdict()).toMatchObject({ evidence: [] });
    expect(stage.verdict().note).toContain('broker-2 was elected leader of orders-0 uncleanly');
  });
});
