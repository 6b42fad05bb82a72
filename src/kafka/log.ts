/**
 * The log of one replica of one partition, as an immutable value: batches in offset order with
 * `logStartOffset <= logEndOffset`, `batch[i].nextOffset <= batch[i+1].baseOffset` and
 * `batch[i].partitionLeaderEpoch <= batch[i+1].partitionLeaderEpoch`. Every operation is O(1) or O(log batches) plus
 * what it returns; versions share their batches.
 *
 * Modelled: append, truncation, retention's moving start, torn batches and recovery after a power loss, running sums of
 * sizes and hashes. Left out: segments and their roll, time indexes, compaction; the high watermark, the last stable
 * offset and the epoch cache belong to whoever holds the log.
 *
 * Source: UnifiedLog, LocalLog, LogSegment, LogLoader.
 */
import { AppendLog } from '../kernel/append-log.ts';
import { assert } from '../kernel/assert.ts';
import { fmix32, mix32, mix53 } from '../kernel/hash.ts';
import { NO_EPOCH } from './ids.ts';
import type { LeaderEpoch, Offset } from './ids.ts';
import { torn } from './records.ts';
import type { RecordBatch } from './records.ts';

/** A batch and the sums over all batches before it, so that any range's sum is a difference. */
class LogEntry {
  readonly batch: RecordBatch;
  readonly bytesBefore: number;
  readonly hashABefore: number;
  readonly hashBBefore: number;

