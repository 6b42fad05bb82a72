import { describe, expect, it } from 'vitest';
import { leaderCompleteness } from './leader-completeness.ts';
import { Stage, TOPIC } from './staging.ts';

const UNCLEAN = { topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: true }] };

describe('leader completeness', () => {
  it('holds when the elected broker has everything committed, and more or less beyond it', () => {
    const stage = Stage.ready([leaderCompleteness]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.append(1, ['not committed']);
    stage.elect(2, [2, 3]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2, evidence: [] });
  });

  it('is violated at the election itself, before the elected broker acts', () => {
    const stage = Stage.ready([leaderCompleteness]);
    stage.replicate(1, [2], ['a', 'b']);
    stage.elect(3, [3]);
    expect(stage.verdict().evidence[0]?.sentence).toBe(
      'the controller elected broker-3 leader of orders-0 in leader epoch 1, which does not hold the committed batch at offset 0 (leader epoch 0): the high watermark had reached 2, its log ends at 0',
    );
  });

  it('judges elections from the ELR as well', () => {
    const stage = Stage.ready([leaderCompleteness]);
    stage.replicate(1, [2], ['a']);
    stage.change({ isr: [], leader: -1, eligibleLeaderReplicas: [2, 3] });
    const fork = stage.fork();
    stage.change({ isr: [2], leader: 2, eligibleLeaderReplicas: [3] });
    fork.change({ isr: [3], leader: 3, eligibleLeaderReplicas: [2] });
    expect([stage.verdict().verdict, fork.verdict().verdict]).toEqual(['held', 'violated']);
  });

  it('excuses unclean elections where the topic allows them, and nowhere else', () => {
    const allowing = Stage.ready([leaderCompleteness], UNCLEAN);
    const forbidding = Stage.ready([leaderCompleteness]);
    for (const stage of [allowing, forbidding]) {
      stage.changeIsr([1]);
      stage.replicate(1, [], ['a']);
      stage.elect(2, [2]);
    }
    expect([allowing.verdict().verdict, forbidding.verdict().verdict]).toEqual(['held', 'violated']);
    expect(allowing.verdict().note).toBe('1 excused: the topic allows unclean elections');
  });

  it('asks nothing of a broker whose disk lost records that the controller has not heard of yet', () => {
    const stage = Stage.ready([leaderCompleteness]);
    stage.replicate(1, [2, 3], ['a']);
    stage.goDown(2, 0);
    stage.elect(2, [2, 3]);
    expect(stage.violations).toBe(0);
  });
});
