import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkConditions, bothWays, oneWay, type LinkEffect, type LinkRule } from './conditions.ts';
import { NO_LOSS } from './network.ts';

const NODE_COUNT = 4;
const node = fc.nat(NODE_COUNT - 1);
const effects: fc.Arbitrary<LinkEffect> = fc.oneof(
  fc.constant({ kind: 'cut' as const }),
  fc.constant({ kind: 'clog' as const }),
  fc.nat(900).map((addUs) => ({ kind: 'slow' as const, addUs })),
  fc.nat(12).map((numerator) => ({ kind: 'loss' as const, loss: { numerator, denominator: 12 } })),
);
const rules = fc.array(fc.record({ links: fc.array(fc.tuple(node, node), { maxLength: 8 }), effect: effects }), { maxLength: 8 }).map((all) => all.map((rule, i): LinkRule => ({ ...rule, id: `${i}` })));

const everyLink = Array.from({ length: NODE_COUNT ** 2 }, (_, i) => [Math.floor(i / NODE_COUNT), i % NODE_COUNT] as const);
/** What each link is like; losses as fractions of 12, which all of these are. */
const seen = (conditions: LinkConditions) =>
  everyLink.map(([from, to]) => {
    const { cut, clogged, loss, addUs } = conditions.of(from, to);
    return { cut, clogged, loss: (12 * loss.numerator) / loss.denominator, addUs, isClosed: conditions.isClosed(from, to) };
  });
const ofAll = (all: readonly LinkRule[]): LinkConditions => all.reduce((conditions, rule) => conditions.with(rule), new LinkConditions(NODE_COUNT, NO_LOSS));

describe('LinkConditions', () => {
  it('are on each link what the rules that name it add up to', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const of = ofAll(all);
        everyLink.forEach(([from, to], i) => {
          const mine = all.filter(({ links }) => links.some(([a, b]) => a === from && b === to)).map(({ effect }) => effect);
          const cut = mine.some(({ kind }) => kind === 'cut');
          const clogged = mine.some(({ kind }) => kind === 'clog');
          expect(seen(of)[i]).toEqual({
            cut, clogged, isClosed: cut || clogged,
            loss: Math.max(0, ...mine.map((effect) => (effect.kind === 'loss' ? effect.loss.numerator : 0))),
            addUs: mine.reduce((sum, effect) => sum + (effect.kind === 'slow' ? effect.addUs : 0), 0),
          });
        });
      }),
    );
  });

  it('do not depend on the order in which rules come, nor on rules that have gone', () => {
    fc.assert(
      fc.property(rules, rules, fc.nat(), (staying, going, seed) => {
        const gone = going.map((rule) => ({ ...rule, id: `gone ${rule.id}` }));
        const shuffled = [...staying, ...gone].map((rule, i) => ({ rule, key: (i * 7919 + seed) % 101 })).sort((a, b) => a.key - b.key).map(({ rule }) => rule);
        const after = gone.reduce((conditions, { id }) => conditions.without(id), ofAll(shuffled));
        expect(seen(after)).toEqual(seen(ofAll(staying)));
      }),
    );
  });

  it('replace a rule by one of the same id', () => {
    const first: LinkRule = { id: 'a', links: [[0, 1]], effect: { kind: 'cut' } };
    const of = ofAll([first, { id: 'a', links: [[1, 0]], effect: { kind: 'slow', addUs: 5 } }]);
    expect([of.isClosed(0, 1), of.of(1, 0).addUs, of.rules.length]).toEqual([false, 5, 1]);
    expect(of.without('nobody')).toEqual(of);
  });

  it('keep the loss of the network where no rule says worse', () => {
    const of = new LinkConditions(2, { numerator: 1, denominator: 4 }, [{ id: 'a', links: [[0, 1]], effect: { kind: 'loss', loss: { numerator: 1, denominator: 8 } } }]);
    expect([of.of(0, 1).loss, of.of(1, 0).loss]).toEqual([{ numerator: 1, denominator: 4 }, { numerator: 1, denominator: 4 }]);
  });
});

describe('sets of links', () => {
  it('leave out the links of a node to itself', () => {
    expect(oneWay([0, 1], [1, 2])).toEqual([[0, 1], [0, 2], [1, 2]]);
    expect(bothWays([0], [1, 2])).toEqual([[0, 1], [0, 2], [1, 0], [2, 0]]);
  });
});
