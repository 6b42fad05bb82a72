import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw32, fmix32, hashString, hex64, mix32, mix53, scaleDraw } from './hash.ts';

const BUCKETS = 16;

/** Chi-square over equal buckets; 15 degrees of freedom exceed 60 once in a few million. */
function chiSquare(draws: readonly number[]): number {
  const counts = new Array<number>(BUCKETS).fill(0);
  for (const draw of draws) counts[scaleDraw(draw, BUCKETS)] = (counts[scaleDraw(draw, BUCKETS)] as number) + 1;
  const expected = draws.length / BUCKETS;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('hashes', () => {
  it('are those of MurmurHash3', () => {
    // Reference values of murmur3_32 over 4-byte blocks, and of its finaliser.
    expect(fmix32(0)).toBe(0);
    expect(fmix32(1) >>> 0).toBe(0x514e28b7);
    expect(fmix32(mix32(0, 0x87654321) ^ 4) >>> 0).toBe(0xf55b516b);
    expect(fmix32(mix32(0x5082edee, 0x87654321) ^ 4) >>> 0).toBe(0x2362f9de);
  });

  it('depend on order, on every bit and on the length', () => {
    expect(mix32(mix32(0, 1), 2)).not.toBe(mix32(mix32(0, 2), 1));
    expect(mix53(0, 5)).not.toBe(mix53(0, 5 + 0x1_0000_0000));
    expect(hashString('')).not.toBe(hashString('\0'));
    expect(hashString('a')).not.toBe(hashString('a', 1));
  });

  it('spread: neighbouring numbers of a stream, one number of neighbouring streams, and one draw in sixteen', () => {
    fc.assert(
      fc.property(fc.integer(), (key) => {
        const of = (at: (i: number) => number): number[] => Array.from({ length: 4_096 }, (_, i) => at(i));
        expect(chiSquare(of((n) => draw32(key, n)))).toBeLessThan(60);
        expect(chiSquare(of((n) => draw32(key, 16 * n + 1)))).toBeLessThan(60);
        expect(chiSquare(of((k) => draw32((key + k) | 0, 0)))).toBeLessThan(60);
      }),
      { numRuns: 20 },
    );
  });

  it('draw what key and number say, an unsigned 32-bit integer, below the bound once scaled', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.integer({ min: 1, max: 0x1_0000_0000 }), (key, n, bound) => {
        const draw = draw32(key, n);
        expect(draw).toBe(draw32(key, n));
        expect(draw).toBe(draw >>> 0);
        const scaled = scaleDraw(draw, bound);
        expect(Number.isSafeInteger(scaled) && scaled >= 0 && scaled < bound).toBe(true);
      }),
    );
  });

  it('print as 16 digits', () => {
    expect(hex64(-1, 15)).toBe('ffffffff0000000f');
  });
});
