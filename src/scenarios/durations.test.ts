import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DURATION_US, formatDurationUs, parseDurationUs, parseFactor, parseRatio, readableMs } from './durations.ts';

describe('durations', () => {
  it('are an integer and a unit', () => {
    const texts = ['250us', '10ms', '20s', '5m', '1h', '1d', '365d'];
    expect(texts.map((text) => parseDurationUs(text))).toEqual([250, 10_000, 20_000_000, 300_000_000, 3_600_000_000, 86_400_000_000, MAX_DURATION_US].map((value) => ({ value })));
  });

  it('read back as they were written, whatever the number', () => {
    fc.assert(fc.property(fc.integer({ min: -MAX_DURATION_US, max: MAX_DURATION_US }), (us) => {
      expect(parseDurationUs(formatDurationUs(us), true)).toEqual({ value: us });
    }));
  });

  it('that are negative are refused unless a sign makes sense', () => {
    expect(parseDurationUs('-5s', true)).toEqual({ value: -5_000_000 });
    expect(parseDurationUs('-5s')).toHaveProperty('wrong');
    expect(Object.is((parseDurationUs('-0s', true) as { value: number }).value, 0)).toBe(true);
  });

  it('with a decimal point or in several units are answered with the exact form', () => {
    expect(parseDurationUs('1.5h')).toEqual({ wrong: expect.stringContaining('did you mean 90m?') });
    expect(parseDurationUs('.25s')).toEqual({ wrong: expect.stringContaining('did you mean 250ms?') });
    expect(parseDurationUs('1m15s')).toEqual({ wrong: expect.stringContaining('did you mean 75s?') });
    expect(parseDurationUs('1h30m')).toEqual({ wrong: expect.stringContaining('did you mean 90m?') });
    expect(parseDurationUs('1s1m')).toEqual({ wrong: expect.not.stringContaining('did you mean') });
    expect(parseDurationUs('0.1us')).toEqual({ wrong: expect.not.stringContaining('did you mean') });
  });

  it('are shown to people in the units they think in', () => {
    expect([0, 7, 1_000, 6_012, 60_000, 90_000, 3_600_000, 5_400_001, -5_000].map(readableMs)).toEqual(['0s', '7ms', '1s', '6.012s', '1m', '1m30s', '1h', '1h30m0.001s', '-5s']);
  });

  it('that are anything else are refused', () => {
    for (const text of ['', 's', '1', '1 s', '1h30m', '1e3s', '+1s', '0x1s', 'NaNs', '١s']) expect(parseDurationUs(text), text).toHaveProperty('wrong');
  });
});

describe('ratios', () => {
  it('are fractions of integers in [0, 1]', () => {
    expect(parseRatio('1/1000')).toEqual({ value: { numerator: 1, denominator: 1000 } });
    expect(parseRatio('0')).toEqual({ value: { numerator: 0, denominator: 1 } });
    expect(parseRatio('1')).toEqual({ value: { numerator: 1, denominator: 1 } });
    for (const text of ['2', '3/2', '1/0', '-1/2', '0.5', '1/', '/2', '5%', '1/99999999999']) expect(parseRatio(text), text).toHaveProperty('wrong');
  });

  it('as decimals are answered with the fraction of the same value', () => {
    expect(parseRatio('0.125')).toEqual({ wrong: expect.stringContaining('did you mean 125/1000?') });
    expect(parseRatio('.5')).toEqual({ wrong: expect.stringContaining('did you mean 5/10?') });
  });

  it('as factors may exceed 1 but not vanish', () => {
    expect(parseFactor('3/2')).toEqual({ value: { numerator: 3, denominator: 2 } });
    expect(parseFactor('0')).toHaveProperty('wrong');
    expect(parseFactor('1/0')).toHaveProperty('wrong');
  });
});
