/** The flagship: an hour of trucks under crashes, a partition, a slow link and a power loss, and everything holds. */
import { describe, expect, it } from 'vitest';
import { builtIn, run, vacuousOf, violationsOf } from '../support/runs.ts';

describe('trucks_gps', () => {
  const result = run(builtIn('trucks_gps'), '42');

  it('violates nothing and puts everything to the test', () => {
    expect(violationsOf(result)).toEqual([]);
    expect(vacuousOf(result)).toEqual([]);
  });

  it('has every fault of its plan take effect', () => {
    expect(result.faults.map(({ outcome }) => outcome)).toEqual(result.faults.map(() => 'applied'));
    expect(result.faults.length).toBeGreaterThan(5);
  });

  it('delivers every acknowledged position to both readers', () => {
    const acknowledged = result.delivered.topics.reduce((sum, { ok }) => sum + ok, 0);
    expect(acknowledged).toBeGreaterThan(4_000);
    for (const { delivered, lag } of result.delivered.consumers) {
      expect(delivered).toBeGreaterThanOrEqual(acknowledged);
      expect(lag).toBe(0);
    }
  });
});
