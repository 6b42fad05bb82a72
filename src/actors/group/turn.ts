/**
 * One step of a group, while it is under way: a draft of the state, and the effects so far. Nothing of it outlives the step.
 *
 * Source: CoordinatorRuntime.CoordinatorWriteEvent (append, replay, wait for the high watermark; answer at once when there is
 * nothing to write and nothing on its way).
 */
import { hex64, mix32, mix53 } from '../../kernel/hash.ts';
import type { Effect } from '../../kernel/effects.ts';
import type { GroupResponse } from '../../kafka/group-api.ts';
import { encodeCoordinatorRecord, type CoordinatorRecord } from '../../kafka/group/coordinator-records.ts';
import { refusal } from '../../kafka/group/group-error.ts';
import { replayAll } from '../../kafka/group/group-image.ts';
import { batchOf } from '../../kafka/records.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { tell } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { groupName } from './events.ts';
import { heartbeatTimer, writeTimer, type Completion, type Group, type GroupState, type Member, type PendingWrite, type Waiter } from './state.ts';

type Draft = { -readonly [Name in keyof GroupState]: GroupState[Name] };

export class GroupTurn {
  readonly state: Draft;
  readonly effects: Effect[] = [];
  readonly nowMs: number;
  private readonly draw: number;
  private isOver = false;

  constructor(state: GroupState, nowMs: number, draw: number) {
    this.state = { ...state };
    this.nowMs = nowMs;
    this.draw = draw;
  }

  get group(): Group {
    return this.state.classic;
  }

  set group(group: Group) {
    this.state.classic = group;
  }

  /** A member with some fields changed. */
  changeMember(memberId: string, change: Partial<Member>): void {
    const member = this.group.members.get(memberId);
    if (member === undefined) return;
    this.group = { ...this.group, members: new Map(this.group.members).set(memberId, { ...member, ...change }) };
  }

  // --- answers -------------------------------------------------------------------------------------------------------

  /** Answers now. */
  reply({ replyTo }: Waiter, response: GroupResponse): void {
    this.effects.push({ kind: 'reply', to: replyTo, message: response });
  }

  refuse(waiter: Waiter, errorCode: ErrorName): void {
    this.reply(waiter, refusal(waiter.request, errorCode));
  }

  /** Answers when everything that the group has written so far is committed. */
  respond(waiter: Waiter, response: GroupResponse): void {
    if (this.state.writes.length === 0) this.reply(waiter, response);
    else this.attach({ kind: 'respond', waiter, response });
  }

  /** Does it when everything that the group has written so far is committed; `writes` must not be empty. */
  attach(completion: Completion): void {
    const { writes } = this.state;
    const last = writes[writes.length - 1] as PendingWrite;
    // What was loaded has no timer of its own until somebody waits for it.
    if (last.completions.length === 0) this.arm(writeTimer(last.id), this.state.config.offsetsCommitTimeoutMs, 'timer.write', last.id);
    this.state.writes = writes.with(writes.length - 1, { ...last, completions: [...last.completions, completion] });
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** Appends the records as one batch, replays them, and completes when they are committed. */
  write(records: readonly CoordinatorRecord[], completions: readonly Completion[]): void {
    const { state, nowMs } = this;
    const id = state.lastWriteId + 1;
    const after = replayAll(state.image, records);
    const batch = batchOf(records.map((record) => encodeCoordinatorRecord(record, nowMs)));
    const ticket = { answerTo: groupName(state.groupId), operationId: id, position: 0 };
    this.effects.push(tell(state.topicPartition, { type: 'produce.append', nowMs, ticket, acks: -1, origin: 'COORDINATOR', records: batch }));
    if (completions.length > 0) this.arm(writeTimer(id), state.config.offsetsCommitTimeoutMs, 'timer.write', id);
    state.writes = [...state.writes, { id, records, before: state.image, after, isAppended: false, completions }];
    state.lastWriteId = id;
    state.image = after;
  }

  // --- timers --------------------------------------------------------------------------------------------------------

  arm(key: string, delayMs: number, type: string, data?: unknown): void {
    this.effects.push({ kind: 'schedule', key, delayMs, type, data });
  }

  disarm(key: string): void {
    this.effects.push({ kind: 'cancel', key });
  }

  expectHeartbeat(memberId: string, withinMs: number): void {
    this.arm(heartbeatTimer(memberId), withinMs, 'timer.heartbeat', memberId);
  }

  forgetHeartbeat(memberId: string): void {
    this.effects.push({ kind: 'cancel', key: heartbeatTimer(memberId), forget: true });
  }

  // --- the rest ------------------------------------------------------------------------------------------------------

  /** A member id that nobody has: `prefix-` and 64 bits, where Kafka has a random UUID. */
  newMemberId(prefix: string): string {
    let salt = 0;
    let id: string;
    do {
      id = `${prefix}-${hex64(this.draw, mix53(mix32(this.draw, salt), this.nowMs))}`;
      salt += 1;
    } while (this.group.members.has(id) || this.group.pendingJoinMembers.includes(id));
    return id;
  }

  /** The machine ends with this step. */
  end(effect: readonly Effect[]): void {
    this.isOver = true;
    this.effects.push(...effect);
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  done(): Reduced<GroupState> {
    return { state: this.state, effects: this.effects };
  }
}

/** A reducer from what it does in a turn. */
export function inTurn<Event extends { readonly type: string }>(act: (turn: GroupTurn, event: Event) => void): (state: GroupState, event: Event) => Reduced<GroupState> {
  return (state, event) => {
    const { nowMs, draw } = event as { readonly nowMs?: number; readonly draw?: number };
    const turn = new GroupTurn(state, nowMs ?? state.classic.stateTimestampMs, draw ?? 0);
    act(turn, event);
    return turn.done();
  };
}
