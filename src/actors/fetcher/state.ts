/**
 * The fetcher of one leader: which partitions it follows there and from where. The replicas own the logs; what stands
 * here is where the next fetch begins.
 *
 * Source: AbstractFetcherThread, PartitionFetchState, ReplicaFetcherThread.
 */
import type { BrokerConfig } from '../../kafka/config.ts';
import { NO_EPOCH, type BrokerEpoch, type LeaderEpoch, type NodeId, type Offset, type PartitionIndex, type TopicName, type TopicPartition } from '../../kafka/ids.ts';
import type { Rules } from '../../kafka/rules.ts';
import { changed, type Fields } from '../state-class.ts';

export interface PartitionFetchState {
  readonly topicPartition: TopicPartition;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly leaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  /**
   * Fetching: part of the next fetch. Delayed: left out until its back-off is over. Truncating: the leader must say where
   * the log of the last fetched epoch ends, before anything is fetched (until KIP-595). Cutting: its replica is cutting
   * its log, or flushing what it appended. OutOfRange: the leader must say what it has.
   */
  readonly phase: 'Fetching' | 'Delayed' | 'Truncating' | 'Cutting' | 'OutOfRange';
  /** Where its log parts from the leader's is settled, or found by the fetches themselves (KIP-595). */
  readonly mayFetch: boolean;
  /** After an append it waits for its replica's word, as it does while the log is cut. */
  readonly flushesAppends: boolean;
  /** What the replica was told last; an answer that says nothing else is not worth an event. */
  readonly toldHighWatermark: Offset;
  readonly toldLogStartOffset: Offset;
  /** Leader's log end, once it is known, while OutOfRange. */
  readonly leaderLogEndOffset: Offset;
}

export class FetcherState {
  readonly brokerId: NodeId;
  readonly leaderId: NodeId;
  readonly config: BrokerConfig;
  readonly rules: Rules;
  readonly brokerEpoch: BrokerEpoch;
  /** In order of addition. */
  readonly partitions: readonly PartitionFetchState[];
  readonly lastCorrelationId: number;
  /** The partitions of the last request as they were then: an answer counts for those that have not moved since. */
  readonly requested: readonly PartitionFetchState[];

  constructor(fields: Fields<FetcherState>) {
    this.brokerId = fields.brokerId;
    this.leaderId = fields.leaderId;
    this.config = fields.config;
    this.rules = fields.rules;
    this.brokerEpoch = fields.brokerEpoch;
    this.partitions = fields.partitions;
    this.lastCorrelationId = fields.lastCorrelationId;
    this.requested = fields.requested;
  }

  /** The state with some fields changed. */
  with(change: Partial<Fields<FetcherState>>): FetcherState {
    return changed(new FetcherState(this), change);
  }
}

export interface FetcherInput {
  readonly leaderId: NodeId;
  readonly brokerId: NodeId;
  readonly config: BrokerConfig;
  readonly rules: Rules;
}

export function newFetcher({ brokerId, leaderId, config, rules }: FetcherInput): FetcherState {
  return new FetcherState({ brokerId, leaderId, config, rules, brokerEpoch: NO_EPOCH, partitions: [], lastCorrelationId: 0, requested: [] });
}

/** Do followers ask for the end of their last epoch before they fetch (KIP-101 until KIP-595)? */
export function asksForEpochEnds({ rules }: FetcherState): boolean {
  return rules.truncationProtocol === 'offsetForLeaderEpoch' || rules.truncationProtocol === 'untilEpochIsKnown';
}

export function hasPhase(state: FetcherState, phase: PartitionFetchState['phase']): boolean {
  for (const partition of state.partitions) if (partition.phase === phase) return true;
  return false;
}

/**
 * Is the partition where it was when it was asked for? If it was removed, or added anew for another leader epoch or from
 * another offset, the answer is to a question of the past (AbstractFetcherThread.processFetchRequest). At `place` among
 * those asked for it stands if none was added or removed since.
 */
export function isAsRequested({ requested }: FetcherState, partition: PartitionFetchState, place = -1): boolean {
  if (requested[place] === partition) return true;
  const asked = requested.find(({ topicPartition }) => topicPartition === partition.topicPartition);
  return asked !== undefined && asked.leaderEpoch === partition.leaderEpoch && asked.fetchOffset === partition.fetchOffset;
}

/** The state with one partition changed; the same state when it is not followed (any more). */
export function withPartition(state: FetcherState, topicPartition: TopicPartition, change: (before: PartitionFetchState) => PartitionFetchState): FetcherState {
  const at = state.partitions.findIndex((partition) => partition.topicPartition === topicPartition);
  if (at === -1) return state;
  const before = state.partitions[at] as PartitionFetchState;
  const after = change(before);
  return after === before ? state : state.with({ partitions: state.partitions.with(at, after) });
}
