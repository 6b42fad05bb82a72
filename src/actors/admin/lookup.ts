/**
 * What a broker is asked before an operation can be carried out: how many brokers there are (provisioning), or who leads
 * the partitions whose records go. Any broker answers, from its own and possibly stale cache, so an answer that does not
 * name a leader is a reason to ask again and no result.
 *
 * Source: AdminApiLookupStrategy, PartitionLeaderStrategy.
 */
import type { MetadataRequest, MetadataResponse } from '../../kafka/api.ts';
import { errorInfo } from '../../kafka/errors.ts';
import { connectableAtMs, connectionOf, leastLoadedNode, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { NEVER_MS } from '../client/turn.ts';
import { deleteRecords, pendingPartitions, settle } from './delete-records.ts';
import { attemptFailed, beginAttempt, beginFulfillment, current, update } from './operation.ts';
import type { AdminTurn } from './state.ts';

export function lookUp(turn: AdminTurn): void {
  const { state, nowMs } = turn;
  const nodeId = leastLoadedNode(turn, state.bootstrapServers);
  if (nodeId === undefined) {
    turn.wakeBy(state.bootstrapServers.reduce((atMs, each) => Math.min(atMs, connectableAtMs(connectionOf(state, each), nowMs)), NEVER_MS));
    return;
  }
  const { operationId } = current(turn);
  const names = [...new Set(pendingPartitions(current(turn)).map(({ name }) => name))];
  const message: MetadataRequest = { type: 'MetadataRequest', correlationId: nextCorrelationId(turn), topics: names.map((name) => ({ name })) };
  const attempt = beginAttempt(turn);
  sendRequest(turn, nodeId, message, { kind: 'lookup', operationId, attempt });
  update(turn, { awaited: 1 });
}

/** The answer to the lookup of the present attempt. */
export function lookupAnswered(turn: AdminTurn, response: MetadataResponse): void {
  const { brokersWanted, call } = current(turn);
  if (call.type !== 'DeleteRecordsRequest') {
    if (response.brokers.length < brokersWanted) attemptFailed(turn, false);
    else beginFulfillment(turn);
    return;
  }
  for (const { name, errorCode } of response.topics) {
    if (errorCode === 'NONE' || errorInfo(errorCode).retriable) continue;
    for (const partition of pendingPartitions(current(turn))) {
      if (partition.name === name) settle(turn, { name, partition: partition.partitionIndex, errorCode, errorMessage: null, lowWatermark: -1 });
    }
  }
  deleteRecords(turn, response);
}
