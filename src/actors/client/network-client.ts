/**
 * A client's side of its connections: which requests are in flight where, which nodes must be left alone for a while,
 * and which node has the least to do. The transport opens a connection with the first request and says nothing when it
 * stands; so a connection counts as `connecting` until its first answer.
 *
 * Every request has a correlation id, unique over all lives of the node. An answer to none in flight is dropped: it came
 * after its request was given up, or twice. One request past its timeout closes the connection, and with it every request on
 * it is undecided; a request that never left because its connection was refused is not.
 *
 * Source: NetworkClient, InFlightRequests, ClusterConnectionStates.
 */
import type { ApiRequest } from '../../kafka/api.ts';
import type { ConnectionLost } from '../../kernel/effects.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { exponentialBackoffMs } from './backoff.ts';
import { NEVER_MS, type TimerState, type Turn } from './turn.ts';

/** A request without an answer. `purpose` is what its sender needs to know when the answer comes or does not. */
export interface InFlightRequest<Purpose> {
  readonly correlationId: number;
  readonly deadlineMs: number;
  readonly purpose: Purpose;
}

export interface NodeConnection<Purpose> {
  readonly nodeId: NodeId;
  readonly status: 'disconnected' | 'connecting' | 'ready';
  /** In the order of sending. */
  readonly inFlight: readonly InFlightRequest<Purpose>[];
  /** Attempts to connect that failed since the last that did not. */
  readonly failedAttempts: number;
  /** Not before then, ms on the node's clock. */
  readonly reconnectAtMs: number;
  /** When it last began to connect; the longest idle node is tried first. */
  readonly lastAttemptMs: number;
}

export interface NetworkConfig {
  readonly requestTimeoutMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
}

export interface NetworkState<Purpose> extends TimerState {
  readonly config: NetworkConfig;
  /** In the order of first use; a node keeps its place. */
  readonly connections: readonly NodeConnection<Purpose>[];
  readonly lastCorrelationId: number;
}

type NetworkTurn<Purpose> = Turn<NetworkState<Purpose>>;

const INCARNATION_SPAN = 1 << 24;

/** Correlation ids of one life begin here: 16 million requests per life, and the sum stays a safe integer. */
export function firstCorrelationId(incarnation: number): number {
  return incarnation * INCARNATION_SPAN;
}

/** Place in `connections`, -1 when the node was never used. */
export function connectionIndex<Purpose>(state: NetworkState<Purpose>, nodeId: NodeId): number {
  const { connections } = state;
  for (let i = 0; i < connections.length; i += 1) {
    if ((connections[i] as NodeConnection<Purpose>).nodeId === nodeId) return i;
  }
  return -1;
}

export function connectionOf<Purpose>(state: NetworkState<Purpose>, nodeId: NodeId): NodeConnection<Purpose> | undefined {
  return state.connections[connectionIndex(state, nodeId)];
}

/** When a request may go to the node as far as its connection is concerned: `nowMs`, or the end of the reconnect backoff. */
export function connectableAtMs<Purpose>(connection: NodeConnection<Purpose> | undefined, nowMs: number): number {
  return connection === undefined || connection.status !== 'disconnected' ? nowMs : Math.max(nowMs, connection.reconnectAtMs);
}

/** The id for the next request. */
export function nextCorrelationId<Purpose>(turn: NetworkTurn<Purpose>): number {
  turn.state.lastCorrelationId += 1;
  return turn.state.lastCorrelationId;
}

/** Sends a request that is answered, and remembers it until it is. It times out after `request.timeout.ms` unless told otherwise. */
export function sendRequest<Purpose>(turn: NetworkTurn<Purpose>, nodeId: NodeId, message: ApiRequest, purpose: Purpose, timeoutMs = turn.state.config.requestTimeoutMs): void {
  const { state, nowMs } = turn;
  const deadlineMs = nowMs + timeoutMs;
  const request: InFlightRequest<Purpose> = { correlationId: message.correlationId, deadlineMs, purpose };
  const at = connectionIndex(state, nodeId);
  const before = state.connections[at];
  if (before === undefined) {
    const opened: NodeConnection<Purpose> = { nodeId, status: 'connecting', inFlight: [request], failedAttempts: 0, reconnectAtMs: nowMs, lastAttemptMs: nowMs };
    state.connections = [...state.connections, opened];
  } else {
    const begins = before.status === 'disconnected';
    replace(turn, at, {
      nodeId,
      status: begins ? 'connecting' : before.status,
      inFlight: before.inFlight.length === 0 ? [request] : [...before.inFlight, request],
      failedAttempts: before.failedAttempts,
      reconnectAtMs: before.reconnectAtMs,
      lastAttemptMs: begins ? nowMs : before.lastAttemptMs,
    });
  }
  turn.timeoutBy(deadlineMs);
  turn.effects.push({ kind: 'send', to: nodeId, message });
}

