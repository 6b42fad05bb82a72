/**
 * The metadata image: what a prefix of the metadata log says about brokers, topics and configs, as an immutable value.
 * The active controller's state and every broker's view are such images at different offsets.
 *
 * Order is defined everywhere: brokers by id, topics in order of creation, partitions by index, configs by name. An
 * image shares with its predecessor all it has in common: a changed partition costs a copy of the topic list and of its
 * topic's partition list, both arrays of references, so the difference of two images is found by comparing references.
 *
 * Left out: features, client quotas, ACLs, snapshots.
 *
 * Source: MetadataImage, MetadataDelta, ClusterControlManager.replay, ReplicationControlManager.replay.
 */
import { assert, present, unreachable } from '../kernel/assert.ts';
import type { LeaderChangeMessage } from './api.ts';
import { isActive, registered, registrationChanged, registrationOf, unregistered } from './broker-registrations.ts';
import type { BrokerRegistration } from './broker-registrations.ts';
import { NO_OFFSET, topicPartition } from './ids.ts';
import type { NodeId, Offset, PartitionIndex, ProducerId, TopicName, TopicPartition } from './ids.ts';
import { TOPIC_RESOURCE } from './metadata-records.ts';
import type {
  ClearElrRecord,
  ConfigRecord,
  ConfigResourceType,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RemoveTopicRecord,
  TopicId,
  TopicRecord,
} from './metadata-records.ts';
import { checkRegistration, clearElr, mergeChange, registrationOfRecord } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';

export { isActive, registrationOf } from './broker-registrations.ts';
export type { BrokerRegistration } from './broker-registrations.ts';
export type { MetadataRecord } from './metadata-records.ts';
export type { PartitionRegistration } from './partition-registration.ts';

export interface TopicImage {
  readonly name: TopicName;
  readonly topicId: TopicId;
  /** By partition index, without gaps. */
  readonly partitions: readonly PartitionRegistration[];
  /** Of each partition: the same string for everyone who looks it up, so that it is hashed and compared once. */
  readonly partitionNames: readonly TopicPartition[];
}

export interface TopicIdPartition {
  readonly topicId: TopicId;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
}

type ResourceConfigs = ReadonlyMap<string, string>;

const NO_CONFIGS: ResourceConfigs = new Map();

/** What the records of a batch made of an image when they were last applied. */
interface Replayed {
  readonly before: MetadataImage;
  readonly baseOffset: Offset;
  readonly after: MetadataImage;
}

/** By the records of a batch, and only as long as a log holds them. Values are immutable, so nobody can tell it is there. */
const replayed = new WeakMap<readonly (MetadataRecord | LeaderChangeMessage)[], Replayed>();

type OfPartition = PartitionRecord | PartitionChangeRecord;

/** Where the records that concern partitions of the same topic as the one at `start` end; at least one further. */
function endOfRun(records: readonly (MetadataRecord | LeaderChangeMessage)[], start: number): number {
  const first = records[start] as MetadataRecord | LeaderChangeMessage;
  let end = start + 1;
  if (first.type !== 'PartitionRecord' && first.type !== 'PartitionChangeRecord') return end;
  for (let record = records[end]; record !== undefined; record = records[end]) {
    if ((record.type !== 'PartitionRecord' && record.type !== 'PartitionChangeRecord') || record.topicId !== first.topicId) break;
    end += 1;
  }
  return end;
}

export class MetadataImage {
  /** Offset of the last record applied, -1 for none. */
  readonly offset: Offset;
  /** By id, rising. */
  readonly brokers: readonly BrokerRegistration[];
  /** In order of creation. */
  readonly topics: readonly TopicImage[];
  /** Place in `topics`, by name and by id: it moves only when an older topic is removed. */
  private readonly placeByName: ReadonlyMap<TopicName, number>;
  private readonly placeById: ReadonlyMap<TopicId, number>;
  /** By `resourceType:resourceName`. */
  private readonly configs: ReadonlyMap<string, ResourceConfigs>;
  /** Producer ids below it were given to brokers. */
  readonly nextProducerId: ProducerId;

