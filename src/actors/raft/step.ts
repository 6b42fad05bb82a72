/**
 * What surrounds every step of the replica, whatever it was about: first the event is handled, then the present role
 * does what is due (KafkaRaftClient.poll), then the listeners hear what is new, and last the quorum state is written
 * down if it has changed.
 *
 * Kafka's Raft thread blocks on the fsync of `quorum-state`. Here a flush answers later, so what would leave the node in
 * the meantime waits in the outbox, in order:
 *
 *   nothing leaves a voter that depends on an epoch, a vote or a leader that is not on the platter
 *
 * Timers and the disk do not wait. An observer's quorum state protects nothing and is not flushed.
 */
import type { EventObject } from 'xstate';
import { assert } from '../../kernel/assert.ts';
import { Received, Stimulus, type Effect } from '../../kernel/effects.ts';
import { tell } from '../local-events.ts';
import { reduces, type Reduced } from '../reduction.ts';
import { maybeSendVotes } from './elections.ts';
import type { RaftCommitted } from './events.ts';
import { answerDue, refuseParked } from './fetch-service.ts';
import { maybeFetch } from './follower.ts';
import { maybeSendEndQuorumEpoch } from './goodbye.ts';
import { maybeAdvanceHighWatermark, maybeSendBeginQuorumEpoch } from './leader.ts';
import { flushesFirst, isQuorumStateDurable, knownLeader, QUORUM_STATE_FILE, type QuorumStateData, type RaftState } from './state.ts';
import { maybeFlushLog } from './storage.ts';

export type RaftReducer<Ev> = (state: RaftState, event: Ev, effects: Effect[]) => RaftState;

/** The XState action that makes a whole step of `handle`. */
export function raftStep<Ev extends EventObject>(handle: RaftReducer<Ev>) {
  return reduces((before: RaftState, event: Ev) => takeStep(before, event, handle));
}

/** A step as a pure function, for the machine and for tests. */
export function takeStep<Ev extends EventObject>(before: RaftState, event: Ev, handle: RaftReducer<Ev>): Reduced<RaftState> {
  const effects: Effect[] = [];
  const isFromOutside = event instanceof Received || event instanceof Stimulus;
  let state = isFromOutside ? before.with({ nowMs: event.nowMs, draw: event.draw }) : before;
  state = poll(before, handle(state, event, effects), effects);
  return keepOrder(before, tellNews(before, state, effects), effects);
}

/** What the role is to do now. It does each thing once: what is under way is in the state. */
function poll(before: RaftState, handled: RaftState, effects: Effect[]): RaftState {
  let state = maybeAdvanceHighWatermark(handled);
  switch (state.role) {
    case 'Unattached':
    case 'Follower':
      state = maybeFetch(state, effects);
      break;
    case 'Prospective':
    case 'Candidate':
      state = maybeSendVotes(state, effects);
      break;
    case 'Leader':
      state = answerDue(before, maybeSendBeginQuorumEpoch(state, effects), effects);
      break;
    case 'Resigned':
      state = maybeSendEndQuorumEpoch(state, effects);
      break;
    default:
      return state.role;
  }
  return maybeFlushLog(state, effects);
}

// --- listeners ---------------------------------------------------------------------------------------------------------

function tellNews(before: RaftState, after: RaftState, effects: Effect[]): RaftState {
  const lost = before.leadership !== null && (after.leadership === null || after.epoch !== before.epoch) ? before.leadership : null;
  if (lost !== null) {
    refuseParked(after, lost, effects);
    if (lost.isTold && after.controller !== null) effects.push(tell(after.controller, { type: 'raft.resigned', epoch: before.epoch }));
  }
  let state = tellCommitted(after, effects);
  if (state.epoch !== before.epoch || knownLeader(state) !== knownLeader(before)) {
    for (const listener of state.listeners) effects.push(tell(listener, { type: 'raft.leaderChanged', epoch: state.epoch, leaderId: knownLeader(state) }));
  }
  const { leadership, controller, epoch, log, nowMs, draw } = state;
  if (leadership !== null && !leadership.isTold && state.toldEndOffset > leadership.epochStartOffset) {
    if (controller !== null) effects.push(tell(controller, { type: 'raft.becameLeader', nowMs, draw, epoch, nextOffset: log.endOffset }));
    state = state.with({ leadership: { ...leadership, isTold: true } });
  }
  return state;
}

/** Tells the listeners what is committed and was not told; the snapshot first where the log does not reach back so far. */
export function tellCommitted(state: RaftState, effects: Effect[]): RaftState {
  const { toldEndOffset, highWatermark, log, snapshot, nowMs } = state;
  if (highWatermark <= toldEndOffset) return state;
  const needed = toldEndOffset < log.startOffset ? snapshot : null;
  const batches = log.read(needed?.endOffset ?? toldEndOffset, highWatermark);
  const last = batches.at(-1);
  const endOffset = last === undefined ? (needed?.endOffset ?? toldEndOffset) : last.baseOffset + last.records.length;
  if (endOffset === toldEndOffset) return state;
  assert(toldEndOffset >= log.startOffset || needed !== null, () => `node ${state.nodeId} has neither log nor snapshot from ${toldEndOffset} on`);
  const news: RaftCommitted = { type: 'raft.committed', nowMs, batches, endOffset, snapshot: needed };
  for (const listener of state.listeners) effects.push(tell(listener, news));
  return state.with({ toldEndOffset: endOffset });
}

// --- the quorum state --------------------------------------------------------------------------------------------------

function keepOrder(before: RaftState, after: RaftState, effects: Effect[]): Reduced<RaftState> {
  let state = after;
  if (after.epoch !== before.epoch || after.votedId !== before.votedId || after.leaderId !== before.leaderId) state = writeQuorumState(after, effects);
  if (isQuorumStateDurable(state)) {
    if (state.outbox.length === 0) return { state, effects };
    return { state: state.with({ outbox: [] }), effects: [...state.outbox, ...effects] };
  }
  const held = effects.filter(leavesTheNode);
  if (held.length === 0) return { state, effects };
  return { state: state.with({ outbox: [...state.outbox, ...held] }), effects: effects.filter((effect) => !leavesTheNode(effect)) };
}

/** Writes `quorum-state` and has it flushed. */
export function writeQuorumState(before: RaftState, effects: Effect[]): RaftState {
  const { epoch: leaderEpoch, votedId, leaderId } = before;
  const state = before.with({ quorumStateVersion: before.quorumStateVersion + 1 });
  effects.push({ kind: 'replace', file: QUORUM_STATE_FILE, value: { leaderEpoch, votedId, leaderId } satisfies QuorumStateData });
  if (flushesFirst(state)) effects.push({ kind: 'flush', file: QUORUM_STATE_FILE, then: 'quorumState.flushed', data: state.quorumStateVersion });
  return state;
}

export function quorumStateFlushed(state: RaftState, version: number): RaftState {
  return state.with({ durableQuorumStateVersion: Math.max(state.durableQuorumStateVersion, version) });
}

function leavesTheNode({ kind }: Effect): boolean {
  return kind === 'send' || kind === 'reply' || kind === 'release' || kind === 'hangUp' || kind === 'disconnect';
}
