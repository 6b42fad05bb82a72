import { describe, expect, it } from 'vitest';
import { DeliveryStage, OTHER } from './delivery-staging.ts';
import { commitOf, GroupStage, memberOf, metadataOf } from './group-staging.ts';
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

  describe('when generations begin anew', () => {
    const ONCE = metadataOf(1, [memberOf('a', [0])]);
    const group = (): GroupStage => new GroupStage(oneOwnerPerGeneration).log(ONCE).group({ records: [ONCE] }).owns('a', [0]);
    const both = ['reader-2 and reader-1 both own orders-0 in generation 1 of group readers'];

    it('is excused where the only replica of the group may have lost it with its disk', () => {
      const verdict = group().losePower(0).group({ records: [ONCE] }).owns('b', [0], OTHER).verdict();
      expect(verdict).toMatchObject({ verdict: 'held', note: expect.stringMatching(/^1 excused: of the generations of readers: at .* every member of the ISR of __consumer_offsets-0 \(\[broker-1\]\) had lost records with its disk$/) as string });
    });

    it('is a violation where the disk kept everything', () => {
      expect(group().losePower(1).group({ records: [ONCE] }).owns('b', [0], OTHER).sentences()).toEqual(both);
    });

    it('is another life of a group that its coordinator had taken back, and not of one that lost an offset', () => {
      const takenBack = { ...ONCE, value: null };
      expect(group().log(takenBack).group({ records: [takenBack] }).log(ONCE).group({ records: [ONCE] }).owns('b', [0], OTHER).verdict().verdict).toBe('held');
      expect(group().group({ records: [commitOf(5)] }).group({ records: [commitOf(null)] }).owns('b', [0], OTHER).sentences()).toEqual(both);
    });
  });
});
