import { describe, expect, it } from 'vitest';
import { reassignmentsComplete } from './reassignments-complete.ts';
import { END_US, sentencesAtEnd, settledStage } from './staging.ts';
import type { Stage } from './staging.ts';

/** Broker 3 is to take the place of broker 2. */
function reassigning(): Stage {
  const stage = settledStage(reassignmentsComplete, { reassigns: true });
  stage.change({ addingReplicas: [3], removingReplicas: [2] });
  return stage;
}

describe('reassignments complete', () => {
  it('holds when nothing is left to add or remove', () => {
    const stage = reassigning();
    stage.change({ replicas: [1, 3], isr: [1, 3], addingReplicas: [], removingReplicas: [] });
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is violated when it goes on for a bound', () => {
    expect(sentencesAtEnd(reassigning())).toEqual([
      'the reassignment of orders-0 is not complete: it adds [broker-3 (up, not registered)] and removes [broker-2 (up, not registered)]; the ISR is [broker-1 (up, not registered), broker-2 (up, not registered), broker-3 (up, not registered)]',
    ]);
  });

  it('owes nothing while a replica that it adds is down, or when it has just begun', () => {
    const waiting = reassigning();
    waiting.goDown(3);
    expect(sentencesAtEnd(waiting)).toEqual([]);
    const begun = settledStage(reassignmentsComplete, { reassigns: true });
    begun.waitUntil(END_US - 1_000_000);
    begun.change({ addingReplicas: [3] });
    expect(sentencesAtEnd(begun)).toEqual([]);
  });

  it('owes nothing while nobody is left to lead', () => {
    const stage = reassigning();
    stage.change({ leader: -1, isr: [1] });
    stage.goDown(1);
    expect(sentencesAtEnd(stage)).toEqual([]);
  });

  it('is vacuous when nothing was reassigned', () => {
    const stage = settledStage(reassignmentsComplete, { reassigns: true });
    sentencesAtEnd(stage);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', note: 'nothing was reassigned' });
  });
});
