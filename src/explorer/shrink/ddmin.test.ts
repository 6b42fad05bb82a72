import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ddmin } from './ddmin.ts';

const always = (): boolean => true;

describe('delta debugging', () => {
  it('leaves exactly the elements that are needed together, in their order', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(199), { maxLength: 6 }), (size, chosen) => {
      const items = Array.from({ length: size }, (_, i) => i);
      const needed = [...new Set(chosen.filter((each) => each < size))].sort((a, b) => a - b);
      expect(ddmin(items, (part) => needed.every((each) => part.includes(each)), always)).toEqual(needed);
    }));
  });

  it('leaves a list of which no element can go, whatever makes a part fail', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (size, salt) => {
      const items = Array.from({ length: size }, (_, i) => i);
      const fails = (part: readonly number[]): boolean => part.length === size || part.reduce((sum, each) => (sum * 31 + each + salt) % 97, 7) % 3 === 0;
      const left = ddmin(items, fails, always);
      expect(fails(left)).toBe(true);
      if (left.length < size) for (let i = 0; i < left.length; i += 1) expect(fails(left.filter((_, index) => index !== i))).toBe(false);
    }));
  });

  it('asks about as often as there are needed elements times the halvings to find them', () => {
    let asked = 0;
    const left = ddmin(Array.from({ length: 1_000 }, (_, i) => i), (part) => {
      asked += 1;
      return part.includes(17) && part.includes(801);
    }, always);
    expect(left).toEqual([17, 801]);
    expect(asked).toBeLessThan(80);
  });

  it('gives the best so far when it may not go on', () => {
    let asked = 0;
    const left = ddmin(Array.from({ length: 64 }, (_, i) => i), (part) => {
      asked += 1;
      return part.includes(63);
    }, () => asked < 3);
    expect(asked).toBe(3);
    expect(left).toHaveLength(8);
  });
});
