/**
 * The broker's standing with the controller: its registration, then a heartbeat every `broker.heartbeat.interval.ms`
 * that says how far it has applied the metadata log and whether it may be unfenced.
 *
 * Left out: controlled shutdown (`wantShutDown`), log directories, features.
 * Source: kafka.server.BrokerLifecycleManager; KIP-631.
 */
import { scaleDraw } from '../../kernel/hash.ts';
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import { NO_EPOCH, NO_OFFSET, type BrokerEpoch, type NodeId, type Offset } from '../../kafka/ids.ts';
import { BROKER_MACHINES, tell, type MetadataApplied } from '../local-events.ts';
import { quietly, type Reduced } from '../reduction.ts';

export interface BrokerInput {
  readonly brokerId: NodeId;
  readonly controllerId: NodeId;
  readonly incarnationId: string;
  readonly config: BrokerConfig;
}

export interface BrokerState extends BrokerInput {
  readonly brokerEpoch: BrokerEpoch;
  readonly appliedOffset: Offset;
  readonly isPublished: boolean;
  readonly lastCorrelationId: number;
  /** Requests in a row without a useful answer. */
  readonly failures: number;
}

export function newBroker(input: BrokerInput): BrokerState {
  return { ...input, brokerEpoch: NO_EPOCH, appliedOffset: NO_OFFSET, isPublished: false, lastCorrelationId: 0, failures: 0 };
}

/** BrokerLifecycleManager: 100 ms doubled up to half a session, 2 % jitter. */
const FIRST_BACKOFF_MS = 100;
const MAX_DOUBLINGS = 12;

function backoffMs({ failures, config }: BrokerState, draw: number): number {
  const delayMs = Math.min(FIRST_BACKOFF_MS << Math.min(failures, MAX_DOUBLINGS), Math.floor(config.brokerSessionTimeoutMs / 2));
  return delayMs + scaleDraw(draw, Math.ceil(delayMs / 50));
}

export function sendRegistration(before: BrokerState): Reduced<BrokerState> {
  const state = { ...before, lastCorrelationId: before.lastCorrelationId + 1 };
  const { brokerId, incarnationId, lastCorrelationId: correlationId } = state;
  const message: BrokerRegistrationRequest = { type: 'BrokerRegistrationRequest', correlationId, brokerId, incarnationId };
  return { state, effects: [{ kind: 'send', to: state.controllerId, message }, answerTimer(state)] };
}

export function sendHeartbeat(before: BrokerState): Reduced<BrokerState> {
  const state = { ...before, lastCorrelationId: before.lastCorrelationId + 1 };
  const message: BrokerHeartbeatRequest = {
    type: 'BrokerHeartbeatRequest',
    correlationId: state.lastCorrelationId,
    brokerId: state.brokerId,
    brokerEpoch: state.brokerEpoch,
    currentMetadataOffset: state.appliedOffset,
    wantFence: !state.isPublished,
    wantShutDown: false,
  };
  return { state, effects: [{ kind: 'send', to: state.controllerId, message }, answerTimer(state)] };
}

export function isAnswerToLast(state: BrokerState, { message }: Received<BrokerRegistrationResponse | BrokerHeartbeatResponse>): boolean {
  return message.correlationId === state.lastCorrelationId;
}

export function registered(before: BrokerState, { message }: Received<BrokerRegistrationResponse>): Reduced<BrokerState> {
  const { brokerEpoch } = message;
  const event = { type: 'broker.registered', brokerEpoch } as const;
  return {
    state: { ...before, brokerEpoch, failures: 0 },
    effects: [{ kind: 'cancel', key: 'answer' }, tell(BROKER_MACHINES.metadata, event), tell(BROKER_MACHINES.alterPartition, event)],
  };
}

/** Answered: the next heartbeat is due after the interval, or soon while there is something to catch up with. */
export function heartbeatAnswered(before: BrokerState, event: Received<BrokerHeartbeatResponse>): Reduced<BrokerState> {
  const { errorCode, isFenced } = event.message;
  if (errorCode !== 'NONE') return backOff(before, event);
  const delayMs = !isFenced ? before.config.brokerHeartbeatIntervalMs : Math.min(FIRST_BACKOFF_MS, before.config.brokerHeartbeatIntervalMs);
  return {
    state: { ...before, failures: 0 },
    effects: [{ kind: 'cancel', key: 'answer' }, { kind: 'schedule', key: 'next', delayMs, type: 'timer.next' }],
  };
}

/** No useful answer: the request may have been executed; the next one is sent after a back-off. */
export function backOff(before: BrokerState, { draw }: Stimulus | Received): Reduced<BrokerState> {
  const delayMs = backoffMs(before, draw);
  return {
    state: { ...before, failures: before.failures + 1 },
    effects: [{ kind: 'cancel', key: 'answer' }, { kind: 'schedule', key: 'next', delayMs, type: 'timer.next' }],
  };
}

export function giveUpOnAnswer(before: BrokerState, event: Stimulus): Reduced<BrokerState> {
  const { state, effects } = backOff(before, event);
  return { state, effects: [{ kind: 'disconnect', to: before.controllerId }, ...effects] };
}

export function metadataApplied(before: BrokerState, { offset, isPublished }: MetadataApplied): Reduced<BrokerState> {
  return quietly({ ...before, appliedOffset: offset, isPublished });
}

function answerTimer({ config }: BrokerState): Effect {
  return { kind: 'schedule', key: 'answer', delayMs: Math.ceil(config.brokerSessionTimeoutMs / 2), type: 'timer.noAnswer' };
}
