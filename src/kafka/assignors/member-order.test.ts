import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMembers, hashMapOrder } from './member-order.ts';

const inHashOrder = (ids: readonly string[]): (string | undefined)[] => hashMapOrder(ids).map((index) => ids[index]);

describe('the order of a Java hash map', () => {
  it('is that of the spread hash, not of the names', () => {
    // String.hashCode of consumer1 is 0xe6e7fafb; spread it is 0xe6e71c1c, bucket 12 of 16. The next ones are in 11, 10 and 9.
    expect(inHashOrder(['consumer1', 'consumer2', 'consumer3', 'consumer4'])).toEqual(['consumer4', 'consumer3', 'consumer2', 'consumer1']);
    expect(inHashOrder(['topic2', 'topic', 'topic3', 'topic1'])).toEqual(['topic1', 'topic2', 'topic3', 'topic']);
  });

  it('keeps colliding ids in the order in which they came: Aa and BB have one hash code', () => {
    expect(inHashOrder(['BB', 'Aa'])).toEqual(['BB', 'Aa']);
    expect(inHashOrder(['Aa', 'BB'])).toEqual(['Aa', 'BB']);
  });

  it('doubles its buckets with the thirteenth id', () => {
    // Hash codes 97 and so on: a is in bucket 1 of 16 and of 32, q (113) in bucket 1 of 16 and 17 of 32.
    const twelve = ['q', ...'abcdefghijk'];
    expect(inHashOrder(twelve).indexOf('q')).toBe(0);
    expect(inHashOrder([...twelve, 'l']).indexOf('q')).toBe(12);
  });

  it('loses and repeats nobody', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 60 }), (ids) => {
        expect(hashMapOrder(ids).toSorted((a, b) => a - b)).toEqual(ids.map((_, index) => index));
      }),
    );
  });
});

describe('the order of members', () => {
  it('has static members first, by instance id, then the others by member id', () => {
    const members = [
      { memberId: 'c', instanceId: null },
      { memberId: 'b', instanceId: 'i2' },
      { memberId: 'a', instanceId: null },
      { memberId: 'd', instanceId: 'i1' },
    ];
    expect(members.toSorted(compareMembers).map(({ memberId }) => memberId)).toEqual(['d', 'b', 'a', 'c']);
  });
});
