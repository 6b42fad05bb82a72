import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import { sendBoundMs } from './liveness-bound.ts';
import { sendsSettle } from './sends-settle.ts';
import { APP, END_US, sentencesAtEnd, settledStage } from './staging.ts';

describe('sends settle', () => {
  it('is violated when a send neither succeeds nor fails in time', () => {
    const stage = settledStage(sendsSettle);
    stage.send({ value: 'c' });
    expect(sentencesAtEnd(stage)).toEqual(['app-1 sent "c" to orders at 00:00:00.026000 and has neither an acknowledgement nor an error']);
  });

  it('does not wait for sends of a process that died, or that still have time', () => {
    const stage = settledStage(sendsSettle);
    stage.send({ value: 'c' });
    stage.start(APP, 2);
    stage.waitUntil(END_US - (sendBoundMs(defaultConfig('producer')) - 1) * 1_000);
    stage.send({ value: 'd' });
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });
});