/** Takes the request that an answer belongs to out of flight; undefined when there is none. */
export function takeAnswered<Purpose>(turn: NetworkTurn<Purpose>, from: NodeId, correlationId: number): InFlightRequest<Purpose> | undefined {
  const at = connectionIndex(turn.state, from);
  const before = turn.state.connections[at];
  if (before === undefined) return undefined;
  const { inFlight } = before;
  for (let i = 0; i < inFlight.length; i += 1) {
    const request = inFlight[i] as InFlightRequest<Purpose>;
    if (request.correlationId !== correlationId) continue;
    replace(turn, at, {
      nodeId: from,
      status: 'ready',
      inFlight: inFlight.length === 1 ? NOTHING : inFlight.toSpliced(i, 1),
      failedAttempts: 0,
      reconnectAtMs: before.reconnectAtMs,
      lastAttemptMs: before.lastAttemptMs,
    });
    return request;
  }
  return undefined;
}

const NOTHING: readonly never[] = [];

/** Requests that will not be answered. */
export interface Undecided<Purpose> {
  readonly nodeId: NodeId;
  /** In the order of sending. */
  readonly requests: readonly InFlightRequest<Purpose>[];
  /** False when the connection never stood: then nothing was put on the wire. */
  readonly wasSent: boolean;
}

/** The transport reports a connection gone: its requests leave flight, the node is left alone for the reconnect backoff. */
export function takeLost<Purpose>(turn: NetworkTurn<Purpose>, { peer, reason }: ConnectionLost): Undecided<Purpose> {
  const isEstablished = reason === 'reset' || reason === 'closed';
  return { nodeId: peer, requests: disconnect(turn, peer, isEstablished), wasSent: isEstablished };
}

/** Closes the connections with a request past its timeout (InFlightRequests.hasExpiredRequest). */
export function takeTimedOut<Purpose>(turn: NetworkTurn<Purpose>): readonly Undecided<Purpose>[] {
  const timedOut: Undecided<Purpose>[] = [];
  for (const { nodeId, inFlight } of turn.state.connections) {
    if (inFlight.length === 0) continue;
    const deadlineMs = earliestDeadlineMs(inFlight);
    if (deadlineMs > turn.nowMs) {
      turn.timeoutBy(deadlineMs);
      continue;
    }
    turn.effects.push({ kind: 'disconnect', to: nodeId });
    // Whether it stood is unknown, and what it carried may be executed yet.
    timedOut.push({ nodeId, requests: disconnect(turn, nodeId, false), wasSent: true });
  }
  return timedOut;
}

function earliestDeadlineMs(inFlight: readonly InFlightRequest<unknown>[]): number {
  let earliestMs = NEVER_MS;
  for (let i = 0; i < inFlight.length; i += 1) earliestMs = Math.min(earliestMs, (inFlight[i] as InFlightRequest<unknown>).deadlineMs);
  return earliestMs;
}

function disconnect<Purpose>(turn: NetworkTurn<Purpose>, nodeId: NodeId, wasEstablished: boolean): readonly InFlightRequest<Purpose>[] {
  const { state, nowMs } = turn;
  const at = connectionIndex(state, nodeId);
  const before = state.connections[at];
  if (before === undefined || before.status === 'disconnected') return NOTHING;
  const { reconnectBackoffMs, reconnectBackoffMaxMs } = state.config;
  const failures = wasEstablished || before.status === 'ready' ? 0 : before.failedAttempts;
  replace(turn, at, {
    nodeId,
    status: 'disconnected',
    inFlight: NOTHING,
    failedAttempts: failures + 1,
    reconnectAtMs: nowMs + exponentialBackoffMs(reconnectBackoffMs, reconnectBackoffMaxMs, failures, turn.nextDraw()),
    lastAttemptMs: before.lastAttemptMs,
  });
  return before.inFlight;
}

function replace<Purpose>(turn: NetworkTurn<Purpose>, at: number, connection: NodeConnection<Purpose>): void {
  const connections = turn.state.connections.slice();
  connections[at] = connection;
  turn.state.connections = connections;
}

/**
 * The node of `candidates` to ask what any node can answer: a ready one with the fewest requests in flight, else one that
 * is connecting, else the one not tried for longest; undefined when every one is in its reconnect backoff. Equals are told
 * apart by a draw (NetworkClient.leastLoadedNode).
 */
export function leastLoadedNode<Purpose>(turn: NetworkTurn<Purpose>, candidates: readonly NodeId[]): NodeId | undefined {
  const { state, nowMs } = turn;
  const offset = candidates.length < 2 ? 0 : turn.nextDraw() % candidates.length;
  let ready: NodeId | undefined;
  let fewestInFlight = NEVER_MS;
  let connecting: NodeId | undefined;
  let connectable: NodeId | undefined;
  let longestIdleMs = NEVER_MS;
  for (let i = 0; i < candidates.length; i += 1) {
    const nodeId = candidates[(offset + i) % candidates.length] as NodeId;
    const connection = connectionOf(state, nodeId);
    if (connection?.status === 'ready') {
      if (connection.inFlight.length === 0) return nodeId;
      if (connection.inFlight.length < fewestInFlight) {
        ready = nodeId;
        fewestInFlight = connection.inFlight.length;
      }
    } else if (connection?.status === 'connecting') {
      connecting ??= nodeId;
    } else if (connectableAtMs(connection, nowMs) <= nowMs) {
      const lastAttemptMs = connection === undefined ? -1 : connection.lastAttemptMs;
      if (lastAttemptMs < longestIdleMs) {
        connectable = nodeId;
        longestIdleMs = lastAttemptMs;
      }
    }
  }
  return ready ?? connecting ?? connectable;
}
