/** The flagship: an hour of trucks and two groups under crashes, a partition, a slow link and a power loss, and everything holds. */
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

  it('delivers every acknowledged position to both groups, to each member its share, and leaves nothing behind', () => {
    const acknowledged = result.delivered.topics.reduce((sum, { ok }) => sum + ok, 0);
    expect(acknowledged).toBeGreaterThan(4_000);
    for (const group of ['location-dashboard', 'notification-service']) {
      const members = result.delivered.consumers.filter(({ consumer }) => consumer.startsWith(group));
      expect(members.reduce((sum, { delivered }) => sum + delivered, 0)).toBeGreaterThanOrEqual(acknowledged);
      for (const { delivered } of members) expect(delivered).toBeLessThan(acknowledged / 2);
      const lags = (result.delivered.groups ?? []).filter((each) => each.group === group);
      expect(lags.map(({ lag }) => lag)).toEqual(Array.from({ length: 10 }, () => 0));
      expect(lags.reduce((sum, { committed }) => sum + (committed ?? 0), 0)).toBe(acknowledged);
    }
  });
});
