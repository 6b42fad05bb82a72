/**
 * A record with a key goes to the partition that the murmur2 hash of its key names, so that a topic with a constant number
 * of partitions has every key in one partition only (and one whose partitions are added, in one for each number of them); the order of one key's records rests on it.
 *
 * Judged where the record is sent, whatever came of it, and where it is read. Producers that name partitions themselves
 * or ignore keys (`partitioner.ignore.keys`, RoundRobinPartitioner) are not judged, nor is what is read from topics that such producers write.
 *
 * Source: BuiltInPartitioner.partitionForKey; KIP-794; HAZ: adding partitions moves keys.
 */
import type { PartitionIndex, TopicName } from '../kafka/ids.ts';
import { topicPartition } from '../kafka/ids.ts';
import { partitionForKey } from '../kafka/partitioner.ts';
import { isCompletion } from '../history/history.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { CheckContext, CheckedProducer, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';

export const keyInOnePartition: Property = {
  name: 'key-in-one-partition',
  claim: 'every record with a key is in the partition that the murmur2 hash of its key names, and in no other',
  source: 'BuiltInPartitioner; KIP-794',
  kind: 'safety',
  appliesTo: ({ producers }) => producers.some(hashesKeys),
  check: (context) => new KeyInOnePartition(context),
};

function hashesKeys({ config }: CheckedProducer): boolean {
  return !config.partitionerIgnoreKeys && config.partitionerClass === 'default';
}

/** Keys whose partition is remembered per topic; more are hashed again. */
const REMEMBERED_KEYS = 4_096;

/** A topic whose keys are judged. */
interface JudgedTopic {
  readonly name: TopicName;
  /** Adding partitions moves keys; clients learn of it at different times. */
  readonly partitionCounts: readonly number[];
  /** No producer of the run may put a key elsewhere, so reads can be judged. */
  readonly readsAreJudged: boolean;
  /** A memo of a pure function; forks may share it. */
  readonly partitionsOf: Map<string, readonly PartitionIndex[]>;
}

class KeyInOnePartition implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  private readonly topics: readonly JudgedTopic[];
  /** By node: the producer, when it leaves some topic's keys to the partitioner. */
  private readonly producers: ReadonlyMap<number, CheckedProducer>;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
    const { topics, producers } = context.config;
    this.producers = new Map(producers.filter(hashesKeys).map((producer) => [producer.node, producer]));
    this.topics = topics.map(({ name, partitionCounts }) => ({
      name, partitionCounts, partitionsOf: new Map(),
      readsAreJudged: producers.every((producer) => hashesKeys(producer) && !producer.namesPartitionOf.includes(name)),
    }));
  }

  get violations(): number {
    return this.findings.violations;
  }

  observed(entry: HistoryEntry): void {
    const { observation, node, atUs } = entry;
    if (isCompletion(entry)) {
      const { topic, key } = entry.invocation.observation;
      const { partition } = entry.observation;
      const judged = this.topics.find(({ name }) => name === topic);
      const producer = this.producers.get(node);
      if (key === null || partition < 0 || judged === undefined || producer === undefined || producer.namesPartitionOf.includes(topic)) return;
      this.judge(judged, key, partition, atUs, () => `${this.context.cluster.nameOf(node)} sent a record with key "${key}"`);
    } else if (observation.type === 'poll') {
      const { topic, partition, records } = observation;
      const judged = this.topics.find(({ name }) => name === topic);
      if (judged === undefined || !judged.readsAreJudged) return;
      for (const { key, offset } of records) {
        if (key !== null) this.judge(judged, key, partition, atUs, () => `${this.context.cluster.nameOf(node)} read a record with key "${key}" at offset ${offset}`);
      }
    }
  }

  private judge(topic: JudgedTopic, key: string, partition: PartitionIndex, atUs: number, who: () => string): void {
    this.findings.compared += 1;
    const expected = expectedPartitions(topic, key);
    if (expected.includes(partition)) return;
    const named = expected.join(' or ');
    this.findings.violated(atUs, () => ({
      sentence: `${who()} in ${topicPartition(topic.name, partition)}, but murmur2 of the key names partition ${named} of ${topic.partitionCounts.join(' or ')}`,
      details: { topic: topic.name, key, partition, expectedPartition: named, partitions: topic.partitionCounts.join(' or ') },
    }));
  }

  verdict() {
    return this.findings.verdict(keyInOnePartition, 'no record with a key was sent or read that the partitioner alone could place');
  }

  fork(context: CheckContext): Checker {
    return new KeyInOnePartition(context, this.findings.fork());
  }
}

/** One for every number of partitions that the topic has in the run. */
function expectedPartitions({ partitionsOf, partitionCounts }: JudgedTopic, key: string): readonly PartitionIndex[] {
  const known = partitionsOf.get(key);
  if (known !== undefined) return known;
  const expected = partitionCounts.map((count) => partitionForKey(key, count));
  if (partitionsOf.size < REMEMBERED_KEYS) partitionsOf.set(key, expected);
  return expected;
}
