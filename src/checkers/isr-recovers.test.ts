import { describe, expect, it } from 'vitest';
import { PartitionLog } from '../kafka/log.ts';
import { batchOf, withOffsets } from '../kafka/records.ts';
import { isrRecovers } from './isr-recovers.ts';
import { END_US, sentencesAtEnd, settledStage } from './staging.ts';

describe('ISR recovers', () => {
  it('is violated when a live replica is not in the ISR, and not when that broker is down', () => {
    const stage = settledStage(isrRecovers);
    stage.registerBroker(3, 40);
    stage.truncate(3, 1);
    stage.changeIsr([1, 2]);
    const fork = stage.fork();
    fork.goDown(3);
    expect(sentencesAtEnd(fork)).toEqual([]);
    expect(sentencesAtEnd(stage)).toEqual([
      "broker-3 (up) is not in the ISR of orders-0: its log ends at 1, the leader's at 2, and it has not fetched from this leader; the ISR is [broker-1, broker-2]",
    ]);
  });

  it('excuses a replica that ends within the first batch of its leader, where DeleteRecords has left it and Kafka leaves it behind', () => {
    const record = (value: string) => ({ key: null, value, timestampMs: 0 });
    const longer = ['a', 'b2', 'c2', 'd2'].map(record);
    const log = PartitionLog.empty().append(withOffsets(batchOf(longer.slice(0, 1)), 0, 0)).append(withOffsets(batchOf(longer.slice(1)), 1, 1));
    const stage = settledStage(isrRecovers);
    stage.registerBroker(3, 40);
    stage.changeIsr([1, 2]);
    stage.plant(1, { log });
    const fork = stage.fork();
    expect(sentencesAtEnd(fork)).toHaveLength(1);
    stage.plant(1, { log: log.advanceLogStart(2) });
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict().note).toContain('1 excused');
  });

  it('owes nothing to a replica that a reassignment removes', () => {
    const stage = settledStage(isrRecovers);
    stage.change({ isr: [1, 2], removingReplicas: [3] });
    expect(sentencesAtEnd(stage)).toEqual([]);
  });

  it('is violated by a proposal that stays open for a bound, and not by a new one', () => {
    const stage = settledStage(isrRecovers);
    stage.know(1, { maximalIsr: [1, 2, 3], pending: { proposal: 1 } });
    const fork = stage.fork();
    fork.waitUntil(END_US - 1);
    fork.know(1, { pending: { proposal: 2 } });
    expect(sentencesAtEnd(fork)).toEqual([]);
    expect(sentencesAtEnd(stage)).toEqual(['broker-1, leader of orders-0, has waited a bound for the outcome of its AlterPartition from ISR [broker-1, broker-2, broker-3] to [broker-1, broker-2, broker-3]']);
  });
});
