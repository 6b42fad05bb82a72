/**
 * A table from offsets to values that grows with a partition and forks for the price of its chunk list: chunks are shared
 * until one side writes, which then copies that chunk.
 */
import type { Offset } from '../kafka/ids.ts';

const CHUNK_BITS = 8;
const CHUNK_LENGTH = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_LENGTH - 1;

/** Stands for the right to write: a table that forked has a new one, so that its old chunks are nobody's. */
type Owner = object;

interface Chunk<T> {
  readonly owner: Owner;
  readonly values: (T | undefined)[];
}

export class OffsetTable<T> {
  private owner: Owner = {};
  /** By number; undefined where nothing was ever set. */
  private chunks: (Chunk<T> | undefined)[] = [];

  get(offset: Offset): T | undefined {
    return this.chunks[offset >> CHUNK_BITS]?.values[offset & CHUNK_MASK];
  }

  set(offset: Offset, value: T): void {
    const number = offset >> CHUNK_BITS;
    let chunk = this.chunks[number];
    if (chunk === undefined || chunk.owner !== this.owner) {
      while (this.chunks.length < number) this.chunks.push(undefined);
      chunk = { owner: this.owner, values: chunk === undefined ? new Array<T | undefined>(CHUNK_LENGTH).fill(undefined) : chunk.values.slice() };
      this.chunks[number] = chunk;
    }
    chunk.values[offset & CHUNK_MASK] = value;
  }

  /** An independent copy: what either sets from now on, the other does not see. */
  fork(): OffsetTable<T> {
    const copy = new OffsetTable<T>();
    copy.chunks = this.chunks.slice();
    this.owner = {};
    return copy;
  }
}
