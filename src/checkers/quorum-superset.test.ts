import { describe, expect, it } from 'vitest';
import { quorumSuperset } from './quorum-superset.ts';
import { Stage, TOPIC } from './staging.ts';

describe('quorum superset', () => {
  it('holds when everybody who may be elected is counted', () => {
    const stage = Stage.ready([quorumSuperset]);
    stage.replicate(1, [2, 3], ['a']);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is violated when the high watermark rises without a member of the ISR', () => {
    const stage = Stage.ready([quorumSuperset]);
    stage.know(1, { maximalIsr: [1, 2] });
    stage.replicate(1, [2], ['a']);
    expect(stage.verdict().evidence[0]?.sentence).toBe('broker-1 raised the high watermark of orders-0 to 1 in leader epoch 0 without broker-3, who may be elected');
  });

  it('is violated when it rises below min.insync.replicas, without the ELR (KAFKA-15583)', () => {
    const stage = Stage.ready([quorumSuperset]);
    stage.change({ isr: [1], eligibleLeaderReplicas: [2, 3] });
    stage.know(1, { isr: [1], maximalIsr: [1] });
    stage.replicate(1, [], ['a']);
    expect(stage.verdict().evidence[0]?.sentence).toContain('without broker-2 and broker-3, who may be elected');
  });

  it('expects an ELR that the leader does not know of while min.insync.replicas changes, and no less of the ISR', () => {
    const topics = [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: false, minInsyncReplicasChanges: true }];
    const stage = Stage.ready([quorumSuperset], { topics });
    stage.change({ isr: [1, 2], eligibleLeaderReplicas: [3] });
    stage.know(1, { isr: [1, 2], maximalIsr: [1, 2] });
    stage.replicate(1, [2], ['a']);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', note: '1 expected: min.insync.replicas changes, and the leader hears of it later than the controller that keeps the ELR' });
    const smaller = Stage.ready([quorumSuperset], { topics });
    smaller.know(1, { maximalIsr: [1, 2] });
    smaller.replicate(1, [2], ['a']);
    expect(smaller.violations).toBe(1);
  });

  it('asks nothing of a leader that was replaced', () => {
    const stage = Stage.ready([quorumSuperset]);
    stage.elect(2, [2, 3]);
    stage.know(1, { maximalIsr: [1] });
    stage.replicate(1, [], ['a']);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous' });
  });
});
