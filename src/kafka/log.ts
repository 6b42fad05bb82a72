/**
 * The log of one replica of one partition, as an immutable value: batches in offset order with
 * `logStartOffset <= logEndOffset`, `batch[i].nextOffset <= batch[i+1].baseOffset` and
 * `batch[i].partitionLeaderEpoch <= batch[i+1].partitionLeaderEpoch`. Every operation is O(1) or O(log batches) plus
 * what it returns; versions share their batches.
 *
 * Modelled: append, truncation, segments and their roll and deletion, the moving log start, batches that a cleaning
 * replaced, torn batches and recovery after a power loss, running sums of sizes and hashes. Left out: indexes; the high
 * watermark, the last stable offset and the epoch cache belong to whoever holds the log. What to delete and what to clean
 * is decided in retention.ts and compaction.ts.
 *
 * Source: UnifiedLog, LocalLog, LogSegment, LogLoader.
 */
import { AppendLog } from '../kernel/append-log.ts';
import { assert } from '../kernel/assert.ts';
import { fmix32 } from '../kernel/hash.ts';
import { NO_EPOCH } from './ids.ts';
import type { LeaderEpoch, Offset } from './ids.ts';
import { LogEntry, placedHash, secondLane } from './log-entry.ts';
import { LogLayout, NO_TIMESTAMP, type ClosedSegment, type LogSegment } from './log-layout.ts';
import { torn } from './records.ts';
import type { RecordBatch } from './records.ts';

const lastOffsetOf = (entry: LogEntry): number => entry.batch.lastOffset;
const epochOf = (entry: LogEntry): number => entry.batch.partitionLeaderEpoch;

const NO_BATCHES: readonly RecordBatch[] = [];
const NOT_CORRUPT = -1;

export interface RecoveredLog {
  readonly log: PartitionLog;
  /** What the scan cut off, in offset order: the first corrupt batch and everything behind it. */
  readonly dropped: readonly RecordBatch[];
}

export class PartitionLog {
  readonly logStartOffset: Offset;
  /**
   * LEO: the offset the next batch gets at least. After a truncation into a batch it lies above that batch's base
   * offset.
   */
  readonly logEndOffset: Offset;
  private readonly entries: AppendLog<LogEntry>;
  /** Sums over the whole history up to the end, as `bytesBefore` of an entry that would follow. */
  private readonly bytesAtEnd: number;
  private readonly hashAAtEnd: number;
  private readonly hashBAtEnd: number;
  /** Index of the first corrupt batch, -1 when there is none. */
  private readonly firstCorruptIndex: number;
  private readonly layout: LogLayout;

  private constructor(
    entries: AppendLog<LogEntry>,
    logStartOffset: Offset,
    logEndOffset: Offset,
    bytesAtEnd: number,
    hashAAtEnd: number,
    hashBAtEnd: number,
    firstCorruptIndex: number,
    layout: LogLayout,
  ) {
    this.entries = entries;
    this.logStartOffset = logStartOffset;
    this.logEndOffset = logEndOffset;
    this.bytesAtEnd = bytesAtEnd;
    this.hashAAtEnd = hashAAtEnd;
    this.hashBAtEnd = hashBAtEnd;
    this.firstCorruptIndex = firstCorruptIndex;
    this.layout = layout;
  }

  /** An empty log whose first batch gets `offset` at least (`truncateFullyAndStartAt`). */
  static startingAt(offset: Offset): PartitionLog {
    assert(offset >= 0, () => `a log cannot start at offset ${offset}`);
    return new PartitionLog(AppendLog.empty<LogEntry>(), offset, offset, 0, 0, 0, NOT_CORRUPT, LogLayout.startingAt(offset));
  }

  static empty(): PartitionLog {
    return PartitionLog.startingAt(0);
  }

  /** Batches ever written, those that retention and cleanings removed included: what a disk counts as flushed. */
  get length(): number {
    return this.entries.length + this.layout.shift;
  }

  /** Up to where this log was cleaned itself: the next cleaning begins there. */
  get firstDirtyOffset(): Offset {
    return this.layout.firstDirtyOffset;
  }

  /** Below it a record may be missing that a cleaning took, of this log or of the one it was copied from. */
  get cleanedEndOffset(): Offset {
    return this.layout.cleanedEndOffset;
  }

  /** How many batches the log holds. */
  get batchCount(): number {
    return this.entries.size;
  }

