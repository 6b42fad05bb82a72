import { describe, expect, it } from 'vitest';
import { US_PER_S } from '../kernel/time.ts';
import { highWatermarkArrives } from './high-watermark-arrives.ts';
import { BOUND_S, END_US, QUIET_FROM_US, TOPIC, sentencesAtEnd, settledStage } from './staging.ts';

describe('high watermark arrives', () => {
  it('is violated when the high watermark stays below what was appended a bound before', () => {
    const stage = settledStage(highWatermarkArrives);
    stage.append(1, ['c']);
    stage.know(1, { remotes: [{ brokerId: 2, logEndOffset: 3 }, { brokerId: 3, logEndOffset: 2 }] });
    expect(sentencesAtEnd(stage)[0]).toMatch(/^the high watermark of orders-0 is 2 at its leader broker-1, which had appended up to 3 by 00:06:\d\d\.000000: broker-2 has fetched up to 3, broker-3 has fetched up to 2$/);
  });

  it('lets the high watermark stand while the ISR is below min.insync.replicas', () => {
    const stage = settledStage(highWatermarkArrives, { topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }] });
    stage.changeIsr([1]);
    stage.append(1, ['c']);
    expect(sentencesAtEnd(stage)).toEqual([]);
  });

  it('does not owe what was appended within the last bound', () => {
    const stage = settledStage(highWatermarkArrives);
    stage.waitUntil(END_US - 1 * US_PER_S);
    stage.append(1, ['c']);
    expect(sentencesAtEnd(stage)).toEqual([]);
  });

  it('owes what was appended while it was quiet, up to a bound before the end', () => {
    const stage = settledStage(highWatermarkArrives);
    stage.waitUntil(END_US - (BOUND_S * 1.5 + 1) * US_PER_S);
    stage.append(1, ['c']);
    expect(sentencesAtEnd(stage)[0]).toContain('the high watermark of orders-0 is 2');
  });

  it('judges at the very bound', () => {
    const stage = settledStage(highWatermarkArrives);
    stage.append(1, ['c']);
    stage.waitUntil(QUIET_FROM_US + BOUND_S * US_PER_S);
    expect(stage.verdict().verdict).toBe('violated');
  });
});
