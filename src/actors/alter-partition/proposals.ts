/**
 * The proposals of a broker's leaders and the request they travel in.
 * Source: DefaultAlterPartitionManager.buildRequest, handleAlterPartitionResponse.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import type { AlterPartitionData, AlterPartitionRequest, AlterPartitionResponse } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import { NO_EPOCH, NO_LEADER, topicPartition, type BrokerEpoch, type NodeId, type TopicName, type TopicPartition } from '../../kafka/ids.ts';
import { tell, type Registered } from '../local-events.ts';
import type { AlterPartitionSubmit } from '../replication-events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { quietly, type Reduced } from '../reduction.ts';

interface Proposal {
  readonly topicPartition: TopicPartition;
  readonly topic: TopicName;
  readonly data: AlterPartitionData;
}

export interface ProposalsState {
  readonly brokerId: NodeId;
  /** The active controller as far as is known; -1 while it is not. */
  readonly controllerId: NodeId;
  readonly config: BrokerConfig;
  readonly brokerEpoch: BrokerEpoch;
  /** At most one for a partition, the newest; in order of submission. */
  readonly unanswered: readonly Proposal[];
  /** What the last request proposed. */
  readonly sent: readonly Proposal[];
  readonly lastCorrelationId: number;
  /** Whom the last request went to. */
  readonly askedId: NodeId;
}

export interface ProposalsInput {
  readonly brokerId: NodeId;
  readonly config: BrokerConfig;
}

export function newProposals({ brokerId, config }: ProposalsInput): ProposalsState {
  return { brokerId, controllerId: NO_LEADER, config, brokerEpoch: NO_EPOCH, unanswered: [], sent: [], lastCorrelationId: 0, askedId: NO_LEADER };
}

export function register(state: ProposalsState, { brokerEpoch }: Registered): Reduced<ProposalsState> {
  return quietly({ ...state, brokerEpoch });
}

export function controllerChanged(state: ProposalsState, { leaderId }: RaftLeaderChanged): Reduced<ProposalsState> {
  return quietly({ ...state, controllerId: leaderId });
}

export function submit(state: ProposalsState, { topicPartition: name, topic, data }: AlterPartitionSubmit): Reduced<ProposalsState> {
  const others = state.unanswered.filter((proposal) => proposal.topicPartition !== name);
  return quietly({ ...state, unanswered: [...others, { topicPartition: name, topic, data }] });
}

export function sendProposals(state: ProposalsState): Reduced<ProposalsState> {
  const correlationId = state.lastCorrelationId + 1;
  const names = [...new Set(state.unanswered.map(({ topic }) => topic))];
  const message: AlterPartitionRequest = {
    type: 'AlterPartitionRequest',
    correlationId,
    brokerId: state.brokerId,
    brokerEpoch: state.brokerEpoch,
    topics: names.map((topicName) => ({ topicName, partitions: state.unanswered.filter(({ topic }) => topic === topicName).map(({ data }) => data) })),
  };
  const { controllerId } = state;
  return { state: { ...state, sent: state.unanswered, lastCorrelationId: correlationId, askedId: controllerId }, effects: [{ kind: 'send', to: controllerId, message }] };
}

export function isAnswerToLast(state: ProposalsState, { message }: Received<AlterPartitionResponse>): boolean {
  return message.correlationId === state.lastCorrelationId;
}

/** Refused as a whole (STALE_BROKER_EPOCH, NOT_CONTROLLER): nothing was decided about any partition. */
export function isRefused({ message }: Received<AlterPartitionResponse>): boolean {
  return message.errorCode !== 'NONE';
}

/**
 * Tells each replica what became of the proposal that was sent. One that took its place meanwhile was not asked about: it
 * goes with the next request.
 */
export function processAnswer(state: ProposalsState, event: Received<AlterPartitionResponse>): Reduced<ProposalsState> {
  const effects: Effect[] = [];
  let unanswered = state.unanswered;
  for (const { topicName, partitions } of event.message.topics) {
    for (const response of partitions) {
      const name = topicPartition(topicName, response.partitionIndex);
      const proposal = state.sent.find((each) => each.topicPartition === name);
      if (proposal === undefined) continue;
      unanswered = unanswered.filter((each) => each !== proposal);
      effects.push(tell(name, { type: 'alterPartition.answered', nowMs: event.nowMs, response, submitted: proposal.data }));
    }
  }
  return { state: { ...state, unanswered }, effects };
}

export function giveUp(state: ProposalsState): Reduced<ProposalsState> {
  return { state, effects: [{ kind: 'disconnect', to: state.askedId }] };
}
