import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AssertionFailed } from './assert.ts';
import { Disk } from './disk.ts';
import { Entries } from './rig.ts';

const entriesOf = (disk: Disk, file: string): readonly number[] | undefined => (disk.read(file) as Entries | undefined)?.entries;
const isPrefix = (part: readonly number[], whole: readonly number[]): boolean => part.every((entry, i) => entry === whole[i]);

/** What two contents share. Since no entry is used twice, it is what has stood in both all the time. */
function inCommon(a: readonly number[], b: readonly number[]): readonly number[] {
  const end = a.findIndex((entry, i) => entry !== b[i]);
  return end === -1 ? a : a.slice(0, end);
}

const LOGS = ['x/log', 'y/log'];
const CHECKPOINTS = ['x/checkpoint', 'y/checkpoint'];

/** One file as its owner may think of it. */
interface Model {
  cached: readonly number[];
  durable: readonly number[] | undefined;
  /** The number of the flush that made `durable`. */
  durableBy: number;
  /** What flushes that were acknowledged asked for. */
  acknowledged: (readonly number[])[];
}

interface Flush {
  readonly file: string;
  readonly id: number;
  readonly content: readonly number[];
  /** Which file of that name it was for. */
  readonly model: Model;
}

function expectEqual(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected);
}

/** A disk beside what is known of it. Checkpoints are kept as one entry. */
class Bench {
  disk = new Disk();
  readonly models = new Map<string, Model>();
  flushes: Flush[] = [];
  private lastEntry = 0;

  fresh(count: number): number[] {
    return Array.from({ length: count }, () => (this.lastEntry += 1));
  }

  write(file: string, kept: number | undefined, added: number): void {
    const model = this.models.get(file);
    const before = model?.cached ?? [];
    const keptLength = kept === undefined ? before.length : kept % (before.length + 1);
    const content = [...before.slice(0, keptLength), ...this.fresh(added)];
    const isAccepted = this.disk.write(file, new Entries(content), kept === undefined ? undefined : keptLength);
    expectEqual(isAccepted, !this.disk.condition.full || added === 0);
    if (isAccepted) this.cache(file, content);
  }

  replace(file: string): void {
    const content = this.fresh(1);
    const isAccepted = this.disk.replace(file, new Entries(content));
    expectEqual(isAccepted, !this.disk.condition.full);
    if (isAccepted) this.cache(file, content);
  }

  private cache(file: string, content: readonly number[]): void {
    const model = this.models.get(file);
    if (model === undefined) this.models.set(file, { cached: content, durable: undefined, durableBy: -1, acknowledged: [] });
    else model.cached = content;
  }

  delete(file: string): void {
    this.disk.delete(file);
    this.models.delete(file);
  }

  beginFlush(file: string): void {
    const id = this.disk.beginFlush(file);
    const model = this.models.get(file);
    if (model !== undefined) this.flushes.push({ file, id, content: model.cached, model });
  }

  completeFlush(pick: number): void {
    const flush = this.flushes[pick % Math.max(1, this.flushes.length)];
    if (flush === undefined) return;
    this.flushes = this.flushes.filter((other) => other !== flush);
    const isDone = this.disk.completeFlush(flush.file, flush.id);
    expectEqual(isDone, !this.disk.condition.flushFails);
    if (!isDone) return;
    const { model, content, id } = flush;
    model.acknowledged.push(content);
    if (id > model.durableBy) Object.assign(model, { durable: content, durableBy: id });
  }

  processCrashed(): void {
    this.disk.processCrashed();
    this.flushes = [];
  }

  powerLost(key: number): void {
    const lost = this.disk.powerLost(key);
    this.flushes = [];
    for (const [file, model] of this.models) {
      const survivor = entriesOf(this.disk, file);
      if (LOGS.includes(file)) this.expectLogSurvived(model, survivor, lost.get(file));
      else expectEqual([model.cached, model.durable].some((version) => JSON.stringify(version) === JSON.stringify(survivor)), true);
      if (survivor === undefined) this.models.delete(file);
      else this.models.set(file, { cached: survivor, durable: survivor, durableBy: -1, acknowledged: [] });
    }
  }

  private expectLogSurvived({ cached, durable, acknowledged }: Model, survivor: readonly number[] | undefined, lost: number | undefined): void {
    const kept = survivor ?? [];
    for (const content of acknowledged) expectEqual(isPrefix(inCommon(content, cached), kept), true);
    if (survivor === undefined) expectEqual(durable, undefined);
    const safe = inCommon(durable ?? [], cached);
    const isUndone = durable !== undefined && safe.length < durable.length && kept.length === durable.length && isPrefix(kept, durable);
    const isPrefixOfCache = isPrefix(kept.map(Math.abs), cached.map(Math.abs)) && kept.length >= safe.length;
    expectEqual(isUndone || isPrefixOfCache, true);
    const tornAt = kept.findIndex((entry, i) => i < cached.length && entry === -(cached[i] as number));
    if (!isUndone && tornAt !== -1) expectEqual([tornAt >= safe.length, tornAt], [true, kept.length - 1]);
    expectEqual(lost, kept.length < cached.length ? cached.length - kept.length : undefined);
  }

