import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from './assert.ts';
import { ratio, stream, type Stream } from './random.ts';

const take = (from: Stream, count: number): number[] => Array.from({ length: count }, () => from.next32());
const seeds = fc.string();

describe('Stream', () => {
  it('gives the same draws for the same seed and domain, and others for another', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(take(stream(seed, 'faults'), 8)).toEqual(take(stream(seed, 'faults'), 8));
        expect(take(stream(seed, 'faults'), 8)).not.toEqual(take(stream(seed, 'workload'), 8));
        expect(take(stream(seed, 'faults'), 8)).not.toEqual(take(stream(`${seed}x`, 'faults'), 8));
      }),
    );
  });

  it('leaves one domain alone when another draws more', () => {
    const faults = stream('7', 'faults');
    const workload = stream('7', 'workload');
    const drawn = [workload.next32(), faults.next32(), faults.next32(), workload.next32()];
    expect([drawn[0], drawn[3]]).toEqual(take(stream('7', 'workload'), 2));
  });

  it('stays within its bounds and reaches both ends', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: -100, max: 100 }), fc.nat(5), (seed, min, span) => {
        const from = stream(seed, 'bounds');
        const drawn = new Set(Array.from({ length: 200 }, () => from.between(min, min + span)));
        expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: span + 1 }, (_, i) => min + i));
      }),
      { numRuns: 30 },
    );
  });

  it('draws nothing where there is no choice', () => {
    const from = stream('1', 'none');
    expect(from.between(4, 4)).toBe(4);
    expect(from.chance(ratio(0, 7))).toBe(false);
    expect(from.chance(ratio(7, 7))).toBe(true);
    expect(from.next32()).toBe(stream('1', 'none').next32());
  });

  it('hits a chance about as often as the ratio says', () => {
    const from = stream('1', 'chance');
    const hits = Array.from({ length: 10_000 }, () => from.chance(ratio(3, 10))).filter(Boolean).length;
    expect(Math.abs(hits - 3_000)).toBeLessThan(250);
  });

  it('shuffles into a permutation and leaves its input as it was', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.nat()), (seed, items) => {
        const before = [...items];
        const shuffled = stream(seed, 'shuffle').shuffle(items);
        expect(items).toEqual(before);
        expect(shuffled.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b));
      }),
    );
  });

  it('refuses an empty choice and a ratio outside [0, 1]', () => {
    expect(() => stream('1', 'x').pick([])).toThrow(AssertionFailed);
    expect(() => stream('1', 'x').below(0)).toThrow(AssertionFailed);
    expect(() => ratio(2, 1)).toThrow(AssertionFailed);
    expect(() => ratio(0, 0)).toThrow(AssertionFailed);
  });
});
