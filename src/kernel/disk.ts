/**
 * A node's disk, two layers deep: what was written sits in the page cache and survives the process; what was flushed
 * survives a power loss. A power loss keeps the flushed part of a file and an arbitrary stretch of what came after,
 * the last entry possibly torn; each file fares for itself. Small files are replaced whole: old or new, never mixed.
 *
 * Contents are immutable values that know how to be cut; the disk never looks inside. Left out: bit rot; directories
 * (a deletion is durable at once); pages that a failed fsync left marked clean (a later one writes them); the order in
 * which the page cache writes back (any order is possible, as it is to a real kernel).
 *
 * Source: the durability model of KIP-966 (motivation) and Pillai et al., "All File Systems Are Not Created Equal",
 * OSDI 2014 (prefix append, atomic rename).
 */
import { AssertionFailed, assert } from './assert.ts';
import { draw32, hashString, scaleDraw } from './hash.ts';

/** An append-mostly file as a value; its length counts entries (batches, records), not bytes. */
export interface FileContent {
  readonly length: number;
  /** The first `length` entries. */
  prefix(length: number): FileContent;
  /** The first `length` entries of which the last was only written in part. */
  tornAt(length: number): FileContent;
}

interface PendingFlush {
  readonly id: number;
  readonly content: unknown;
  /** Entries of `content` that still stand in the cache. */
  readonly commonLength: number;
}

interface FileState {
  readonly atomic: boolean;
  readonly cached: unknown;
  /** What the platter holds; undefined when the file was never flushed. */
  readonly durable: unknown;
  /** Entries that `cached` and `durable` have in common; meaningless for atomic files. */
  readonly commonLength: number;
  readonly pending: readonly PendingFlush[];
}

const NOTHING_PENDING: readonly PendingFlush[] = [];

/** How the disk behaves beyond its latency; changed by faults. */
export interface DiskCondition {
  readonly flushFails: boolean;
  readonly full: boolean;
  /** 1 is normal; a whole number n makes every flush n times slower and every write stall its process. */
  readonly slowFactor: number;
}

export const HEALTHY: DiskCondition = { flushFails: false, full: false, slowFactor: 1 };

export class Disk {
  private readonly files: Map<string, FileState>;
  private nextFlushId: number;
  condition: DiskCondition;

  constructor(files = new Map<string, FileState>(), condition = HEALTHY, nextFlushId = 0) {
    this.files = files;
    this.condition = condition;
    this.nextFlushId = nextFlushId;
  }

  fork(): Disk {
    return new Disk(new Map(this.files), this.condition, this.nextFlushId);
  }

  setCondition(change: Partial<DiskCondition>): void {
    const condition = { ...this.condition, ...change };
    assert(Number.isSafeInteger(condition.slowFactor) && condition.slowFactor >= 1, `a disk is slowed by a whole factor, not ${condition.slowFactor}`);
    this.condition = condition;
  }

  /** What a reader of the file sees: the page cache. */
  read(file: string): unknown {
    return this.files.get(file)?.cached;
  }

  /** What the platter holds of the file, for whoever watches; undefined when it was never flushed. */
  readFlushed(file: string): unknown {
    return this.files.get(file)?.durable;
  }