  /** Bytes of the batches it holds. */
  get sizeInBytes(): number {
    return this.bytesAtEnd - this.bytesBefore(this.entries.firstIndex);
  }

  /** Leader epoch of the last batch, -1 when the log holds none. */
  get lastEpoch(): LeaderEpoch {
    return this.entries.last()?.batch.partitionLeaderEpoch ?? NO_EPOCH;
  }

  get lastBatch(): RecordBatch | undefined {
    return this.entries.last()?.batch;
  }

  get hasCorruptBatch(): boolean {
    return this.firstCorruptIndex !== NOT_CORRUPT;
  }

  /**
   * Appends a batch that already has its offsets and epoch. Throws unless `batch.baseOffset >= logEndOffset` (Kafka:
   * OffsetsOutOfOrderException, UnexpectedAppendOffsetException) and its epoch is at least `lastEpoch`.
   */
  append(batch: RecordBatch): PartitionLog {
    if (batch.baseOffset < this.logEndOffset) assert(false, `batch at offset ${batch.baseOffset} is below the log end offset ${this.logEndOffset}`);
    if (batch.partitionLeaderEpoch < this.lastEpoch || batch.partitionLeaderEpoch < 0)
      assert(false, `batch at ${batch.baseOffset} of leader epoch ${batch.partitionLeaderEpoch} follows epoch ${this.lastEpoch}`);
    const entry = new LogEntry(batch, this.bytesAtEnd, this.hashAAtEnd, this.hashBAtEnd);
    const hash = placedHash(batch);
    const hashA = (this.hashAAtEnd + hash) | 0;
    const hashB = (this.hashBAtEnd + secondLane(hash, batch)) | 0;
    const firstCorrupt = batch.isCorrupt && this.firstCorruptIndex === NOT_CORRUPT ? this.entries.length : this.firstCorruptIndex;
    const begun = this.bytesAtEnd === this.layout.activeBytesBefore ? this.layout.begun(batch.maxTimestamp) : this.layout;
    // A leader's own batches follow each other; a follower's do where the leader has cleaned nothing.
    const layout = batch.cleaned !== null ? begun.copied(batch.nextOffset) : batch.baseOffset !== this.logEndOffset ? begun.copied(batch.baseOffset) : begun;
    return new PartitionLog(this.entries.append(entry), this.logStartOffset, batch.nextOffset, this.bytesAtEnd + batch.sizeInBytes, hashA, hashB, firstCorrupt, layout);
  }

  /**
   * Removes every batch with `lastOffset >= offset`: the first one that contains or exceeds it and all behind it. The
   * log then ends at `offset`, as LocalLog.truncateTo sets it even inside a batch. At or above `logEndOffset` nothing
   * changes; below `logStartOffset` the log is emptied and starts over at `offset`.
   */
  truncateTo(offset: Offset): PartitionLog {
    assert(offset >= 0, () => `cannot truncate to offset ${offset}`);
    if (offset >= this.logEndOffset) return this;
    return this.cut(this.indexOf(offset), Math.min(offset, this.logStartOffset), offset);
  }

  /** Raises the log start and forgets the batches wholly below it at once; the one that contains it stays. */
  advanceLogStart(offset: Offset): PartitionLog {
    return offset <= this.logStartOffset ? this : this.forgetBelow(offset).withLogStart(offset);
  }

  /**
   * The log that begins at `offset`, with every batch it holds: DeleteRecords, and a start that is read from a checkpoint.
   * Batches below the start go with their segments.
   */
  withLogStart(offset: Offset): PartitionLog {
    assert(offset >= 0 && offset <= this.logEndOffset, () => `a log that ends at ${this.logEndOffset} cannot start at ${offset}`);
    if (offset === this.logStartOffset) return this;
    return new PartitionLog(this.entries, offset, this.logEndOffset, this.bytesAtEnd, this.hashAAtEnd, this.hashBAtEnd, this.firstCorruptIndex, this.layout);
  }

  // --- segments ------------------------------------------------------------------------------------------------------

  /** Oldest first, the active one last. */
  segments(): LogSegment[] {
    return this.layout.segments(this.logEndOffset, this.bytesAtEnd, () => this.largestTimestampFrom(this.activeBaseOffset));
  }

  get activeBaseOffset(): Offset {
    return this.layout.activeBaseOffset;
  }