  private constructor(
    offset: Offset,
    brokers: readonly BrokerRegistration[],
    topics: readonly TopicImage[],
    placeByName: ReadonlyMap<TopicName, number>,
    placeById: ReadonlyMap<TopicId, number>,
    configs: ReadonlyMap<string, ResourceConfigs>,
    nextProducerId: ProducerId,
  ) {
    this.offset = offset;
    this.brokers = brokers;
    this.topics = topics;
    this.placeByName = placeByName;
    this.placeById = placeById;
    this.configs = configs;
    this.nextProducerId = nextProducerId;
  }

  private static readonly nothing = new MetadataImage(NO_OFFSET, [], [], new Map(), new Map(), new Map(), 0);

  static empty(): MetadataImage {
    return MetadataImage.nothing;
  }

  broker(id: NodeId): BrokerRegistration | undefined {
    return registrationOf(this.brokers, id);
  }

  isActive(id: NodeId): boolean {
    return isActive(this.broker(id));
  }

  topic(name: TopicName): TopicImage | undefined {
    const place = this.placeByName.get(name);
    return place === undefined ? undefined : this.topics[place];
  }

  topicById(topicId: TopicId): TopicImage | undefined {
    const place = this.placeById.get(topicId);
    return place === undefined ? undefined : this.topics[place];
  }

  partition(topic: TopicName, partition: PartitionIndex): PartitionRegistration | undefined {
    return this.topic(topic)?.partitions[partition];
  }

  /** The value set for `name` on a resource, undefined when it is not set there. */
  configValue(resourceType: ConfigResourceType, resourceName: string, name: string): string | undefined {
    return this.configs.get(`${resourceType}:${resourceName}`)?.get(name);
  }

  /** All that is set on a resource, by name. */
  configsOf(resourceType: ConfigResourceType, resourceName: string): ReadonlyMap<string, string> {
    return this.configs.get(`${resourceType}:${resourceName}`) ?? NO_CONFIGS;
  }

  /**
   * The image after `record` at `offset` of the metadata log. Throws AssertionFailed for a record that does not fit:
   * the log holds only what a controller derived from this very image.
   */
  apply(record: MetadataRecord | LeaderChangeMessage, offset: Offset): MetadataImage {
    assert(offset > this.offset, () => `record at offset ${offset} applied to an image at offset ${this.offset}`);
    switch (record.type) {
      case 'RegisterBrokerRecord':
        return this.withBrokers(offset, registered(this.brokers, record));
      case 'UnregisterBrokerRecord':
        return this.withBrokers(offset, unregistered(this.brokers, record));
      case 'BrokerRegistrationChangeRecord':
        return this.withBrokers(offset, registrationChanged(this.brokers, record));
      case 'TopicRecord':
        return this.withTopic(offset, record);
      case 'RemoveTopicRecord':
        return this.withoutTopic(offset, record);
      case 'PartitionRecord':
      case 'PartitionChangeRecord':
        return this.withPartitions(offset, [record]);
      case 'ClearElrRecord':
        return this.withoutElr(offset, record);
      case 'ConfigRecord':
        return this.withConfig(offset, record);
      case 'ProducerIdsRecord':
        return this.withProducerIds(offset, record);
      case 'LeaderChangeMessage':
        return this.withBrokers(offset, this.brokers);
      default:
        return unreachable(record, 'metadata record');
    }
  }

  /**
   * The image after records at consecutive offsets from `baseOffset` on. The same records applied to the same image give
   * the very same image: all brokers of a cluster replay one log, and what 100 of them know is kept once. Otherwise a
   * message costs 1.2 times as much there, in misses of the processor's cache.
   */
  applyAll(records: readonly (MetadataRecord | LeaderChangeMessage)[], baseOffset: Offset): MetadataImage {
    const known = replayed.get(records);
    if (known !== undefined && known.before === this && known.baseOffset === baseOffset) return known.after;
    let after: MetadataImage = this;
    for (let i = 0, end = 0; i < records.length; i = end) {
      end = endOfRun(records, i);
      const record = records[i] as MetadataRecord | LeaderChangeMessage;
      after = end - i > 1
        ? after.withPartitions(baseOffset + i, records.slice(i, end) as readonly OfPartition[])
        : after.apply(record, baseOffset + i);
    }
    replayed.set(records, { before: this, baseOffset, after });
    return after;
  }

