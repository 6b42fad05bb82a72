/**
 * The broker's standing with the controller: its registration, then a heartbeat every `broker.heartbeat.interval.ms`
 * that says how far it has applied the metadata log and whether it may be unfenced or shut down.
 *
 * The active controller is whoever the broker's own Raft client believes to lead the quorum.
 * Left out: log directories, features.
 * Source: kafka.server.BrokerLifecycleManager, NodeToControllerChannelManager, RaftControllerNodeProvider; KIP-631.
 */
import { scaleDraw } from '../../kernel/hash.ts';
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import { NO_EPOCH, NO_LEADER, NO_OFFSET, type BrokerEpoch, type NodeId, type Offset } from '../../kafka/ids.ts';
import type { Rules } from '../../kafka/rules.ts';
import { BROKER_MACHINES, tell, type MetadataApplied } from '../local-events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { removeCleanShutdown, type CleanShutdownMarker } from './clean-shutdown.ts';

export interface BrokerInput {
  readonly brokerId: NodeId;
  readonly incarnationId: string;
  readonly config: BrokerConfig;
  readonly rules: Rules;
  /** What the last life left behind when it ended in good order. */
  readonly marker: CleanShutdownMarker | undefined;
}

export interface BrokerState extends BrokerInput {
  /** The active controller as far as is known; -1 while it is not. */
  readonly controllerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly appliedOffset: Offset;
  readonly isPublished: boolean;
  readonly wantShutDown: boolean;
  readonly lastCorrelationId: number;
  /** Whom the last request went to; -1 when nobody is asked. */
  readonly askedId: NodeId;
  /** Requests in a row without a useful answer. */
  readonly failures: number;
}

/** Before anything is loaded the clean-shutdown marker goes: what comes from here on has not been shut down cleanly. */
export function startBroker(input: BrokerInput): Reduced<BrokerState> {
  const removesMarker = input.marker !== undefined && input.rules.removesCleanShutdownMarkerFirst;
  return { state: newBroker(input), effects: removesMarker ? [removeCleanShutdown()] : [] };
}

export function newBroker(input: BrokerInput): BrokerState {
  return {
    ...input, controllerId: NO_LEADER, brokerEpoch: NO_EPOCH, appliedOffset: NO_OFFSET, isPublished: false, wantShutDown: false, lastCorrelationId: 0, askedId: NO_LEADER, failures: 0,
  };
}

/** BrokerLifecycleManager: 100 ms doubled up to half a session, 2 % jitter. */
const FIRST_BACKOFF_MS = 100;
const MAX_DOUBLINGS = 12;

function backoffMs({ failures, config }: BrokerState, draw: number): number {
  const delayMs = Math.min(FIRST_BACKOFF_MS << Math.min(failures, MAX_DOUBLINGS), Math.floor(config.brokerSessionTimeoutMs / 2));
  return delayMs + scaleDraw(draw, Math.ceil(delayMs / 50));
}

export function sendRegistration(before: BrokerState): Reduced<BrokerState> {
  const { brokerId, incarnationId, marker } = before;
  const correlationId = before.lastCorrelationId + 1;
  return ask(before, { type: 'BrokerRegistrationRequest', correlationId, brokerId, incarnationId, previousBrokerEpoch: marker?.brokerEpoch ?? NO_EPOCH });
}

export function sendHeartbeat(before: BrokerState): Reduced<BrokerState> {
  return ask(before, {
    type: 'BrokerHeartbeatRequest',
    correlationId: before.lastCorrelationId + 1,
    brokerId: before.brokerId,
    brokerEpoch: before.brokerEpoch,
    currentMetadataOffset: before.appliedOffset,
    wantFence: !before.isPublished,
    wantShutDown: before.wantShutDown,
  });
}

/** Sends to the active controller; while nobody knows one, looks again soon. */
function ask(before: BrokerState, message: BrokerRegistrationRequest | BrokerHeartbeatRequest): Reduced<BrokerState> {
  const { controllerId, config } = before;
  if (controllerId === NO_LEADER) {
    return { state: { ...before, askedId: NO_LEADER }, effects: [{ kind: 'schedule', key: 'next', delayMs: FIRST_BACKOFF_MS, type: 'timer.next' }] };
  }
  return {
    state: { ...before, lastCorrelationId: message.correlationId, askedId: controllerId },
    effects: [
      { kind: 'send', to: controllerId, message },
      { kind: 'schedule', key: 'answer', delayMs: Math.ceil(config.brokerSessionTimeoutMs / 2), type: 'timer.noAnswer' },
    ],
  };
}

