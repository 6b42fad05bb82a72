import { describe, expect, it } from 'vitest';
import { oneLeaderPerEpoch } from './one-leader-per-epoch.ts';
import { Stage } from './staging.ts';

describe('one leader per epoch', () => {
  it('is violated when two brokers act as leader in one epoch at the same time', () => {
    const stage = Stage.ready([oneLeaderPerEpoch]);
    stage.lead(2, 0);
    const { verdict, evidence } = stage.verdict();
    expect(verdict).toBe('violated');
    expect(evidence).toEqual([
      expect.objectContaining({ sentence: 'broker-2 acts as leader of orders-0 in leader epoch 0, in which broker-1 has been leader since 00:00:00.011000', atUs: 14_000 }),
    ]);
  });

  it('is violated when they do so one after the other', () => {
    const stage = Stage.ready([oneLeaderPerEpoch]);
    stage.goDown(1);
    stage.lead(2, 0);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('holds when a zombie goes on leading an older epoch', () => {
    const stage = Stage.ready([oneLeaderPerEpoch]);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.append(1, ['zombie']);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2 });
  });

  it('holds when one broker leads an epoch twice, and when two lead different partitions', () => {
    const stage = Stage.ready([oneLeaderPerEpoch], {}, 2);
    stage.follow(1, 0);
    stage.lead(1, 0);
    stage.elect(2, [1, 2, 3], 1);
    stage.lead(2, 1, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is vacuous when nobody ever led', () => {
    const stage = new Stage([oneLeaderPerEpoch]);
    stage.createTopic();
    stage.follow(1, 0);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', note: 'no broker ever acted as leader' });
  });

  it('a fork remembers who led and forgets what the other does', () => {
    const stage = Stage.ready([oneLeaderPerEpoch]);
    const fork = stage.fork();
    fork.lead(2, 0);
    expect(stage.verdict().verdict).toBe('held');
    expect(fork.verdict().verdict).toBe('violated');
  });
});
