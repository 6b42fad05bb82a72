/**
 * Registrations, heartbeats and sessions of brokers, as the active controller takes them (BRK-1, BRK-2).
 *
 * Source: ClusterControlManager.registerBroker, ReplicationControlManager.processBrokerHeartbeat, BrokerHeartbeatManager.
 */
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse } from '../../kafka/api.ts';
import { nextBrokerState, type BrokerControlState } from '../../kafka/broker-heartbeat.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_EPOCH, NO_OFFSET, type NodeId, type Offset } from '../../kafka/ids.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import {
  checkBrokerEpoch, handleBrokerFenced, handleBrokerInControlledShutdown, handleBrokerUnfenced, hasLeaderships, registerBroker,
} from '../../kafka/replication-control.ts';
import type { Reduced } from '../reduction.ts';
import { answerWhenCommitted, appendRecords, type BrokerHeartbeatState, type ControllerState } from './state.ts';

const NEVER_HEARD: BrokerHeartbeatState = { metadataOffset: NO_OFFSET, controlledShutdownOffset: NO_OFFSET };

export function handleBrokerRegistration(before: ControllerState, { message, replyTo }: Received<BrokerRegistrationRequest>): Reduced<ControllerState> {
  const { brokerId } = message;
  const effects: Effect[] = [];
  // KIP-631: the epoch of an incarnation is an offset of the log, so it rises for ever.
  const newBrokerEpoch: number = before.latest.endOffset;
  const { records, errorCode, brokerEpoch } = registerBroker(before.image, before.control, message, newBrokerEpoch, before.sessions.has(brokerId));
  let state = appendRecords(before, records, effects);
  if (errorCode === 'NONE') state = touchSession(state, brokerId, {}, effects);
  return { state: answerWhenCommitted(state, replyTo, registrationAnswer(message, errorCode, brokerEpoch), refuseRegistration(message), effects), effects };
}

export function handleBrokerHeartbeat(before: ControllerState, { message, replyTo }: Received<BrokerHeartbeatRequest>): Reduced<ControllerState> {
  const { brokerId, currentMetadataOffset } = message;
  const effects: Effect[] = [];
  const errorCode = checkBrokerEpoch(before.image, brokerId, message.brokerEpoch);
  if (errorCode !== 'NONE') return { state: before, effects: [{ kind: 'reply', to: replyTo, message: heartbeatRefused(message, errorCode) }] };
  const registerBrokerRecordOffset = before.latest.registrationOffsets.get(brokerId) ?? 0;
  const current = controlStateOf(before.image, brokerId);
  const next = nextBrokerState(current, message, {
    registerBrokerRecordOffset,
    hasLeaderships: hasLeaderships(before.image, brokerId),
    controlledShutdownOffset: before.sessions.get(brokerId)?.controlledShutdownOffset ?? NO_OFFSET,
    lowestActiveOffset: lowestActiveOffset(before, brokerId, currentMetadataOffset),
  });
  let state = appendRecords(before, recordsOfMove(before, brokerId, current, next), effects);
  // Every active broker must learn of the leaders that were moved away before the broker may go.
  const controlledShutdownOffset = next === 'CONTROLLED_SHUTDOWN' ? shutdownOffsetOf(before, brokerId, state.latest.endOffset - 1) : NO_OFFSET;
  state = touchSession(state, brokerId, { metadataOffset: currentMetadataOffset, controlledShutdownOffset }, effects);
  const answer: BrokerHeartbeatResponse = {
    type: 'BrokerHeartbeatResponse',
    correlationId: message.correlationId,
    errorCode: 'NONE',
    isCaughtUp: currentMetadataOffset >= registerBrokerRecordOffset,
    isFenced: next === 'FENCED' || next === 'SHUTDOWN_NOW',
    shouldShutDown: next === 'SHUTDOWN_NOW',
  };
  return { state: answerWhenCommitted(state, replyTo, answer, heartbeatRefused(message, 'NOT_CONTROLLER'), effects), effects };
}

/** BRK-2: no heartbeat for `broker.session.timeout.ms`. */
export function sessionExpired(before: ControllerState, { data: brokerId }: Stimulus<string, NodeId>): Reduced<ControllerState> {
  const effects: Effect[] = [{ kind: 'mark', label: 'broker session expired' }];
  const sessions = new Map(before.sessions);
  sessions.delete(brokerId);
  const state = before.with({ sessions });
  if (state.image.broker(brokerId)?.fenced !== false) return { state, effects };
  return { state: appendRecords(state, handleBrokerFenced(state.image, state.control, brokerId), effects), effects };
}

/** BrokerHeartbeatManager.touch. */
export function touchSession(state: ControllerState, brokerId: NodeId, heard: Partial<BrokerHeartbeatState>, effects: Effect[]): ControllerState {
  effects.push({ kind: 'schedule', key: `session/${brokerId}`, delayMs: state.config.brokerSessionTimeoutMs, type: 'timer.session', data: brokerId });
  const known = state.sessions.get(brokerId);
  const { metadataOffset, controlledShutdownOffset } = { ...NEVER_HEARD, ...known, ...heard };
  if (known !== undefined && known.metadataOffset === metadataOffset && known.controlledShutdownOffset === controlledShutdownOffset) return state;
  return state.with({ sessions: new Map(state.sessions).set(brokerId, { metadataOffset, controlledShutdownOffset }) });
}

export function refuseRegistration(message: BrokerRegistrationRequest): BrokerRegistrationResponse {
  return registrationAnswer(message, 'NOT_CONTROLLER', NO_EPOCH);
}

export function heartbeatRefused({ correlationId }: BrokerHeartbeatRequest, errorCode: ErrorName): BrokerHeartbeatResponse {
  return { type: 'BrokerHeartbeatResponse', correlationId, errorCode, isCaughtUp: false, isFenced: true, shouldShutDown: false };
}

function registrationAnswer({ correlationId }: BrokerRegistrationRequest, errorCode: ErrorName, brokerEpoch: number): BrokerRegistrationResponse {
  return { type: 'BrokerRegistrationResponse', correlationId, errorCode, brokerEpoch };
}

/** The first one counts: later decisions do not hold the broker up. */
function shutdownOffsetOf({ sessions }: ControllerState, brokerId: NodeId, lastOffset: Offset): Offset {
  const known = sessions.get(brokerId)?.controlledShutdownOffset ?? NO_OFFSET;
  return known === NO_OFFSET ? lastOffset : known;
}

/** Of the brokers that are neither fenced nor shutting down; Infinity when there is none. */
function lowestActiveOffset({ image, sessions }: ControllerState, reporting: NodeId, reported: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const { id } of image.brokers) {
    if (!image.isActive(id)) continue;
    lowest = Math.min(lowest, id === reporting ? reported : (sessions.get(id)?.metadataOffset ?? NO_OFFSET));
  }
  return lowest;
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
