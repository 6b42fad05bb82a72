/**
 * The broker's view of the metadata log: committed batches applied to an image, and published to the machines of the
 * broker. A view is a prefix of the log, and may be any time behind (BRK-4).
 *
 * Nothing is published before the view contains the broker's own registration: until then it holds leaderships of a
 * former life, which the controller has taken back with that very registration.
 *
 * Source: MetadataLoader, BrokerMetadataPublisher, BrokerServer.startup.
 */
import { present } from '../../kernel/assert.ts';
import type { Effect } from '../../kernel/effects.ts';
import { configNames, effectiveTopicConfig, parseConfig, type BrokerConfig, type TopicConfig } from '../../kafka/config.ts';
import { NO_EPOCH, type BrokerEpoch, type NodeId, type TopicName, type TopicPartition } from '../../kafka/ids.ts';
import { MetadataImage, type PartitionRegistration } from '../../kafka/metadata.ts';
import { TOPIC_RESOURCE } from '../../kafka/metadata-records.ts';
import type { Rules } from '../../kafka/rules.ts';
import { BROKER_MACHINES, fetcherName, tell, type Registered } from '../local-events.ts';
import { deleteFiles } from '../replica/closing.ts';
import type { ReplicaDisk, ReplicaInput, ReplicaSettings } from '../replica/state.ts';
import { RAFT_MACHINE, type RaftCommitted } from '../raft/events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { afterCommit, NO_SNAPSHOT_WORK, type SnapshotWork } from './snapshot-generator.ts';

export interface MetadataInput {
  readonly brokerId: NodeId;
  readonly config: BrokerConfig;
  readonly rules: Rules;
  /** What the broker's disk held when the process started, by topic-partition; the first publication hands it to replicas, or deletes it. */
  readonly disks: ReadonlyMap<TopicPartition, ReplicaDisk>;
}

export interface MetadataState extends MetadataInput {
  readonly brokerEpoch: BrokerEpoch;
  readonly image: MetadataImage;
  /** What the broker's machines know; null before the first publication. */
  readonly published: MetadataImage | null;
  readonly snapshotWork: SnapshotWork;
  /** Logs that are not closed yet, while the broker shuts down. */
  readonly openLogs: number;
}

const NO_DISKS: MetadataInput['disks'] = new Map();
const EMPTY_DISK: ReplicaDisk = { log: undefined, epochs: undefined, highWatermark: undefined };

export function newMetadata(input: MetadataInput): MetadataState {
  return { ...input, brokerEpoch: NO_EPOCH, image: MetadataImage.empty(), published: null, snapshotWork: NO_SNAPSHOT_WORK, openLogs: 0 };
}

export function register(state: MetadataState, { brokerEpoch }: Registered): Reduced<MetadataState> {
  return quietly({ ...state, brokerEpoch });
}

/** Whether this commit contains the broker's own registration. */
export function catchesUp(state: MetadataState, event: RaftCommitted): boolean {
  return isRegistered(state, state.brokerEpoch, imageAfter(state, event));
}

/** The controller's answer may come after the record that it announces. */
export function catchesUpByRegistration(state: MetadataState, { brokerEpoch }: Registered): boolean {
  return isRegistered(state, brokerEpoch, state.image);
}

export function apply(before: MetadataState, event: RaftCommitted): Reduced<MetadataState> {
  const image = imageAfter(before, event);
  const { work, isDue } = afterCommit(before.snapshotWork, event.batches, event.nowMs, before.config);
  const effects: Effect[] = [tell(BROKER_MACHINES.broker, { type: 'metadata.applied', offset: image.offset, isPublished: false })];
  if (isDue) effects.push(tell(RAFT_MACHINE, { type: 'raft.snapshotTaken', endOffset: event.endOffset, image }));
  return { state: { ...before, image, snapshotWork: work }, effects };
}

/** Applies what is committed, if the event says so, and tells every machine what changed for it. */
export function publishChanges(before: MetadataState, event: RaftCommitted | Registered): Reduced<MetadataState> {
  const applied = event.type === 'raft.committed' ? apply(before, event) : quietly(before);
  const state = applied.state;
  const effects = publish(state, event.nowMs);
  effects.push(tell(BROKER_MACHINES.broker, { type: 'metadata.applied', offset: state.image.offset, isPublished: true }));
  if (before.published === null) effects.unshift(...deleteStrays(state));
  const snapshots = applied.effects.filter((effect) => effect.kind === 'tell' && effect.to === RAFT_MACHINE);
  return { state: { ...state, published: state.image, disks: NO_DISKS }, effects: [...effects, ...snapshots] };
}

/** Logs of partitions that this broker lost while it was down (BrokerMetadataPublisher, LogManager.isStrayReplica). */
function deleteStrays({ image, brokerId, disks }: MetadataState): Effect[] {
  if (disks.size === 0) return [];
  const hosted = new Set(image.topics.flatMap(({ partitions, partitionNames }) => partitionNames.filter((_, partition) => partitions[partition]?.replicas.includes(brokerId) === true)));
  return [...disks.keys()].filter((name) => !hosted.has(name)).flatMap(deleteFiles);
}

function imageAfter({ image }: MetadataState, { snapshot, batches }: RaftCommitted): MetadataImage {
  let after = snapshot === null ? image : snapshot.image;
  for (const { records, baseOffset } of batches) after = after.applyAll(records, baseOffset);
  return after;
}

function isRegistered({ brokerId }: MetadataState, brokerEpoch: BrokerEpoch, image: MetadataImage): boolean {
  return brokerEpoch !== NO_EPOCH && image.broker(brokerId)?.epoch === brokerEpoch;
}

