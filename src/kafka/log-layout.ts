/**
 * How a log lies on disk: its segments, how far it was cleaned, and which place in the file each batch has. It changes with
 * a roll, a truncation, a deletion and a cleaning, never with a plain append, which hands it on as it is.
 *
 * A log is one file here, whose value is the segmented log; what a disk keeps of it in a power loss is a prefix. So a place
 * in the file is counted in batches ever written: `position`. A cleaning takes batches out of the middle and the others keep
 * their positions, which says what Kafka's Cleaner does: it writes and flushes a new file and renames it over the old one, so
 * that a cleaned segment is on the platter at once, and what lies behind it is as much at risk as before.
 *
 * Invariants: segments are adjacent: `closed[i]` ends where `closed[i+1]`, or the active segment, begins; positions rise.
 * Left out: offset, time and transaction indexes, and with them the roll of a segment whose index is full; the 60 s between
 * the deletion of a segment and of its file; a directory entry that a power loss forgets.
 *
 * Source: LogSegments, LogSegment.shouldRoll, LocalLog.roll, Cleaner.cleanSegments.
 */
import type { Offset } from './ids.ts';

/** A segment that takes no more records. */
export interface ClosedSegment {
  readonly baseOffset: Offset;
  /** The log's running sum of bytes where it begins: sizes are differences. */
  readonly bytesBefore: number;
  /** Largest timestamp of its records, which decides about its retention; -1 when it holds none. */
  readonly largestTimestamp: number;
}

/** A segment as retention and the cleaner look at it. */
export interface LogSegment {
  readonly baseOffset: Offset;
  readonly endOffsetExclusive: Offset;
  readonly sizeInBytes: number;
  readonly largestTimestamp: number;
  readonly isActive: boolean;
}

export const NO_TIMESTAMP = -1;

export class LogLayout {
  /** Oldest first. */
  readonly closed: readonly ClosedSegment[];
  readonly activeBaseOffset: Offset;
  readonly activeBytesBefore: number;
  /** Of its first batch, which its age is counted from (rollingBasedTimestamp); NO_TIMESTAMP while it is empty. */
  readonly activeFirstTimestamp: number;
  /** Up to where this log was cleaned itself; the next cleaning begins there. */
  readonly firstDirtyOffset: Offset;
  /** Below it records may be missing that a cleaning took, here or in the log that this one was copied from. */
  readonly cleanedEndOffset: Offset;
  /** Of the first batches by index; every later batch is at its index plus `shift`. */
  private readonly cleanedPositions: readonly number[];
  readonly shift: number;

  constructor(
    closed: readonly ClosedSegment[],
    activeBaseOffset: Offset,
    activeBytesBefore: number,
    activeFirstTimestamp: number,
    firstDirtyOffset: Offset,
    cleanedEndOffset: Offset,
    cleanedPositions: readonly number[],
    shift: number,
  ) {
    this.closed = closed;
    this.activeBaseOffset = activeBaseOffset;
    this.activeBytesBefore = activeBytesBefore;
    this.activeFirstTimestamp = activeFirstTimestamp;
    this.firstDirtyOffset = firstDirtyOffset;
    this.cleanedEndOffset = cleanedEndOffset;
    this.cleanedPositions = cleanedPositions;
    this.shift = shift;
  }

  static startingAt(offset: Offset): LogLayout {
    return new LogLayout([], offset, 0, NO_TIMESTAMP, 0, 0, [], 0);
  }

  /**
   * Oldest first, the active one last. Its largest timestamp is read from its batches, and so only when somebody asks: it changes
   * with every append.
   */
  segments(logEndOffset: Offset, bytesAtEnd: number, largestTimestampOfActive: () => number): LogSegment[] {
    const { closed, activeBaseOffset, activeBytesBefore } = this;
    const segments: LogSegment[] = closed.map(({ baseOffset, bytesBefore, largestTimestamp }, i) => {
      const next = closed[i + 1];
      return {
        baseOffset,
        endOffsetExclusive: next?.baseOffset ?? activeBaseOffset,
        sizeInBytes: (next?.bytesBefore ?? activeBytesBefore) - bytesBefore,
        largestTimestamp,
        isActive: false,
      };
    });
    segments.push({
      baseOffset: activeBaseOffset, endOffsetExclusive: logEndOffset, sizeInBytes: bytesAtEnd - activeBytesBefore, isActive: true,
      get largestTimestamp() {
        return largestTimestampOfActive();
      },
    });
    return segments;
  }

