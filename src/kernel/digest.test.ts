import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Digest, canonicalJson } from './digest.ts';

const events = fc.array(fc.oneof(fc.integer(), fc.maxSafeNat()), { minLength: 1, maxLength: 30 });

function digestOf(values: readonly number[], onto = new Digest()): string {
  for (const value of values) onto.add(value);
  return onto.toString();
}

describe('Digest', () => {
  it('tells runs apart that differ in one event, in the order of two, or in one event more', () => {
    fc.assert(
      fc.property(events, fc.nat(), fc.integer(), (values, pick, other) => {
        const at = pick % values.length;
        const changed = values.with(at, other);
        if (changed[at] !== values[at]) expect(digestOf(changed)).not.toBe(digestOf(values));
        const swapped = values.toReversed();
        if (swapped.some((value, i) => value !== values[i])) expect(digestOf(swapped)).not.toBe(digestOf(values));
        expect(digestOf([...values, 0])).not.toBe(digestOf(values));
        expect(digestOf(values)).toBe(digestOf(values));
      }),
    );
  });

  it('forks: each copy goes on from the same point and neither sees the other', () => {
    fc.assert(
      fc.property(events, events, (before, after) => {
        const original = new Digest();
        digestOf(before, original);
        const fork = original.fork();
        const forked = digestOf(after, fork);
        expect(original.toString()).toBe(digestOf(before));
        expect(digestOf(after, original)).toBe(forked);
        expect(forked).toBe(digestOf([...before, ...after]));
      }),
    );
  });

  it('is 16 hexadecimal digits that do not depend on the machine', () => {
    const digest = new Digest();
    digest.add(1);
    digest.add(0x1_0000_0001);
    digest.addString('a run');
    expect(digest.toString()).toMatch(/^[0-9a-f]{16}$/);
    expect(digest.toString()).toMatchInlineSnapshot(`"ccdcc89105be02d6"`);
  });
});

describe('canonicalJson', () => {
  it('is one text for one value: members in code-unit order, whatever the order they were made in', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (record) => {
        const turned = Object.fromEntries(Object.entries(record).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(record));
        expect(JSON.parse(canonicalJson(record))).toEqual(JSON.parse(JSON.stringify(record)));
      }),
    );
  });

  it('leaves out what is undefined, and takes maps for records and sets for the list of what is in them', () => {
    expect(canonicalJson({ b: undefined, a: [1, undefined, 'x'] })).toBe('{"a":[1,null,"x"]}');
    expect(canonicalJson(new Map([['b', 1], ['a', 2]]))).toBe('{"a":2,"b":1}');
    expect(canonicalJson(new Set(['b', 'a']))).toBe(canonicalJson(new Set(['a', 'b'])));
    expect(canonicalJson(new Set(['b']))).not.toBe(canonicalJson(new Set(['a'])));
  });

  it('refuses what it would print as something else', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('s'), () => 1]) expect(() => canonicalJson({ value })).toThrow(/canonicalJson/);
    expect(() => canonicalJson(new Map([[1, 'number'], ['1', 'text']] as [unknown, string][]))).toThrow(/canonicalJson/);
  });
});