  segmentBaseAt(offset: Offset): Offset {
    return this.layout.segmentBaseAt(offset);
  }

  /**
   * Must `batch` begin a new segment? When the active one would grow beyond `segmentBytes`, or, by the timestamps of the
   * batches, is older than `segmentMs` (LogSegment.shouldRoll). An empty segment takes anything.
   */
  mustRoll(batch: RecordBatch, segmentBytes: number, segmentMs: number): boolean {
    const { activeBytesBefore, activeFirstTimestamp } = this.layout;
    const sizeInBytes = this.bytesAtEnd - activeBytesBefore;
    if (sizeInBytes === 0) return false;
    return sizeInBytes > segmentBytes - batch.sizeInBytes || batch.maxTimestamp - activeFirstTimestamp > segmentMs;
  }

  /** Closes the active segment and begins a new one at the log end; an empty one stays. */
  roll(): PartitionLog {
    const { activeBaseOffset, activeBytesBefore } = this.layout;
    if (this.bytesAtEnd === activeBytesBefore) return this;
    return this.laidOut(this.layout.rolled(this.logEndOffset, this.bytesAtEnd, this.largestTimestampFrom(activeBaseOffset)));
  }

  /** Without its first `count` closed segments; the log starts where the first one that is left begins, or later. */
  deleteSegments(count: number): PartitionLog {
    assert(count >= 0 && count <= this.layout.closed.length, () => `cannot delete ${count} of ${this.layout.closed.length} closed segments`);
    if (count === 0) return this;
    const layout = this.layout.withoutFirst(count);
    const start = Math.max(this.logStartOffset, layout.firstBaseOffset);
    return this.laidOut(layout).forgetBelow(layout.firstBaseOffset).withLogStart(start);
  }

  /**
   * The log after a cleaning up to `endOffset`: `batches` stand for those it held below, each at its old base offset, in
   * new segments that begin at `baseOffsets`.
   */
  cleaned(endOffset: Offset, batches: readonly RecordBatch[], baseOffsets: readonly Offset[]): PartitionLog {
    assert(endOffset >= this.firstDirtyOffset && endOffset <= this.activeBaseOffset, () => `cannot clean up to ${endOffset}: cleaned to ${this.firstDirtyOffset}, active from ${this.activeBaseOffset}`);
    const behind = this.indexOf(endOffset);
    const positions = batches.map(({ baseOffset }) => this.layout.positionOf(this.indexOf(baseOffset)));
    const shift = this.layout.positionOf(behind) - batches.length;
    let log = PartitionLog.startingAt(0);
    for (const batch of batches) log = log.append(batch);
    for (let i = behind; i < this.entries.length; i += 1) log = log.append(this.entries.at(i).batch);
    const segmentAt = (baseOffset: Offset, end: Offset): ClosedSegment => ({
      baseOffset, bytesBefore: log.bytesBefore(log.indexOf(baseOffset)), largestTimestamp: log.largestTimestampFrom(baseOffset, end),
    });
    const bases = [...baseOffsets, ...this.layout.closed.map(({ baseOffset }) => baseOffset).filter((base) => base >= endOffset)];
    const closed = bases.map((base, i) => segmentAt(base, bases[i + 1] ?? this.activeBaseOffset));
    const layout = new LogLayout(closed, this.activeBaseOffset, log.bytesBefore(log.indexOf(this.activeBaseOffset)), this.layout.activeFirstTimestamp, endOffset, Math.max(endOffset, this.cleanedEndOffset), positions, shift);
    return new PartitionLog(log.entries, this.logStartOffset, this.logEndOffset, log.bytesAtEnd, log.hashAAtEnd, log.hashBAtEnd, log.firstCorruptIndex, layout);
  }

  /** True for the offsets a fetch may ask for: `logStartOffset <= offset <= logEndOffset`; else OFFSET_OUT_OF_RANGE. */
  isFetchable(offset: Offset): boolean {
    return offset >= this.logStartOffset && offset <= this.logEndOffset;
  }

