import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Length } from './utf8.ts';

describe('utf8', () => {
  it('gives the bytes of the platform encoder for well-formed text', () => {
    const point = fc.oneof(
      fc.nat(0x7f),
      fc.integer({ min: 0x80, max: 0xd7ff }),
      fc.integer({ min: 0xe000, max: 0xffff }),
      fc.integer({ min: 0x10000, max: 0x10ffff }),
    );
    const wellFormed = fc.array(point).map((points) => String.fromCodePoint(...points));
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(utf8Bytes(text).join()).toBe(encoder.encode(text).join());
        expect(utf8Length(text)).toBe(utf8Bytes(text).length);
      }),
    );
  });

  it('writes a question mark for a lone surrogate, as Java does', () => {
    expect([...utf8Bytes('a\ud800b')]).toEqual([0x61, 0x3f, 0x62]);
    expect([...utf8Bytes('\udc00\ud800')]).toEqual([0x3f, 0x3f]);
    expect([...utf8Bytes('\ud83d\ude9a')]).toEqual([0xf0, 0x9f, 0x9a, 0x9a]);
  });
});
