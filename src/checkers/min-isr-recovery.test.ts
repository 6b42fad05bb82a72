import { describe, expect, it } from 'vitest';
import { minIsrRecovery } from './min-isr-recovery.ts';
import { Stage, TOPIC } from './staging.ts';

const ELR = { eligibleLeaderReplicas: true, topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }] };

/** Two records on all three brokers; then the ISR shrinks to broker 1, and broker 2 stays eligible. */
function shrunk(changes = ELR): Stage {
  const stage = Stage.ready([minIsrRecovery], changes);
  stage.replicate(1, [2, 3], ['a', 'b']);
  stage.changeIsr([1, 2]);
  stage.change({ isr: [1], eligibleLeaderReplicas: [2] });
  return stage;
}

describe('min ISR recovery', () => {
  it('holds while one eligible leader has everything', () => {
    const stage = shrunk();
    stage.goDown(1, 1);
    stage.change({ isr: [], leader: -1, eligibleLeaderReplicas: [1, 2] });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is violated when the ISR is left to somebody without it', () => {
    const stage = shrunk();
    stage.change({ isr: [], leader: -1, eligibleLeaderReplicas: [3] });
    expect(stage.violations).toBe(0);
    stage.truncate(3, 1);
    stage.change({ eligibleLeaderReplicas: [3, 2] });
    stage.change({ eligibleLeaderReplicas: [3] });
    expect(stage.verdict().evidence[0]?.sentence).toBe(
      'no member of the ISR [] or the ELR [broker-3] of orders-0 holds the committed batch at offset 1 (leader epoch 0); the high watermark had reached 2',
    );
  });

  it('excuses what as many lossy crashes took as min.insync.replicas', () => {
    const stage = shrunk();
    stage.goDown(2, 1);
    stage.goDown(1, 1);
    const { evidence, note } = stage.verdict();
    expect(evidence).toEqual([]);
    expect(note).toMatch(/every member of the ISR and the ELR of orders-0 \(\[broker-1, broker-2\]\) had lost records/);
  });

  it('never excuses a loss by fewer lossy crashes', () => {
    const stage = shrunk();
    // A controller that forgets the ELR leaves everything to the last replica standing.
    stage.change({ eligibleLeaderReplicas: [] });
    stage.goDown(1, 1);
    // Its leaving counts as one unclean shutdown, the loss as another: two, as many as min.insync.replicas.
    expect(stage.violations).toBe(0);
    const lone = Stage.ready([minIsrRecovery], ELR);
    lone.replicate(1, [2, 3], ['a', 'b']);
    lone.changeIsr([1, 2]);
    lone.goDown(1, 1);
    lone.changeIsr([1, 2]);
    lone.truncate(2, 1);
    lone.changeIsr([1, 2]);
    expect(lone.verdict().verdict).toBe('violated');
  });

  it('excuses the last replica standing where nobody keeps an ELR', () => {
    const stage = Stage.ready([minIsrRecovery]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.changeIsr([1]);
    stage.goDown(1, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
    expect(stage.verdict().note).toContain('excused');
  });
});
