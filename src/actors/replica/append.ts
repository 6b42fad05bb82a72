/**
 * Produce, as the leader of one partition answers it (REP-9): acks=all is refused while the ISR is too small, before
 * anything is written; otherwise the batch gets its offsets and goes to the log. The answer is due at once for acks 0
 * and 1, and when the high watermark has passed the batch for acks=all.
 *
 * A ProduceRequest carries no leader epoch (REP-10): a leader that was replaced and does not know it goes on accepting.
 *
 * Left out: transactions, timestamps by the broker, format validation.
 * Source: ReplicaManager.appendRecords, Partition.appendRecordsToLeader.
 */
import type { Effect } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { NO_OFFSET } from '../../kafka/ids.ts';
import type { BatchMetadata } from '../../kafka/producer-state.ts';
import { compacts } from '../../kafka/retention.ts';
import { withOffsets } from '../../kafka/records.ts';
import { tell, type Appended, type AppendRequested } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { withoutFailedAppend } from './disk-errors.ts';
import { holdAppend, mustFlush } from './flush.ts';
import { maybeIncrementHighWatermark, wake } from './high-watermark.ts';
import { statesAfter } from './producer-states.ts';
import { assignEpoch, makeRoom, writeLog } from './storage.ts';
import { effectiveMinIsr, leadershipOf, type AwaitingReplication, type ReplicaState } from './state.ts';

export function appendRecords(state: ReplicaState, request: AppendRequested): Reduced<ReplicaState> {
  const { nowMs, ticket, acks, origin, records } = request;
  const { isr } = leadershipOf(state);
  if (acks === -1 && origin === 'CLIENT' && state.settings.rules.acksAllNeedsMinIsr && isr.length < effectiveMinIsr(state)) return refuse(state, request, 'NOT_ENOUGH_REPLICAS');
  if (records.sizeInBytes > state.settings.maxMessageBytes) return refuse(state, request, 'MESSAGE_TOO_LARGE');
  if (records.sizeInBytes > state.settings.logConfig.segmentBytes) return refuse(state, request, 'RECORD_LIST_TOO_LARGE');
  if (compacts(state.settings.logConfig) && records.records.some(({ key }) => key === null)) return refuse(state, request, 'INVALID_RECORD');
  const checked = state.producers.check(records, state.log.logEndOffset, state.settings.rules);
  if (checked.verdict === 'refused') return refuse(state, request, checked.errorCode);
  if (checked.verdict === 'duplicate') return answerDuplicate(state, request, checked.batch);
  const effects: Effect[] = [];
  const ready = makeRoom(withoutFailedAppend(state), records, effects);
  const baseOffset = ready.log.logEndOffset;
  const batch = withOffsets(records, baseOffset, state.leaderEpoch);
  const log = ready.log.append(batch);
  effects.push(writeLog(state, log));
  const appended = assignEpoch(ready.with({ log, producers: statesAfter(ready, batch, effects) }), state.leaderEpoch, baseOffset, effects);
  const awaitsReplication = acks === -1 && (origin === 'COORDINATOR' || state.settings.rules.acksAllWaitsForHighWatermark);
  const answer: Appended = { type: 'produce.appended', ticket, errorCode: 'NONE', baseOffset, logStartOffset: log.logStartOffset, awaitsReplication };
  const isHeld = mustFlush(appended);
  if (!isHeld) effects.push(tell(ticket.answerTo, answer));
  const written = isHeld ? holdAppend(appended, baseOffset, answer, effects) : appended;
  const waiting = awaitsReplication ? untilReplicated(written, { ticket, requiredOffset: log.logEndOffset }) : written;
  return { state: maybeIncrementHighWatermark(wake(waiting, true, nowMs, effects), nowMs, effects), effects };
}

function untilReplicated(state: ReplicaState, waiting: AwaitingReplication): ReplicaState {
  const leadership = leadershipOf(state);
  return state.with({ leadership: { ...leadership, awaitingReplication: [...leadership.awaitingReplication, waiting] } });
}

/**
 * IDM-2: the batch is in the log already, and the answer names its offsets. With acks=all it waits until they are
 * committed, like any other: they may not be yet.
 */
function answerDuplicate(state: ReplicaState, { ticket, acks }: AppendRequested, { firstOffset, lastOffset }: BatchMetadata): Reduced<ReplicaState> {
  const requiredOffset = lastOffset + 1;
  const awaitsReplication = acks === -1 && state.settings.rules.acksAllWaitsForHighWatermark && state.highWatermark < requiredOffset;
  const answer: Appended = { type: 'produce.appended', ticket, errorCode: 'NONE', baseOffset: firstOffset, logStartOffset: state.log.logStartOffset, awaitsReplication };
  const effects: Effect[] = [{ kind: 'mark', label: 'duplicate recognised' }, tell(ticket.answerTo, answer)];
  return { state: awaitsReplication ? untilReplicated(state, { ticket, requiredOffset }) : state, effects };
}

/** A replica that does not lead takes no records; the client must ask for metadata again. */
export function refuseAppend(state: ReplicaState, request: AppendRequested): Reduced<ReplicaState> {
  return refuse(state, request, 'NOT_LEADER_OR_FOLLOWER');
}

function refuse(state: ReplicaState, { ticket }: AppendRequested, errorCode: ErrorName): Reduced<ReplicaState> {
  const logStartOffset = state.log.logStartOffset;
  return {
    state,
    effects: [tell(ticket.answerTo, { type: 'produce.appended', ticket, errorCode, baseOffset: NO_OFFSET, logStartOffset, awaitsReplication: false })],
  };
}