function publish({ image, published, brokerId, ...rest }: MetadataState, nowMs: number): Effect[] {
  const older = published ?? MetadataImage.empty();
  const effects: Effect[] = leaveRemovedTopics(image, older, brokerId, nowMs);
  const told = new Set<TopicPartition>();
  for (const { topic, topicId, partition } of image.partitionsTouchedSince(older)) {
    const described = present(image.topic(topic), topic);
    const name = present(described.partitionNames[partition], `partition ${partition} of ${topic}`);
    const registration = present(described.partitions[partition], name);
    const wasHosted = older.topicById(topicId)?.partitions[partition]?.replicas.includes(brokerId) === true;
    if (!registration.replicas.includes(brokerId)) {
      if (wasHosted) effects.push(tell(name, { type: 'partition.removed', nowMs }));
      continue;
    }
    told.add(name);
    if (!wasHosted) effects.push({ kind: 'spawn', name, machine: 'replica', input: replicaInput({ image, brokerId, ...rest }, topic, partition, name) });
    effects.push(tell(name, { type: 'partition.changed', nowMs, registration, brokers: image.brokers }));
  }
  effects.push(...reconfigured({ image, brokerId, ...rest }, older, nowMs));
  const touchedBrokers = image.brokersTouchedSince(older);
  if (touchedBrokers.length > 0) {
    for (const name of partitionsLedWith(image, brokerId, touchedBrokers)) {
      if (!told.has(name)) effects.push(tell(name, { type: 'brokers.changed', nowMs, brokers: image.brokers }));
    }
  }
  const announcement = { type: 'metadata.published', nowMs, image } as const;
  effects.push(tell(BROKER_MACHINES.apis, announcement), tell(BROKER_MACHINES.groupCoordinator, announcement));
  return effects;
}

/**
 * Replicas of topics that are gone. Of a topic that was created anew under the same name they end at once, so that
 * those of the new one can begin.
 */
function leaveRemovedTopics(image: MetadataImage, older: MetadataImage, brokerId: NodeId, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  for (const { name: topic, partitions, partitionNames } of image.topicsRemovedSince(older)) {
    const isCreatedAnew = image.topic(topic) !== undefined;
    partitions.forEach(({ replicas, leader }, partition) => {
      if (!replicas.includes(brokerId)) return;
      const name = present(partitionNames[partition], `partition ${partition} of ${topic}`);
      if (!isCreatedAnew) effects.push(tell(name, { type: 'partition.removed', nowMs }));
      else effects.push(tell(fetcherName(leader), { type: 'fetcher.remove', topicPartition: name }), { kind: 'stop', name }, ...deleteFiles(name));
    });
  }
  return effects;
}

/** Topics whose configs changed: their replicas obey the new ones from now on (DynamicTopicConfigPublisher). */
function reconfigured(source: ReplicaSource, older: MetadataImage, nowMs: number): Effect[] {
  const { image, brokerId } = source;
  return image.topicsReconfiguredSince(older).flatMap((topic) => {
    const described = present(image.topic(topic), topic);
    return described.partitions.flatMap(({ replicas }, partition): Effect[] => {
      const name = present(described.partitionNames[partition], `partition ${partition} of ${topic}`);
      return replicas.includes(brokerId) ? [tell(name, { type: 'partition.reconfigured', nowMs, settings: settingsOf(source, topic) })] : [];
    });
  });
}

type ReplicaSource = Pick<MetadataState, 'image' | 'brokerId' | 'config' | 'rules' | 'disks'>;

function replicaInput(source: ReplicaSource, topic: TopicName, partition: number, name: TopicPartition): ReplicaInput {
  const { brokerId, disks } = source;
  return { brokerId, topic, partition, topicPartition: name, settings: settingsOf(source, topic), disk: disks.get(name) ?? EMPTY_DISK };
}

function settingsOf({ image, config, rules }: ReplicaSource, topic: TopicName): ReplicaSettings {
  const topicConfig = (key: string, fallback: number): number => Number(image.configValue(TOPIC_RESOURCE, topic, key) ?? fallback);
  return {
    config,
    rules,
    minInsyncReplicas: topicConfig('min.insync.replicas', config.minInsyncReplicas),
    maxMessageBytes: topicConfig('max.message.bytes', config.messageMaxBytes),
    logConfig: logConfigOf(image, topic, config),
  };
}

/** What the topic's logs obey: its own configs as the controller has them, and the broker's where it has none (LogConfig). */
function logConfigOf(image: MetadataImage, topic: TopicName, config: BrokerConfig): TopicConfig {
  const given = Object.fromEntries(configNames('topic').flatMap((name) => {
    const value = image.configValue(TOPIC_RESOURCE, topic, name);
    return value === undefined ? [] : [[name, value] as const];
  }));
  return effectiveTopicConfig(parseConfig('topic', given), config);
}

/** Partitions that this broker leads and that have a replica on one of `others`: only their leaders ask who may be in sync. */
function partitionsLedWith(image: MetadataImage, brokerId: NodeId, others: readonly NodeId[]): TopicPartition[] {
  const found: TopicPartition[] = [];
  for (const { partitions, partitionNames } of image.topics) {
    for (let partition = 0; partition < partitions.length; partition += 1) {
      const { leader, replicas } = partitions[partition] as PartitionRegistration;
      if (leader === brokerId && replicas.some((id) => others.includes(id))) found.push(partitionNames[partition] as TopicPartition);
    }
  }
  return found;
}
