/**
 * The controller's events: each is decided against the image at the end of the log, appended, and answered when it is
 * committed. The decisions themselves are pure and live in src/kafka (replication-control, alter-partition,
 * create-topic, broker-heartbeat).
 *
 * Source: QuorumController, ClusterControlManager, BrokerHeartbeatManager, ReplicationControlManager.
 */
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import { draw32 } from '../../kernel/hash.ts';
import { MS_PER_S } from '../../kernel/time.ts';
import { alterPartition } from '../../kafka/alter-partition.ts';
import type { AlterPartitionRequest, AlterPartitionResponse, BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse } from '../../kafka/api.ts';
import { nextBrokerState, type BrokerControlState } from '../../kafka/broker-heartbeat.ts';
import { createTopic, type CreatableTopic } from '../../kafka/create-topic.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { NodeId } from '../../kafka/ids.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import {
  checkBrokerEpoch, handleBrokerFenced, handleBrokerInControlledShutdown, handleBrokerUnfenced, hasLeaderships, maybeBalancePartitionLeaders, maybeElectUncleanLeaders, registerBroker, type PeriodicElections,
} from '../../kafka/replication-control.ts';
import type { Reduced } from '../reduction.ts';
import { answerWhenCommitted, appendRecords, flushLog, METADATA_LOG_FILE, type ControllerState } from './state.ts';

const NO_ELECTIONS: PeriodicElections = { records: [], mayHaveMore: false };

/** The log of the former life is on the platter before it is acted on. */
export function becomeActive(before: ControllerState): Reduced<ControllerState> {
  const effects: Effect[] = [
    { kind: 'schedule', key: 'balance', delayMs: before.config.leaderImbalanceCheckIntervalSeconds * MS_PER_S, type: 'timer.balance' },
    { kind: 'schedule', key: 'unclean', delayMs: before.config.uncleanLeaderElectionIntervalMs, type: 'timer.unclean' },
  ];
  if (before.log.length === 0) effects.unshift({ kind: 'write', file: METADATA_LOG_FILE, content: before.log });
  let state = flushLog(before, effects);
  // Nobody was heard of while the controller was away, which is nobody's fault: every session begins anew.
  for (const { id, fenced } of state.image.brokers) if (!fenced) state = touchSession(state, id, effects);
  return { state, effects };
}

export function handleBrokerRegistration(before: ControllerState, { message, replyTo }: Received<BrokerRegistrationRequest>): Reduced<ControllerState> {
  const { brokerId, correlationId } = message;
  const effects: Effect[] = [];
  // KIP-631: the epoch of an incarnation is an offset of the log, so it rises for ever.
  const newBrokerEpoch: number = before.log.endOffset;
  const result = registerBroker(before.image, before.control, message, newBrokerEpoch, before.sessions.has(brokerId));
  let state = appendRecords(before, result.records, effects);
  if (result.errorCode === 'NONE') state = touchSession(state, brokerId, effects);
  const { errorCode, brokerEpoch } = result;
  const answer: BrokerRegistrationResponse = { type: 'BrokerRegistrationResponse', correlationId, errorCode, brokerEpoch };
  return { state: answerWhenCommitted(state, replyTo, answer, effects), effects };
}

export function handleBrokerHeartbeat(before: ControllerState, event: Received<BrokerHeartbeatRequest>): Reduced<ControllerState> {
  const { message: request, replyTo } = event;
  const { brokerId, correlationId } = request;
  const effects: Effect[] = [];
  const errorCode = checkBrokerEpoch(before.image, brokerId, request.brokerEpoch);
  if (errorCode !== 'NONE') return refuseHeartbeat(before, event, errorCode);
  const registerBrokerRecordOffset = before.registrationOffsets.get(brokerId) ?? 0;
  const current = controlStateOf(before.image, brokerId);
  const next = nextBrokerState(current, request, {
    registerBrokerRecordOffset,
    hasLeaderships: hasLeaderships(before.image, brokerId),
    controlledShutdownOffset: 0,
    lowestActiveOffset: Number.MAX_SAFE_INTEGER,
  });
  let state = touchSession(before, brokerId, effects);
  state = appendRecords(state, recordsOfMove(state, brokerId, current, next), effects);
  if (current === 'FENCED' && next === 'UNFENCED') state = createWantedTopics(state, event.draw, effects);
  const answer: BrokerHeartbeatResponse = {
    type: 'BrokerHeartbeatResponse',
    correlationId,
    errorCode: 'NONE',
    isCaughtUp: request.currentMetadataOffset >= registerBrokerRecordOffset,
    isFenced: next === 'FENCED' || next === 'SHUTDOWN_NOW',
    shouldShutDown: next === 'SHUTDOWN_NOW',
  };
  return { state: answerWhenCommitted(state, replyTo, answer, effects), effects };
}

function refuseHeartbeat(state: ControllerState, { message, replyTo }: Received<BrokerHeartbeatRequest>, errorCode: ErrorName): Reduced<ControllerState> {
  const answer: BrokerHeartbeatResponse = {
    type: 'BrokerHeartbeatResponse', correlationId: message.correlationId, errorCode, isCaughtUp: false, isFenced: true, shouldShutDown: false,
  };
  return { state, effects: [{ kind: 'reply', to: replyTo, message: answer }] };
}

