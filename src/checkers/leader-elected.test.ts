import { describe, expect, it } from 'vitest';
import { leaderElected } from './leader-elected.ts';
import { sentencesAtEnd, settledStage } from './staging.ts';

describe('leader elected', () => {
  it('holds when every partition has a leader that acts', () => {
    const stage = settledStage(leaderElected);
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is violated when a partition has no leader though a member of its ISR is up', () => {
    const stage = settledStage(leaderElected);
    stage.elect(-1, [2]);
    expect(sentencesAtEnd(stage)).toEqual(['orders-0 has no leader: the controller committed none in leader epoch 1; ISR [broker-2 (up, not registered)]']);
  });

  it('is violated when nobody is in the ISR and a member of the ELR is up', () => {
    const stage = settledStage(leaderElected);
    stage.change({ isr: [], leader: -1, eligibleLeaderReplicas: [2, 3] });
    stage.goDown(3);
    expect(sentencesAtEnd(stage)[0]).toContain('ISR [], ELR [broker-2 (up, not registered), broker-3 (down)]');
  });

  it('is violated when the committed leader does not act', () => {
    const stage = settledStage(leaderElected);
    stage.elect(2, [1, 2, 3]);
    expect(sentencesAtEnd(stage)[0]).toMatch(/^orders-0 has no leader: broker-2, committed in leader epoch 1, does not act as leader/);
  });

  it('asks nothing of a partition whose eligible replicas are down, and says so', () => {
    const stage = settledStage(leaderElected);
    stage.changeIsr([1]);
    stage.goDown(1);
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict().note).toBe('there is nobody alive to elect; not judged, since no eligible replica is up: orders-0');
  });
});