  /**
   * The partitions that differ from those of `older`, an image this one was derived from: created or changed since, in
   * order of topic creation and partition. Those of removed topics are not among them, see `topicsRemovedSince`; those
   * of a topic that was created anew under an old name are, under their new topic id. Costs the number of topics plus
   * the partitions of those that changed.
   */
  partitionsTouchedSince(older: MetadataImage): readonly TopicIdPartition[] {
    if (older.topics === this.topics) return [];
    const touched: TopicIdPartition[] = [];
    this.topics.forEach((topic, place) => {
      const there = older.topics[place];
      if (there === topic) return;
      const before = there?.topicId === topic.topicId ? there : older.topicById(topic.topicId);
      if (before === topic) return;
      topic.partitions.forEach((registration, partition) => {
        if (before?.partitions[partition] !== registration)
          touched.push({ topicId: topic.topicId, topic: topic.name, partition });
      });
    });
    return touched;
  }

  /**
   * The topics of `older`, an image this one was derived from, that are gone since, as they last were there, in order
   * of creation. A topic that was created anew under the same name is another topic.
   */
  topicsRemovedSince(older: MetadataImage): readonly TopicImage[] {
    if (older.placeById === this.placeById) return [];
    return older.topics.filter(({ topicId }) => !this.placeById.has(topicId));
  }

  /** Topics that are in both images and have other configs in `older`, in order of creation. */
  topicsReconfiguredSince(older: MetadataImage): readonly TopicName[] {
    if (older.configs === this.configs) return [];
    return this.topics.flatMap(({ name, topicId }) => {
      const isOld = older.topicById(topicId) !== undefined;
      return isOld && this.configsOf(TOPIC_RESOURCE, name) !== older.configsOf(TOPIC_RESOURCE, name) ? [name] : [];
    });
  }

  /** The ids of brokers registered, changed or removed since `older`, rising. */
  brokersTouchedSince(older: MetadataImage): readonly NodeId[] {
    if (older.brokers === this.brokers) return [];
    const ids = new Set([...older.brokers, ...this.brokers].map((broker) => broker.id));
    return [...ids].filter((id) => older.broker(id) !== this.broker(id)).sort((a, b) => a - b);
  }

  private withBrokers(offset: Offset, brokers: readonly BrokerRegistration[]): MetadataImage {
    return new MetadataImage(offset, brokers, this.topics, this.placeByName, this.placeById, this.configs, this.nextProducerId);
  }

  private withProducerIds(offset: Offset, { nextProducerId, type }: ProducerIdsRecord): MetadataImage {
    assert(nextProducerId > this.nextProducerId, () => `${type}: next is producer id ${nextProducerId}, and all below ${this.nextProducerId} are given`);
    return new MetadataImage(offset, this.brokers, this.topics, this.placeByName, this.placeById, this.configs, nextProducerId);
  }

  private withTopic(offset: Offset, { name, topicId, type }: TopicRecord): MetadataImage {
    assert(
      !this.placeByName.has(name) && !this.placeById.has(topicId),
      () => `${type}: topic ${name} (${topicId}) exists already`,
    );
    const place = this.topics.length;
    const topics = [...this.topics, { name, topicId, partitions: [], partitionNames: [] }];
    return new MetadataImage(
      offset,
      this.brokers,
      topics,
      new Map(this.placeByName).set(name, place),
      new Map(this.placeById).set(topicId, place),
      this.configs,
      this.nextProducerId,
    );
  }

