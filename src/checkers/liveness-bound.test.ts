import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import { livenessBoundMs } from './liveness-bound.ts';

describe('the bound', () => {
  it('follows from the configured timeouts, the longest of each kind', () => {
    const broker = defaultConfig('broker');
    const producer = defaultConfig('producer');
    const consumer = defaultConfig('consumer');
    expect(livenessBoundMs({ brokers: [broker], producers: [], consumers: [] })).toBe(9_000 + 2 * 2_000 + 30_000 + 1_000 + 500);
    const whole = livenessBoundMs({ brokers: [broker], producers: [producer], consumers: [consumer] });
    expect(whole).toBe(44_500 + 2 * (30_000 + 1_000 + 1_000 + 500));
    const hasty = { ...consumer, requestTimeoutMs: 1_000 };
    expect(livenessBoundMs({ brokers: [broker], producers: [producer], consumers: [hasty] })).toBeLessThan(whole);
  });
});
