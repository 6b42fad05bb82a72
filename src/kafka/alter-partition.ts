/**
 * AlterPartition (KIP-497): a leader proposes an ISR, the controller accepts it by compare-and-set on the partition
 * epoch or says why not. The checks and their order decide what a leader may conclude from a refusal.
 *
 * Modelled: the answers of version 3, with broker epochs in the new ISR (KIP-903), but topics by name; a broker epoch
 * of -1 in it asks for no check. An ISR that completes a reassignment may take the leadership from the leader that
 * proposed it.
 *
 * Source: ReplicationControlManager.alterPartition, validateAlterPartitionData.
 */
import type {
  AlterPartitionData,
  AlterPartitionPartitionResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
} from './api.ts';
import type { ErrorName } from './errors.ts';
import { NO_EPOCH, NO_LEADER } from './ids.ts';
import type { NodeId, PartitionIndex } from './ids.ts';
import type { MetadataImage, TopicImage } from './metadata.ts';
import { NO_LEADER_CHANGE } from './metadata-records.ts';
import type { PartitionChangeRecord } from './metadata-records.ts';
import { changePartition, onlineElection } from './partition-changes.ts';
import type { ReplicationControl } from './partition-changes.ts';
import { hasNoRepeats, mergeChange } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';
import { checkBrokerEpoch } from './replication-control.ts';

export interface AlterPartitionResult {
  readonly records: readonly PartitionChangeRecord[];
  /**
   * With an error a partition's other fields have the defaults of the schema; STALE_BROKER_EPOCH is for the whole
   * request.
   */
  readonly response: Pick<AlterPartitionResponse, 'errorCode' | 'topics'>;
}

/**
 * Decides an AlterPartition request against `image`: the records of the accepted changes and an answer for each
 * partition.
 */
export function alterPartition(
  image: MetadataImage,
  control: ReplicationControl,
  request: Pick<AlterPartitionRequest, 'brokerId' | 'brokerEpoch' | 'topics'>,
): AlterPartitionResult {
  const brokerError = checkBrokerEpoch(image, request.brokerId, request.brokerEpoch);
  if (brokerError !== 'NONE') return { records: [], response: { errorCode: brokerError, topics: [] } };
  const records: PartitionChangeRecord[] = [];
  const topics = request.topics.map(({ topicName, partitions }) => {
    const topic = image.topic(topicName);
    const answers = partitions.map((proposal) => {
      if (topic === undefined) return refusal(proposal.partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION');
      const { record, answer } = alterOne(image, control, request.brokerId, topic, proposal);
      if (record !== undefined) records.push(record);
      return answer;
    });
    return { topicName, partitions: answers };
  });
  return { records, response: { errorCode: 'NONE', topics } };
}

interface Altered {
  readonly record: PartitionChangeRecord | undefined;
  readonly answer: AlterPartitionPartitionResponse;
}

function alterOne(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
  topic: TopicImage,
  proposal: AlterPartitionData,
): Altered {
  const { partitionIndex, newIsrWithEpochs, leaderRecoveryState } = proposal;
  const partition = topic.partitions[partitionIndex];
  if (partition === undefined)
    return { record: undefined, answer: refusal(partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION') };
  const error = validateAlterPartitionData(image, control, brokerId, partition, proposal);
  if (error !== 'NONE') return { record: undefined, answer: refusal(partitionIndex, error) };
  const record = changePartition(image, control, topic, partitionIndex, {
    election: onlineElection(image, control, topic.name),
    targetIsr: newIsrWithEpochs.map((member) => member.brokerId),
    targetLeaderRecoveryState: leaderRecoveryState,
  });
  // The one error that comes with a record: the change happened, and took the leadership from who asked for it.
  if (record !== undefined && record.leader !== NO_LEADER_CHANGE && record.leader !== brokerId) {
    return { record, answer: refusal(partitionIndex, 'NEW_LEADER_ELECTED') };
  }
  const after = record === undefined ? partition : mergeChange(partition, record);
  const { leader: leaderId, leaderEpoch, isr, partitionEpoch } = after;
  return {
    record,
    answer: {
      partitionIndex,
      errorCode: 'NONE',
      leaderId,
      leaderEpoch,
      isr,
      leaderRecoveryState: after.leaderRecoveryState,
      partitionEpoch,
    },
  };
}

function refusal(partitionIndex: PartitionIndex, errorCode: ErrorName): AlterPartitionPartitionResponse {
  return {
    partitionIndex,
    errorCode,
    leaderId: NO_LEADER,
    leaderEpoch: NO_EPOCH,
    isr: [],
    leaderRecoveryState: 'RECOVERED',
    partitionEpoch: NO_EPOCH,
  };
}

/** The checks of a proposal in Kafka's order; NONE when it may be accepted. */
function validateAlterPartitionData(
  image: MetadataImage,
  control: ReplicationControl,
  brokerId: NodeId,
  partition: PartitionRegistration,
  proposal: AlterPartitionData,
): ErrorName {
  const { leaderEpoch, partitionEpoch, leaderRecoveryState } = proposal;
  // A leader that knows more than this controller talks to one that was deposed (KAFKA-14154).
  if (leaderEpoch > partition.leaderEpoch || partitionEpoch > partition.partitionEpoch) return 'NOT_CONTROLLER';
  if (leaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH';
  if (brokerId !== partition.leader) return 'INVALID_REQUEST';
  if (partitionEpoch < partition.partitionEpoch) return 'INVALID_UPDATE_VERSION';
  const newIsr = proposal.newIsrWithEpochs.map((member) => member.brokerId);
  if (!isValidIsr(newIsr, partition.replicas) || !newIsr.includes(partition.leader)) return 'INVALID_REQUEST';
  if (leaderRecoveryState === 'RECOVERING' && (newIsr.length > 1 || partition.leaderRecoveryState === 'RECOVERED'))
    return 'INVALID_REQUEST';
  return proposal.newIsrWithEpochs.every((member) => isEligible(image, control, member)) ? 'NONE' : 'INELIGIBLE_REPLICA';
}

/** Replicas.validateIsr: not empty, no member twice, all of them replicas. */
function isValidIsr(isr: readonly NodeId[], replicas: readonly NodeId[]): boolean {
  return isr.length > 0 && hasNoRepeats(isr) && isr.every((id) => replicas.includes(id));
}

function isEligible(
  image: MetadataImage,
  control: ReplicationControl,
  { brokerId, brokerEpoch }: AlterPartitionData['newIsrWithEpochs'][number],
): boolean {
  if (control.rules.rejectsIneligibleReplicas && !image.isActive(brokerId)) return false;
  const registration = image.broker(brokerId);
  return !control.rules.checksIsrBrokerEpochs || brokerEpoch === NO_EPOCH || registration?.epoch === brokerEpoch;
}
