/**
 * The order of versions of one topic-partition as clients can know it: which values stood at which offsets, from everything that
 * was acknowledged and everything that was read. Offsets that nobody ever saw (control records, what was compacted or aborted)
 * are taken out, so that indexes are dense and "the next record" is the next index.
 *
 * Source: "version orders" in Jepsen's Kafka workload.
 */
import type { Key, Value } from '../../history/recorded/operations.ts';

/** Where in the order a value stands; twice if it was appended twice. */
export interface Indexes {
  readonly first: number;
  readonly last: number;
}

export interface FirstRead {
  readonly client: string;
  readonly offset: number;
  readonly atNs: number;
}

export class VersionOrder {
  readonly key: Key;
  /** Rising; the index in it is the dense one. */
  readonly offsets: readonly number[];
  /** By index; more than one where clients disagree. */
  readonly values: readonly (readonly Value[])[];
  /** Of values other than null. */
  readonly indexes: ReadonlyMap<Value, Indexes>;
  /** Values that were read, and who read them first. */
  readonly reads: ReadonlyMap<Value, FirstRead>;
  private readonly byOffset: ReadonlyMap<number, number>;

  private constructor(key: Key, offsets: readonly number[], values: readonly (readonly Value[])[], reads: ReadonlyMap<Value, FirstRead>) {
    this.key = key;
    this.offsets = offsets;
    this.values = values;
    this.reads = reads;
    this.byOffset = new Map(offsets.map((offset, index) => [offset, index]));
    const indexes = new Map<Value, Indexes>();
    values.forEach((each, index) => {
      for (const value of each) if (value !== null) indexes.set(value, { first: indexes.get(value)?.first ?? index, last: index });
    });
    this.indexes = indexes;
  }

  /** From values by offset, in the order in which they were first heard of. */
  static of(key: Key, known: ReadonlyMap<number, readonly Value[]>, reads: ReadonlyMap<Value, FirstRead>): VersionOrder {
    const offsets = [...known.keys()].sort((a, b) => a - b);
    return new VersionOrder(key, offsets, offsets.map((offset) => known.get(offset) ?? []), reads);
  }

  /** Undefined for an offset that nobody saw a record at. */
  indexOf(offset: number): number | undefined {
    return this.byOffset.get(offset);
  }

  /** The index of the first record at `offset` or above; the length of the order where there is none. */
  indexFrom(offset: number): number {
    let low = 0;
    let high = this.offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The highest index that is certain to have been passed by a reader: the greatest first index of what was read; -1 for none. */
  get readBound(): number {
    let bound = -1;
    for (const value of this.reads.keys()) bound = Math.max(bound, this.indexes.get(value)?.first ?? -1);
    return bound;
  }
}