export function handleAlterPartition(before: ControllerState, { message, replyTo }: Received<AlterPartitionRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { records, response } = alterPartition(before.image, before.control, message);
  const state = appendRecords(before, records, effects);
  const answer: AlterPartitionResponse = { type: 'AlterPartitionResponse', correlationId: message.correlationId, ...response };
  return { state: answerWhenCommitted(state, replyTo, answer, effects), effects };
}

/** BRK-2: no heartbeat for `broker.session.timeout.ms`. */
export function sessionExpired(before: ControllerState, { data: brokerId }: Stimulus<string, NodeId>): Reduced<ControllerState> {
  const effects: Effect[] = [{ kind: 'mark', label: 'broker session expired' }];
  const sessions = new Set(before.sessions);
  sessions.delete(brokerId);
  const state = before.with({ sessions });
  if (state.image.broker(brokerId)?.fenced !== false) return { state, effects };
  return { state: appendRecords(state, handleBrokerFenced(state.image, state.control, brokerId), effects), effects };
}

/** What an administrator asks of a new cluster. */
export interface WantedTopics {
  readonly topics: readonly CreatableTopic[];
  /** Wait until so many brokers are active, so that replicas spread over all of them. */
  readonly brokers: number;
}

/** Creates the topics as soon as the brokers are there. */
export function wantTopics(before: ControllerState, { data, draw }: Stimulus<string, WantedTopics>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const known = before.wanted.map(({ name }) => name);
  const wanted = [...before.wanted, ...data.topics.filter(({ name }) => !known.includes(name) && before.image.topic(name) === undefined)];
  return { state: createWantedTopics(before.with({ wanted, wantedBrokers: data.brokers }), draw, effects), effects };
}

function createWantedTopics(before: ControllerState, draw: number, effects: Effect[]): ControllerState {
  let state = before;
  const active = state.image.brokers.filter(({ id }) => state.image.isActive(id)).length;
  for (const [index, topic] of before.wanted.entries()) {
    if (active < state.wantedBrokers) continue;
    const { errorCode, records } = createTopic(state.image, topic, draw32(draw, index));
    if (errorCode !== 'NONE') continue;
    state = appendRecords(state.with({ wanted: state.wanted.filter((each) => each !== topic) }), records, effects);
  }
  return state;
}

/** REP-15: leadership goes back to the preferred replicas. What one run may not do yet the next does at once. */
export function balanceLeaders(before: ControllerState): Reduced<ControllerState> {
  const { image, control, config } = before;
  const { records, mayHaveMore } = config.autoLeaderRebalanceEnable ? maybeBalancePartitionLeaders(image, control) : NO_ELECTIONS;
  const delayMs = mayHaveMore ? 0 : config.leaderImbalanceCheckIntervalSeconds * MS_PER_S;
  const effects: Effect[] = [{ kind: 'schedule', key: 'balance', delayMs, type: 'timer.balance' }];
  return { state: appendRecords(before, records, effects), effects };
}

/** BRK-5: leaderless partitions of topics that allow it. */
export function electUncleanLeaders(before: ControllerState): Reduced<ControllerState> {
  const { records, mayHaveMore } = maybeElectUncleanLeaders(before.image, before.control);
  const delayMs = mayHaveMore ? 0 : before.config.uncleanLeaderElectionIntervalMs;
  const effects: Effect[] = [{ kind: 'schedule', key: 'unclean', delayMs, type: 'timer.unclean' }];
  return { state: appendRecords(before, records, effects), effects };
}

/** The metadata log cannot be written: a controller that goes on would forget what it promised (fault handler: terminate). */
export function terminate(state: ControllerState): Reduced<ControllerState> {
  return { state, effects: [{ kind: 'halt', reason: 'the metadata log failed' }] };
}

function controlStateOf(image: MetadataImage, brokerId: NodeId): BrokerControlState {
  const broker = image.broker(brokerId);
  if (broker === undefined || broker.fenced) return 'FENCED';
  return broker.inControlledShutdown ? 'CONTROLLED_SHUTDOWN' : 'UNFENCED';
}

function recordsOfMove({ image, control }: ControllerState, brokerId: NodeId, current: BrokerControlState, next: BrokerControlState): readonly MetadataRecord[] {
  if (current === next) return [];
  switch (next) {
    case 'UNFENCED':
      return handleBrokerUnfenced(image, control, brokerId);
    case 'FENCED':
    case 'SHUTDOWN_NOW':
      return current === 'FENCED' ? [] : handleBrokerFenced(image, control, brokerId);
    case 'CONTROLLED_SHUTDOWN':
      return handleBrokerInControlledShutdown(image, control, brokerId);
    default:
      return next;
  }
}

/** BrokerHeartbeatManager.touch. */
function touchSession(state: ControllerState, brokerId: NodeId, effects: Effect[]): ControllerState {
  effects.push({ kind: 'schedule', key: `session/${brokerId}`, delayMs: state.config.brokerSessionTimeoutMs, type: 'timer.session', data: brokerId });
  return state.sessions.has(brokerId) ? state : state.with({ sessions: new Set(state.sessions).add(brokerId) });
}
