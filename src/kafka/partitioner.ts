/**
 * Which partition a record goes to, as the producer decides it: by the hash of its key over all partitions, or, without
 * a key, to one partition until a batch's worth of bytes went there (KIP-794), then to another. Randomness comes in as
 * a draw; load comes in as queue sizes. A key moves when the number of partitions changes.
 *
 * Or, with RoundRobinPartitioner, to one after the other.
 *
 * Left out: other custom partitioners, rack awareness, `partitioner.availability.timeout.ms` (the caller leaves such
 * partitions out of the queue sizes), the per-batch stickiness of 2.4 to 3.2 (KIP-480).
 *
 * Source: BuiltInPartitioner, RoundRobinPartitioner, Utils.murmur2; KIP-794.
 */
import { assert } from '../kernel/assert.ts';
import type { PartitionIndex } from './ids.ts';
import { utf8Bytes } from './utf8.ts';

/** Kafka's fixed seed: keys must hash alike in every client. */
const MURMUR2_SEED = 0x9747b28c;
const MURMUR2_M = 0x5bd1e995;

/** MurmurHash2 of `bytes` with Kafka's seed; a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let h = MURMUR2_SEED ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    let k = Math.imul(word, MURMUR2_M);
    k = Math.imul(k ^ (k >>> 24), MURMUR2_M);
    h = Math.imul(h, MURMUR2_M) ^ k;
  }
  const rest = length & 3;
  if (rest === 3) h ^= (bytes[whole + 2] as number) << 16;
  if (rest >= 2) h ^= (bytes[whole + 1] as number) << 8;
  if (rest >= 1) h = Math.imul(h ^ (bytes[whole] as number), MURMUR2_M);
  h = Math.imul(h ^ (h >>> 13), MURMUR2_M);
  return h ^ (h >>> 15);
}

/** Clears the sign bit, which is not the absolute value: -1 becomes 2^31 - 1 (Utils.toPositive). */
export function toPositive(hash: number): number {
  return hash & 0x7fff_ffff;
}

/** The partition of a keyed record: `toPositive(murmur2(UTF-8 of key)) mod numPartitions`, available or not. */
export function partitionForKey(key: string, numPartitions: number): PartitionIndex {
  assert(numPartitions > 0, () => `a topic has at least one partition, not ${numPartitions}`);
  return toPositive(murmur2(utf8Bytes(key))) % numPartitions;
}

/**
 * RoundRobinPartitioner: the next partition with a leader in turn, whatever the key; of all when none has one.
 * `placedCount` records of the topic came before.
 */
export function roundRobinPartition(placedCount: number, available: readonly PartitionIndex[], numPartitions: number): PartitionIndex {
  const next = toPositive(placedCount);
  return available.length > 0 ? (available[next % available.length] as PartitionIndex) : next % numPartitions;
}

/** Cumulative weights of the partitions with a leader; a longer queue weighs less. */
interface PartitionLoadStats {
  readonly cumulativeFrequencyTable: readonly number[];
  readonly partitionIds: readonly PartitionIndex[];
}

/** What the producer knows of a topic when it must choose. */
export interface PartitionChoice {
  /** An unsigned 32-bit draw. */
  readonly draw: number;
  /** Partitions with a leader, in a fixed order. */
  readonly available: readonly PartitionIndex[];
  readonly numPartitions: number;
}

const NO_PARTITION: PartitionIndex = -1;

/** The sticky partition of one topic. Immutable; `partition` is -1 when the next record needs a choice first. */
export class StickyPartitioner {
  /** `batch.size`: how many bytes go to a partition before another is chosen. */
  readonly stickyBatchSize: number;
  readonly partition: PartitionIndex;
  readonly producedBytes: number;
  private readonly loadStats: PartitionLoadStats | undefined;

  private constructor(
    stickyBatchSize: number,
    partition: PartitionIndex,
    producedBytes: number,
    loadStats: PartitionLoadStats | undefined,
  ) {
    this.stickyBatchSize = stickyBatchSize;
    this.partition = partition;
    this.producedBytes = producedBytes;
    this.loadStats = loadStats;
  }

