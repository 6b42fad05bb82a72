/**
 * The ghost of the metadata log: the batches that a leader of the quorum committed, in order, and the image that each
 * prefix of them replays to. Images share what did not change, so keeping them all costs what the changes cost.
 *
 * Source: KIP-595 (high watermark), KIP-630 (an image is a state as of an offset).
 */
import type { MetadataBatch } from '../kafka/api.ts';
import type { LeaderEpoch, Offset } from '../kafka/ids.ts';
import { MetadataImage } from '../kafka/metadata.ts';
import type { RaftLog } from '../kafka/raft-log.ts';

export class CommittedMetadata {
  /** Exclusive; 0 while nothing is committed. */
  endOffset: Offset = 0;
  /** Epoch of the last committed record. */
  lastEpoch: LeaderEpoch = 0;
  /** After each committed batch, in order of offset. */
  private images: MetadataImage[] = [];

  /** A leader with `log`, which holds what is committed, has committed what is below `highWatermark`. What a snapshot took from its log is committed already. */
  extend(log: RaftLog, highWatermark: Offset): void {
    let image = this.images.at(-1) ?? MetadataImage.empty();
    for (const { baseOffset, records, partitionLeaderEpoch } of log.read(Math.max(this.endOffset, log.startOffset), highWatermark)) {
      image = image.applyAll(records, baseOffset);
      this.images.push(image);
      this.endOffset = baseOffset + records.length;
      this.lastEpoch = partitionLeaderEpoch;
    }
  }

  /** What the committed batches up to and including the record at `offset` replay to; undefined within a batch. */
  imageAt(offset: Offset): MetadataImage | undefined {
    let low = 0;
    let high = this.images.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.images[middle] as MetadataImage).offset < offset) low = middle + 1;
      else high = middle;
    }
    const found = this.images[low];
    return found?.offset === offset ? found : undefined;
  }

  fork(): CommittedMetadata {
    const copy = Object.assign(new CommittedMetadata(), this);
    copy.images = this.images.slice();
    return copy;
  }
}

/** Does `log` reach `endOffset` with whole batches, and is the record before it of `epoch`? By log matching it then holds all below it. */
export function agreesAt(log: RaftLog, endOffset: Offset, epoch: LeaderEpoch): boolean {
  if (endOffset === 0 || endOffset < log.startOffset) return true;
  return log.endOffset >= endOffset && log.isBatchBoundary(endOffset) && log.epochBefore(endOffset) === epoch;
}

/** Equal in content; mostly they are one value, which was sent around. */
export function sameBatch(a: MetadataBatch, b: MetadataBatch): boolean {
  return a === b || (a.baseOffset === b.baseOffset && JSON.stringify(a.records) === JSON.stringify(b.records));
}

/** Equal in all that changed since `older`, which the same node had before; in everything when there is none. */
export function sameImage(image: MetadataImage, older: MetadataImage | undefined, replayed: MetadataImage): boolean {
  const since = older === undefined || older.offset > image.offset ? MetadataImage.empty() : older;
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return image.brokers.length === replayed.brokers.length && image.topics.length === replayed.topics.length
    && image.brokersTouchedSince(since).every((id) => same(image.broker(id), replayed.broker(id)))
    && image.partitionsTouchedSince(since).every(({ topic, partition }) => same(image.partition(topic, partition), replayed.partition(topic, partition)));
}
