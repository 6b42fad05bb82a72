/**
 * The metadata log as a file: batches of records, each the outcome of one controller event. An immutable value that the
 * disk can cut (FileContent). Unlike a partition log it is flushed before anything in it counts as committed (KR-1).
 *
 * Source: KafkaRaftClient, BatchAccumulator; KIP-595, KIP-631.
 */
import { AppendLog } from '../../kernel/append-log.ts';
import type { FileContent } from '../../kernel/disk.ts';
import type { MetadataBatch } from '../../kafka/api.ts';
import type { LeaderEpoch, Offset } from '../../kafka/ids.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';

const lastOffsetOf = ({ baseOffset, records }: MetadataBatch): number => baseOffset + records.length - 1;

export class MetadataLog implements FileContent {
  private readonly batches: AppendLog<MetadataBatch>;

  private constructor(batches: AppendLog<MetadataBatch>) {
    this.batches = batches;
  }

  static empty(): MetadataLog {
    return new MetadataLog(AppendLog.empty<MetadataBatch>());
  }

  /** In batches. */
  get length(): number {
    return this.batches.length;
  }

  /** Offset of the next record. */
  get endOffset(): Offset {
    const last = this.batches.last();
    return last === undefined ? 0 : lastOffsetOf(last) + 1;
  }

  append(records: readonly MetadataRecord[], partitionLeaderEpoch: LeaderEpoch): MetadataLog {
    return new MetadataLog(this.batches.append({ baseOffset: this.endOffset, partitionLeaderEpoch, records }));
  }

  /** Batches from the one that holds `fetchOffset` up to `endOffsetExclusive`. */
  read(fetchOffset: Offset, endOffsetExclusive: Offset): readonly MetadataBatch[] {
    const found: MetadataBatch[] = [];
    for (let i = this.batches.lowerBound(fetchOffset, lastOffsetOf); i < this.batches.length; i += 1) {
      const batch = this.batches.at(i);
      if (lastOffsetOf(batch) >= endOffsetExclusive) break;
      found.push(batch);
    }
    return found;
  }

  prefix(length: number): MetadataLog {
    return length >= this.length ? this : new MetadataLog(this.batches.prefix(length));
  }

  /** A torn batch fails its CRC and is cut by the next start: as if it had never been there. */
  tornAt(length: number): MetadataLog {
    return this.prefix(length - 1);
  }
}
