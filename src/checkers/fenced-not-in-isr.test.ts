import { describe, expect, it } from 'vitest';
import { NO_LEADER } from '../kafka/ids.ts';
import { fencedNotInIsr } from './fenced-not-in-isr.ts';
import { plantedContext, plantedRegistration } from './planted.ts';
import { Stage, TOPIC } from './staging.ts';

const MIN_ISR_2 = { topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }] };

function ready(changes = {}): Stage {
  const stage = new Stage([fencedNotInIsr], changes);
  stage.registerBrokers();
  stage.createTopic();
  return stage;
}

describe('fenced not in ISR', () => {
  it('is violated while a fenced broker is in an ISR that has other members', () => {
    const stage = ready();
    expect(stage.violations).toBe(0);
    stage.fence(3, 13);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated',
      evidence: [{ sentence: 'the controller committed orders-0 in partition epoch 0 with ISR [broker-1, broker-2, broker-3], ELR []: broker-3 is in the ISR and fenced' }],
    });
  });

  it('holds when it left before it was fenced, and for the last member, which stays', () => {
    const stage = ready();
    stage.changeIsr([1]);
    for (const brokerId of [3, 2, 1]) stage.fence(brokerId, 10 + brokerId);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 5 });
  });

  it('is violated by a fenced last member where eligible leader replicas take its place', () => {
    const stage = ready({ eligibleLeaderReplicas: true });
    stage.changeIsr([1]);
    stage.fence(1, 11);
    expect(stage.verdict().evidence[0]?.sentence).toContain('broker-1 is in the ISR and fenced');
  });

  it.each([[true, true, 0], [true, false, 1], [false, true, 1]])('of a fenced replica alone in the ISR, without a leader, reassigned: %s, unclean elections: %s', (reassigns, uncleanLeaderElectionEnable, violations) => {
    const topics = [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 2, uncleanLeaderElectionEnable }];
    const stage = ready({ eligibleLeaderReplicas: true, reassigns, topics });
    stage.change({ isr: [2], leader: NO_LEADER, eligibleLeaderReplicas: [1] });
    stage.fence(1, 11);
    stage.change({ isr: [1], eligibleLeaderReplicas: [] });
    expect(stage.violations).toBe(violations);
  });

  it('is violated by an ELR beside an ISR that is large enough, and not beside one that is not', () => {
    const stage = ready(MIN_ISR_2);
    stage.change({ isr: [1], eligibleLeaderReplicas: [2] });
    expect(stage.violations).toBe(0);
    stage.change({ isr: [1, 3] });
    expect(stage.verdict().evidence[0]?.sentence).toContain('the ISR is as large as min.insync.replicas, 2, and the ELR is not empty');
  });

  it('is violated by a broker in both sets, which no image takes', () => {
    const context = plantedContext(MIN_ISR_2);
    const partition = context.cluster.partition(TOPIC, 0);
    partition.registration = plantedRegistration({ isr: [1], elr: [1] });
    const checker = fencedNotInIsr.check(context);
    const stage = ready();
    checker.registrationChanged?.(partition, undefined, partition.registration, 1);
    checker.imageCommitted?.(stage.committedImage, stage.committedImage, 1);
    expect(checker.verdict(2).evidence[0]?.sentence).toContain('broker-1 is in both');
  });
});
