import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { US_PER_S, formatUs, msOfUs, usOfMs } from './time.ts';

describe('time', () => {
  it('converts milliseconds there and back, and rounds down as a millisecond clock does', () => {
    fc.assert(fc.property(fc.nat(), (ms) => msOfUs(usOfMs(ms)) === ms));
    expect([msOfUs(1_999), msOfUs(-1), usOfMs(0.5)]).toEqual([1, -1, 500]);
  });

  it('prints hours, minutes, seconds and microseconds', () => {
    expect(formatUs(0)).toBe('00:00:00.000000');
    expect(formatUs((1 * 3600 + 2 * 60 + 3) * US_PER_S + 456_789)).toBe('01:02:03.456789');
    expect(formatUs(100 * 3600 * US_PER_S)).toBe('100:00:00.000000');
  });
});