  /**
   * Whole batches from the one that contains `fetchOffset` (or follows it, over a hole) up to
   * `upperBoundOffsetExclusive`, never a batch that reaches beyond that bound, at most `maxBytes` in sum; with
   * `minOneMessage` the first batch is returned whatever its size (KIP-74). A first batch may begin below
   * `fetchOffset`: the reader skips those records.
   */
  read(fetchOffset: Offset, upperBoundOffsetExclusive: Offset, maxBytes: number, minOneMessage: boolean): readonly RecordBatch[] {
    if (!this.isFetchable(fetchOffset)) assert(false, `fetch offset ${fetchOffset} is outside [${this.logStartOffset}, ${this.logEndOffset}]`);
    if (fetchOffset >= upperBoundOffsetExclusive) return NO_BATCHES;
    let batches: RecordBatch[] | undefined;
    let bytes = 0;
    for (let i = this.indexOf(fetchOffset); i < this.entries.length; i += 1) {
      const batch = this.entries.at(i).batch;
      bytes += batch.sizeInBytes;
      if (batch.nextOffset > upperBoundOffsetExclusive || (bytes > maxBytes && !(minOneMessage && batches === undefined))) break;
      if (batches === undefined) batches = [batch];
      else batches.push(batch);
    }
    return batches ?? NO_BATCHES;
  }

  /** The batch that contains `offset`, undefined when no batch does. */
  batchAt(offset: Offset): RecordBatch | undefined {
    const batch = this.batchFrom(offset);
    return batch !== undefined && batch.baseOffset <= offset ? batch : undefined;
  }

  /** The batch that contains `offset` or, where none does, the next one; undefined at the end. */
  batchFrom(offset: Offset): RecordBatch | undefined {
    const index = this.indexOf(offset);
    return index === this.entries.length ? undefined : this.entries.at(index).batch;
  }

  /** Leader epoch of the batch that contains `offset`, -1 when no batch does. */
  epochAt(offset: Offset): LeaderEpoch {
    return this.batchAt(offset)?.partitionLeaderEpoch ?? NO_EPOCH;
  }

  /** The first batch of leader epoch `epoch` or a later one, undefined when there is none. */
  firstBatchFromEpoch(epoch: LeaderEpoch): RecordBatch | undefined {
    const index = this.entries.lowerBound(epoch, epochOf);
    return index === this.entries.length ? undefined : this.entries.at(index).batch;
  }

  /** The batches it holds, oldest first; from the one at or behind `offset` on. */
  *batches(offset: Offset = 0): IterableIterator<RecordBatch> {
    for (let i = this.indexOf(offset); i < this.entries.length; i += 1) yield this.entries.at(i).batch;
  }

  /**
   * Hash of the batches that lie wholly in `[startOffsetInclusive, endOffsetExclusive)`, a safe integer of 53 bits. It
   * covers base offset, last offset, leader epoch and content of each: equal for two replicas if and, but for one
   * chance in 2^53, only if they hold the same batches there, whatever each of them once held elsewhere.
   */
  rangeHash(startOffsetInclusive: Offset, endOffsetExclusive: Offset): number {
    const from = this.indexOf(startOffsetInclusive);
    const whole = from < this.entries.length && this.entries.at(from).batch.baseOffset < startOffsetInclusive ? from + 1 : from;
    return this.hashOfEntries(whole, Math.max(whole, this.indexOf(endOffsetExclusive)));
  }

  /**
   * `rangeHash` of everything the log holds below `endOffsetExclusive`. Replicas whose logs start apart compare ranges.
   */
  prefixHash(endOffsetExclusive: Offset): number {
    return this.hashOfEntries(this.entries.firstIndex, this.indexOf(endOffsetExclusive));
  }

  /** The first `length` batches: what a process finds when its disk kept no more (FileContent). */
  prefix(length: number): PartitionLog {
    return length >= this.length ? this : this.firstEntries(this.layout.indexAt(length));
  }

  /**
   * The first `length` batches, the last of them torn (FileContent); no batch is torn when none of them is held any
   * more.
   */
  tornAt(length: number): PartitionLog {
    assert(length <= this.length, () => `no batch ${length} to tear in a log of ${this.length}`);
    const index = this.layout.indexAt(length);
    if (index <= this.entries.firstIndex || this.layout.positionOf(index - 1) !== length - 1) return this.prefix(length);
    const { batch } = this.entries.at(index - 1);
    const before = this.firstEntries(index - 1);
    // DeleteRecords may have moved the start into the middle of the first batch that is held: an empty log ends there.
    const fitting = before.logEndOffset > batch.baseOffset ? before.cut(index - 1, batch.baseOffset, batch.baseOffset) : before;
    return fitting.append(torn(batch));
  }

