/**
 * A persistent vector for logs: append at the end, cut at either end, share everything between versions. Full chunks of
 * 256 entries never change; the tail chunk and the list of chunks are backing arrays that several versions share, each
 * version knowing how much of them is its own. Whoever owns a backing array up to its very end may push onto it;
 * whoever does not copies its own part first. So an append costs one push, and a truncation followed by a different
 * append costs one copy of at most a chunk (plus, when that chunk fills up, one copy of the chunk list).
 *
 * The one pitfall of sharing: a backing array may hold entries of another version's future. Every read here is
 * therefore held to the version's own `firstIndex <= i < length`, and no backing array ever leaves this file.
 *
 * Indices are positions since the log began: dropping the head frees chunks but renames nothing, so a flushed length
 * that a disk remembers stays true. Left out: update in place, insertion, removal from the middle.
 *
 * Source: the slice rule of Go's `append`; chunking after Bagwell, "Fast and Space-Efficient Trie Searches", 2000.
 */
import { assert } from './assert.ts';

const CHUNK_BITS = 8;
/**
 * 256 entries bound the copy after a truncation at about 140 ns while keeping the chunk list of 500 000 entries at 2
 * 000.
 */
export const CHUNK_LENGTH = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_LENGTH - 1;

export class AppendLog<T> {
  /** Index of the first entry still held: everything below was dropped from the head. */
  readonly firstIndex: number;
  /** One past the last index. As in a sparse array it counts dropped entries too; `size` counts those held. */
  readonly length: number;
  /** Full chunks, shared; this version owns those below its own tail. */
  private readonly chunks: T[][];
  /** Number of the chunk at `chunks[0]`: those before it were freed. */
  private readonly chunkBase: number;
  /** The entries from `length & ~CHUNK_MASK` on, shared; this version owns the first `length & CHUNK_MASK`. */
  private readonly tail: T[];

  private constructor(firstIndex: number, length: number, chunks: T[][], chunkBase: number, tail: T[]) {
    this.firstIndex = firstIndex;
    this.length = length;
    this.chunks = chunks;
    this.chunkBase = chunkBase;
    this.tail = tail;
  }

  static empty<T>(): AppendLog<T> {
    return new AppendLog<T>(0, 0, [], 0, []);
  }

  static of<T>(values: Iterable<T>): AppendLog<T> {
    let log = AppendLog.empty<T>();
    for (const value of values) log = log.append(value);
    return log;
  }

  /** How many entries are held: `length - firstIndex`. */
  get size(): number {
    return this.length - this.firstIndex;
  }

  /** The entry at `index`; AssertionFailed outside `[firstIndex, length)`. */
  at(index: number): T {
    if (!(index >= this.firstIndex && index < this.length)) {
      assert(false, `index ${index} is outside [${this.firstIndex}, ${this.length})`);
    }
    const chunk = index >> CHUNK_BITS;
    // Within bounds, and thus written before this version was made.
    return (chunk === this.length >> CHUNK_BITS ? this.tail : (this.chunks[chunk - this.chunkBase] as T[]))[
      index & CHUNK_MASK
    ] as T;
  }

  /** The last entry, undefined when none is held. */
  last(): T | undefined {
    return this.length === this.firstIndex ? undefined : this.at(this.length - 1);
  }

  append(value: T): AppendLog<T> {
    const inTail = this.length & CHUNK_MASK;
    let tail = this.tail;
    if (tail.length !== inTail) tail = tail.slice(0, inTail);
    tail.push(value);
    if (inTail !== CHUNK_MASK)
      return new AppendLog(this.firstIndex, this.length + 1, this.chunks, this.chunkBase, tail);
    const chunkCount = (this.length >> CHUNK_BITS) - this.chunkBase;
    let chunks = this.chunks;
    if (chunks.length !== chunkCount) chunks = chunks.slice(0, chunkCount);
    chunks.push(tail);
    return new AppendLog(this.firstIndex, this.length + 1, chunks, this.chunkBase, []);
  }

  /**
   * The entries below index `length`: a truncation from the end, in constant time. Entries that were dropped from the
   * head do not come back: a `length` below `firstIndex` gives the empty log that starts at `firstIndex`.
   */
  prefix(length: number): AppendLog<T> {
    assert(length >= 0, () => `prefix of negative length ${length}`);
    if (length >= this.length) return this;
    const end = length < this.firstIndex ? this.firstIndex : length;
    const chunk = end >> CHUNK_BITS;
    if (chunk === this.length >> CHUNK_BITS)
      return new AppendLog(this.firstIndex, end, this.chunks, this.chunkBase, this.tail);
    return new AppendLog(this.firstIndex, end, this.chunks, this.chunkBase, this.chunks[chunk - this.chunkBase] as T[]);
  }

  /** Without the first `count` held entries; indices stay what they were. Frees the chunks that are wholly gone. */
  dropHead(count: number): AppendLog<T> {
    assert(count >= 0 && count <= this.size, () => `cannot drop ${count} of ${this.size} entries`);
    if (count === 0) return this;
    const firstIndex = this.firstIndex + count;
    const chunkBase = firstIndex >> CHUNK_BITS;
    if (chunkBase === this.chunkBase)
      return new AppendLog(firstIndex, this.length, this.chunks, this.chunkBase, this.tail);
    const chunks = this.chunks.slice(chunkBase - this.chunkBase, (this.length >> CHUNK_BITS) - this.chunkBase);
    return new AppendLog(firstIndex, this.length, chunks, chunkBase, this.tail);
  }

  /**
   * The first index whose entry has `keyOf(entry) >= key`, or `length` when there is none. Entries must be sorted by
   * `keyOf`, which should be a constant function: nothing is allocated.
   */
  lowerBound(key: number, keyOf: (entry: T) => number): number {
    let low = this.firstIndex;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keyOf(this.at(middle)) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A fresh array of the entries in `[from, to)`, clamped to those this version holds. */
  slice(from = this.firstIndex, to = this.length): T[] {
    const start = Math.max(from, this.firstIndex);
    const end = Math.min(to, this.length);
    const out: T[] = [];
    for (let i = start; i < end; i += 1) out.push(this.at(i));
    return out;
  }

  /** Walks the entries in `[from, to)` in order, clamped to those this version holds. */
  *iterate(from = this.firstIndex, to = this.length): IterableIterator<T> {
    const end = Math.min(to, this.length);
    for (let i = Math.max(from, this.firstIndex); i < end; i += 1) yield this.at(i);
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.iterate();
  }
}
