/**
 * Requests to other nodes: one in flight to each, answers known by their correlation id, a timeout after which the
 * connection is closed, and a back-off after a failure. Who is asked for what is decided elsewhere.
 *
 * The back-off doubles with each failure in a row: Kafka's own is constant, but its NetworkClient delays reconnecting
 * (`reconnect.backoff.ms` 50 to `reconnect.backoff.max.ms` 500 in KafkaRaftManager), which has the same effect.
 *
 * Source: org.apache.kafka.raft.RequestManager, KafkaNetworkChannel.
 */
import type { Effect } from '../../kernel/effects.ts';
import type { ApiRequest } from '../../kafka/api.ts';
import type { NodeId } from '../../kafka/ids.ts';
import type { ConnectionState, RaftState } from './state.ts';

const IDLE: ConnectionState = { correlationId: 0, isBackingOff: false, failures: 0 };
const BACKOFF_MAX_MS = 500;

function connectionTo(state: RaftState, peer: NodeId): ConnectionState {
  return state.connections.get(peer) ?? IDLE;
}

function withConnection(state: RaftState, peer: NodeId, connection: ConnectionState): RaftState {
  return state.with({ connections: new Map(state.connections).set(peer, connection) });
}

/** May a request be sent to this node now? */
export function isReady(state: RaftState, peer: NodeId): boolean {
  const { correlationId, isBackingOff } = connectionTo(state, peer);
  return correlationId === 0 && !isBackingOff;
}

/** Is any answer outstanding? */
export function awaitsAnswer(state: RaftState): boolean {
  for (const { correlationId } of state.connections.values()) if (correlationId !== 0) return true;
  return false;
}

/** Sends what `request` makes of the next correlation id to a node that is ready. */
export function sendRequest(state: RaftState, to: NodeId, request: (correlationId: number) => ApiRequest, effects: Effect[]): RaftState {
  const correlationId = state.lastCorrelationId + 1;
  effects.push({ kind: 'send', to, message: request(correlationId) });
  effects.push({ kind: 'schedule', key: `request/${to}`, delayMs: state.config.requestTimeoutMs, type: 'timer.request', data: to });
  return withConnection(state.with({ lastCorrelationId: correlationId }), to, { ...connectionTo(state, to), correlationId });
}

/** Does this answer belong to the request in flight? All others are of no interest any more. */
export function isExpected(state: RaftState, from: NodeId, correlationId: number): boolean {
  return connectionTo(state, from).correlationId === correlationId;
}

/** The node has answered to the point: it may be asked again at once. */
export function succeed(state: RaftState, from: NodeId, effects: Effect[]): RaftState {
  effects.push({ kind: 'cancel', key: `request/${from}` });
  return withConnection(state, from, IDLE);
}

/** The node did not answer, or not to the point: it is asked again after a while. */
export function fail(state: RaftState, peer: NodeId, effects: Effect[]): RaftState {
  const failures = connectionTo(state, peer).failures + 1;
  const delayMs = Math.min(state.config.retryBackoffMs * (1 << Math.min(failures - 1, 10)), Math.max(BACKOFF_MAX_MS, state.config.retryBackoffMs));
  effects.push({ kind: 'cancel', key: `request/${peer}` }, { kind: 'schedule', key: `backoff/${peer}`, delayMs, type: 'timer.backoff', data: peer });
  return withConnection(state, peer, { correlationId: 0, isBackingOff: true, failures });
}

/** The connection is lost, and with it the answer, if one was outstanding. */
export function connectionLost(state: RaftState, peer: NodeId, effects: Effect[]): RaftState {
  return connectionTo(state, peer).correlationId === 0 ? state : fail(state, peer, effects);
}

/** No answer within `controller.quorum.request.timeout.ms`. */
export function requestTimedOut(state: RaftState, peer: NodeId, effects: Effect[]): RaftState {
  if (connectionTo(state, peer).correlationId === 0) return state;
  effects.push({ kind: 'disconnect', to: peer });
  return fail(state, peer, effects);
}

export function endBackoff(state: RaftState, peer: NodeId): RaftState {
  const connection = connectionTo(state, peer);
  return connection.isBackingOff ? withConnection(state, peer, { ...connection, isBackingOff: false }) : state;
}

/**
 * A new role asks new questions (RequestManager.resetAll). Connections with a request in flight are closed, so that the
 * next one does not queue behind a fetch that the server holds.
 */
export function resetRequests(state: RaftState, effects: Effect[]): RaftState {
  const connections = new Map<NodeId, ConnectionState>();
  for (const [peer, connection] of state.connections) {
    if (connection.correlationId === 0) connections.set(peer, connection);
    else {
      effects.push({ kind: 'cancel', key: `request/${peer}` }, { kind: 'disconnect', to: peer });
      connections.set(peer, { ...connection, correlationId: 0 });
    }
  }
  return state.with({ connections });
}
