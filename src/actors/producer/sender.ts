/**
 * The sender: turns ready batches into ProduceRequests, one batch of a partition per request, as long as the leader's
 * connection has fewer than `max.in.flight.requests.per.connection` requests in flight.
 *
 * Kafka writes only to a connection that stands, and learns that it does from the ApiVersionsRequest it begins every
 * connection with; here a MetadataRequest takes that part. Until then the batches stay in their queues: with acks=0 a
 * request is done when it is on the wire, and with several in flight a batch on its way to a node that cannot be reached
 * would be overtaken by its successors, once the partition has another leader.
 *
 * Source: Sender.sendProducerData, sendProduceRequest; NetworkClient.ready.
 */
import type { ProduceRequest } from '../../kafka/api.ts';
import { NO_LEADER, NO_OFFSET, type NodeId, type PartitionIndex, type TopicName } from '../../kafka/ids.ts';
import type { RecordBatch } from '../../kafka/records.ts';
import { requestMetadata, requestUpdate } from '../client/metadata-updater.ts';
import { connectableAtMs, connectionIndex, connectionOf, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { countInFlight, drain, readyAtMs } from './accumulator.ts';
import type { ProducerBatch } from './batch.ts';
import { completeBatch } from './outcomes.ts';
import { isMuted, type PartitionQueue, type ProducerTurn } from './state.ts';

/** Sends whatever may be sent now, and wakes the client when something else may be. */
export function sendProducerData(turn: ProducerTurn): void {
  for (;;) {
    let hasSent = false;
    for (const nodeId of readyNodes(turn)) {
      if (!isReadyToSend(turn, nodeId)) continue;
      const batches = drain(turn, nodeId, connectionIndex(turn.state, nodeId));
      if (batches.length === 0) continue;
      sendProduceRequest(turn, nodeId, batches);
      hasSent = true;
    }
    if (!hasSent) return;
  }
}

const NO_NODES: readonly NodeId[] = [];

/** Nodes that lead a ready partition, in the order of the queues (RecordAccumulator.ready). */
function readyNodes(turn: ProducerTurn): readonly NodeId[] {
  const { state, nowMs } = turn;
  let nodes: NodeId[] | undefined;
  for (const at of state.waiting) {
    const queue = state.queues[at] as PartitionQueue;
    if (queue.leaderId === NO_LEADER) {
      requestUpdate(turn);
      continue;
    }
    if (isMuted(state, queue) || nodes?.includes(queue.leaderId) === true) continue;
    const atMs = readyAtMs(turn, queue);
    if (atMs > nowMs) turn.wakeBy(atMs);
    else if (nodes === undefined) nodes = [queue.leaderId];
    else nodes.push(queue.leaderId);
  }
  return nodes ?? NO_NODES;
}

/** The node takes another request now; if its reconnect backoff forbids it, the client wakes up when that ends. */
function isReadyToSend(turn: ProducerTurn, nodeId: NodeId): boolean {
  const { state, nowMs } = turn;
  const connection = connectionOf(state, nodeId);
  const atMs = connectableAtMs(connection, nowMs);
  if (atMs > nowMs) {
    turn.wakeBy(atMs);
    return false;
  }
  if (connection !== undefined && connection.inFlight.length >= state.config.maxInFlightRequestsPerConnection) return false;
  if (connection?.status === 'ready') return true;
  if (connection === undefined || connection.status === 'disconnected') requestMetadata(turn, nodeId);
  return false;
}

function sendProduceRequest(turn: ProducerTurn, nodeId: NodeId, batches: readonly ProducerBatch[]): void {
  const { state } = turn;
  const { acks, requestTimeoutMs } = state.config;
  const message: ProduceRequest = { type: 'ProduceRequest', correlationId: nextCorrelationId(turn), acks, timeoutMs: requestTimeoutMs, topicData: topicDataOf(turn, batches) };
  if (acks === 0) {
    turn.effects.push({ kind: 'send', to: nodeId, message });
    for (const batch of batches) completeBatch(turn, batch, NO_OFFSET);
    return;
  }
  countInFlight(turn, batches, 1);
  sendRequest(turn, nodeId, message, { kind: 'produce', batches });
}

function topicDataOf(turn: ProducerTurn, batches: readonly ProducerBatch[]): ProduceRequest['topicData'] {
  const topicData: { name: TopicName; partitionData: { index: PartitionIndex; records: RecordBatch }[] }[] = [];
  for (const { queue, records } of batches) {
    const { topic, partition } = turn.state.queues[queue] as PartitionQueue;
    const data = { index: partition, records };
    const known = topicData.find(({ name }) => name === topic);
    if (known === undefined) topicData.push({ name: topic, partitionData: [data] });
    else known.partitionData.push(data);
  }
  return topicData;
}
