import { describe, expect, it } from 'vitest';
import { US_PER_S } from '../kernel/time.ts';
import { Stage, TOPIC, settledStage } from './staging.ts';
import { writesAccepted } from './writes-accepted.ts';

const MIN_ISR_2 = { topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }] };

describe('writes accepted', () => {
  it('is violated by NOT_ENOUGH_REPLICAS while the ISR is large enough', () => {
    const stage = Stage.ready([writesAccepted], MIN_ISR_2);
    stage.send({ value: 'a', offset: 0 });
    stage.send({ value: 'b', outcome: 'fail', errorCode: 'NOT_ENOUGH_REPLICAS' });
    expect(stage.verdict()).toMatchObject({ verdict: 'violated', compared: 2 });
    expect(stage.verdict().evidence[0]?.sentence).toMatch(/^"b", which app-1 sent to orders-0 with acks=all at .*, ended in NOT_ENOUGH_REPLICAS, though a leader acted and the ISR was never below min\.insync\.replicas since$/);
  });

  it('expects it while the ISR is below min.insync.replicas, as the controller or as the leader sees it', () => {
    const committed = Stage.ready([writesAccepted], MIN_ISR_2);
    committed.changeIsr([1]);
    const known = Stage.ready([writesAccepted], MIN_ISR_2);
    known.know(1, { isr: [1], maximalIsr: [1, 2, 3] });
    for (const stage of [committed, known]) {
      stage.send({ value: 'a', outcome: 'fail', errorCode: 'NOT_ENOUGH_REPLICAS' });
      expect(stage.verdict()).toMatchObject({ verdict: 'held', note: '1 expected: the ISR was smaller than min.insync.replicas' });
    }
  });

  // swarm, seed 15926: reassigned from three replicas to two, of which the leader of before had not heard.
  it('expects it of a replaced leader that still counts the replicas of before a reassignment', () => {
    const stage = Stage.ready([writesAccepted], { topics: [{ ...MIN_ISR_2.topics[0]!, minInsyncReplicas: 3 }] });
    stage.know(1, { isr: [1, 3], maximalIsr: [1, 3] });
    stage.change({ replicas: [2, 3], isr: [2, 3], leader: 2 });
    stage.plant(2, { partitionEpoch: 1 });
    stage.lead(2);
    stage.send({ value: 'a', outcome: 'fail', errorCode: 'NOT_ENOUGH_REPLICAS' });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', note: '1 expected: the ISR was smaller than min.insync.replicas' });
    stage.follow(1);
    stage.send({ value: 'b', outcome: 'fail', errorCode: 'NOT_ENOUGH_REPLICAS' });
    expect(stage.violations).toBe(1);
  });

  it('expects any refusal before the cluster is at rest, and none once it is', () => {
    const stage = settledStage(writesAccepted);
    stage.send({ value: 'c', outcome: 'unknown' });
    expect(stage.violations).toBe(0);
    stage.waitUntil(121 * US_PER_S);
    const [fork, replaced] = [stage.fork(), stage.fork()];
    stage.send({ value: 'd', outcome: 'unknown' });
    expect(stage.violations).toBe(1);
    fork.send({ value: 'd', outcome: 'fail', errorCode: 'MESSAGE_TOO_LARGE' });
    expect(fork.violations).toBe(0);
    replaced.sendOnly('d');
    replaced.elect(2, [2, 3]);
    replaced.lead(2);
    replaced.complete(3, 0, -1, 'unknown');
    expect(replaced.violations).toBe(0);
  });

  it('expects REQUEST_TIMED_OUT where timeouts are shorter than what the messages of a send may take', () => {
    const timedOut = (slowestTripMs: number): Stage => {
      const stage = settledStage(writesAccepted, { slowestTripMs });
      stage.waitUntil(121 * US_PER_S);
      stage.send({ value: 'd', outcome: 'unknown' });
      return stage;
    };
    // request.timeout.ms is 30 s.
    expect(timedOut(7_000).violations).toBe(1);
    expect(timedOut(8_000).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('is shorter than what the messages of a send may take') as string });
  });
});
