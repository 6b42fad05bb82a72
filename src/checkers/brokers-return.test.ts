import { describe, expect, it } from 'vitest';
import { incarnationIdOf } from '../kafka/broker-registrations.ts';
import { brokersReturn } from './brokers-return.ts';
import { END_US, sentencesAtEnd, settledStage } from './staging.ts';
import type { Stage } from './staging.ts';

/** Everybody is registered and knows partition epoch 0. */
function settled(): Stage {
  const stage = settledStage(brokersReturn);
  stage.registerBrokers();
  for (const brokerId of [1, 2, 3]) stage.plant(brokerId, { partitionEpoch: 0 });
  return stage;
}

describe('brokers return', () => {
  it('holds when every live broker is unfenced and knows what is committed', () => {
    const stage = settled();
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 3 });
  });

  it('is violated by a live broker that stays fenced, and not by one that is down or has just come up', () => {
    const stage = settled();
    stage.fence(2, 12);
    const [down, returned] = [stage.fork(), stage.fork()];
    down.goDown(2);
    expect(sentencesAtEnd(down)).toEqual([]);
    returned.goDown(2);
    returned.waitUntil(END_US - 1_000_000);
    returned.start(2, 2);
    expect(sentencesAtEnd(returned)).toEqual([]);
    expect(sentencesAtEnd(stage)[0]).toMatch(/^broker-2 has been up since 00:06:\d\d\.000000 at least, and is up, fenced at the end$/);
  });

  // swarm, seed 161915: the request of a process that died in a lossy minute was retransmitted for seconds.
  it('expects no return of a broker whose dead process is registered in the place of the one that runs', () => {
    const registeredBy = (incarnation: number): Stage => {
      const stage = settled();
      stage.goDown(2);
      stage.start(2, 3);
      stage.registerBroker(2, 20, true, incarnationIdOf(7, incarnation));
      return stage;
    };
    const late = registeredBy(2);
    expect(sentencesAtEnd(late)).toEqual([]);
    expect(late.verdict().note).toContain('a registration of a process of broker-2 that was dead came behind that of the one that runs');
    expect(sentencesAtEnd(registeredBy(3))).toEqual([expect.stringContaining('is up, fenced at the end')]);
  });

  it('expects no return of a broker that was unregistered while it ran, and that of the process that runs after it', () => {
    const stage = settled();
    stage.registerBroker(2, 22, false, incarnationIdOf(7, 1));
    stage.waitUntil(END_US - 1_000);
    const restarted = stage.fork();
    restarted.goDown(2);
    restarted.start(2, 2);
    for (const each of [stage, restarted]) each.unregister(2, 22);
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2, note: expect.stringContaining('1 excused: broker-2 was unregistered while it ran') as string });
    expect(sentencesAtEnd(restarted)).toEqual([expect.stringMatching(/^broker-2 has been up since .* at the end$/)]);
  });

  it('is violated by a replica that does not learn what was committed a bound before', () => {
    const stage = settled();
    stage.changeIsr([1, 2]);
    for (const brokerId of [1, 2]) stage.plant(brokerId, { partitionEpoch: 1 });
    expect(sentencesAtEnd(stage)).toEqual([expect.stringMatching(/^broker-3 knows partition epoch 0 of orders-0, of which 1 had been committed by /)]);
  });
});
