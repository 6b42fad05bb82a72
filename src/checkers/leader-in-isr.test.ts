import { describe, expect, it } from 'vitest';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import { leaderInIsr } from './leader-in-isr.ts';
import { plantedContext, plantedRegistration } from './planted.ts';
import { Stage, TOPIC } from './staging.ts';

/** The image refuses what this property forbids, so a registration is planted behind its back. */
function verdictOn(change: Partial<PartitionRegistration>) {
  const context = plantedContext();
  const checker = leaderInIsr.check(context);
  checker.registrationChanged?.(context.cluster.partition(TOPIC, 0), undefined, plantedRegistration({ isr: [1, 2], leaderEpoch: 4, partitionEpoch: 9, ...change }), 5);
  return checker.verdict(10);
}

describe('leader in ISR', () => {
  it.each([
    ['a leader outside the ISR', { leader: 3 }, 'the leader is not in the ISR'],
    ['an empty ISR', { isr: [], leader: -1 }, 'the ISR is empty'],
    ['a broker without a replica', { isr: [1, 4] }, 'the ISR names a broker that holds no replica'],
    ['a broker named twice', { isr: [1, 1] }, 'the ISR names a broker twice'],
  ])('is violated by %s', (_what, change, fault) => {
    const { verdict, evidence } = verdictOn(change);
    expect(verdict).toBe('violated');
    expect(evidence[0]?.sentence).toContain(`the controller committed orders-0 in partition epoch 9 with leader`);
    expect(evidence[0]?.sentence).toContain(fault);
  });

  it('holds for an empty ISR while the ELR or the last known leader says who may lead next', () => {
    expect(verdictOn({ isr: [], leader: -1, elr: [2, 3] }).verdict).toBe('held');
    expect(verdictOn({ isr: [], leader: -1, lastKnownElr: [2] }).verdict).toBe('held');
  });

  it('holds for a partition without a leader', () => {
    expect(verdictOn({ leader: -1 })).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('compares every change that the controller commits', () => {
    const stage = Stage.ready([leaderInIsr], {}, 2);
    stage.changeIsr([1, 2]);
    stage.elect(2, [2]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 4 });
  });

  it('is vacuous when the controller committed no partition', () => {
    expect(new Stage([leaderInIsr]).verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });
});
