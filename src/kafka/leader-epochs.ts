/**
 * The leader-epoch cache of one replica: for each leader epoch the offset at which its first batch stands, as an
 * immutable value. Both columns rise strictly: `entry[i].epoch < entry[i+1].epoch` and `entry[i].startOffset <
 * entry[i+1].startOffset`. It answers where an epoch ended, which is how replicas find the point where their histories
 * part (KIP-101, KIP-279).
 *
 * Modelled: assignment with its removal of conflicting entries, truncation at both ends, end offsets, rebuild from a
 * log. Left out: the checkpoint file and when it is flushed (an assignment at once, a truncation later; KAFKA-16541),
 * which is the replica's business.
 *
 * Source: LeaderEpochFileCache; KIP-101, KIP-279, KIP-320.
 */
import { assert } from '../kernel/assert.ts';
import type { EpochEndOffset } from './api.ts';
import { NO_EPOCH, NO_OFFSET } from './ids.ts';
import type { LeaderEpoch, Offset } from './ids.ts';
import type { PartitionLog } from './log.ts';

export interface EpochEntry {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
}

/** (UNDEFINED_EPOCH, UNDEFINED_EPOCH_OFFSET): nothing is known of the epoch asked for. */
export const UNDEFINED_EPOCH_END: EpochEndOffset = { epoch: NO_EPOCH, endOffset: NO_OFFSET };

export class LeaderEpochCache {
  /** Oldest epoch first. */
  readonly entries: readonly EpochEntry[];

  private constructor(entries: readonly EpochEntry[]) {
    this.entries = entries;
  }

  private static readonly nothing = new LeaderEpochCache([]);

  static empty(): LeaderEpochCache {
    return LeaderEpochCache.nothing;
  }

  /** The cache that replaying `entries` in order gives, as a checkpoint file is read. */
  static of(entries: readonly EpochEntry[]): LeaderEpochCache {
    return entries.reduce((cache, entry) => cache.assign(entry.epoch, entry.startOffset), LeaderEpochCache.nothing);
  }

  /**
   * What recovery rebuilds from the batches alone: each epoch at its first batch (LogSegment.recover). O(epochs log
   * batches).
   */
  static fromLog(log: PartitionLog): LeaderEpochCache {
    const entries: EpochEntry[] = [];
    for (
      let batch = log.firstBatchFromEpoch(0);
      batch !== undefined;
      batch = log.firstBatchFromEpoch(batch.partitionLeaderEpoch + 1)
    ) {
      entries.push({ epoch: batch.partitionLeaderEpoch, startOffset: batch.baseOffset });
    }
    return entries.length === 0 ? LeaderEpochCache.nothing : new LeaderEpochCache(entries);
  }

  get latestEntry(): EpochEntry | undefined {
    return this.entries[this.entries.length - 1];
  }

  /** The latest epoch, -1 when none is known. */
  get latestEpoch(): LeaderEpoch {
    return this.latestEntry?.epoch ?? NO_EPOCH;
  }

  /** The epoch before the latest, -1 when there is none. */
  get previousEpoch(): LeaderEpoch {
    return this.entries[this.entries.length - 2]?.epoch ?? NO_EPOCH;
  }

  /**
   * Records that `epoch` begins at `startOffset`. The latest epoch's start never moves up; any entry that the new one
   * contradicts, in epoch or in offset, is removed. Returns this very cache when nothing changes.
   */
  assign(epoch: LeaderEpoch, startOffset: Offset): LeaderEpochCache {
    assert(epoch >= 0 && startOffset >= 0, () => `epoch ${epoch} cannot start at offset ${startOffset}`);
    const latest = this.latestEntry;
    if (latest !== undefined && epoch === latest.epoch && startOffset >= latest.startOffset) return this;
    let kept = this.entries.length;
    while (kept > 0 && conflicts(this.entries[kept - 1] as EpochEntry, epoch, startOffset)) kept -= 1;
    const entries = this.entries.slice(0, kept);
    entries.push({ epoch, startOffset });
    return new LeaderEpochCache(entries);
  }

