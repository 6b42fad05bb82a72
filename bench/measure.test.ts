import { describe, expect, it } from 'vitest';
import { Measurement, estimate, measure } from './measure.ts';

describe('a measurement', () => {
  it('compares what was taken in the same round: a machine that slows down for some rounds changes no ratio', () => {
    const measured = new Measurement(new Map([['a', [10, 40, 12]], ['b', [20, 80, 24]]]));
    expect(measured.ratio('b', 'a')).toEqual({ value: 2, spread: 0 });
    expect(measured.ns('a').value).toBe(12);
    expect(measured.rate('a').value).toBe(1e9 / 12);
  });

  it('estimates by the median, and tells half the distance between the quartiles as a share of it', () => {
    expect(estimate([1, 2, 3, 4, 100])).toEqual({ value: 3, spread: 1 / 3 });
    expect(estimate([7])).toEqual({ value: 7, spread: 0 });
  });

  it('lets each contender begin a round in turn, and keeps no time of the warm-up', () => {
    const order: string[] = [];
    const contender = (name: string) => ({ name, turn: () => { order.push(name); return { operations: 2, cpuUs: 3 }; } });
    const measured = measure([contender('a'), contender('b')], { rounds: 2, warmUpRounds: 1 });
    expect(order.join('')).toBe('abbaab');
    expect(measured.samples('a')).toEqual([1_500, 1_500]);
  });
});