  wiped(): void {
    this.disk.wiped();
    this.models.clear();
  }

  expectCached(): void {
    expectEqual(this.disk.list(), [...this.models.keys()].sort((a, b) => (a < b ? -1 : 1)));
    for (const [file, { cached }] of this.models) expectEqual(entriesOf(this.disk, file), cached);
  }
}

const log = fc.constantFrom(...LOGS);
const checkpoint = fc.constantFrom(...CHECKPOINTS);
const anyFile = fc.constantFrom(...LOGS, ...CHECKPOINTS);
const commands = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(log, fc.option(fc.nat(9), { nil: undefined }), fc.nat(4)).map(([file, kept, added]) => (bench: Bench) => bench.write(file, kept, added)) },
    { weight: 2, arbitrary: checkpoint.map((file) => (bench: Bench) => bench.replace(file)) },
    { weight: 4, arbitrary: anyFile.map((file) => (bench: Bench) => bench.beginFlush(file)) },
    { weight: 4, arbitrary: fc.nat().map((pick) => (bench: Bench) => bench.completeFlush(pick)) },
    { weight: 1, arbitrary: anyFile.map((file) => (bench: Bench) => bench.delete(file)) },
    { weight: 1, arbitrary: fc.constant((bench: Bench) => bench.processCrashed()) },
    { weight: 1, arbitrary: fc.integer().map((key) => (bench: Bench) => bench.powerLost(key)) },
    { weight: 1, arbitrary: fc.record({ full: fc.boolean(), flushFails: fc.boolean() }).map((change) => (bench: Bench) => bench.disk.setCondition(change)) },
  ),
  { maxLength: 40 },
);