export function isAnswerToLast(state: BrokerState, { message }: Received<BrokerRegistrationResponse | BrokerHeartbeatResponse>): boolean {
  return message.correlationId === state.lastCorrelationId;
}

export function registered(before: BrokerState, { message, nowMs }: Received<BrokerRegistrationResponse>): Reduced<BrokerState> {
  const { brokerEpoch } = message;
  const event = { type: 'broker.registered', nowMs, brokerEpoch } as const;
  return {
    state: { ...before, brokerEpoch, failures: 0 },
    effects: [{ kind: 'cancel', key: 'answer' }, tell(BROKER_MACHINES.metadata, event), tell(BROKER_MACHINES.alterPartition, event), tell(BROKER_MACHINES.producerIds, event)],
  };
}

/** Answered: the next heartbeat is due after the interval, or soon while something is waited for. */
export function heartbeatAnswered(before: BrokerState, event: Received<BrokerHeartbeatResponse>): Reduced<BrokerState> {
  const { errorCode, isFenced } = event.message;
  if (errorCode !== 'NONE') return backOff(before, event);
  const isImpatient = isFenced || before.wantShutDown;
  const delayMs = isImpatient ? Math.min(FIRST_BACKOFF_MS, before.config.brokerHeartbeatIntervalMs) : before.config.brokerHeartbeatIntervalMs;
  return {
    state: { ...before, failures: 0 },
    effects: [{ kind: 'cancel', key: 'answer' }, { kind: 'schedule', key: 'next', delayMs, type: 'timer.next' }],
  };
}

/** Without the rule removesCleanShutdownMarkerFirst (KAFKA-10471) the marker goes only now, and replicas have appended by then. */
export function unfenced(before: BrokerState, event: Received<BrokerHeartbeatResponse>): Reduced<BrokerState> {
  const { state, effects } = heartbeatAnswered(before, event);
  const removesMarker = before.marker !== undefined && !before.rules.removesCleanShutdownMarkerFirst;
  return { state, effects: removesMarker ? [...effects, removeCleanShutdown()] : effects };
}

/** No useful answer: the request may have been executed; the next one is sent after a back-off. */
export function backOff(before: BrokerState, { draw }: Stimulus | Received): Reduced<BrokerState> {
  const delayMs = backoffMs(before, draw);
  return {
    state: { ...before, failures: before.failures + 1 },
    effects: [{ kind: 'cancel', key: 'answer' }, { kind: 'schedule', key: 'next', delayMs, type: 'timer.next' }],
  };
}

/** The connection to whom the last request went is gone; those to former controllers do not matter. */
export function connectionLost(before: BrokerState, event: Stimulus<string, { readonly peer: NodeId }>): Reduced<BrokerState> {
  return event.data.peer === before.askedId ? backOff(before, event) : quietly(before);
}

export function giveUpOnAnswer(before: BrokerState, event: Stimulus): Reduced<BrokerState> {
  const { state, effects } = backOff(before, event);
  return { state, effects: [{ kind: 'disconnect', to: before.askedId }, ...effects] };
}

export function metadataApplied(before: BrokerState, { offset, isPublished }: MetadataApplied): Reduced<BrokerState> {
  return quietly({ ...before, appliedOffset: offset, isPublished });
}

/** Another controller leads, or none is known. Who waits for an answer goes on waiting; the next request goes there. */
export function controllerChanged(before: BrokerState, { leaderId }: RaftLeaderChanged): Reduced<BrokerState> {
  return quietly({ ...before, controllerId: leaderId });
}

/** SIGTERM: the next heartbeat says so, and leaves at once. */
export function beginShutdown(before: BrokerState): Reduced<BrokerState> {
  const effects: Effect[] = [{ kind: 'cancel', key: 'answer' }, { kind: 'cancel', key: 'next' }];
  const { state, effects: asked } = sendHeartbeat({ ...before, wantShutDown: true });
  return { state, effects: [...effects, ...asked] };
}

export function close(state: BrokerState, { nowMs }: Stimulus | Received): Reduced<BrokerState> {
  return { state, effects: [{ kind: 'cancel', key: 'answer' }, { kind: 'cancel', key: 'next' }, tell(BROKER_MACHINES.metadata, { type: 'broker.closing', nowMs })] };
}
