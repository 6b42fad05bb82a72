import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasOffset, withOffset, type OffsetRange } from './ranges.ts';

const offsets = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 });
const setOf = (added: readonly number[]): readonly OffsetRange[] => added.reduce<readonly OffsetRange[]>(withOffset, []);

describe('a set of offsets as ranges', () => {
  it('holds exactly what was added', () => {
    fc.assert(fc.property(offsets, (added) => {
      const ranges = setOf(added);
      for (let offset = -1; offset <= 41; offset += 1) expect(hasOffset(ranges, offset)).toBe(added.includes(offset));
    }));
  });

  it('has ranges that rise and never touch', () => {
    fc.assert(fc.property(offsets, (added) => {
      const ranges = setOf(added);
      ranges.forEach(({ startOffsetInclusive, endOffsetExclusive }, i) => {
        expect(startOffsetInclusive).toBeLessThan(endOffsetExclusive);
        if (i > 0) expect(startOffsetInclusive).toBeGreaterThan(ranges[i - 1]?.endOffsetExclusive as number);
      });
    }));
  });
});