  /**
   * What LogLoader does after an unclean shutdown: reads every batch from the recovery point on, cuts the log at the
   * first one whose CRC does not match and drops what follows. Corruption below the recovery point is not looked for.
   */
  recover(recoveryPoint: Offset = this.logStartOffset): RecoveredLog {
    if (this.firstCorruptIndex === NOT_CORRUPT) return { log: this, dropped: NO_BATCHES };
    const corrupt = this.firstCorruptFrom(Math.max(this.firstCorruptIndex, this.indexOf(recoveryPoint)));
    if (corrupt === NOT_CORRUPT) return { log: this, dropped: NO_BATCHES };
    return { log: this.firstEntries(corrupt), dropped: this.entries.slice(corrupt).map((entry) => entry.batch) };
  }

  /** Index of the first batch with `lastOffset >= offset`, `entries.length` when there is none. */
  private indexOf(offset: Offset): number {
    return this.entries.lowerBound(offset, lastOffsetOf);
  }

  private hashOfEntries(from: number, to: number): number {
    const a = fmix32((this.hashABefore(to) - this.hashABefore(from)) | 0);
    const b = fmix32((this.hashBBefore(to) - this.hashBBefore(from)) | 0);
    return (b & 0x1f_ffff) * 0x1_0000_0000 + (a >>> 0);
  }

  /** The entries below `length`, which is an index: a torn tail or what a scan cuts off is gone. */
  private firstEntries(length: number): PartitionLog {
    if (length >= this.entries.length) return this;
    const index = Math.max(length, this.entries.firstIndex);
    const end = index === this.entries.firstIndex ? Math.max(this.layout.firstBaseOffset, index === 0 ? 0 : this.logStartOffset) : this.entries.at(index - 1).batch.nextOffset;
    return this.cut(index, Math.min(this.logStartOffset, end), end);
  }

  private cut(index: number, logStartOffset: Offset, logEndOffset: Offset): PartitionLog {
    const layout = this.layout.cut(index, logEndOffset, (offset) => {
      const at = this.indexOf(offset);
      return at < index ? this.entries.at(at).batch.maxTimestamp : NO_TIMESTAMP;
    });
    const firstCorrupt = this.firstCorruptIndex < index ? this.firstCorruptIndex : NOT_CORRUPT;
    return new PartitionLog(this.entries.prefix(index), logStartOffset, logEndOffset, this.bytesBefore(index), this.hashABefore(index), this.hashBBefore(index), firstCorrupt, layout);
  }

  private laidOut(layout: LogLayout): PartitionLog {
    return new PartitionLog(this.entries, this.logStartOffset, this.logEndOffset, this.bytesAtEnd, this.hashAAtEnd, this.hashBAtEnd, this.firstCorruptIndex, layout);
  }

  /** Without the batches wholly below `offset`. */
  private forgetBelow(offset: Offset): PartitionLog {
    const index = this.indexOf(offset);
    const entries = this.entries.dropHead(index - this.entries.firstIndex);
    const firstCorrupt = this.firstCorruptIndex >= index ? this.firstCorruptIndex : this.firstCorruptFrom(index);
    return new PartitionLog(entries, this.logStartOffset, this.logEndOffset, this.bytesAtEnd, this.hashAAtEnd, this.hashBAtEnd, firstCorrupt, this.layout);
  }

  private largestTimestampFrom(startOffset: Offset, endOffset = this.logEndOffset): number {
    let largest = NO_TIMESTAMP;
    const end = this.indexOf(endOffset);
    for (let i = this.indexOf(startOffset); i < end; i += 1) largest = Math.max(largest, this.entries.at(i).batch.maxTimestamp);
    return largest;
  }

  private firstCorruptFrom(index: number): number {
    if (this.firstCorruptIndex === NOT_CORRUPT) return NOT_CORRUPT;
    for (let i = index; i < this.entries.length; i += 1) if (this.entries.at(i).batch.isCorrupt) return i;
    return NOT_CORRUPT;
  }

  private bytesBefore(index: number): number {
    return index === this.entries.length ? this.bytesAtEnd : this.entries.at(index).bytesBefore;
  }

  private hashABefore(index: number): number {
    return index === this.entries.length ? this.hashAAtEnd : this.entries.at(index).hashABefore;
  }

  private hashBBefore(index: number): number {
    return index === this.entries.length ? this.hashBAtEnd : this.entries.at(index).hashBBefore;
  }
}
