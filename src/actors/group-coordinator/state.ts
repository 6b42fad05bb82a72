/**
 * The group coordinator of a broker: which partitions of `__consumer_offsets` it leads, how far each is loaded, and which
 * groups have a machine.
 *
 *   Loading  the log of the partition is being replayed; requests are told COORDINATOR_LOAD_IN_PROGRESS
 *   Active   every group of the partition has a machine, or none yet
 *   Failed   the log could not be read; requests are told NOT_COORDINATOR until the partition has another leader epoch
 *
 * Source: CoordinatorRuntime.CoordinatorState, CoordinatorContext.
 */
import type { BrokerConfig } from '../../kafka/config.ts';
import type { GroupImages } from '../../kafka/group/group-image.ts';
import { NO_LEADER, type LeaderEpoch, type NodeId, type Offset, type PartitionIndex } from '../../kafka/ids.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { KnownTopics } from '../group/events.ts';

export type CoordinatorStateName = 'Loading' | 'Active' | 'Failed';

export interface CoordinatedPartition {
  readonly partition: PartitionIndex;
  readonly leaderEpoch: LeaderEpoch;
  readonly state: CoordinatorStateName;
  /** While Loading: what is replayed so far, and how far that is. */
  readonly loading: LoadedLog | null;
  /** Groups that have a machine. */
  readonly groupIds: ReadonlySet<string>;
}

export interface LoadedLog {
  readonly nextOffset: Offset;
  /** Of all that was read, and of what of it is below the high watermark: the same objects where there is no difference. */
  readonly images: GroupImages;
  readonly committed: GroupImages;
  /** Keys that were met, where the rule loadKeepsLastRecord does not hold. */
  readonly metKeys: ReadonlySet<string>;
}

export const NOTHING_LOADED: LoadedLog = { nextOffset: 0, images: new Map(), committed: new Map(), metKeys: new Set() };

/** A request for the topic, at the controller. */
export interface TopicCreation {
  readonly askedId: NodeId;
  readonly correlationId: number;
}

export interface CoordinatorInput {
  readonly brokerId: NodeId;
  readonly config: BrokerConfig;
  readonly rules: Rules;
}

export interface CoordinatorState extends CoordinatorInput {
  /** null before the broker has caught up with the metadata log. */
  readonly image: MetadataImage | null;
  readonly topics: KnownTopics;
  /** By partition index. */
  readonly partitions: ReadonlyMap<PartitionIndex, CoordinatedPartition>;
  readonly controllerId: NodeId;
  readonly creation: TopicCreation | null;
  readonly lastCorrelationId: number;
}

export function newCoordinator(input: CoordinatorInput): CoordinatorState {
  return { ...input, image: null, topics: [], partitions: new Map(), controllerId: NO_LEADER, creation: null, lastCorrelationId: 0 };
}

export function withPartition(state: CoordinatorState, partition: CoordinatedPartition): CoordinatorState {
  return { ...state, partitions: new Map(state.partitions).set(partition.partition, partition) };
}

export function withoutPartition(state: CoordinatorState, index: PartitionIndex): CoordinatorState {
  const partitions = new Map(state.partitions);
  partitions.delete(index);
  return { ...state, partitions };
}
