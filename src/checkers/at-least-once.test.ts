import { describe, expect, it } from 'vitest';
import { atLeastOnce } from './at-least-once.ts';
import { DeliveryStage, OTHER } from './delivery-staging.ts';

describe('at least once', () => {
  it('holds while everything below the committed offset had its effect, on whichever member; what is not committed is lag', () => {
    const stage = new DeliveryStage(atLeastOnce).own(1).begin(0, 'initial').process([0, 1]).commit(2);
    stage.own(2, false, undefined, 'revoked').own(2, true, OTHER).begin(2, 'committed', OTHER).process([2], OTHER).commit(3, 'ok', OTHER);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 3 });
    expect(new DeliveryStage(atLeastOnce).own(1).begin(0, 'initial').process([0, 1]).verdict()).toMatchObject({ verdict: 'vacuous' });
  });

  it('is violated by a commit past a record that nobody processed', () => {
    expect(new DeliveryStage(atLeastOnce).own(1).begin(0, 'initial').process([0, 2]).commit(3).sentences()).toEqual([
      'group dashboards committed offset 3 of orders-0, and the effect of "b" at offset 1 was never carried out',
    ]);
  });

  it('counts a commit of unknown outcome once somebody begins from it', () => {
    const undecided = () => new DeliveryStage(atLeastOnce).own(1).begin(0, 'initial').process([0]).commit(2, 'unknown').restart();
    expect(undecided().verdict().verdict).toBe('vacuous');
    expect(undecided().own(2).begin(2).verdict().verdict).toBe('violated');
  });

  it.each([
    ['commit-then-process', { mode: 'commit-then-process' as const }, 'commit-then-process commits before the effect'],
    ['a threaded handler', { mode: 'auto-commit' as const, handler: 'threaded' as const }, 'auto-commit with a threaded handler commits what waits for its worker'],
  ])('expects it of %s', (_, application, reason) => {
    expect(new DeliveryStage(atLeastOnce, application).own(1).begin(0, 'initial').poll([0, 1]).commit(2).restart().verdict()).toMatchObject({ verdict: 'held', note: `2 expected: ${reason}` });
  });

  it('is violated by auto-commit with a synchronous handler', () => {
    expect(new DeliveryStage(atLeastOnce, { mode: 'auto-commit' }).own(1).begin(0, 'initial').poll([0, 1]).commit(2).verdict()).toMatchObject({ verdict: 'violated' });
  });

  it('expects what a first start with auto.offset.reset=latest leaps over, and not a leap over what is committed', () => {
    const latest = (prepare: (stage: DeliveryStage) => DeliveryStage, changes = {}) => prepare(new DeliveryStage(atLeastOnce, {}, changes, 'latest')).own(2, true, OTHER).begin(3, 'initial', OTHER).process([3], OTHER).commit(4, 'ok', OTHER).verdict();
    expect(latest((stage) => stage)).toMatchObject({ verdict: 'held', note: '3 expected: auto.offset.reset=latest leapt over it' });
    const committed = (stage: DeliveryStage) => stage.own(1).begin(0, 'initial').process([0]).commit(1);
    expect(latest(committed).verdict).toBe('violated');
    expect(latest(committed, { offsetsRetentionMs: 1 })).toMatchObject({ verdict: 'held', note: '2 expected: auto.offset.reset=latest leapt over it' });
    expect(new DeliveryStage(atLeastOnce).own(1).begin(3, 'initial').process([3]).commit(4).verdict().verdict).toBe('violated');
  });

  it('expects what retention may have taken, where something is ever taken', () => {
    const cleaned = (isCleaned: boolean) => {
      const stage = new DeliveryStage(atLeastOnce, {}, { topics: [{ name: 'orders', partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: false, isCleaned }] }).own(1).begin(0, 'initial').process([0]);
      for (const broker of [1, 2, 3]) stage.stage.advanceLogStart(broker, 2);
      return stage.begin(2, 'outOfRange').process([2]).commit(3).verdict();
    };
    expect(cleaned(true)).toMatchObject({ verdict: 'held', compared: 3, note: '1 expected: retention or compaction may have taken it first' });
    expect(cleaned(false).verdict).toBe('violated');
    // With latest it goes on behind what is there still.
    const leapt = (isCleaned: boolean) => new DeliveryStage(atLeastOnce, {}, { topics: [{ name: 'orders', partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: false, isCleaned }] }, 'latest')
      .own(1).begin(0, 'initial').process([0]).begin(3, 'outOfRange').process([3]).commit(4).verdict();
    expect(leapt(true)).toMatchObject({ verdict: 'held', note: '2 expected: auto.offset.reset=latest leapt over it' });
    expect(leapt(false).verdict).toBe('violated');
  });

  it('is violated by a commit past what nobody had polled, whatever the application, and past what was there to be polled, whatever retention does', () => {
    expect(new DeliveryStage(atLeastOnce, { mode: 'commit-then-process' }).own(1).begin(0, 'initial').process([0]).commit(3).verdict().verdict).toBe('violated');
    const topics = [{ name: 'orders', partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: false, isCleaned: true }];
    expect(new DeliveryStage(atLeastOnce, {}, { topics }).own(1).begin(0, 'initial').process([0, 2]).commit(3).verdict().verdict).toBe('violated');
  });

  it('is vacuous where nobody sees the effects', () => {
    expect(new DeliveryStage(atLeastOnce, { sink: 'none' }).own(1).begin(0, 'initial').poll([0]).commit(1).verdict().verdict).toBe('vacuous');
  });
});
