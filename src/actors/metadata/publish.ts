/**
 * The broker's view of the metadata log: fetched in order from the controller, applied to an image, and published to
 * the machines of the broker. A view is a prefix of the log, and may be any time behind (BRK-4).
 *
 * Nothing is published before the view contains the broker's own registration: until then it holds leaderships of a
 * former life, which the controller has taken back with that very registration.
 *
 * Simplified: the log is fetched anew by every incarnation instead of being kept on the broker's disk; no snapshots.
 * Source: KafkaRaftClient (observer), MetadataLoader, BrokerMetadataPublisher, BrokerServer.startup.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import { CLUSTER_METADATA_TOPIC, type FetchRequest, type FetchResponse, type MetadataBatch } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import { NO_EPOCH, topicPartition, type BrokerEpoch, type NodeId, type TopicName, type TopicPartition } from '../../kafka/ids.ts';
import { MetadataImage, type PartitionRegistration } from '../../kafka/metadata.ts';
import { TOPIC_RESOURCE } from '../../kafka/metadata-records.ts';
import type { Rules } from '../../kafka/rules.ts';
import { BROKER_MACHINES, tell, type Registered } from '../local-events.ts';
import type { ReplicaDisk, ReplicaInput } from '../replica/state.ts';
import { quietly, type Reduced } from '../reduction.ts';

export interface MetadataInput {
  readonly brokerId: NodeId;
  readonly controllerId: NodeId;
  readonly config: BrokerConfig;
  readonly rules: Rules;
  /** What the broker's disk held when the process started, by topic-partition. */
  readonly disks: ReadonlyMap<TopicPartition, ReplicaDisk>;
}

export interface MetadataState extends MetadataInput {
  readonly brokerEpoch: BrokerEpoch;
  readonly image: MetadataImage;
  /** What the broker's machines know; null before the first publication. */
  readonly published: MetadataImage | null;
  readonly lastCorrelationId: number;
}

const EMPTY_DISK: ReplicaDisk = { log: undefined, epochs: undefined, highWatermark: undefined };

/** `metadata.max.idle.interval.ms` keeps the log moving every 500 ms; the fetch waits as long. */
const FETCH_MAX_WAIT_MS = 500;
const FETCH_MAX_BYTES = 8 * 1_048_576;

export function newMetadata(input: MetadataInput): MetadataState {
  return { ...input, brokerEpoch: NO_EPOCH, image: MetadataImage.empty(), published: null, lastCorrelationId: 0 };
}

export function sendFetch(before: MetadataState): Reduced<MetadataState> {
  const state = { ...before, lastCorrelationId: before.lastCorrelationId + 1 };
  const fetchOffset = state.image.offset + 1;
  const message: FetchRequest = {
    type: 'FetchRequest',
    correlationId: state.lastCorrelationId,
    replicaState: { replicaId: state.brokerId, replicaEpoch: state.brokerEpoch },
    maxWaitMs: FETCH_MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: FETCH_MAX_BYTES,
    isolationLevel: 'read_uncommitted',
    topics: [
      {
        topic: CLUSTER_METADATA_TOPIC,
        partitions: [{ partition: 0, currentLeaderEpoch: NO_EPOCH, fetchOffset, lastFetchedEpoch: NO_EPOCH, logStartOffset: 0, partitionMaxBytes: FETCH_MAX_BYTES }],
      },
    ],
  };
  return { state, effects: [{ kind: 'send', to: state.controllerId, message }] };
}

export function isAnswerToLast(state: MetadataState, { message }: Received<FetchResponse<MetadataBatch>>): boolean {
  return message.correlationId === state.lastCorrelationId;
}

export function isRefused({ message }: Received<FetchResponse<MetadataBatch>>): boolean {
  return message.responses[0]?.partitions[0]?.errorCode !== 'NONE';
}

export function register(state: MetadataState, { brokerEpoch }: Registered): Reduced<MetadataState> {
  return quietly({ ...state, brokerEpoch });
}

/** Applies what was fetched; publishes it once the own registration is part of it. */
export function applyFetched(before: MetadataState, event: Received<FetchResponse<MetadataBatch>>): Reduced<MetadataState> {
  const batches = event.message.responses[0]?.partitions[0]?.records ?? [];
  if (batches.length === 0 && before.published !== null) return quietly(before);
  let image = before.image;
  for (const { records, baseOffset } of batches) image = image.applyAll(records, baseOffset);
  const state = { ...before, image };
  const isCaughtUp = before.published !== null || (before.brokerEpoch !== NO_EPOCH && image.broker(before.brokerId)?.epoch === before.brokerEpoch);
  const effects: Effect[] = isCaughtUp ? publish(state, event.nowMs) : [];
  effects.push(tell(BROKER_MACHINES.broker, { type: 'metadata.applied', offset: image.offset, isPublished: isCaughtUp }));
  return { state: isCaughtUp ? { ...state, published: image } : state, effects };
}

function publish({ image, published, brokerId, ...rest }: MetadataState, nowMs: number): Effect[] {
  const older = published ?? MetadataImage.empty();
  const effects: Effect[] = [];
  const told = new Set<TopicPartition>();
  for (const { topic, partition } of image.partitionsTouchedSince(older)) {
    const registration = image.partition(topic, partition);
    if (registration === undefined || !registration.replicas.includes(brokerId)) continue;
    const name = topicPartition(topic, partition);
    told.add(name);
    if (older.partition(topic, partition)?.replicas.includes(brokerId) !== true) {
      effects.push({ kind: 'spawn', name, machine: 'replica', input: replicaInput({ image, brokerId, ...rest }, topic, partition, name) });
    }
    effects.push(tell(name, { type: 'partition.changed', nowMs, registration, brokers: image.brokers }));
  }
  const touchedBrokers = image.brokersTouchedSince(older);
  if (touchedBrokers.length > 0) {
    for (const name of partitionsLedWith(image, brokerId, touchedBrokers)) {
      if (!told.has(name)) effects.push(tell(name, { type: 'brokers.changed', nowMs, brokers: image.brokers }));
    }
  }
  effects.push(tell(BROKER_MACHINES.apis, { type: 'metadata.published', image }));
  return effects;
}

type ReplicaSource = Pick<MetadataState, 'image' | 'brokerId' | 'config' | 'rules' | 'disks'>;

function replicaInput({ image, brokerId, config, rules, disks }: ReplicaSource, topic: TopicName, partition: number, name: TopicPartition): ReplicaInput {
  const topicConfig = (key: string, fallback: number): number => Number(image.configValue(TOPIC_RESOURCE, topic, key) ?? fallback);
  return {
    brokerId,
    topic,
    partition,
    topicPartition: name,
    settings: {
      config,
      rules,
      minInsyncReplicas: topicConfig('min.insync.replicas', config.minInsyncReplicas),
      maxMessageBytes: topicConfig('max.message.bytes', config.messageMaxBytes),
    },
    disk: disks.get(name) ?? EMPTY_DISK,
  };
}

/** Partitions that this broker leads and that have a replica on one of `others`: only their leaders ask who may be in sync. */
function partitionsLedWith(image: MetadataImage, brokerId: NodeId, others: readonly NodeId[]): TopicPartition[] {
  const found: TopicPartition[] = [];
  for (const { name, partitions } of image.topics) {
    for (let partition = 0; partition < partitions.length; partition += 1) {
      const { leader, replicas } = partitions[partition] as PartitionRegistration;
      if (leader === brokerId && replicas.some((id) => others.includes(id))) found.push(topicPartition(name, partition));
    }
  }
  return found;
}
