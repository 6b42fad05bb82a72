/**
 * The metadata image: what a prefix of the metadata log says about brokers, topics and configs, as an immutable value.
 * The active controller's state and every broker's view are such images at different offsets.
 *
 * Order is defined everywhere: brokers by id, topics in order of creation, partitions by index, configs by name. An
 * image shares with its predecessor all it has in common: a changed partition costs a copy of the topic list and of its
 * topic's partition list, both arrays of references, so the difference of two images is found by comparing references.
 *
 * Left out: deletion of topics, features, client quotas, ACLs, snapshots.
 *
 * Source: MetadataImage, MetadataDelta, ClusterControlManager.replay, ReplicationControlManager.replay.
 */
import { assert, present, unreachable } from '../kernel/assert.ts';
import type { LeaderChangeMessage } from './api.ts';
import { NO_OFFSET } from './ids.ts';
import type { BrokerEpoch, NodeId, Offset, PartitionIndex, TopicName } from './ids.ts';
import { FENCE, IN_CONTROLLED_SHUTDOWN, NO_CHANGE, UNFENCE } from './metadata-records.ts';
import type {
  BrokerRegistrationChangeRecord,
  ConfigRecord,
  ConfigResourceType,
  IncarnationId,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
  TopicId,
  TopicRecord,
  UnregisterBrokerRecord,
} from './metadata-records.ts';
import { checkRegistration, mergeChange } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';

export type { MetadataRecord } from './metadata-records.ts';
export type { PartitionRegistration } from './partition-registration.ts';

