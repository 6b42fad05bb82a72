import { describe, expect, it } from 'vitest';
import { LeaderEpochCache } from '../kafka/leader-epochs.ts';
import { Stage } from './staging.ts';
import { typeOk } from './type-ok.ts';

describe('type ok', () => {
  it('holds for replicas that append, replicate and truncate', () => {
    const stage = Stage.ready([typeOk]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.truncate(2, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is violated by a high watermark above the log end, and by one below the log start', () => {
    const stage = Stage.ready([typeOk]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    const fork = stage.fork();
    stage.highWatermark(2, 3);
    fork.advanceLogStart(2, 1);
    fork.highWatermark(2, 0);
    expect(stage.verdict().evidence[0]?.sentence).toBe('broker-2 holds orders-0, and its high watermark 3 is outside its log, which starts at 0 and ends at 2');
    expect(fork.verdict().evidence[0]?.sentence).toContain('its high watermark 0 is outside its log, which starts at 1 and ends at 2');
  });

  it('is violated when the epoch cache does not know the epoch of the last batch', () => {
    const stage = Stage.ready([typeOk]);
    stage.append(1, ['a', 'b'], { epoch: 4 });
    expect(stage.violations).toBe(0);
    stage.plant(1, { log: stage.logOf(1).truncateTo(1), epochs: LeaderEpochCache.of([{ epoch: 3, startOffset: 0 }]) });
    expect(stage.verdict().evidence[0]?.sentence).toBe('broker-1 holds orders-0, and its last batch is of leader epoch 4, and its epoch cache knows none after 3');
  });

  // swarm, seed 9714: DeleteRecords to 10, a crash before the checkpoint of the log start, and a truncation to 10.
  it('asks for no epoch of records that had been deleted and that a crash brought back, and for that of the others', () => {
    const crashed = (kept: number): Stage => {
      const stage = Stage.ready([typeOk]);
      stage.replicate(1, [2, 3], ['a', 'b', 'c']);
      const held = stage.logOf(1);
      stage.advanceLogStart(1, 2);
      stage.plant(1, { log: held.truncateTo(kept), epochs: LeaderEpochCache.empty(), highWatermark: 0 });
      return stage;
    };
    expect([crashed(2), crashed(3)].map((stage) => stage.violations)).toEqual([0, 1]);
  });

  it('is violated by an epoch cache that does not rise in both columns', () => {
    const stage = Stage.ready([typeOk]);
    const epochs = Object.assign(Object.create(LeaderEpochCache.prototype) as LeaderEpochCache, { entries: [{ epoch: 2, startOffset: 5 }, { epoch: 3, startOffset: 5 }] });
    stage.plant(1, { epochs });
    expect(stage.verdict().evidence[0]?.sentence).toContain('its epoch cache says that leader epoch 2 begins at 5 and leader epoch 3 at 5');
  });
});
