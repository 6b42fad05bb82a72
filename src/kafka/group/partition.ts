/**
 * Which partition of `__consumer_offsets` keeps a group: the hash of its id as Java's String.hashCode has it.
 *
 * Source: GroupCoordinatorService.partitionFor, Utils.abs; java.lang.String.hashCode.
 */
import { assert } from '../../kernel/assert.ts';
import type { PartitionIndex, TopicName } from '../ids.ts';

/** Topic.GROUP_METADATA_TOPIC_NAME */
export const GROUP_METADATA_TOPIC: TopicName = '__consumer_offsets';

/** Topics whose records are written by brokers (Topic.isInternal). */
export function isInternal(topic: TopicName): boolean {
  return topic === GROUP_METADATA_TOPIC;
}

/** `s[0]*31^(n-1) + ... + s[n-1]` over UTF-16 code units in int32. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Utils.abs drops the sign bit: it is no absolute value. */
export function partitionForGroup(groupId: string, numPartitions: number): PartitionIndex {
  assert(numPartitions > 0, () => `${GROUP_METADATA_TOPIC} has ${numPartitions} partitions`);
  return (javaHashCode(groupId) & 0x7fff_ffff) % numPartitions;
}

/**
 * `names` in the order in which Java's HashMap of up to twelve entries walks them: by bucket of sixteen. Kafka breaks ties
 * between assignors in that order (ClassicGroup.selectProtocol), so it decides something.
 */
export function inHashMapOrder(names: readonly string[]): string[] {
  const bucketOf = (name: string): number => {
    const hash = javaHashCode(name);
    return (hash ^ (hash >>> 16)) & 15;
  };
  return names.map((name, i) => ({ name, i, bucket: bucketOf(name) })).sort((a, b) => a.bucket - b.bucket || a.i - b.i).map(({ name }) => name);
}
