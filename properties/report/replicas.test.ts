/** What a replica held, as the page shows it: the batches over an offset are all of those that ever stood there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicaHistory } from '../../src/report/page/replicas.ts';

/** Appends of batches of these lengths, cutting the log to a share of itself before some of them. */
const steps = fc.array(fc.record({ count: fc.integer({ min: 1, max: 6 }), keep: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 3 }) }), { minLength: 1, maxLength: 30 });

describe('the batches of a replica that cover an offset', () => {
  it('are all that ever did, also a long one under short ones that were written in its place', () => {
    fc.assert(fc.property(steps, (all) => {
      const history = new ReplicaHistory(0, 1);
      const written: { readonly batch: number; readonly baseOffset: number; readonly count: number }[] = [];
      let standing: { readonly baseOffset: number; readonly count: number }[] = [];
      all.forEach(({ count, keep }, i) => {
        const end = (standing.at(-1)?.baseOffset ?? 0) + (standing.at(-1)?.count ?? 0);
        if (keep !== null) {
          const endOffset = Math.floor((end * keep) / 100);
          history.cut(i, i, endOffset);
          standing = standing.filter((each) => each.baseOffset + each.count <= endOffset);
        }
        const baseOffset = (standing.at(-1)?.baseOffset ?? 0) + (standing.at(-1)?.count ?? 0);
        history.add(i, i, i, baseOffset, count);
        written.push({ batch: i, baseOffset, count });
        standing.push({ baseOffset, count });
      });
      history.finish();
      for (let offset = 0; offset < 40; offset += 1) {
        const covering = written.filter(({ baseOffset, count }) => baseOffset <= offset && baseOffset + count > offset).map(({ batch }) => batch);
        expect(history.staysAt(offset).map(({ batch }) => batch).sort((a, b) => a - b)).toEqual(covering);
      }
    }));
  });
});
