import { describe, expect, it } from 'vitest';
import { atMostOnce } from './at-most-once.ts';
import type { CheckedApplication } from './checker.ts';
import { DeliveryStage, OTHER } from './delivery-staging.ts';

const FIRST: Partial<CheckedApplication> = { mode: 'commit-then-process' };

describe('at most once', () => {
  it('holds while every effect happens once', () => {
    expect(new DeliveryStage(atMostOnce, FIRST).own(1).begin(0, 'initial').poll([0, 1]).commit(2).carryOut([0, 1]).restart().own(2).begin(2).poll([2]).verdict()).toMatchObject({ verdict: 'held', compared: 2 });
  });

  it('is violated by a member that begins below what was confirmed, whatever the application', () => {
    for (const application of [FIRST, {}, { mode: 'auto-commit' as const }]) {
      const stage = new DeliveryStage(atMostOnce, application).own(1).begin(0, 'initial').poll([0, 1]).commit(2).carryOut([0, 1]);
      stage.own(2, true, OTHER).begin(1, 'committed', OTHER).process([1], OTHER);
      expect(stage.sentences()).toEqual([expect.stringMatching(/^the effect of "b" at offset 1 of orders-0 happened in group dashboards on reader-1 at \S+ and again on reader-2, though offset 2 had been committed at \S+$/)]);
    }
  });

  it.each([
    ['process-then-commit', {}, 'process-then-commit processes again what was not committed'],
    ['auto-commit', { mode: 'auto-commit' as const }, 'auto-commit processes again what was not committed'],
    ['commitAsync before the effect', { ...FIRST, commit: 'async' as const }, 'commit-then-process does not wait for its commit'],
  ])('expects of %s what was not confirmed before a restart', (_, application, reason) => {
    const restarted = (commit: (stage: DeliveryStage) => unknown) => {
      const stage = new DeliveryStage(atMostOnce, application).own(1).begin(0, 'initial').process([0, 1]);
      commit(stage);
      return stage.restart().own(2).begin(0, 'initial').process([0, 1]).verdict();
    };
    for (const commit of [() => undefined, (stage: DeliveryStage) => stage.commit(2, 'unknown'), (stage: DeliveryStage) => stage.commit(2, 'fail'), (stage: DeliveryStage) => stage.commitLater(2)]) {
      expect(restarted(commit)).toMatchObject({ verdict: 'held', note: `2 expected: ${reason}` });
    }
    expect(restarted((stage) => stage.commit(2)).verdict).toBe('violated');
  });

  it('does not expect it of commit-then-process that waits, though the commit was never confirmed', () => {
    expect(new DeliveryStage(atMostOnce, FIRST).own(1).begin(0, 'initial').process([0]).restart().own(2).begin(0, 'initial').process([0]).verdict().verdict).toBe('violated');
  });

  it('does not hold a confirmation against a member that was assigned before it came', () => {
    const stage = new DeliveryStage(atMostOnce).own(1).begin(0, 'initial').process([0]);
    stage.own(2, true, OTHER);
    stage.commit(1).begin(0, 'initial', OTHER).process([0], OTHER);
    expect(stage.verdict().verdict).toBe('held');
  });

  it('lets a group be set back by whoever commits lower, or may have', () => {
    const setBack = (outcome: 'ok' | 'unknown' | 'fail') => new DeliveryStage(atMostOnce).own(1).begin(0, 'initial').process([0, 1]).commit(2).commit(0, outcome).restart().own(2).begin(0).process([0]).verdict().verdict;
    expect([setBack('ok'), setBack('unknown'), setBack('fail')]).toEqual(['held', 'held', 'violated']);
  });

  it('lets a group be set back by an attempt to commit that was given up, and comes late', () => {
    for (const application of [{}, FIRST]) {
      const setBack = (mayBeTwice: boolean) => new DeliveryStage(atMostOnce, application).own(1).begin(0, 'initial').process([0]).commit(1, 'ok', undefined, mayBeTwice).poll([1]).commit(2).carryOut([1]).restart().own(2).begin(1).process([1]).verdict();
      expect(setBack(true)).toMatchObject({ verdict: 'held', note: '1 expected: an attempt to commit that was given up may have come late' });
      expect(setBack(false).verdict).toBe('violated');
    }
  });

  it('is violated by a claim that gives a record twice, and by an effect that is carried out twice', () => {
    expect(new DeliveryStage(atMostOnce).own(1).begin(0, 'initial').process([0]).carryOut([0]).verdict().verdict).toBe('violated');
  });

  it('counts effects, so that an idempotent sink that knows a record makes nothing of it, and one that does not is wrong', () => {
    const again = (isApplied: boolean) => new DeliveryStage(atMostOnce, { sink: 'idempotent' }).own(1).begin(0, 'initial').process([0]).restart().own(2).begin(0, 'initial').process([0], undefined, isApplied).verdict().verdict;
    expect([again(false), again(true)]).toEqual(['held', 'violated']);
  });

  it('expects repeats when the committed offset has expired', () => {
    expect(new DeliveryStage(atMostOnce, FIRST, { offsetsRetentionMs: 1 }).own(1).begin(0, 'initial').poll([0]).commit(1).carryOut([0]).restart().own(2).begin(0, 'initial').process([0]).verdict()).toMatchObject({ verdict: 'held' });
  });
});
