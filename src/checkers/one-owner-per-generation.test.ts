import { describe, expect, it } from 'vitest';
import { DeliveryStage, OTHER } from './delivery-staging.ts';
import { oneOwnerPerGeneration } from './one-owner-per-generation.ts';

const stage = (): DeliveryStage => new DeliveryStage(oneOwnerPerGeneration);

describe('one owner per generation', () => {
  it('is violated by two members that own a partition in one generation', () => {
    expect(stage().own(4).own(4, true, OTHER).sentences()).toEqual(['reader-2 and reader-1 both own orders-0 in generation 4 of group dashboards']);
  });

  it('holds when ownership moves with the generation, also while the old owner has not heard of it', () => {
    expect(stage().own(4).begin(0).poll([0]).own(5, true, OTHER).begin(0, 'committed', OTHER).poll([0], OTHER).poll([1]).verdict()).toMatchObject({ verdict: 'held', compared: 5 });
    expect(stage().own(4).own(4, true, undefined).restart().own(4).verdict().verdict).toBe('held');
  });

  it('is violated by a poll of what the member does not own', () => {
    expect(stage().own(4).own(5, false, undefined, 'revoked').poll([0]).sentences()).toEqual(['reader-1 got offset 0 of orders-0 in generation 5 of group dashboards, in which it does not own it']);
  });
});