  /** Names in code-unit order. */
  list(): string[] {
    return [...this.files.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** False when the disk refuses the write, in which case nothing changed. */
  write(file: string, content: FileContent, keptLength: number | undefined): boolean {
    const old = this.files.get(file);
    if (old?.atomic === true) throw new AssertionFailed(`${file} is replaced as a whole, not written to`);
    const oldLength = old === undefined ? 0 : (old.cached as FileContent).length;
    const kept = keptLength ?? oldLength;
    if (kept > oldLength || kept > content.length) throw new AssertionFailed(`write to ${file} keeps ${kept} of ${oldLength} entries and has ${content.length}`);
    if (this.condition.full && content.length > kept) return false;
    if (old === undefined) {
      this.files.set(file, { atomic: false, cached: content, durable: undefined, commonLength: 0, pending: NOTHING_PENDING });
      return true;
    }
    const truncated = kept < oldLength && old.pending.length > 0;
    this.files.set(file, {
      atomic: false,
      cached: content,
      durable: old.durable,
      commonLength: Math.min(old.commonLength, kept),
      pending: truncated ? old.pending.map((flush) => ({ ...flush, commonLength: Math.min(flush.commonLength, kept) })) : old.pending,
    });
    return true;
  }

  /** False when the disk refuses the write. */
  replace(file: string, value: unknown): boolean {
    const old = this.files.get(file);
    if (old?.atomic === false) throw new AssertionFailed(`${file} is written to, not replaced as a whole`);
    if (this.condition.full) return false;
    this.files.set(file, { atomic: true, cached: value, durable: old?.durable, commonLength: 0, pending: old?.pending ?? NOTHING_PENDING });
    return true;
  }

  delete(file: string): void {
    this.files.delete(file);
  }

  /** Starts an fsync of what the cache holds now; `completeFlush` with the returned id ends it. */
  beginFlush(file: string): number {
    const state = this.files.get(file);
    const id = this.nextFlushId;
    this.nextFlushId += 1;
    if (state !== undefined) {
      const commonLength = state.atomic ? 0 : (state.cached as FileContent).length;
      this.files.set(file, { ...state, pending: [...state.pending, { id, content: state.cached, commonLength }] });
    }
    return id;
  }

  /** True when the data of the fsync reached the platter; false when the flush failed. */
  completeFlush(file: string, id: number): boolean {
    const state = this.files.get(file);
    const flush = state?.pending.find((candidate) => candidate.id === id);
    if (state === undefined || flush === undefined) return !this.condition.flushFails;
    if (this.condition.flushFails) {
      this.files.set(file, { ...state, pending: state.pending.filter((candidate) => candidate !== flush) });
      return false;
    }
    // Those begun earlier asked for less: what they wait for is on the platter, and must not go back there.
    const pending = state.pending.filter((candidate) => candidate.id > id);
    this.files.set(file, { ...state, durable: flush.content, commonLength: flush.commonLength, pending });
    return true;
  }

  /** The process is gone and with it every fsync it waited for; the page cache stays. */
  processCrashed(): void {
    for (const [file, state] of this.files) {
      if (state.pending.length > 0) this.files.set(file, { ...state, pending: NOTHING_PENDING });
    }
  }

  /**
   * The page cache is gone. `key` seeds the fate of each file, which depends on its name alone.
   * Returns the entries lost per file, for the record.
   */
  powerLost(key: number): ReadonlyMap<string, number> {
    const lost = new Map<string, number>();
    for (const file of this.list()) {
      const state = this.files.get(file) as FileState;
      const fate = hashString(file, key);
      const survivor = state.atomic ? survivingVersion(state, fate) : survivingPrefix(state, fate);
      if (!state.atomic) {
        const kept = survivor === undefined ? 0 : (survivor as FileContent).length;
        const before = (state.cached as FileContent).length;
        if (kept < before) lost.set(file, before - kept);
      }
      if (survivor === undefined) this.files.delete(file);
      else {
        const commonLength = state.atomic ? 0 : (survivor as FileContent).length;
        this.files.set(file, { atomic: state.atomic, cached: survivor, durable: survivor, commonLength, pending: NOTHING_PENDING });
      }
    }
    return lost;
  }

  /** A new, empty disk in the old one's place. */
  wiped(): void {
    this.files.clear();
  }
}

function survivingVersion(state: FileState, fate: number): unknown {
  return (draw32(fate, 0) & 1) === 0 ? state.durable : state.cached;
}

/**
 * Invariant: everything flushed and not truncated since survives. A truncation that was not flushed may be undone by
 * the power loss, in which case nothing written after it survives either.
 */
function survivingPrefix(state: FileState, fate: number): FileContent | undefined {
  const cached = state.cached as FileContent;
  const durable = state.durable as FileContent | undefined;
  const truncationUndone = durable !== undefined && state.commonLength < durable.length && (draw32(fate, 0) & 1) === 0;
  if (truncationUndone) return durable;
  const atRisk = cached.length - state.commonLength;
  const survivingLength = state.commonLength + scaleDraw(draw32(fate, 1), atRisk + 1);
  if (survivingLength === 0 && durable === undefined) return undefined;
  const torn = survivingLength > state.commonLength && scaleDraw(draw32(fate, 2), 4) === 0;
  if (torn) return cached.tornAt(survivingLength);
  return survivingLength === cached.length ? cached : cached.prefix(survivingLength);
}