describe('Disk', () => {
  let disk: Disk;
  beforeEach(() => {
    disk = new Disk();
  });

  const append = (file: string, ...entries: number[]): boolean => disk.write(file, new Entries([...(entriesOf(disk, file) ?? []), ...entries]), undefined);
  const truncate = (file: string, length: number): boolean => disk.write(file, (disk.read(file) as Entries).prefix(length), length);
  const flushed = (file: string): boolean => disk.completeFlush(file, disk.beginFlush(file));
  /** What a power loss may leave of a file, over many keys. */
  const outcomes = (file: string): Set<string> => {
    const seen = new Set<string>();
    for (let key = 0; key < 400; key += 1) {
      const copy = disk.fork();
      copy.powerLost(key);
      seen.add(JSON.stringify(entriesOf(copy, file)) ?? 'gone');
    }
    return seen;
  };

  it('keeps in a crash and loses in a power loss what its model says, after any sequence of calls', () => {
    fc.assert(
      fc.property(commands, fc.integer(), (all, key) => {
        const bench = new Bench();
        for (const command of all) {
          command(bench);
          bench.expectCached();
        }
        bench.powerLost(key);
        bench.expectCached();
      }),
      { numRuns: 500 },
    );
  });

  it('forks: what one copy does, the other does not see', () => {
    fc.assert(
      fc.property(commands, commands, fc.integer(), (before, after, key) => {
        const original = new Bench();
        for (const command of before) command(original);
        const fork = original.disk.fork();
        const contents = (of: Disk): unknown => of.list().map((file) => [file, entriesOf(of, file)]);
        const asItWas = contents(fork);
        const expectedLoss = (() => { const copy = fork.fork(); copy.powerLost(key); return contents(copy); })();
        for (const command of after) command(original);
        expect(contents(fork)).toEqual(asItWas);
        fork.powerLost(key);
        expect(contents(fork)).toEqual(expectedLoss);
      }),
    );
  });

  it('decides the fate of a file by the key and the name alone, whatever else is on the disk', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(20), (key, count) => {
        const alone = new Disk();
        const crowded = new Disk();
        for (const other of ['a', 'b', 'z/log']) crowded.write(other, new Entries([1, 2, 3]), undefined);
        for (const each of [alone, crowded]) {
          each.write('x/log', new Entries(Array.from({ length: count }, (_, i) => i + 1)), undefined);
          each.powerLost(key);
        }
        expect(entriesOf(crowded, 'x/log')).toEqual(entriesOf(alone, 'x/log'));
      }),
    );
  });

  it('may lose any suffix of what was not flushed, and may tear the last entry that is left, also the very last', () => {
    append('log', 1);
    expect(flushed('log')).toBe(true);
    append('log', 2, 3);
    expect(outcomes('log')).toEqual(new Set(['[1]', '[1,2]', '[1,-2]', '[1,2,3]', '[1,2,-3]']));
  });

  it('may lose a file that was never flushed, and never one that was, be it empty', () => {
    append('log', 1);
    expect(outcomes('log')).toEqual(new Set(['gone', '[1]', '[-1]']));
    truncate('log', 0);
    expect(outcomes('log')).toEqual(new Set(['gone']));
    flushed('log');
    expect(outcomes('log')).toEqual(new Set(['[]']));
  });

  it('may undo a truncation that was not flushed, together with all that was written after it', () => {
    append('log', 1, 2, 3);
    flushed('log');
    truncate('log', 1);
    append('log', 4);
    expect(outcomes('log')).toEqual(new Set(['[1,2,3]', '[1]', '[1,4]', '[1,-4]']));
    flushed('log');
    expect(outcomes('log')).toEqual(new Set(['[1,4]']));
  });

  it('leaves a small file old or new', () => {
    disk.replace('file', new Entries([1]));
    expect(outcomes('file')).toEqual(new Set(['gone', '[1]']));
    flushed('file');
    disk.replace('file', new Entries([2]));
    disk.replace('file', new Entries([3]));
    expect(outcomes('file')).toEqual(new Set(['[1]', '[3]']));
  });

  it('flushes what the cache held when the flush began, and of that only what has not been truncated since', () => {
    append('log', 1, 2);
    const id = disk.beginFlush('log');
    append('log', 3);
    disk.completeFlush('log', id);
    expect(outcomes('log')).toEqual(new Set(['[1,2]', '[1,2,3]', '[1,2,-3]']));
    const overtaken = disk.beginFlush('log');
    truncate('log', 1);
    append('log', 4);
    disk.completeFlush('log', overtaken);
    expect(outcomes('log')).toEqual(new Set(['[1,2,3]', '[1]', '[1,4]', '[1,-4]']));
  });

  it('does not go back to an earlier flush that completes after a later one', () => {
    append('log', 1);
    const first = disk.beginFlush('log');
    append('log', 2);
    const second = disk.beginFlush('log');
    expect([disk.completeFlush('log', second), disk.completeFlush('log', first)]).toEqual([true, true]);
    expect(outcomes('log')).toEqual(new Set(['[1,2]']));
  });

  it('acknowledges an earlier flush after a later one failed only if its data is on the platter', () => {
    append('log', 1);
    const first = disk.beginFlush('log');
    append('log', 2);
    const second = disk.beginFlush('log');
    disk.setCondition({ flushFails: true });
    expect(disk.completeFlush('log', second)).toBe(false);
    disk.setCondition({ flushFails: false });
    expect(disk.completeFlush('log', first)).toBe(true);
    expect(outcomes('log')).toEqual(new Set(['[1]', '[1,2]', '[1,-2]']));
  });

  it('does not carry a flush over to another file of the same name', () => {
    append('log', 1);
    const id = disk.beginFlush('log');
    disk.delete('log');
    append('log', 2);
    disk.completeFlush('log', id);
    expect(outcomes('log')).toEqual(new Set(['gone', '[2]', '[-2]']));
  });

  it('that is full refuses what grows and allows what shrinks', () => {
    append('log', 1, 2);
    disk.setCondition({ full: true });
    expect([append('log', 3), disk.replace('file', new Entries([1]))]).toEqual([false, false]);
    expect(disk.write('log', new Entries([1, 4]), 1)).toBe(false);
    expect(entriesOf(disk, 'log')).toEqual([1, 2]);
    expect(truncate('log', 1)).toBe(true);
    expect(flushed('log')).toBe(true);
    expect(entriesOf(disk, 'log')).toEqual([1]);
  });

  it('refuses what no program does: to keep more than there is, to mix both kinds of file, to be slowed by half', () => {
    append('log', 1);
    disk.replace('file', 1);
    expect(() => disk.write('log', new Entries([1, 2]), 2)).toThrow(AssertionFailed);
    expect(() => disk.write('log', new Entries([]), undefined)).toThrow(AssertionFailed);
    expect(() => disk.write('file', new Entries([1]), undefined)).toThrow(AssertionFailed);
    expect(() => disk.replace('log', 1)).toThrow(AssertionFailed);
    for (const slowFactor of [0, 0.5, 1.5, Number.NaN]) expect(() => disk.setCondition({ slowFactor })).toThrow(AssertionFailed);
  });

  it('is empty after it was wiped', () => {
    append('log', 1);
    flushed('log');
    const id = disk.beginFlush('log');
    disk.wiped();
    expect(disk.list()).toEqual([]);
    append('log', 2);
    disk.completeFlush('log', id);
    expect(outcomes('log')).toContain('gone');
  });
});
