/**
 * The log of the controller quorum as one replica holds it: batches of metadata records and control records, each with
 * the epoch of the leader that wrote it. An immutable value that the disk can cut (FileContent).
 *
 *   startOffset <= baseOffset of every batch < endOffset;  epochs never fall from one batch to the next
 *
 * What stands below `startOffset` is in a snapshot, whose epoch is `startEpoch` (KIP-630). Left out: segments, indexes;
 * the epoch cache is a search in the batches themselves.
 *
 * Source: org.apache.kafka.raft.ReplicatedLog, KafkaRaftLog (KafkaMetadataLog before 4.1); KIP-595, KIP-630.
 */
import { AppendLog } from '../kernel/append-log.ts';
import { assert } from '../kernel/assert.ts';
import type { FileContent } from '../kernel/disk.ts';
import type { EpochEndOffset, LeaderChangeMessage, MetadataBatch } from './api.ts';
import type { LeaderEpoch, Offset } from './ids.ts';
import type { MetadataRecord } from './metadata-records.ts';

/** What a batch may hold: records of the controller, or one control record. */
export type RaftRecords = readonly (MetadataRecord | LeaderChangeMessage)[];

const lastOffsetOf = ({ baseOffset, records }: MetadataBatch): Offset => baseOffset + records.length - 1;
const epochOf = ({ partitionLeaderEpoch }: MetadataBatch): LeaderEpoch => partitionLeaderEpoch;

export class RaftLog implements FileContent {
  readonly startOffset: Offset;
  /** Epoch of the record before `startOffset`, 0 when there is none. */
  readonly startEpoch: LeaderEpoch;
  private readonly batches: AppendLog<MetadataBatch>;

  private constructor(batches: AppendLog<MetadataBatch>, startOffset: Offset, startEpoch: LeaderEpoch) {
    this.batches = batches;
    this.startOffset = startOffset;
    this.startEpoch = startEpoch;
  }

  static empty(): RaftLog {
    return RaftLog.startingAt(0, 0);
  }

  /** An empty log that goes on where a snapshot ends (ReplicatedLog.truncateToLatestSnapshot). */
  static startingAt(startOffset: Offset, startEpoch: LeaderEpoch): RaftLog {
    return new RaftLog(AppendLog.empty<MetadataBatch>(), startOffset, startEpoch);
  }

  /** In batches since the log began, dropped ones included. */
  get length(): number {
    return this.batches.length;
  }

  /** Offset of the next record. */
  get endOffset(): Offset {
    const last = this.batches.last();
    return last === undefined ? this.startOffset : lastOffsetOf(last) + 1;
  }

  /** Epoch of the last record, be it in the snapshot; 0 when there is none. */
  get lastEpoch(): LeaderEpoch {
    return this.batches.last()?.partitionLeaderEpoch ?? this.startEpoch;
  }

  /** Appends records of a leader at the end of its log. */
  append(records: RaftRecords, partitionLeaderEpoch: LeaderEpoch): RaftLog {
    return this.appendBatch({ baseOffset: this.endOffset, partitionLeaderEpoch, records });
  }

  /** Appends a batch that a leader has given its place. AssertionFailed when it does not follow on the log. */
  appendBatch(batch: MetadataBatch): RaftLog {
    assert(batch.records.length > 0, 'a batch holds records');
    assert(batch.baseOffset === this.endOffset, () => `a batch at ${batch.baseOffset} does not follow on ${this.endOffset}`);
    assert(batch.partitionLeaderEpoch >= this.lastEpoch, () => `a batch of epoch ${batch.partitionLeaderEpoch} does not follow on epoch ${this.lastEpoch}`);
    return new RaftLog(this.batches.append(batch), this.startOffset, this.startEpoch);
  }

  /** Batches from the one that holds `fromOffset` up to `endOffsetExclusive`; a batch that reaches beyond that is left out. */
  read(fromOffset: Offset, endOffsetExclusive: Offset): readonly MetadataBatch[] {
    const found: MetadataBatch[] = [];
    for (let i = this.batches.lowerBound(fromOffset, lastOffsetOf); i < this.batches.length; i += 1) {
      const batch = this.batches.at(i);
      if (lastOffsetOf(batch) >= endOffsetExclusive) break;
      found.push(batch);
    }
    return found;
  }

  /**
   * The last epoch in the log that is not above `epoch`, and its end. A fetch of `epoch` and an offset follows on this
   * log exactly when the epochs are equal and the offset is not above that end (KIP-595, log reconciliation).
   */
  endOffsetForEpoch(epoch: LeaderEpoch): EpochEndOffset {
    const above = this.batches.lowerBound(epoch + 1, epochOf);
    const endOffset = above < this.batches.length ? this.batches.at(above).baseOffset : this.endOffset;
    if (above === this.batches.firstIndex) return { epoch: this.startEpoch, endOffset: this.startOffset };
    return { epoch: this.batches.at(above - 1).partitionLeaderEpoch, endOffset };
  }

  /** Epoch of the record before `offset`, which is within the log or at its end. */
  epochBefore(offset: Offset): LeaderEpoch {
    assert(offset >= this.startOffset && offset <= this.endOffset, () => `offset ${offset} is outside ${this.startOffset}..${this.endOffset}`);
    if (offset === this.startOffset) return this.startEpoch;
    return this.batches.at(this.batches.lowerBound(offset - 1, lastOffsetOf)).partitionLeaderEpoch;
  }

  /** Does a batch end before `offset`, or the log begin there? Only such an offset can be the end of a snapshot. */
  isBatchBoundary(offset: Offset): boolean {
    if (offset === this.endOffset || offset === this.startOffset) return true;
    if (offset < this.startOffset || offset > this.endOffset) return false;
    return this.batches.at(this.batches.lowerBound(offset, lastOffsetOf)).baseOffset === offset;
  }

  /** Without the batches that reach to `endOffset` or beyond it. */
  truncateTo(endOffset: Offset): RaftLog {
    return endOffset >= this.endOffset ? this : this.prefix(this.batches.lowerBound(endOffset, lastOffsetOf));
  }

  /** Without what is below `startOffset`, a batch boundary: a snapshot holds it. */
  dropBelow(startOffset: Offset): RaftLog {
    if (startOffset <= this.startOffset) return this;
    assert(this.isBatchBoundary(startOffset), () => `a log cannot begin at ${startOffset}, within a batch`);
    const epoch = this.epochBefore(startOffset);
    const count = this.batches.lowerBound(startOffset, lastOffsetOf) - this.batches.firstIndex;
    return new RaftLog(this.batches.dropHead(count), startOffset, epoch);
  }

  prefix(length: number): RaftLog {
    return length >= this.length ? this : new RaftLog(this.batches.prefix(length), this.startOffset, this.startEpoch);
  }

  /** A torn batch fails its CRC and is cut by the next start: as if it had never been there. */
  tornAt(length: number): RaftLog {
    return this.prefix(length - 1);
  }
}
