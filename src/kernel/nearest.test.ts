import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('the edit distance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['acks', 'akcs', 1],
    ['ca', 'abc', 3],
    ['linger', 'linger', 0],
  ])('from %j to %j is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it('is symmetric, zero only for equal words, and bounded by the longer word', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance <= Math.max(a.length, b.length) && distance >= Math.abs(a.length - b.length)).toBe(true);
      }),
    );
  });
});

describe('nearest', () => {
  const names = ['acks', 'linger.ms', 'retry.backoff.ms', 'retry.backoff.max.ms', 'request.timeout.ms'];

  it.each([
    ['ack', 'acks'],
    ['lingerms', 'linger.ms'],
    ['linger_ms', 'linger.ms'],
    ['retryBackoffMaxMs', 'retry.backoff.max.ms'],
    ['retry.bakcoff.ms', 'retry.backoff.ms'],
    ['request.timeout', 'request.timeout.ms'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, names)).toBe(meant);
  });

  it('suggests nothing rather than something unrelated', () => {
    expect(nearest('compression.type', names)).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });

  it('prefers the first of equally near candidates', () => {
    expect(nearest('abcx', ['abcd', 'abce'])).toBe('abcd');
  });
});
