/**
 * DeleteRecords (api key 21), as the leader of one partition carries it out (LOG-9): the log starts later, up to the high
 * watermark; the answer waits until no live replica begins below that. Followers learn the new start with their fetches,
 * and say so with the next one. Segments wholly below the start go with the next retention.
 *
 * Source: ReplicaManager.deleteRecords, Partition.deleteRecordsOnLeader, lowWatermarkIfLeader; DelayedDeleteRecords; KIP-107.
 */
import type { Effect } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_OFFSET, type Offset } from '../../kafka/ids.ts';
import { registrationOf } from '../../kafka/metadata.ts';
import { deletes } from '../../kafka/retention.ts';
import { BROKER_MACHINES, tell, type DeleteRecordsRequested, type Ticket } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { logStartMoved } from './log-manager.ts';
import { leadershipOf, withStorage, type ReplicaState } from './state.ts';

/** `offset` of a request that means the high watermark (DeleteRecordsRequest.HIGH_WATERMARK). */
export const TO_HIGH_WATERMARK: Offset = -1;

export function deleteRecords(state: ReplicaState, { ticket, offset }: DeleteRecordsRequested): Reduced<ReplicaState> {
  const effects: Effect[] = [];
  const { state: moved, errorCode } = deleteRecordsUpTo(state, offset, effects);
  if (errorCode !== 'NONE') return { state, effects: [answer(ticket, errorCode, NO_OFFSET)] };
  const requiredOffset = offset === TO_HIGH_WATERMARK ? moved.log.logStartOffset : offset;
  const waiting = withStorage(moved, { awaitingLowWatermark: [...moved.storage.awaitingLowWatermark, { ticket, requiredOffset }] });
  return { state: settleDeletions(waiting, effects), effects };
}

export function refuseDeleteRecords(state: ReplicaState, { ticket }: DeleteRecordsRequested): Reduced<ReplicaState> {
  return { state, effects: [answer(ticket, 'NOT_LEADER_OR_FOLLOWER', NO_OFFSET)] };
}

/** The leader's log without what is below `offset`; OFFSET_OUT_OF_RANGE above the high watermark, POLICY_VIOLATION of a log that may not delete. */
export function deleteRecordsUpTo(state: ReplicaState, offset: Offset, effects: Effect[]): { readonly state: ReplicaState; readonly errorCode: ErrorName } {
  if (!deletes(state.settings.logConfig)) return { state, errorCode: 'POLICY_VIOLATION' };
  const upTo = offset === TO_HIGH_WATERMARK ? state.highWatermark : offset;
  if (upTo < 0 || upTo > state.highWatermark) return { state, errorCode: 'OFFSET_OUT_OF_RANGE' };
  if (upTo <= state.log.logStartOffset) return { state, errorCode: 'NONE' };
  return { state: logStartMoved(state, state.log.withLogStart(upTo), effects), errorCode: 'NONE' };
}

/** Where the replica that begins lowest begins, of those whose brokers live. */
export function lowWatermark(state: ReplicaState): Offset {
  let low = state.log.logStartOffset;
  for (const { brokerId, logStartOffset } of leadershipOf(state).remotes) {
    const broker = registrationOf(state.brokers, brokerId);
    if (broker !== undefined && !broker.fenced) low = Math.min(low, logStartOffset);
  }
  return low;
}

/** Answers the deletions that every live replica has followed. */
export function settleDeletions(state: ReplicaState, effects: Effect[]): ReplicaState {
  const waiting = state.storage.awaitingLowWatermark;
  if (waiting.length === 0) return state;
  const low = lowWatermark(state);
  const open = waiting.filter(({ requiredOffset }) => requiredOffset > low);
  if (open.length === waiting.length) return state;
  for (const { ticket, requiredOffset } of waiting) if (requiredOffset <= low) effects.push(answer(ticket, 'NONE', low));
  return withStorage(state, { awaitingLowWatermark: open });
}

/** Leadership is lost while deletions wait. */
export function failDeletions(state: ReplicaState, effects: Effect[]): ReplicaState {
  const waiting = state.storage.awaitingLowWatermark;
  if (waiting.length === 0) return state;
  for (const { ticket } of waiting) effects.push(answer(ticket, 'NOT_LEADER_OR_FOLLOWER', NO_OFFSET));
  return withStorage(state, { awaitingLowWatermark: [] });
}

function answer(ticket: Ticket, errorCode: ErrorName, lowWatermarkOffset: Offset): Effect {
  return tell(BROKER_MACHINES.apis, { type: 'deleteRecords.partitionDone', ticket, errorCode, lowWatermark: lowWatermarkOffset });
}
