import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from './assert.ts';
import { NodeClock } from './clock.ts';
import { MS_PER_S, NEVER_US, US_PER_MS, US_PER_S } from './time.ts';

const drifts = fc.integer({ min: -900_000, max: 999_999 });
const times = fc.nat(100 * 3_600 * US_PER_S);
const changes = fc.array(fc.oneof(fc.record({ byUs: fc.integer({ min: -5 * US_PER_S, max: 5 * US_PER_S }) }), fc.record({ driftPpm: drifts })), { maxLength: 5 });

/** A clock with a past. */
const clocks = fc.tuple(changes, fc.array(fc.nat(US_PER_S), { minLength: 5, maxLength: 5 })).map(([past, pauses]) => {
  let clock = NodeClock.exact;
  let nowUs = 0;
  past.forEach((change, i) => {
    nowUs += pauses[i] as number;
    clock = 'byUs' in change ? clock.jumped(nowUs, change.byUs) : clock.drifting(nowUs, change.driftPpm);
  });
  return { clock, nowUs };
});

describe('NodeClock', () => {
  it('waits the least true time after which it has counted the delay', () => {
    fc.assert(
      fc.property(clocks, times, fc.nat(10 * 3_600 * MS_PER_S), ({ clock, nowUs }, laterUs, delayMs) => {
        const atUs = nowUs + laterUs;
        const delayUs = clock.trueDelayUs(atUs, delayMs);
        const counted = (trueUs: number): number => clock.localUs(atUs + trueUs) - clock.localUs(atUs);
        expect(Number.isSafeInteger(delayUs)).toBe(true);
        expect(counted(delayUs)).toBeGreaterThanOrEqual(delayMs * US_PER_MS);
        if (delayUs > 0) expect(counted(delayUs - 1)).toBeLessThan(delayMs * US_PER_MS);
      }),
    );
  });

  it('never shows a timer that its milliseconds are not over yet', () => {
    fc.assert(
      fc.property(clocks, times, fc.nat(60 * MS_PER_S), ({ clock, nowUs }, laterUs, delayMs) => {
        const atUs = nowUs + laterUs;
        const firesAtUs = atUs + clock.trueDelayUs(atUs, delayMs);
        expect(clock.localMs(firesAtUs)).toBeGreaterThanOrEqual(clock.localMs(atUs) + delayMs);
      }),
    );
  });

  it('goes forward as true time does, without a step when its drift changes', () => {
    fc.assert(
      fc.property(clocks, times, fc.nat(US_PER_S), drifts, ({ clock, nowUs }, aUs, bUs, driftPpm) => {
        const fromUs = nowUs + aUs;
        expect(clock.localUs(fromUs + bUs)).toBeGreaterThanOrEqual(clock.localUs(fromUs));
        expect(clock.drifting(fromUs, driftPpm).localUs(fromUs)).toBe(clock.localUs(fromUs));
      }),
    );
  });

  it('waits shorter when it is fast and longer when it is slow', () => {
    const [fast, slow] = [100_000, -100_000].map((ppm) => NodeClock.exact.drifting(0, ppm)) as [NodeClock, NodeClock];
    expect(NodeClock.exact.trueDelayUs(0, 1_100)).toBe(1_100_000);
    expect(fast.trueDelayUs(0, 1_100)).toBe(1_000_000);
    expect(slow.trueDelayUs(0, 900)).toBe(1_000_000);
  });

  it('reads another time after a jump and waits as long as before', () => {
    const jumped = NodeClock.exact.jumped(5_000, -3_000);
    expect(jumped.localUs(5_000)).toBe(2_000);
    expect(jumped.localMs(6_999)).toBe(3);
    expect(jumped.trueDelayUs(5_000, 7)).toBe(7_000);
  });

  it('waits for nothing when the delay is over already, and for ever when it is past the end of time', () => {
    expect(NodeClock.exact.trueDelayUs(9, -4)).toBe(0);
    expect(NodeClock.exact.drifting(0, 50).trueDelayUs(9, 0)).toBe(0);
    expect(NodeClock.exact.drifting(0, 50).trueDelayUs(9, Number.MAX_SAFE_INTEGER)).toBe(NEVER_US);
  });

  it('refuses to stand still, to run backwards, and to jump by what is no time', () => {
    for (const ppm of [-1_000_000, 1_000_000, 0.5, Number.NaN]) expect(() => NodeClock.exact.drifting(0, ppm)).toThrow(AssertionFailed);
    expect(() => NodeClock.exact.jumped(0, 0.5)).toThrow(AssertionFailed);
  });
});
