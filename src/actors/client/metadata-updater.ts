/**
 * Keeps a client's metadata fresh: sends a MetadataRequest when one is due, to the node with the least to do, and takes in
 * what comes of it. Before the first answer the nodes are the bootstrap servers; later they are the brokers the cluster
 * named, and the bootstrap servers again when none of those can be reached (`metadata.recovery.strategy=rebootstrap`).
 *
 * Source: NetworkClient.DefaultMetadataUpdater; KIP-899.
 */
import type { Received } from '../../kernel/effects.ts';
import type { MetadataResponse } from '../../kafka/api.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { nextUpdateAtMs, withFailedUpdate, withRequestSent, withResponse, withUpdateRequested, type ClientMetadata, type RefreshConfig } from './metadata.ts';
import { connectableAtMs, connectionOf, leastLoadedNode, nextCorrelationId, sendRequest, type NetworkConfig, type NetworkState } from './network-client.ts';
import { NEVER_MS, type Turn } from './turn.ts';

/** What a MetadataRequest in flight is for. */
export interface MetadataPurpose {
  readonly kind: 'metadata';
}

export const METADATA_PURPOSE: MetadataPurpose = { kind: 'metadata' };

export interface ClientState<Purpose> extends NetworkState<Purpose | MetadataPurpose> {
  readonly config: NetworkConfig & RefreshConfig;
  /** Nodes to begin with, in the order of `bootstrap.servers`. */
  readonly bootstrapServers: readonly NodeId[];
  readonly metadata: ClientMetadata;
}

type ClientTurn<Purpose> = Turn<ClientState<Purpose>>;

/** Asks for metadata if it is due and nobody has been asked; else makes sure that the client wakes up when it is. */
export function maybeUpdateMetadata<Purpose>(turn: ClientTurn<Purpose>): void {
  const { state, nowMs } = turn;
  const { metadata } = state;
  if (metadata.inProgress || metadata.topics.length === 0) return;
  const dueAtMs = nextUpdateAtMs(metadata, state.config);
  if (dueAtMs > nowMs) {
    if (metadata.updateRequested || metadata.hasNewTopics) turn.wakeBy(dueAtMs);
    else turn.timeoutBy(dueAtMs);
    return;
  }
  const nodeId = leastLoadedNode(turn, metadata.brokers) ?? leastLoadedNode(turn, state.bootstrapServers);
  if (nodeId === undefined) turn.wakeBy(firstConnectableAtMs(state, nowMs));
  else requestMetadata(turn, nodeId);
}

/** Asks this very node. */
export function requestMetadata<Purpose>(turn: ClientTurn<Purpose>, nodeId: NodeId): void {
  const { state } = turn;
  const topics = state.metadata.topics.map(({ name }) => ({ name }));
  sendRequest(turn, nodeId, { type: 'MetadataRequest', correlationId: nextCorrelationId(turn), topics }, METADATA_PURPOSE);
  state.metadata = withRequestSent(state.metadata);
}

/** When a request may go to some broker, or to a bootstrap server. */
export function firstConnectableAtMs<Purpose>(state: ClientState<Purpose>, nowMs: number): number {
  let atMs = NEVER_MS;
  for (const nodes of [state.metadata.brokers, state.bootstrapServers]) {
    for (const nodeId of nodes) atMs = Math.min(atMs, connectableAtMs(connectionOf(state, nodeId), nowMs));
  }
  return atMs;
}

export function metadataAnswered<Purpose>(turn: ClientTurn<Purpose>, response: MetadataResponse): void {
  const { state, nowMs } = turn;
  state.metadata = withResponse(state.metadata, response, state.config, nowMs, turn.nextDraw());
}

export function metadataFailed<Purpose>(turn: ClientTurn<Purpose>): void {
  const { state, nowMs } = turn;
  state.metadata = withFailedUpdate(state.metadata, state.config, nowMs, turn.nextDraw());
}

export function requestUpdate<Purpose>(turn: ClientTurn<Purpose>): void {
  turn.state.metadata = withUpdateRequested(turn.state.metadata);
}

/** The answer is one that is waited for and names brokers: the client's first sight of the cluster. */
export function bringsBrokers<Purpose>(state: NetworkState<Purpose>, { from, message }: Received<MetadataResponse>): boolean {
  return message.brokers.length > 0 && connectionOf(state, from)?.inFlight.some(({ correlationId }) => correlationId === message.correlationId) === true;
}
