import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentialBackoffMs } from './backoff.ts';

const HALF = 0x8000_0000;

describe('exponentialBackoffMs', () => {
  it.each([[0, 100], [1, 200], [2, 400], [3, 800], [4, 1_000], [5, 1_000], [1_000_000, 1_000]])('after %i failures is around %i ms', (failures, aroundMs) => {
    expect(exponentialBackoffMs(100, 1_000, failures, HALF)).toBe(aroundMs);
  });

  it('spreads by a fifth either way', () => {
    expect(exponentialBackoffMs(100, 1_000, 0, 0)).toBe(80);
    expect(exponentialBackoffMs(100, 1_000, 0, 0xffff_ffff)).toBe(120);
  });

  it('is constant when the maximum is not above the first wait', () => {
    expect([0, 1, 9].map((failures) => exponentialBackoffMs(100, 100, failures, 0))).toEqual([100, 100, 100]);
  });

  it('never exceeds the maximum and never falls by more than the jitter', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.nat(60_000), fc.nat(40), fc.nat(), (initialMs, moreMs, failures, draw) => {
        const maxMs = initialMs + moreMs;
        const backoffMs = exponentialBackoffMs(initialMs, maxMs, failures, draw);
        expect(Number.isInteger(backoffMs)).toBe(true);
        expect(backoffMs).toBeLessThanOrEqual(maxMs);
        expect(backoffMs).toBeGreaterThanOrEqual(Math.floor(initialMs * 0.8));
      }),
    );
  });
});
