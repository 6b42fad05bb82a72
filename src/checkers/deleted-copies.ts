/**
 * Second copies of records that retention took: what a log held is forgotten with it, but not by those who have read it, and not
 * by a leader, who knows the producer all the same (KIP-360). A retry comes within `delivery.timeout.ms`, so that only what was
 * young when it was deleted is remembered, and only until then: where retention takes hours, nothing is.
 *
 * Values are unique among sends, so a value is a record. Left out: what compaction took.
 */
import { US_PER_MS } from '../kernel/time.ts';
import { offsetOfRecord, type RecordBatch } from '../kafka/records.ts';
import type { Offset } from '../kafka/ids.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { TrackedReplica } from './cluster.ts';
import { dataBatches } from './compare-logs.ts';

export interface Copy {
  readonly offset: Offset;
  readonly batch: RecordBatch;
}

export interface DeletedDuplicate {
  readonly value: string;
  readonly first: Copy;
  readonly second: Copy;
}

interface Window {
  /** Deleted and looked at below it. */
  readonly deletedEndOffset: Offset;
  /** Committed and compared below it. */
  readonly comparedEndOffset: Offset;
  /** By value, oldest first. */
  readonly copies: ReadonlyMap<string, Copy>;
  readonly duplicates: readonly DeletedDuplicate[];
}

const CLOSED: Window = { deletedEndOffset: 0, comparedEndOffset: 0, copies: new Map(), duplicates: [] };

export class DeletedCopies {
  /** A record of which a retry may yet come is no older. */
  private readonly youngMs: number;
  /** By partition id. */
  private readonly windows: (Window | undefined)[];

  constructor(youngMs: number, windows: (Window | undefined)[] = []) {
    this.youngMs = youngMs;
    this.windows = windows;
  }

  /** Every replica says what it deletes, the first one for all: they agree on what is committed. The leader says what comes. */
  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (after === undefined) return;
    if (before !== undefined && after.log.logStartOffset > before.log.logStartOffset) this.deleted(replica, before, after.log.logStartOffset, atUs);
    const window = this.windows[replica.partition.id];
    if (window !== undefined && window.copies.size > 0 && replica.partition.leader === replica && after.highWatermark > window.comparedEndOffset) this.appended(replica, window, after);
  }

  /** Those of a partition whose first copy was deleted; the second may have been, too. */
  duplicatesOf(partitionId: number): readonly DeletedDuplicate[] {
    return this.windows[partitionId]?.duplicates ?? [];
  }

  fork(): DeletedCopies {
    return new DeletedCopies(this.youngMs, this.windows.slice());
  }

  private deleted({ partition }: TrackedReplica, { log, highWatermark }: ReplicaView, logStartOffset: Offset, atUs: number): void {
    const window = this.windows[partition.id] ?? CLOSED;
    const endOffset = Math.min(logStartOffset, highWatermark);
    if (endOffset <= window.deletedEndOffset) return;
    const isYoung = ({ maxTimestamp }: RecordBatch): boolean => maxTimestamp >= atUs / US_PER_MS - this.youngMs;
    const copies = new Map([...window.copies].filter(([, { batch }]) => isYoung(batch)));
    const duplicates = [...window.duplicates];
    for (const batch of dataBatches(log, window.deletedEndOffset, endOffset)) {
      if (!isYoung(batch)) continue;
      batch.records.forEach(({ value }, i) => {
        const copy = { offset: offsetOfRecord(batch, i), batch };
        if (value === null || copy.offset < window.deletedEndOffset || copy.offset >= endOffset) return;
        const first = copies.get(value);
        if (first === undefined) copies.set(value, copy);
        else if (!isKnown(duplicates, copy)) duplicates.push({ value, first, second: copy });
      });
    }
    this.set(partition.id, { deletedEndOffset: endOffset, comparedEndOffset: Math.max(window.comparedEndOffset, endOffset), copies, duplicates });
  }

  private appended({ partition }: TrackedReplica, window: Window, { log, highWatermark }: ReplicaView): void {
    const duplicates = [...window.duplicates];
    for (const batch of dataBatches(log, window.comparedEndOffset, highWatermark)) {
      batch.records.forEach(({ value }, i) => {
        const copy = { offset: offsetOfRecord(batch, i), batch };
        const first = value === null ? undefined : window.copies.get(value);
        if (value !== null && first !== undefined && copy.offset !== first.offset && !isKnown(duplicates, copy)) duplicates.push({ value, first, second: copy });
      });
    }
    this.set(partition.id, { ...window, comparedEndOffset: highWatermark, duplicates });
  }

  private set(id: number, window: Window): void {
    while (this.windows.length < id) this.windows.push(undefined);
    this.windows[id] = window;
  }
}

function isKnown(duplicates: readonly DeletedDuplicate[], { offset }: Copy): boolean {
  return duplicates.some(({ second }) => second.offset === offset);
}
