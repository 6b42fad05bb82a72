import { describe, expect, it } from 'vitest';
import { epochFencing } from './epoch-fencing.ts';
import { plantedContext, plantedRegistration } from './planted.ts';
import { Stage, TOPIC } from './staging.ts';

describe('epoch fencing', () => {
  it('holds while epochs rise, and for a process that begins anew', () => {
    const stage = Stage.ready([epochFencing]);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.follow(1);
    stage.goDown(1);
    stage.start(1, 2);
    stage.plant(1, { leaderEpoch: 0, partitionEpoch: 0 });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is violated by a replica that goes back in leader or partition epoch', () => {
    const stage = Stage.ready([epochFencing]);
    stage.plant(2, { leaderEpoch: 3, partitionEpoch: 7 });
    stage.plant(2, { leaderEpoch: 2 });
    stage.plant(2, { partitionEpoch: 6 });
    expect(stage.verdict().evidence.map(({ sentence }) => sentence)).toEqual([
      'broker-2, replica of orders-0, went back from leader epoch 3 to 2',
      'broker-2, replica of orders-0, went back from partition epoch 7 to 6',
    ]);
  });

  it('is violated by a controller that goes back, which no image takes', () => {
    const context = plantedContext();
    const checker = epochFencing.check(context);
    const partition = context.cluster.partition(TOPIC, 0);
    checker.registrationChanged?.(partition, plantedRegistration({ leaderEpoch: 2, partitionEpoch: 5 }), plantedRegistration({ leaderEpoch: 1, partitionEpoch: 5 }), 1);
    expect(checker.verdict(2).evidence.map(({ sentence }) => sentence)).toEqual([
      'the controller took orders-0 back from leader epoch 2 to 1',
      'the controller committed orders-0 in partition epoch 5 after 5',
    ]);
  });

  it('is violated when the fetch of a follower in an older epoch raises the high watermark (KIP-320)', () => {
    const stage = Stage.ready([epochFencing]);
    stage.append(1, ['a', 'b']);
    stage.plant(1, { leaderEpoch: 1 });
    const leadership = (end: number) => ({ isr: [1, 2], maximalIsr: [1, 2], pending: null, remotes: [{ brokerId: 2, logEndOffset: end }] });
    stage.plant(2, { leaderEpoch: 1 });
    stage.plant(1, { leadership: leadership(1), highWatermark: 1 });
    expect(stage.violations).toBe(0);
    stage.plant(1, { leaderEpoch: 2 });
    stage.plant(1, { leadership: leadership(2), highWatermark: 2 });
    expect(stage.verdict().evidence[0]?.sentence).toBe('broker-1, leader of orders-0 in leader epoch 2, raised its high watermark to 2 with a fetch of broker-2, which knows no leader epoch after 1');
  });
});
