import { describe, expect, it } from 'vitest';
import { US_PER_S } from '../kernel/time.ts';
import { progressAfterHeal } from './progress-after-heal.ts';
import { BOUND_S, END_US, OTHER_READER, QUIET_FROM_US, READER, sentencesAtEnd, settledStage, stagedConfig, TOPIC } from './staging.ts';

describe('progress after heal', () => {
  it('holds when everything committed is read by the end', () => {
    const stage = settledStage(progressAfterHeal);
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2 });
  });

  it('is violated when a consumer has not read to the high watermark, or has no position', () => {
    const stage = settledStage(progressAfterHeal);
    stage.replicate(1, [2, 3], ['c']);
    stage.start(OTHER_READER, 2);
    expect(sentencesAtEnd(stage)).toEqual([
      expect.stringMatching(/^reader-1 is at offset 2 of orders-0, whose high watermark was 3 by 00:06:\d\d\.000000; broker-1 leads it$/),
      'reader-2 has no position in orders-0, whose high watermark is 3',
    ]);
  });

  it('asks nothing of a consumer that is down, or that gives up without a position', () => {
    const stage = settledStage(progressAfterHeal, { consumers: stagedConfig().consumers.map((consumer) => ({ ...consumer, config: { ...consumer.config, autoOffsetReset: 'none' } })) });
    stage.replicate(1, [2, 3], ['c']);
    expect(sentencesAtEnd(stage)).toEqual([]);
  });

  it('excuses a consumer of what an unclean election took back, where the topic allows one', () => {
    const topics = [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: true }];
    const stage = settledStage(progressAfterHeal, { topics });
    stage.waitUntil(END_US - US_PER_S);
    stage.changeIsr([1]);
    stage.truncate(3, 0);
    stage.elect(3, [3]);
    stage.lead(3);
    stage.highWatermark(3, 0);
    for (const reader of [READER, OTHER_READER]) stage.reset(reader, 0, 'truncation');
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', note: expect.stringMatching(/^2 excused: less is there than was committed: broker-3 was elected leader of orders-0 uncleanly/) as string });
  });

  // swarm, seed 156103: the only one left in the ELR had lost power, and was taken as the last known leader.
  it('excuses a consumer of what everybody who could be elected had lost with a disk', () => {
    const stage = settledStage(progressAfterHeal);
    stage.waitUntil(END_US - US_PER_S);
    stage.elect(1, [1]);
    stage.goDown(1, 1);
    stage.start(1, 2);
    stage.elect(1, [1]);
    stage.lead(1);
    stage.highWatermark(1, 1);
    for (const reader of [READER, OTHER_READER]) stage.reset(reader, 1, 'truncation');
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ note: expect.stringMatching(/^2 excused: less is there than was committed: .* had lost records with its disk$/) as string });
  });

  it('is vacuous when the run has no quiet end, or ends too early', () => {
    const restless = settledStage(progressAfterHeal, { liveness: null });
    expect(restless.verdict()).toMatchObject({ verdict: 'vacuous', note: 'the run has no quiet end' });
    const short = settledStage(progressAfterHeal);
    short.replicate(1, [2, 3], ['c']);
    short.waitUntil(QUIET_FROM_US + (BOUND_S - 1) * US_PER_S);
    expect(short.verdict()).toMatchObject({ verdict: 'vacuous', compared: 0, note: 'the run ended at 00:01:59.000000, before 00:02:00.000000, a bound of 20000 ms after the last fault or operation' });
  });

  it('counts the lag of a consumer below the high watermark', () => {
    const stage = settledStage(progressAfterHeal);
    stage.replicate(1, [2, 3], ['c', 'd']);
    expect([stage.lag(READER), stage.lag(OTHER_READER)]).toEqual([2, 2]);
    stage.poll(READER, 1, [2]);
    expect(stage.lag(READER)).toBe(1);
  });
});