  constructor(batch: RecordBatch, bytesBefore: number, hashABefore: number, hashBBefore: number) {
    this.batch = batch;
    this.bytesBefore = bytesBefore;
    this.hashABefore = hashABefore;
    this.hashBBefore = hashBBefore;
  }
}

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

  private constructor(
    entries: AppendLog<LogEntry>,
    logStartOffset: Offset,
    logEndOffset: Offset,
    bytesAtEnd: number,
    hashAAtEnd: number,
    hashBAtEnd: number,
    firstCorruptIndex: number,
  ) {
    this.entries = entries;
    this.logStartOffset = logStartOffset;
    this.logEndOffset = logEndOffset;
    this.bytesAtEnd = bytesAtEnd;
    this.hashAAtEnd = hashAAtEnd;
    this.hashBAtEnd = hashBAtEnd;
    this.firstCorruptIndex = firstCorruptIndex;
  }

  /** An empty log whose first batch gets `offset` at least (`truncateFullyAndStartAt`). */
  static startingAt(offset: Offset): PartitionLog {
    assert(offset >= 0, () => `a log cannot start at offset ${offset}`);
    return new PartitionLog(AppendLog.empty<LogEntry>(), offset, offset, 0, 0, 0, NOT_CORRUPT);
  }

  static empty(): PartitionLog {
    return PartitionLog.startingAt(0);
  }

  /** Batches written since the log began, those that retention removed included: what a disk counts as flushed. */
  get length(): number {
    return this.entries.length;
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
    if (batch.baseOffset < this.logEndOffset)
      assert(false, `batch at offset ${batch.baseOffset} is below the log end offset ${this.logEndOffset}`);
    if (batch.partitionLeaderEpoch < this.lastEpoch || batch.partitionLeaderEpoch < 0) {
      assert(
        false,
        `batch at ${batch.baseOffset} of leader epoch ${batch.partitionLeaderEpoch} follows epoch ${this.lastEpoch}`,
      );
    }
    const entry = new LogEntry(batch, this.bytesAtEnd, this.hashAAtEnd, this.hashBAtEnd);
    const hash = placedHash(batch);
    return new PartitionLog(
      this.entries.append(entry),
      this.logStartOffset,
      batch.nextOffset,
      this.bytesAtEnd + batch.sizeInBytes,
      (this.hashAAtEnd + hash) | 0,
      (this.hashBAtEnd + secondLane(hash, batch)) | 0,
      batch.isCorrupt && this.firstCorruptIndex === NOT_CORRUPT ? this.entries.length : this.firstCorruptIndex,
    );
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

  /**
   * Raises the log start (retention, DeleteRecords); batches wholly below it are gone, the one that contains it stays.
   */
  advanceLogStart(offset: Offset): PartitionLog {
    assert(offset <= this.logEndOffset, () => `log start ${offset} would pass the log end offset ${this.logEndOffset}`);
    if (offset <= this.logStartOffset) return this;
    const index = this.indexOf(offset);
    return new PartitionLog(
      this.entries.dropHead(index - this.entries.firstIndex),
      offset,
      this.logEndOffset,
      this.bytesAtEnd,
      this.hashAAtEnd,
      this.hashBAtEnd,
      this.firstCorruptIndex >= index ? this.firstCorruptIndex : this.firstCorruptFrom(index),
    );
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
  read(
    fetchOffset: Offset,
    upperBoundOffsetExclusive: Offset,
    maxBytes: number,
    minOneMessage: boolean,
  ): readonly RecordBatch[] {
    if (!this.isFetchable(fetchOffset))
      assert(false, `fetch offset ${fetchOffset} is outside [${this.logStartOffset}, ${this.logEndOffset}]`);
    if (fetchOffset >= upperBoundOffsetExclusive) return NO_BATCHES;
    let batches: RecordBatch[] | undefined;
    let bytes = 0;
    for (let i = this.indexOf(fetchOffset); i < this.entries.length; i += 1) {
      const batch = this.entries.at(i).batch;
      bytes += batch.sizeInBytes;
      if (
        batch.nextOffset > upperBoundOffsetExclusive ||
        (bytes > maxBytes && !(minOneMessage && batches === undefined))
      )
        break;
      if (batches === undefined) batches = [batch];
      else batches.push(batch);
    }
    return batches ?? NO_BATCHES;
  }

  /** The batch that contains `offset`, undefined when no batch does. */
  batchAt(offset: Offset): RecordBatch | undefined {
    const index = this.indexOf(offset);
    if (index === this.entries.length) return undefined;
    const batch = this.entries.at(index).batch;
    return batch.baseOffset <= offset ? batch : undefined;
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

  /** The batches it holds, oldest first. */
  *batches(): IterableIterator<RecordBatch> {
    for (const entry of this.entries) yield entry.batch;
  }

  /**
   * Hash of the batches that lie wholly in `[startOffsetInclusive, endOffsetExclusive)`, a safe integer of 53 bits. It
   * covers base offset, last offset, leader epoch and content of each: equal for two replicas if and, but for one
   * chance in 2^53, only if they hold the same batches there, whatever each of them once held elsewhere.
   */
  rangeHash(startOffsetInclusive: Offset, endOffsetExclusive: Offset): number {
    const from = this.indexOf(startOffsetInclusive);
    const whole =
      from < this.entries.length && this.entries.at(from).batch.baseOffset < startOffsetInclusive ? from + 1 : from;
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
    if (length >= this.entries.length) return this;
    const index = Math.max(length, this.entries.firstIndex);
    return this.cut(
      index,
      this.logStartOffset,
      index === this.entries.firstIndex ? this.logStartOffset : this.entries.at(index - 1).batch.nextOffset,
    );
  }

  /**
   * The first `length` batches, the last of them torn (FileContent); no batch is torn when none of them is held any
   * more.
   */
  tornAt(length: number): PartitionLog {
    assert(length <= this.entries.length, () => `no batch ${length} to tear in a log of ${this.entries.length}`);
    if (length <= this.entries.firstIndex) return this.prefix(length);
    const broken = torn(this.entries.at(length - 1).batch);
    return this.prefix(length - 1).append(broken);
  }

  /**
   * What LogLoader does after an unclean shutdown: reads every batch from the recovery point on, cuts the log at the
   * first one whose CRC does not match and drops what follows. Corruption below the recovery point is not looked for.
   */
  recover(recoveryPoint: Offset = this.logStartOffset): RecoveredLog {
    if (this.firstCorruptIndex === NOT_CORRUPT) return { log: this, dropped: NO_BATCHES };
    const corrupt = this.firstCorruptFrom(Math.max(this.firstCorruptIndex, this.indexOf(recoveryPoint)));
    if (corrupt === NOT_CORRUPT) return { log: this, dropped: NO_BATCHES };
    return { log: this.prefix(corrupt), dropped: this.entries.slice(corrupt).map((entry) => entry.batch) };
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

  private cut(index: number, logStartOffset: Offset, logEndOffset: Offset): PartitionLog {
    return new PartitionLog(
      this.entries.prefix(index),
      logStartOffset,
      logEndOffset,
      this.bytesBefore(index),
      this.hashABefore(index),
      this.hashBBefore(index),
      this.firstCorruptIndex < index ? this.firstCorruptIndex : NOT_CORRUPT,
    );
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

/**
 * Hash of a batch where it stands. Since its offsets are part of it, the hash of a log can be the plain sum over its
 * batches: order is implied, and the hash of a range is the difference of two sums.
 */
function placedHash(batch: RecordBatch): number {
  return fmix32(
    mix53(
      mix32(mix32(mix53(0, batch.baseOffset), batch.lastOffsetDelta), batch.partitionLeaderEpoch),
      batch.contentHash,
    ),
  );
}

/** An independent second lane for the same batch. */
function secondLane(first: number, batch: RecordBatch): number {
  return fmix32(
    mix32(mix53(mix53(0x27d4eb2f, batch.contentHash), batch.baseOffset) ^ batch.partitionLeaderEpoch, first),
  );
}