export interface BrokerRegistration {
  readonly id: NodeId;
  readonly epoch: BrokerEpoch;
  readonly incarnationId: IncarnationId;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

export interface TopicImage {
  readonly name: TopicName;
  readonly topicId: TopicId;
  /** By partition index, without gaps. */
  readonly partitions: readonly PartitionRegistration[];
}

export interface TopicIdPartition {
  readonly topicId: TopicId;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
}

type ResourceConfigs = ReadonlyMap<string, string>;

const NO_CONFIGS: ResourceConfigs = new Map();

/** Can be elected and placed: unfenced and not shutting down (ClusterControlManager.isActive). */
export function isActive(broker: BrokerRegistration | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}

/** The registration of a broker in a list that rises by id, as an image has it. O(log brokers): it is asked with every fetch. */
export function registrationOf(brokers: readonly BrokerRegistration[], id: NodeId): BrokerRegistration | undefined {
  const broker = brokers[placeOf(brokers, id)];
  return broker !== undefined && broker.id === id ? broker : undefined;
}

/** First place in `brokers` with an id at or above `id`. */
function placeOf(brokers: readonly BrokerRegistration[], id: NodeId): number {
  let low = 0;
  let high = brokers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((brokers[middle] as BrokerRegistration).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class MetadataImage {
  /** Offset of the last record applied, -1 for none. */
  readonly offset: Offset;
  /** By id, rising. */
  readonly brokers: readonly BrokerRegistration[];
  /** In order of creation. */
  readonly topics: readonly TopicImage[];
  /** Place in `topics`, by name and by id: topics never move. */
  private readonly placeByName: ReadonlyMap<TopicName, number>;
  private readonly placeById: ReadonlyMap<TopicId, number>;
  /** By `resourceType:resourceName`. */
  private readonly configs: ReadonlyMap<string, ResourceConfigs>;

  private constructor(
    offset: Offset,
    brokers: readonly BrokerRegistration[],
    topics: readonly TopicImage[],
    placeByName: ReadonlyMap<TopicName, number>,
    placeById: ReadonlyMap<TopicId, number>,
    configs: ReadonlyMap<string, ResourceConfigs>,
  ) {
    this.offset = offset;
    this.brokers = brokers;
    this.topics = topics;
    this.placeByName = placeByName;
    this.placeById = placeById;
    this.configs = configs;
  }

  private static readonly nothing = new MetadataImage(NO_OFFSET, [], [], new Map(), new Map(), new Map());

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
        return this.withBrokers(offset, this.registered(record));
      case 'UnregisterBrokerRecord':
        return this.withBrokers(offset, this.unregistered(record));
      case 'BrokerRegistrationChangeRecord':
        return this.withBrokers(offset, this.registrationChanged(record));
      case 'TopicRecord':
        return this.withTopic(offset, record);
      case 'PartitionRecord':
        return this.withPartition(offset, record);
      case 'PartitionChangeRecord':
        return this.withPartitionChange(offset, record);
      case 'ConfigRecord':
        return this.withConfig(offset, record);
      case 'LeaderChangeMessage':
        return this.withBrokers(offset, this.brokers);
      default:
        return unreachable(record, 'metadata record');
    }
  }

  /** The image after records at consecutive offsets from `baseOffset` on. */
  applyAll(records: readonly (MetadataRecord | LeaderChangeMessage)[], baseOffset: Offset): MetadataImage {
    return records.reduce<MetadataImage>((image, record, i) => image.apply(record, baseOffset + i), this);
  }

  /**
   * The partitions that differ from those of `older`, an image this one was derived from: created or changed since, in
   * order of topic creation and partition. Costs the number of topics plus the partitions of those that changed.
   */
  partitionsTouchedSince(older: MetadataImage): readonly TopicIdPartition[] {
    if (older.topics === this.topics) return [];
    const touched: TopicIdPartition[] = [];
    this.topics.forEach((topic, place) => {
      const before = older.topics[place];
      if (before === topic) return;
      topic.partitions.forEach((registration, partition) => {
        if (before?.partitions[partition] !== registration)
          touched.push({ topicId: topic.topicId, topic: topic.name, partition });
      });
    });
    return touched;
  }

  /** The ids of brokers registered, changed or removed since `older`, rising. */
  brokersTouchedSince(older: MetadataImage): readonly NodeId[] {
    if (older.brokers === this.brokers) return [];
    const ids = new Set([...older.brokers, ...this.brokers].map((broker) => broker.id));
    return [...ids].filter((id) => older.broker(id) !== this.broker(id)).sort((a, b) => a - b);
  }

  private brokerPlace(id: NodeId): number {
    return placeOf(this.brokers, id);
  }

  private knownBroker(id: NodeId, epoch: BrokerEpoch, what: string): BrokerRegistration {
    const broker = present(this.broker(id), `${what}: registration of broker ${id}`);
    assert(
      broker.epoch === epoch,
      () => `${what} of broker ${id} in epoch ${epoch}, registered in epoch ${broker.epoch}`,
    );
    return broker;
  }

  private registered(record: RegisterBrokerRecord): readonly BrokerRegistration[] {
    const { brokerId: id, brokerEpoch: epoch, incarnationId, fenced, inControlledShutdown } = record;
    const place = this.brokerPlace(id);
    const existing = this.broker(id);
    assert(
      existing === undefined ||
        epoch > existing.epoch ||
        (epoch === existing.epoch && incarnationId === existing.incarnationId),
      () => `broker ${id} registered in epoch ${epoch} after epoch ${existing?.epoch}`,
    );
    return this.brokers.toSpliced(place, existing === undefined ? 0 : 1, {
      id,
      epoch,
      incarnationId,
      fenced,
      inControlledShutdown,
    });
  }

  private unregistered(record: UnregisterBrokerRecord): readonly BrokerRegistration[] {
    const broker = this.knownBroker(record.brokerId, record.brokerEpoch, record.type);
    return this.brokers.filter((each) => each !== broker);
  }

  private registrationChanged(record: BrokerRegistrationChangeRecord): readonly BrokerRegistration[] {
    const broker = this.knownBroker(record.brokerId, record.brokerEpoch, record.type);
    assert(
      record.fenced !== NO_CHANGE || record.inControlledShutdown !== NO_CHANGE,
      () => `${record.type} of broker ${broker.id} changes nothing`,
    );
    const changed: BrokerRegistration = {
      ...broker,
      fenced: record.fenced === FENCE || (record.fenced !== UNFENCE && broker.fenced),
      inControlledShutdown: record.inControlledShutdown === IN_CONTROLLED_SHUTDOWN || broker.inControlledShutdown,
    };
    return this.brokers.with(this.brokerPlace(broker.id), changed);
  }

  private withBrokers(offset: Offset, brokers: readonly BrokerRegistration[]): MetadataImage {
    return new MetadataImage(offset, brokers, this.topics, this.placeByName, this.placeById, this.configs);
  }

  private withTopic(offset: Offset, { name, topicId, type }: TopicRecord): MetadataImage {
    assert(
      !this.placeByName.has(name) && !this.placeById.has(topicId),
      () => `${type}: topic ${name} (${topicId}) exists already`,
    );
    const place = this.topics.length;
    const topics = [...this.topics, { name, topicId, partitions: [] }];
    return new MetadataImage(
      offset,
      this.brokers,
      topics,
      new Map(this.placeByName).set(name, place),
      new Map(this.placeById).set(topicId, place),
      this.configs,
    );
  }

  private withPartition(offset: Offset, record: PartitionRecord): MetadataImage {
    const { topicId, partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch, leaderRecoveryState } = record;
    const topic = present(this.topicById(topicId), `${record.type}: topic ${topicId}`);
    assert(
      partitionId === topic.partitions.length,
      () => `partition ${partitionId} of ${topic.name} follows ${topic.partitions.length} partitions`,
    );
    assert(
      leaderEpoch >= 0 && partitionEpoch >= 0,
      () => `${topic.name}-${partitionId} begins in leader epoch ${leaderEpoch}, partition epoch ${partitionEpoch}`,
    );
    const registration: PartitionRegistration = {
      replicas,
      isr,
      leader,
      leaderEpoch,
      partitionEpoch,
      leaderRecoveryState,
    };
    checkRegistration(registration, topic.name, partitionId);
    return this.withTopicPartitions(offset, topic, [...topic.partitions, registration]);
  }

  private withPartitionChange(offset: Offset, record: PartitionChangeRecord): MetadataImage {
    const topic = present(this.topicById(record.topicId), `${record.type}: topic ${record.topicId}`);
    const before = present(
      topic.partitions[record.partitionId],
      `${record.type}: partition ${topic.name}-${record.partitionId}`,
    );
    const registration = mergeChange(before, record);
    checkRegistration(registration, topic.name, record.partitionId);
    return this.withTopicPartitions(offset, topic, topic.partitions.with(record.partitionId, registration));
  }

  private withTopicPartitions(
    offset: Offset,
    { name, topicId }: TopicImage,
    partitions: readonly PartitionRegistration[],
  ): MetadataImage {
    const place = present(this.placeById.get(topicId), `topic ${topicId}`);
    const topics = this.topics.with(place, { name, topicId, partitions });
    return new MetadataImage(offset, this.brokers, topics, this.placeByName, this.placeById, this.configs);
  }

  private withConfig(offset: Offset, { resourceType, resourceName, name, value }: ConfigRecord): MetadataImage {
    const entries = [...this.configsOf(resourceType, resourceName)].filter(([each]) => each !== name);
    if (value !== null) entries.push([name, value]);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    const configs = new Map(this.configs).set(`${resourceType}:${resourceName}`, new Map(entries));
    return new MetadataImage(offset, this.brokers, this.topics, this.placeByName, this.placeById, configs);
  }
}