  private withoutTopic(offset: Offset, { topicId, type }: RemoveTopicRecord): MetadataImage {
    const { name } = present(this.topicById(topicId), `${type}: topic ${topicId}`);
    const topics = this.topics.filter((topic) => topic.topicId !== topicId);
    const placeByName = new Map<TopicName, number>();
    const placeById = new Map<TopicId, number>();
    topics.forEach((topic, place) => {
      placeByName.set(topic.name, place);
      placeById.set(topic.topicId, place);
    });
    const resource = `${TOPIC_RESOURCE}:${name}`;
    const configs = new Map(this.configs);
    configs.delete(resource);
    return new MetadataImage(offset, this.brokers, topics, placeByName, placeById, configs, this.nextProducerId);
  }

  /** The image after records of one topic's partitions, the first of them at `offset`: one copy of its list for all. */
  private withPartitions(offset: Offset, records: readonly OfPartition[]): MetadataImage {
    assert(offset > this.offset, () => `record at offset ${offset} applied to an image at offset ${this.offset}`);
    const { topicId, type } = records[0] as OfPartition;
    const topic = present(this.topicById(topicId), `${type}: topic ${topicId}`);
    const partitions = [...topic.partitions];
    const newNames: TopicPartition[] = [];
    for (const record of records) {
      const { partitionId } = record;
      if (record.type === 'PartitionRecord') {
        assert(
          partitionId === partitions.length,
          () => `partition ${partitionId} of ${topic.name} follows ${partitions.length} partitions`,
        );
        assert(
          record.leaderEpoch >= 0 && record.partitionEpoch >= 0,
          () => `${topic.name}-${partitionId} begins in leader epoch ${record.leaderEpoch}, partition epoch ${record.partitionEpoch}`,
        );
        const registration = registrationOfRecord(record);
        checkRegistration(registration, topic.name, partitionId);
        partitions.push(registration);
        newNames.push(topicPartition(topic.name, partitionId));
      } else {
        const before = present(partitions[partitionId], `${record.type}: partition ${topic.name}-${partitionId}`);
        const registration = mergeChange(before, record);
        checkRegistration(registration, topic.name, partitionId, before);
        partitions[partitionId] = registration;
      }
    }
    const partitionNames = newNames.length === 0 ? topic.partitionNames : [...topic.partitionNames, ...newNames];
    return this.withTopicPartitions(offset + records.length - 1, topic, partitions, partitionNames);
  }

  private withoutElr(offset: Offset, { topicName, type }: ClearElrRecord): MetadataImage {
    if (topicName !== '') present(this.topic(topicName), `${type}: topic ${topicName}`);
    let image = this.withBrokers(offset, this.brokers);
    for (const topic of this.topics) {
      if (topicName !== '' && topic.name !== topicName) continue;
      const partitions = topic.partitions.map(clearElr);
      if (partitions.every((registration, partition) => registration === topic.partitions[partition])) continue;
      image = image.withTopicPartitions(offset, topic, partitions);
    }
    return image;
  }

  private withTopicPartitions(
    offset: Offset,
    { name, topicId, partitionNames: names }: TopicImage,
    partitions: readonly PartitionRegistration[],
    partitionNames = names,
  ): MetadataImage {
    const place = present(this.placeById.get(topicId), `topic ${topicId}`);
    const topics = this.topics.with(place, { name, topicId, partitions, partitionNames });
    return new MetadataImage(offset, this.brokers, topics, this.placeByName, this.placeById, this.configs, this.nextProducerId);
  }

  private withConfig(offset: Offset, { resourceType, resourceName, name, value }: ConfigRecord): MetadataImage {
    const entries = [...this.configsOf(resourceType, resourceName)].filter(([each]) => each !== name);
    if (value !== null) entries.push([name, value]);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    const configs = new Map(this.configs).set(`${resourceType}:${resourceName}`, new Map(entries));
    return new MetadataImage(offset, this.brokers, this.topics, this.placeByName, this.placeById, configs, this.nextProducerId);
  }
}
