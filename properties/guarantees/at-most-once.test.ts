/** At most once: a producer that never tries again never appends a record twice, whatever becomes of its requests. */
import { describe, expect, it } from 'vitest';
import { run } from '../../src/testing/vitest.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

describe('a producer with retries=0', () => {
  const first = freshSeed('at most once');

  it(`has each of its records delivered at most as often as it was offered, over seeds from ${first} on`, () => {
    for (let seed = first; seed < first + 12; seed += 1) {
      const { delivered, verdicts } = run(cluster({ producer: 'acks: all, retries: 0, max.in.flight.requests.per.connection: 1' }), { seed: String(seed) });
      const [topic] = delivered.topics;
      const [reader] = delivered.consumers;
      const twice = verdicts.find(({ property }) => property === 'no-duplicates');
      expect(twice, `seed ${seed}`).toMatchObject({ verdict: 'held', evidence: [] });
      // Nor does the configuration give any away.
      expect(twice?.note ?? '', `seed ${seed}`).not.toContain('expected');
      // Read is at most what was acknowledged and what nobody knows of: nothing that failed for sure.
      expect(reader?.delivered, `seed ${seed}`).toBeLessThanOrEqual((topic?.ok ?? 0) + (topic?.unknown ?? 0));
      expect(reader?.delivered, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});