  /**
   * Agrees with the records of `[baseOffset, nextOffset)`, which are of `epoch`: entries that contradict them are removed, and the
   * epoch begins at `baseOffset` at the latest. Epochs without records, and where an epoch begins below, stay as they are known.
   */
  witnessed(epoch: LeaderEpoch, baseOffset: Offset, nextOffset: Offset): LeaderEpochCache {
    const agrees = (entry: EpochEntry): boolean => {
      if (entry.startOffset >= nextOffset) return entry.epoch > epoch;
      return entry.epoch === epoch ? entry.startOffset <= baseOffset : entry.epoch < epoch && entry.startOffset < baseOffset;
    };
    const entries = this.entries.filter(agrees);
    const isKnown = entries.some((entry) => entry.epoch === epoch);
    if (isKnown && entries.length === this.entries.length) return this;
    if (!isKnown) entries.splice(entries.filter((entry) => entry.startOffset < baseOffset).length, 0, { epoch, startOffset: baseOffset });
    return new LeaderEpochCache(entries);
  }

  /** Removes every entry with `startOffset >= endOffset`. Nothing happens for an undefined (negative) offset. */
  truncateFromEnd(endOffset: Offset): LeaderEpochCache {
    if (endOffset < 0) return this;
    let kept = this.entries.length;
    while (kept > 0 && (this.entries[kept - 1] as EpochEntry).startOffset >= endOffset) kept -= 1;
    return this.withOnly(0, kept);
  }

  /**
   * Forgets what lies below `startOffset`: of the entries with `startOffset` at or below it only the last stays, moved
   * up to it, since its epoch may go on.
   */
  truncateFromStart(startOffset: Offset): LeaderEpochCache {
    let passed = 0;
    while (passed < this.entries.length && (this.entries[passed] as EpochEntry).startOffset <= startOffset) passed += 1;
    if (passed === 0) return this;
    const first = this.entries[passed - 1] as EpochEntry;
    if (first.startOffset === startOffset) return this.withOnly(passed - 1, this.entries.length);
    return new LeaderEpochCache([{ epoch: first.epoch, startOffset }, ...this.entries.slice(passed)]);
  }

  /**
   * Where `requestedEpoch` ended: the largest known epoch at or below it, with the start of the next one; the latest
   * epoch ends at `logEndOffset`; an epoch below all known ones is answered with itself and the first known start; one
   * above all, or undefined, is undefined.
   */
  endOffsetFor(requestedEpoch: LeaderEpoch, logEndOffset: Offset): EpochEndOffset {
    if (requestedEpoch === NO_EPOCH) return UNDEFINED_EPOCH_END;
    if (requestedEpoch === this.latestEpoch) return { epoch: requestedEpoch, endOffset: logEndOffset };
    const higher = this.countUpTo(requestedEpoch);
    const next = this.entries[higher];
    if (next === undefined) return UNDEFINED_EPOCH_END;
    const floor = this.entries[higher - 1];
    return { epoch: floor === undefined ? requestedEpoch : floor.epoch, endOffset: next.startOffset };
  }

  /** The epoch that `offset` belongs to, -1 when it lies before the first known one. */
  epochForOffset(offset: Offset): LeaderEpoch {
    for (let i = this.entries.length - 1; i >= 0; i -= 1) {
      const entry = this.entries[i] as EpochEntry;
      if (entry.startOffset <= offset) return entry.epoch;
    }
    return NO_EPOCH;
  }

  /** How many entries have an epoch at or below `epoch`. */
  private countUpTo(epoch: LeaderEpoch): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as EpochEntry).epoch <= epoch) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private withOnly(from: number, to: number): LeaderEpochCache {
    if (from === 0 && to === this.entries.length) return this;
    return from === to ? LeaderEpochCache.nothing : new LeaderEpochCache(this.entries.slice(from, to));
  }
}

function conflicts(entry: EpochEntry, epoch: LeaderEpoch, startOffset: Offset): boolean {
  return entry.epoch >= epoch || entry.startOffset >= startOffset;
}
