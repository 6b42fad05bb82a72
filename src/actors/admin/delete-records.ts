/**
 * DeleteRecords goes to the leader of each partition. A partition whose leader is unknown, cannot be reached or turns
 * out not to lead is looked up again after the backoff; one with any other error has failed; the operation ends when every
 * partition has its result.
 *
 * Source: DeleteRecordsHandler.
 */
import { present } from '../../kernel/assert.ts';
import type { AdminResult } from '../../history/observations.ts';
import type { DeleteRecordsRequest, DeleteRecordsResponse, MetadataResponse } from '../../kafka/api.ts';
import { errorInfo } from '../../kafka/errors.ts';
import { NO_LEADER, type NodeId } from '../../kafka/ids.ts';
import { connectableAtMs, connectionOf, nextCorrelationId, sendRequest } from '../client/network-client.ts';
import { answerOf } from './answers.ts';
import { attemptFailed, beginAttempt, beginFulfillment, completeAnswered, current, update } from './operation.ts';
import type { AdminTurn, CurrentOperation, PartitionToDelete } from './state.ts';

/** Partitions of a DeleteRecords operation without a result, in the order of the call; none for other operations. */
export function pendingPartitions({ call, results }: Pick<CurrentOperation, 'call' | 'results'>): readonly PartitionToDelete[] {
  if (call.type !== 'DeleteRecordsRequest') return [];
  return call.topics
    .flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, offset }) => ({ name, partitionIndex, offset })))
    .filter(({ name, partitionIndex }) => !results.some((result) => result.name === name && result.partition === partitionIndex));
}

export function settle(turn: AdminTurn, result: AdminResult): void {
  update(turn, { results: [...current(turn).results, result] });
}

/** Asks the leaders that `metadata` names; goes back to the lookup when nobody can be asked. */
export function deleteRecords(turn: AdminTurn, metadata: MetadataResponse): void {
  const { state, nowMs } = turn;
  const { operationId, deadlineMs } = current(turn);
  if (completeIfSettled(turn)) return;
  const byLeader = new Map<NodeId, PartitionToDelete[]>();
  for (const partition of pendingPartitions(current(turn))) {
    const leaderId = leaderOf(metadata, partition);
    if (leaderId === NO_LEADER || connectableAtMs(connectionOf(state, leaderId), nowMs) > nowMs) continue;
    const known = byLeader.get(leaderId);
    if (known === undefined) byLeader.set(leaderId, [partition]);
    else known.push(partition);
  }
  if (byLeader.size === 0) {
    attemptFailed(turn, false);
    return;
  }
  // The backoff counts failures of the whole, lookups and attempts at the leaders together.
  const { tries } = current(turn);
  beginFulfillment(turn);
  update(turn, { tries });
  const attempt = beginAttempt(turn);
  const timeoutMs = Math.min(state.config.requestTimeoutMs, deadlineMs - nowMs);
  for (const [leaderId, partitions] of byLeader) {
    const message: DeleteRecordsRequest = { type: 'DeleteRecordsRequest', correlationId: nextCorrelationId(turn), topics: byTopic(partitions), timeoutMs };
    sendRequest(turn, leaderId, message, { kind: 'fulfillment', operationId, attempt });
  }
  update(turn, { awaited: byLeader.size });
}

function leaderOf(metadata: MetadataResponse, { name, partitionIndex }: PartitionToDelete): NodeId {
  const topic = metadata.topics.find((each) => each.name === name);
  return topic?.partitions.find((each) => each.partitionIndex === partitionIndex)?.leaderId ?? NO_LEADER;
}

function byTopic(partitions: readonly PartitionToDelete[]): DeleteRecordsRequest['topics'] {
  const names = [...new Set(partitions.map(({ name }) => name))];
  return names.map((name) => ({
    name,
    partitions: partitions.filter((each) => each.name === name).map(({ partitionIndex, offset }) => ({ partitionIndex, offset })),
  }));
}

/** One leader's answer to the present attempt. */
export function leaderAnswered(turn: AdminTurn, response: DeleteRecordsResponse): void {
  for (const result of answerOf(response).results) {
    if (errorInfo(result.errorCode).retriable) {
      if (!errorInfo(result.errorCode).definite) update(turn, { maybeDone: true });
    } else settle(turn, result);
  }
  oneLess(turn);
}

/** One leader of the present attempt will not answer. */
export function leaderLost(turn: AdminTurn, wasSent: boolean): void {
  if (wasSent) update(turn, { maybeDone: true });
  oneLess(turn);
}

function oneLess(turn: AdminTurn): void {
  const awaited = current(turn).awaited - 1;
  update(turn, { awaited });
  if (awaited > 0 || completeIfSettled(turn)) return;
  attemptFailed(turn, false);
  update(turn, { stage: 'lookup' });
}

function completeIfSettled(turn: AdminTurn): boolean {
  if (pendingPartitions(current(turn)).length > 0) return false;
  const { call, results } = current(turn);
  const inOrder = pendingPartitions({ call, results: [] }).map(({ name, partitionIndex }) =>
    present(results.find((each) => each.name === name && each.partition === partitionIndex), `the result of ${name}-${partitionIndex}`));
  completeAnswered(turn, 'NONE', null, inOrder);
  return true;
}
