/**
 * What a coordinator on the same broker asks of the partition that it leads, beside its appends: to read what the log holds,
 * to its end and not only to the high watermark, and to be told when all of that is committed.
 *
 * Source: CoordinatorLoaderImpl (ReplicaManager.getLog, FetchIsolation.LOG_END), CoordinatorPartitionWriter.registerListener.
 */
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_OFFSET } from '../../kafka/ids.ts';
import { tell, type HighWatermarkAwaited, type LogLoadRequested } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { leadershipOf, type ReplicaState } from './state.ts';

export function loadLog(state: ReplicaState, event: LogLoadRequested): Reduced<ReplicaState> {
  if (event.leaderEpoch !== state.leaderEpoch) return refuseLoad(state, event);
  const { log, highWatermark, partition, leaderEpoch } = state;
  // Retention and DeleteRecords may have raised the start of the log.
  const from = Math.max(event.startOffset, log.logStartOffset);
  const batches = log.read(from, log.logEndOffset, event.maxBytes, true);
  const nextOffset = batches[batches.length - 1]?.nextOffset ?? log.logEndOffset;
  return {
    state,
    effects: [tell(event.answerTo, { type: 'log.loaded', nowMs: event.nowMs, partition, leaderEpoch, errorCode: 'NONE', batches, nextOffset, logEndOffset: log.logEndOffset, highWatermark })],
  };
}

export function refuseLoad(state: ReplicaState, { nowMs, answerTo, leaderEpoch }: LogLoadRequested): Reduced<ReplicaState> {
  const errorCode: ErrorName = 'NOT_LEADER_OR_FOLLOWER';
  const nothing = { batches: [], nextOffset: NO_OFFSET, logEndOffset: NO_OFFSET, highWatermark: NO_OFFSET };
  return { state, effects: [tell(answerTo, { type: 'log.loaded', nowMs, partition: state.partition, leaderEpoch, errorCode, ...nothing })] };
}

/** Answered as an append that ends at the log end would be. */
export function awaitHighWatermark(state: ReplicaState, { ticket }: HighWatermarkAwaited): Reduced<ReplicaState> {
  if (state.highWatermark >= state.log.logEndOffset) return { state, effects: [tell(ticket.answerTo, { type: 'produce.replicated', ticket, errorCode: 'NONE' })] };
  const leadership = leadershipOf(state);
  const awaitingReplication = [...leadership.awaitingReplication, { ticket, requiredOffset: state.log.logEndOffset }];
  return { state: state.with({ leadership: { ...leadership, awaitingReplication } }), effects: [] };
}

export function refuseAwait(state: ReplicaState, { ticket }: HighWatermarkAwaited): Reduced<ReplicaState> {
  return { state, effects: [tell(ticket.answerTo, { type: 'produce.replicated', ticket, errorCode: 'NOT_LEADER_OR_FOLLOWER' })] };
}
