import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import type { ConsumerConfig } from '../kafka/config.ts';
import { committedBeforeRevoked } from './committed-before-revoked.ts';
import { DeliveryStage } from './delivery-staging.ts';
import { READER, stagedConfig, TOPIC } from './staging.ts';

const configured = (config: Partial<ConsumerConfig>) => ({ consumers: [{ node: READER, config: { ...defaultConfig('consumer'), enableAutoCommit: true, ...config }, topics: [TOPIC], groupId: 'dashboards' }] });
const stage = (config: Partial<ConsumerConfig> = {}): DeliveryStage => new DeliveryStage(committedBeforeRevoked, {}, configured(config)).own(4);
const late = 'reader-1 gave up orders-0 with offset 2 committed, and poll had returned offset 2: whoever of group dashboards is next gets it again';

describe('a consumer that commits by itself', () => {
  it('has committed what poll returned of the partitions that it gives up', () => {
    expect(stage().poll([0, 1]).commit(2).own(4, false, undefined, 'revoked').verdict()).toMatchObject({ verdict: 'held', compared: 1 });
    expect(stage().poll([0, 1]).commit(1).commit(2).own(4, false, undefined, 'revoked').verdict().verdict).toBe('held');
  });

  it('is seen to return records behind the commit that the revocation waits for', () => {
    const run = stage().poll([0, 1]);
    const completed = run.commitLater(2);
    run.poll([2]);
    completed();
    expect(run.own(4, false, undefined, 'revoked').sentences()).toEqual([late]);
    expect(stage().poll([0, 1]).commit(2).poll([2]).own(4, false, undefined, 'revoked').sentences()).toEqual([late]);
  });

  it('commits all that poll has returned, and is seen to commit less', () => {
    expect(stage().poll([0, 1]).commitByItself(2).poll([2]).commitByItself(3).verdict()).toMatchObject({ verdict: 'held', compared: 2 });
    expect(stage().poll([0, 1]).commitByItself(1).sentences()).toEqual(['reader-1 commits offset 1 of orders-0 by itself, and poll had returned offset 1']);
    expect(stage().poll([0, 1]).commit(1).verdict().compared, 'the application may commit what it likes').toBe(0);
    expect(stage().poll([0, 1]).begin(0, 'truncation').commitByItself(0).verdict().compared, 'it reads from there anew').toBe(0);
  });

  it('owes nothing when the commit before failed, is under way, or says nothing of the partition', () => {
    const open = stage().poll([0, 1]).commit(2).poll([2]);
    open.commitLater(3);
    const runs = [
      stage().poll([0, 1]).commit(2).poll([2]).commit(3, 'fail'), stage().poll([0, 1]).commit(2).poll([2]).commit(3, 'unknown'), open,
      stage().poll([0, 1]).commit(2).poll([2]).commitNothing(), stage().poll([0, 1]),
    ];
    for (const run of runs) expect(run.own(4, false, undefined, 'revoked').verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });

  it('owes nothing of partitions that it keeps, that it lost, or that another process of its node had read', () => {
    expect(stage().poll([0, 1]).commit(1).own(5).verdict().compared).toBe(0);
    expect(stage().poll([0, 1]).commit(1).own(5, false, undefined, 'lost').verdict().compared).toBe(0);
    expect(stage().poll([0, 1]).commit(1).restart().own(5).own(5, false, undefined, 'revoked').verdict().compared).toBe(0);
  });

  it('owes nothing of what it read before its position was set elsewhere', () => {
    for (const reason of ['truncation', 'outOfRange', 'seek'] as const) {
      expect(stage().poll([0, 1]).begin(1, reason).commit(1).own(4, false, undefined, 'revoked').verdict().verdict).toBe('vacuous');
      expect(stage().poll([0, 1]).begin(1, reason).commit(1).poll([1, 2]).own(4, false, undefined, 'revoked').verdict().verdict).toBe('violated');
    }
  });

  it('promises it with the consumer protocol and with eager assignors, and not when it revokes with the assignment that takes away', () => {
    const asked = (config: Partial<ConsumerConfig>): boolean => committedBeforeRevoked.appliesTo?.(stagedConfig(configured(config))) === true;
    expect(asked({})).toBe(true);
    expect(asked({ partitionAssignmentStrategy: 'range,cooperative-sticky' })).toBe(true);
    expect(asked({ groupProtocol: 'consumer', partitionAssignmentStrategy: 'cooperative-sticky' })).toBe(true);
    expect(asked({ partitionAssignmentStrategy: 'cooperative-sticky' })).toBe(false);
    expect(asked({ enableAutoCommit: false })).toBe(false);
  });
});
