/**
 * Elections that nobody's coming or going brings about: those that an administrator asks for, and the controller's
 * periodic tasks. PREFERRED moves leaders home, UNCLEAN gives leaderless partitions any active replica.
 *
 * KRaft's periodic balancing tries every partition that another than its preferred replica leads;
 * `leader.imbalance.per.broker.percentage` was the ZooKeeper controller's.
 *
 * Source: ReplicationControlManager.electLeaders, electLeader, maybeBalancePartitionLeaders, maybeElectUncleanLeaders.
 */
import type { ElectLeadersPartitionResult, ElectLeadersRequest, ElectLeadersResponse } from './admin-api.ts';
import { PREFERRED_ELECTION } from './admin-api.ts';
import { imbalancedPartitions, partitionsWithNoLeader } from './brokers-to-isrs.ts';
import type { ErrorName } from './errors.ts';
import { NO_LEADER } from './ids.ts';
import type { PartitionIndex, TopicName } from './ids.ts';
import type { MetadataImage, TopicIdPartition } from './metadata.ts';
import type { PartitionChangeRecord } from './metadata-records.ts';
import { changePartition, uncleanLeaderElectionEnabledForTopic } from './partition-changes.ts';
import type { ReplicationControl } from './partition-changes.ts';

/** ReplicationControlManager.MAX_ELECTIONS_PER_IMBALANCE: elections that one periodic task makes at most. */
export const MAX_ELECTIONS_PER_IMBALANCE = 1_000;

export type ElectionType = 'PREFERRED' | 'UNCLEAN';

export interface ElectLeaderResult {
  readonly errorCode: ErrorName;
  readonly records: readonly PartitionChangeRecord[];
}

const electionFailed = (errorCode: ErrorName): ElectLeaderResult => ({ errorCode, records: [] });

/** One partition of an ElectLeaders request. */
export function electLeader(
  image: MetadataImage,
  control: ReplicationControl,
  topicName: TopicName,
  partitionId: PartitionIndex,
  type: ElectionType,
): ElectLeaderResult {
  const topic = image.topic(topicName);
  const partition = topic?.partitions[partitionId];
  if (topic === undefined || partition === undefined) return electionFailed('UNKNOWN_TOPIC_OR_PARTITION');
  if (type === 'PREFERRED' ? partition.leader === partition.replicas[0] : partition.leader !== NO_LEADER)
    return electionFailed('ELECTION_NOT_NEEDED');
  const record = changePartition(image, control, topic, partitionId, { election: type });
  if (record === undefined)
    return electionFailed(type === 'PREFERRED' ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE');
  return { errorCode: 'NONE', records: [record] };
}

export interface ElectLeadersResult {
  readonly records: readonly PartitionChangeRecord[];
  readonly response: Pick<ElectLeadersResponse, 'errorCode' | 'replicaElectionResults'>;
}

/**
 * An ElectLeaders request (KIP-460). Asked about every partition (null) it is silent about those that need no election;
 * asked about one it says so.
 */
export function electLeaders(
  image: MetadataImage,
  control: ReplicationControl,
  request: Pick<ElectLeadersRequest, 'electionType' | 'topicPartitions'>,
): ElectLeadersResult {
  const type: ElectionType = request.electionType === PREFERRED_ELECTION ? 'PREFERRED' : 'UNCLEAN';
  const asked =
    request.topicPartitions ??
    image.topics.map(({ name, partitions }) => ({ topic: name, partitions: partitions.map((_, index) => index) }));
  const records: PartitionChangeRecord[] = [];
  const replicaElectionResults = asked.map(({ topic, partitions }) => {
    const partitionResult: ElectLeadersPartitionResult[] = [];
    for (const partitionId of new Set(partitions)) {
      const { errorCode, records: elected } = electLeader(image, control, topic, partitionId, type);
      if (request.topicPartitions === null && errorCode === 'ELECTION_NOT_NEEDED') continue;
      records.push(...elected);
      partitionResult.push({ partitionId, errorCode, errorMessage: null });
    }
    return { topic, partitionResult };
  });
  const answered = replicaElectionResults.filter(({ partitionResult }) => partitionResult.length > 0);
  return { records, response: { errorCode: 'NONE', replicaElectionResults: answered } };
}

export interface PeriodicElections {
  readonly records: readonly PartitionChangeRecord[];
  /** The limit was reached: run the task again at once. */
  readonly mayHaveMore: boolean;
}

/** Tries to give every partition its preferred leader (`auto.leader.rebalance.enable`). */
export function maybeBalancePartitionLeaders(
  image: MetadataImage,
  control: ReplicationControl,
  maxElections = MAX_ELECTIONS_PER_IMBALANCE,
): PeriodicElections {
  return electEach(image, control, 'PREFERRED', maxElections, imbalancedPartitions(image));
}

/** Elects unclean leaders for leaderless partitions of topics that allow it (`unclean.leader.election.interval.ms`). */
export function maybeElectUncleanLeaders(
  image: MetadataImage,
  control: ReplicationControl,
  maxElections = MAX_ELECTIONS_PER_IMBALANCE,
): PeriodicElections {
  const allowed = partitionsWithNoLeader(image).filter(({ topic }) =>
    uncleanLeaderElectionEnabledForTopic(image, control, topic),
  );
  return electEach(image, control, 'UNCLEAN', maxElections, allowed);
}

function electEach(
  image: MetadataImage,
  control: ReplicationControl,
  type: ElectionType,
  maxElections: number,
  partitions: readonly TopicIdPartition[],
): PeriodicElections {
  const records: PartitionChangeRecord[] = [];
  for (const { topic, partition } of partitions) {
    if (records.length >= maxElections) break;
    records.push(...electLeader(image, control, topic, partition, type).records);
  }
  return { records, mayHaveMore: records.length >= maxElections };
}
