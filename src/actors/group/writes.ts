/**
 * What becomes of a group's writes: taken or refused by the log, committed, lost with the leadership, or not committed in time.
 *
 * A write that is not committed within `offsets.commit.timeout.ms` is answered COORDINATOR_NOT_AVAILABLE; it stays in the log
 * and in the image, and may be committed yet.
 *
 * Source: CoordinatorRuntime.CoordinatorContext.append, CoordinatorWriteEvent.complete, OperationTimeout.
 */
import { assert, unreachable } from '../../kernel/assert.ts';
import type { Stimulus } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { errorOfFailedWrite } from '../../kafka/group/group-error.ts';
import { replayAll, type GroupImage } from '../../kafka/group/group-image.ts';
import type { Appended, Replicated } from '../local-events.ts';
import { imageReverted } from './consumer-members.ts';
import { maybeEnd } from './expiry.ts';
import { replacementCommitted } from './join-static.ts';
import { answerOffsetFetch } from './offset-fetch.ts';
import { assignmentCommitted } from './sync.ts';
import { writeTimer, type Completion, type PendingWrite } from './state.ts';
import type { GroupTurn } from './turn.ts';

/** The log has taken the write, or refused it: then memory goes back to what is in the log. */
export function appended(turn: GroupTurn, { ticket, errorCode }: Appended): void {
  const { writes } = turn.state;
  const at = writes.findIndex(({ id }) => id === ticket.operationId);
  const write = writes[at];
  if (write === undefined) return;
  if (errorCode === 'NONE') {
    turn.state.writes = writes.with(at, { ...write, isAppended: true });
    return;
  }
  let image: GroupImage = write.before;
  const later = writes.slice(at + 1).map((each): PendingWrite => {
    const before = image;
    image = replayAll(before, each.records);
    return { ...each, before, after: image };
  });
  turn.state.writes = [...writes.slice(0, at), ...later];
  turn.state.image = image;
  imageReverted(turn);
  settle(turn, write, errorCode);
}

/** The high watermark has passed the write, or this broker leads no more. */
export function replicated(turn: GroupTurn, { ticket, errorCode }: Replicated): void {
  const { writes } = turn.state;
  const at = writes.findIndex(({ id }) => id === ticket.operationId);
  const write = writes[at];
  if (write === undefined) return;
  // The coordinator listens for the high watermark; that the ISR has shrunk since does not matter to it.
  const isCommitted = errorCode === 'NONE' || errorCode === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND';
  if (isCommitted) {
    assert(at === 0, () => `write ${write.id} of group ${turn.state.groupId} is committed before ${writes[0]?.id}`);
    turn.state.committed = write.after;
    turn.state.writes = writes.slice(1);
  } else {
    turn.state.writes = writes.with(at, { ...write, completions: [] });
  }
  settle(turn, write, isCommitted ? 'NONE' : errorCode);
}

export function writeTimedOut(turn: GroupTurn, { data: id }: Stimulus<string, number>): void {
  const { writes } = turn.state;
  const at = writes.findIndex((write) => write.id === id);
  const write = writes[at];
  if (write === undefined) return;
  turn.state.writes = writes.with(at, { ...write, completions: [] });
  settle(turn, write, 'REQUEST_TIMED_OUT');
}

/** The broker is coordinator no longer: every write that is under way has failed, as far as anybody here will know. */
export function failWrites(turn: GroupTurn): void {
  const { writes } = turn.state;
  turn.state.writes = writes.map((write) => ({ ...write, completions: [] }));
  for (const write of writes) settle(turn, write, 'NOT_COORDINATOR');
}

function settle(turn: GroupTurn, { id, completions }: PendingWrite, error: ErrorName): void {
  if (completions.length === 0) return;
  turn.effects.push({ kind: 'cancel', key: writeTimer(id), forget: true });
  const errorCode = errorOfFailedWrite(error);
  for (const completion of completions) complete(turn, completion, errorCode);
}

function complete(turn: GroupTurn, completion: Completion, errorCode: ErrorName): void {
  switch (completion.kind) {
    case 'respond':
      if (errorCode === 'NONE') turn.reply(completion.waiter, completion.response);
      else turn.refuse(completion.waiter, errorCode);
      return;
    case 'fetchOffsets':
      if (errorCode === 'NONE') answerOffsetFetch(turn, completion.waiter);
      else turn.refuse(completion.waiter, errorCode);
      return;
    case 'assign':
      assignmentCommitted(turn, completion, errorCode);
      return;
    case 'replaceMember':
      replacementCommitted(turn, completion, errorCode);
      return;
    case 'end':
      if (errorCode === 'NONE') maybeEnd(turn);
      return;
    default:
      unreachable(completion, 'completion of a write');
  }
}