  /** `stickyBatchSize >= 1`, in bytes. */
  static of(stickyBatchSize: number): StickyPartitioner {
    assert(stickyBatchSize >= 1, () => `stickyBatchSize must be at least 1, not ${stickyBatchSize}`);
    return new StickyPartitioner(stickyBatchSize, NO_PARTITION, 0, undefined);
  }

  get mustChoose(): boolean {
    return this.partition === NO_PARTITION;
  }

  /**
   * Chooses a partition: by load when queue sizes are known and differ, else evenly among those with a leader, else
   * among all (BuiltInPartitioner.nextPartition). The partition just left may be chosen again.
   */
  choose({ draw, available, numPartitions }: PartitionChoice): StickyPartitioner {
    assert(numPartitions > 0, () => `a topic has at least one partition, not ${numPartitions}`);
    const random = toPositive(draw);
    const chosen =
      this.loadStats !== undefined
        ? weighted(this.loadStats, random)
        : available.length > 0
          ? (available[random % available.length] as PartitionIndex)
          : random % numPartitions;
    return new StickyPartitioner(this.stickyBatchSize, chosen, 0, this.loadStats);
  }

  /**
   * After `appendedBytes` went to the current partition: the same partition, or none once `stickyBatchSize` is reached.
   * While the partition's batch is not ready to be sent (`enableSwitch` false) the switch waits, at most for twice that
   * size.
   */
  appended(appendedBytes: number, enableSwitch = true): StickyPartitioner {
    assert(!this.mustChoose, 'bytes were appended before a partition was chosen');
    const producedBytes = this.producedBytes + appendedBytes;
    const isFull = (producedBytes >= this.stickyBatchSize && enableSwitch) || producedBytes >= this.stickyBatchSize * 2;
    return isFull
      ? new StickyPartitioner(this.stickyBatchSize, NO_PARTITION, 0, this.loadStats)
      : new StickyPartitioner(this.stickyBatchSize, this.partition, producedBytes, this.loadStats);
  }

  /**
   * Adaptive partitioning (`partitioner.adaptive.partitioning.enable`): `queueSizes[i]` batches wait for
   * `partitionIds[i]`, partitions without a leader left out. Of `numPartitions` in the topic; with fewer than two, or
   * equal queues everywhere, choices are even again.
   */
  withQueueSizes(
    queueSizes: readonly number[],
    partitionIds: readonly PartitionIndex[],
    numPartitions: number,
  ): StickyPartitioner {
    assert(
      queueSizes.length === partitionIds.length && queueSizes.length <= numPartitions,
      () => `${queueSizes.length} queues for ${partitionIds.length} of ${numPartitions} partitions`,
    );
    return new StickyPartitioner(
      this.stickyBatchSize,
      this.partition,
      this.producedBytes,
      loadStatsOf(queueSizes, partitionIds, numPartitions),
    );
  }
}

function loadStatsOf(
  queueSizes: readonly number[],
  partitionIds: readonly PartitionIndex[],
  numPartitions: number,
): PartitionLoadStats | undefined {
  if (queueSizes.length < 1 || numPartitions < 2) return undefined;
  const longest = Math.max(...queueSizes);
  const allEqual = queueSizes.every((size) => size === longest);
  if (allEqual && queueSizes.length === numPartitions) return undefined;
  let sum = 0;
  const cumulativeFrequencyTable = queueSizes.map((size) => (sum += longest + 1 - size));
  return { cumulativeFrequencyTable, partitionIds };
}

/** The partition whose stretch of the table holds `random`: the first entry strictly greater. */
function weighted(
  { cumulativeFrequencyTable: table, partitionIds }: PartitionLoadStats,
  random: number,
): PartitionIndex {
  const point = random % (table[table.length - 1] as number);
  return partitionIds[table.findIndex((end) => end > point)] as PartitionIndex;
}
