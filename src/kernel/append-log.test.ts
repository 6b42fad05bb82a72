import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppendLog, CHUNK_LENGTH } from './append-log.ts';
import { AssertionFailed } from './assert.ts';

const upTo = (n: number): AppendLog<number> => AppendLog.of(Array.from({ length: n }, (_, i) => i));

/** One version beside its model: a plain array of the same length whose dropped entries are holes. */
interface Version {
  readonly log: AppendLog<number>;
  readonly model: readonly number[];
  readonly firstIndex: number;
}

function expectSame({ log, model, firstIndex }: Version): void {
  expect(log.length).toBe(model.length);
  expect(log.firstIndex).toBe(firstIndex);
  expect(log.size).toBe(model.length - firstIndex);
  expect(log.slice()).toEqual(model.slice(firstIndex));
  expect([...log]).toEqual(model.slice(firstIndex));
  expect(log.last()).toBe(model.length === firstIndex ? undefined : model[model.length - 1]);
}

describe('AppendLog', () => {
  it('behaves as an array does, for every version of every fork', () => {
    const lengths = fc.oneof(
      fc.nat(20),
      fc.constantFrom(CHUNK_LENGTH - 1, CHUNK_LENGTH, CHUNK_LENGTH + 1, 3 * CHUNK_LENGTH + 7),
    );
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), count: lengths }),
      fc.record({ kind: fc.constant('prefix' as const), count: lengths }),
      fc.record({ kind: fc.constant('dropHead' as const), count: lengths }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), step), { minLength: 1, maxLength: 25 }), (steps) => {
        const versions: Version[] = [{ log: AppendLog.empty<number>(), model: [], firstIndex: 0 }];
        let fresh = 0;
        for (const [pick, { kind, count }] of steps) {
          const from = versions[pick % versions.length] as Version;
          let { log, firstIndex } = from;
          let model = [...from.model];
          if (kind === 'append') {
            for (let i = 0; i < count; i += 1) {
              log = log.append(fresh);
              model.push(fresh);
              fresh += 1;
            }
          } else if (kind === 'prefix') {
            const length = Math.max(0, model.length - count);
            log = log.prefix(length);
            model = model.slice(0, Math.max(length, firstIndex));
          } else {
            const dropped = Math.min(count, model.length - firstIndex);
            log = log.dropHead(dropped);
            firstIndex += dropped;
          }
          versions.push({ log, model, firstIndex });
        }
        versions.forEach(expectSame);
      }),
      { numRuns: 60 },
    );
  });

  it('never shows a fork the entries that another fork appended behind its end', () => {
    const base = upTo(10);
    const left = base.append(100).append(101);
    const right = base.append(200);
    expect(left.slice(8, 20)).toEqual([8, 9, 100, 101]);
    expect(right.slice(8, 20)).toEqual([8, 9, 200]);
    expect(base.slice(8, 20)).toEqual([8, 9]);
    expect([...base.iterate(8, 20)]).toEqual([8, 9]);
    expect(() => base.at(10)).toThrow(AssertionFailed);
    expect(base.lowerBound(1_000, (x) => x)).toBe(10);
    expect(base.prefix(12)).toBe(base);
  });

  it('keeps the forks of a version apart when both fill the same chunk', () => {
    const base = upTo(CHUNK_LENGTH - 1);
    const left = base.append(-1).append(-2);
    const right = base.append(-3).append(-4);
    expect(left.slice(CHUNK_LENGTH - 2)).toEqual([CHUNK_LENGTH - 2, -1, -2]);
    expect(right.slice(CHUNK_LENGTH - 2)).toEqual([CHUNK_LENGTH - 2, -3, -4]);
    expect(base.length).toBe(CHUNK_LENGTH - 1);
  });

  it('truncates into an old chunk and grows a different history from there', () => {
    const long = upTo(3 * CHUNK_LENGTH);
    const other = long.prefix(CHUNK_LENGTH + 5).append(-1);
    expect(other.length).toBe(CHUNK_LENGTH + 6);
    expect(other.last()).toBe(-1);
    expect(long.at(CHUNK_LENGTH + 5)).toBe(CHUNK_LENGTH + 5);
    expect(long.slice()).toEqual(Array.from({ length: 3 * CHUNK_LENGTH }, (_, i) => i));
  });

  it('keeps indices and lower bounds when its head is dropped', () => {
    const log = upTo(1_000).dropHead(700);
    expect(log.firstIndex).toBe(700);
    expect(log.at(700)).toBe(700);
    expect(() => log.at(699)).toThrow(AssertionFailed);
    expect(log.lowerBound(3, (x) => x)).toBe(700);
    expect(log.lowerBound(811, (x) => x)).toBe(811);
    expect(log.append(1_000).slice(998)).toEqual([998, 999, 1_000]);
  });

  it('does not bring back dropped entries when cut below its first index', () => {
    const cut = upTo(1_000).dropHead(700).prefix(10);
    expect([cut.firstIndex, cut.length, cut.size]).toEqual([700, 700, 0]);
    expect(cut.append(5).slice()).toEqual([5]);
    const gone = upTo(CHUNK_LENGTH).dropHead(CHUNK_LENGTH);
    expect(gone.append(7).at(CHUNK_LENGTH)).toBe(7);
  });

  it('finds the first entry at or above a key', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.nat(60), (unsorted, key) => {
        const sorted = [...unsorted].sort((a, b) => a - b);
        const expected = sorted.findIndex((x) => x >= key);
        expect(AppendLog.of(sorted).lowerBound(key, (x) => x)).toBe(expected === -1 ? sorted.length : expected);
      }),
    );
  });

  it('refuses to drop more than it holds and to be cut to a negative length', () => {
    expect(() => upTo(3).dropHead(4)).toThrow(AssertionFailed);
    expect(() => upTo(3).prefix(-1)).toThrow(AssertionFailed);
  });
});
