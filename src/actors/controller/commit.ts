/**
 * What the quorum tells its controllers: more of the log is committed, this one leads, this one leads no longer.
 *
 * Source: QuorumController.QuorumMetaLogListener (handleCommit, handleLoadSnapshot, handleLeaderChange), claim, renounce.
 */
import { assert } from '../../kernel/assert.ts';
import type { Effect } from '../../kernel/effects.ts';
import { MS_PER_S } from '../../kernel/time.ts';
import { NO_EPOCH } from '../../kafka/ids.ts';
import { tell } from '../local-events.ts';
import { afterCommit } from '../metadata/snapshot-generator.ts';
import { RAFT_MACHINE, type MetadataSnapshot, type RaftBecameLeader, type RaftCommitted, type RaftResigned } from '../raft/events.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { touchSession } from './heartbeats.ts';
import { applyBatches, type Applied, type ControllerState } from './state.ts';

/** A standby replays what its leader decided. */
export function replay(before: ControllerState, event: RaftCommitted): Reduced<ControllerState> {
  const base = event.snapshot === null ? before.committed : loaded(event.snapshot);
  const committed = applyBatches(base, event.batches);
  assert(committed.endOffset === event.endOffset, () => `controller ${before.nodeId} replayed up to ${committed.endOffset}, told was ${event.endOffset}`);
  const effects: Effect[] = [];
  return { state: maybeSnapshot(before.with({ committed, latest: committed }), event, effects), effects };
}

/** What the active controller decided is committed: its answers leave. */
export function commit(before: ControllerState, event: RaftCommitted): Reduced<ControllerState> {
  const { endOffset } = event;
  const effects: Effect[] = [];
  let committed = before.committed;
  for (const applied of before.open) if (applied.endOffset <= endOffset) committed = applied;
  assert(committed.endOffset === endOffset, () => `controller ${before.nodeId} is told of a commit at ${endOffset} within a batch of its own`);
  for (const answer of before.deferred) if (answer.endOffset <= endOffset) effects.push({ kind: 'reply', to: answer.replyTo, message: answer.message });
  const state = before.with({
    committed,
    open: before.open.filter((applied) => applied.endOffset > endOffset),
    deferred: before.deferred.filter((answer) => answer.endOffset > endOffset),
  });
  return { state: maybeSnapshot(state, event, effects), effects };
}

/**
 * The active controller from now on. It has replayed everything that was committed before its epoch, and its log ends there.
 * Nobody could be heard of while nobody led, which is nobody's fault: every session begins anew.
 */
export function claim(before: ControllerState, { epoch, nextOffset }: RaftBecameLeader): Reduced<ControllerState> {
  assert(before.committed.endOffset === nextOffset, () => `controller ${before.nodeId} leads epoch ${epoch} from ${nextOffset} and knows the log up to ${before.committed.endOffset}`);
  const effects: Effect[] = [
    { kind: 'mark', label: 'controller became active' },
    { kind: 'schedule', key: 'balance', delayMs: before.config.leaderImbalanceCheckIntervalSeconds * MS_PER_S, type: 'timer.balance' },
    { kind: 'schedule', key: 'unclean', delayMs: before.config.uncleanLeaderElectionIntervalMs, type: 'timer.unclean' },
  ];
  let state = before.with({ epoch, sessions: new Map() });
  for (const { id, fenced } of state.image.brokers) if (!fenced) state = touchSession(state, id, {}, effects);
  return { state, effects };
}

/** Another one leads, or nobody does: whatever is not committed was never decided, as far as this controller may say. */
export function renounce(before: ControllerState, { epoch }: RaftResigned): Reduced<ControllerState> {
  if (epoch !== before.epoch) return quietly(before);
  const effects: Effect[] = [
    { kind: 'mark', label: 'controller renounced' },
    { kind: 'cancel', key: 'balance' },
    { kind: 'cancel', key: 'unclean' },
  ];
  for (const brokerId of before.sessions.keys()) effects.push({ kind: 'cancel', key: `session/${brokerId}` });
  for (const { replyTo, refusal } of before.deferred) effects.push({ kind: 'reply', to: replyTo, message: refusal });
  return { state: before.with({ epoch: NO_EPOCH, latest: before.committed, open: [], deferred: [], sessions: new Map() }), effects };
}

function loaded({ image, endOffset }: MetadataSnapshot): Applied {
  return { endOffset, image, registrationOffsets: new Map(image.brokers.map(({ id }) => [id, endOffset - 1])) };
}

function maybeSnapshot(state: ControllerState, { batches, nowMs }: RaftCommitted, effects: Effect[]): ControllerState {
  if (!state.takesSnapshots) return state;
  const { work, isDue } = afterCommit(state.snapshotWork, batches, nowMs, state.config);
  const { image, endOffset } = state.committed;
  if (isDue) effects.push(tell(RAFT_MACHINE, { type: 'raft.snapshotTaken', endOffset, image }));
  return state.with({ snapshotWork: work });
}
