import { describe, expect, it } from 'vitest';
import { Stage } from './staging.ts';
import { validHighWatermark } from './valid-high-watermark.ts';

describe('valid high watermark', () => {
  it('holds while a proposal is in flight, whichever way it goes', () => {
    const stage = Stage.ready([validHighWatermark]);
    stage.changeIsr([1, 2]);
    stage.know(1, { isr: [1, 2], maximalIsr: [1, 2, 3], pending: {} });
    stage.changeIsr([1, 2, 3]);
    stage.replicate(1, [2, 3], ['a']);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is violated by a leader that counts the committed ISR while its proposal is decided (KIP-497)', () => {
    const stage = Stage.ready([validHighWatermark]);
    stage.changeIsr([1, 2]);
    stage.know(1, { isr: [1, 2], maximalIsr: [1, 2] });
    stage.changeIsr([1, 2, 3]);
    expect(stage.verdict().evidence[0]?.sentence).toBe(
      'broker-1 leads orders-0 in leader epoch 0 with the maximal ISR [broker-1, broker-2], and the controller has committed the ISR [broker-1, broker-2, broker-3] in partition epoch 2',
    );
  });

  it('asks nothing of a leader that was replaced', () => {
    const stage = Stage.ready([validHighWatermark]);
    stage.know(1, { isr: [1], maximalIsr: [1] });
    const before = stage.violations;
    stage.elect(2, [2, 3]);
    stage.know(1, { isr: [1], maximalIsr: [1] });
    expect([before, stage.violations]).toEqual([1, 1]);
  });

  it('is violated when a high watermark is above the log of a committed member', () => {
    const stage = Stage.ready([validHighWatermark]);
    stage.append(1, ['a']);
    stage.copy(1, 2);
    stage.highWatermark(1, 1);
    expect(stage.verdict().evidence[0]?.sentence).toBe('broker-1 raised its high watermark of orders-0 to 1 in leader epoch 0, and broker-3, in the committed ISR, has a log that ends at 0');
  });

  // swarm, seed 63893: the last replica in sync lost power and registered anew, while the leader before was cut off.
  it('asks nothing of a deposed leader about a member that lost records before it registered anew', () => {
    const counted = (isDeposed: boolean): Stage => {
      const stage = Stage.ready([validHighWatermark]);
      stage.registerBrokers();
      stage.append(1, ['a', 'b']);
      stage.copy(1, 2);
      stage.copy(1, 3);
      stage.goDown(3, 1);
      stage.start(3, 2);
      stage.registerBroker(3, 20);
      if (isDeposed) stage.elect(3, [3]);
      stage.highWatermark(1, 2);
      return stage;
    };
    expect([counted(true), counted(false)].map((stage) => stage.violations)).toEqual([0, 1]);
  });
});