  get firstBaseOffset(): Offset {
    return this.closed[0]?.baseOffset ?? this.activeBaseOffset;
  }

  /** Base offset of the segment that `offset` belongs to. */
  segmentBaseAt(offset: Offset): Offset {
    if (offset >= this.activeBaseOffset) return this.activeBaseOffset;
    return this.closed.findLast(({ baseOffset }) => baseOffset <= offset)?.baseOffset ?? this.firstBaseOffset;
  }

  positionOf(index: number): number {
    return this.cleanedPositions[index] ?? index + this.shift;
  }

  /** Index of the first batch at `position` or behind it. */
  indexAt(position: number): number {
    const { cleanedPositions } = this;
    const inTail = position - this.shift;
    if (inTail >= cleanedPositions.length) return inTail;
    const found = cleanedPositions.findIndex((each) => each >= position);
    return found === -1 ? cleanedPositions.length : found;
  }

  /** The first batch of the active segment was appended. */
  begun(firstTimestamp: number): LogLayout {
    const { closed, activeBaseOffset, activeBytesBefore, firstDirtyOffset, cleanedEndOffset, cleanedPositions, shift } = this;
    return new LogLayout(closed, activeBaseOffset, activeBytesBefore, firstTimestamp, firstDirtyOffset, cleanedEndOffset, cleanedPositions, shift);
  }

  /** What was copied from another log has a hole below `endOffset`. */
  copied(endOffset: Offset): LogLayout {
    const { closed, activeBaseOffset, activeBytesBefore, activeFirstTimestamp, firstDirtyOffset, cleanedPositions, shift } = this;
    return new LogLayout(closed, activeBaseOffset, activeBytesBefore, activeFirstTimestamp, firstDirtyOffset, endOffset, cleanedPositions, shift);
  }

  /** The active segment, which holds records up to `largestTimestamp`, is closed; a new one begins. */
  rolled(endOffset: Offset, bytesAtEnd: number, largestTimestamp: number): LogLayout {
    const last: ClosedSegment = { baseOffset: this.activeBaseOffset, bytesBefore: this.activeBytesBefore, largestTimestamp };
    return new LogLayout([...this.closed, last], endOffset, bytesAtEnd, NO_TIMESTAMP, this.firstDirtyOffset, this.cleanedEndOffset, this.cleanedPositions, this.shift);
  }

  /** The first `count` closed segments are deleted. */
  withoutFirst(count: number): LogLayout {
    const { closed, activeBaseOffset, activeBytesBefore, activeFirstTimestamp, firstDirtyOffset, cleanedEndOffset, cleanedPositions, shift } = this;
    return new LogLayout(closed.slice(count), activeBaseOffset, activeBytesBefore, activeFirstTimestamp, firstDirtyOffset, cleanedEndOffset, cleanedPositions, shift);
  }

  /** The number of closed segments that stay when the log ends at `endOffset`: those that begin above it are deleted. */
  closedBelow(endOffset: Offset): number {
    if (this.activeBaseOffset <= endOffset) return this.closed.length;
    return Math.max(0, this.closed.findLastIndex(({ baseOffset }) => baseOffset <= endOffset));
  }

  /**
   * The log was cut to its first `length` batches and ends at `endOffset`; `firstTimestampFrom` gives the timestamp of the
   * first batch that is left from an offset on. The segment that contains the end is the active one again.
   */
  cut(length: number, endOffset: Offset, firstTimestampFrom: (offset: Offset) => number): LogLayout {
    const firstDirtyOffset = Math.min(this.firstDirtyOffset, endOffset);
    const cleanedEndOffset = Math.min(this.cleanedEndOffset, endOffset);
    const cleanedPositions = length < this.cleanedPositions.length ? this.cleanedPositions.slice(0, length) : this.cleanedPositions;
    const nextPosition = length === 0 ? 0 : this.positionOf(length - 1) + 1;
    const shift = cleanedPositions === this.cleanedPositions ? this.shift : nextPosition - length;
    const kept = this.closedBelow(endOffset);
    const reopened = this.closed[kept];
    const closed = reopened === undefined ? this.closed : this.closed.slice(0, kept);
    const baseOffset = reopened === undefined ? Math.min(this.activeBaseOffset, endOffset) : Math.min(reopened.baseOffset, endOffset);
    const bytesBefore = reopened?.bytesBefore ?? this.activeBytesBefore;
    return new LogLayout(closed, baseOffset, bytesBefore, firstTimestampFrom(baseOffset), firstDirtyOffset, cleanedEndOffset, cleanedPositions, shift);
  }
}
