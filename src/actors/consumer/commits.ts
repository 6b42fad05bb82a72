/**
 * Commits: `commitSync`, which tries again until `default.api.timeout.ms`; `commitAsync`, one try whose callback nobody
 * waits for; and the consumer's own (`enable.auto.commit`), one try as well. All of them commit the positions as they are,
 * which is what the last poll returned and a little more or less than what was processed.
 *
 * The automatic one runs inside a poll, before that poll returns anything: so it commits what earlier polls returned
 * (CON-2). An application that has processed that by then loses nothing.
 *
 * Source: ConsumerCoordinator.commitOffsetsSync, commitOffsetsAsync, maybeAutoCommitOffsetsAsync; SubscriptionState.allConsumed.
 */
import { present } from '../../kernel/assert.ts';
import type { CommitCompleted, CommitInvoked } from '../../history/observations.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import { NO_OFFSET } from '../../kafka/ids.ts';
import { AT_ONCE_MS, NEVER_MS } from '../client/turn.ts';
import type { CommitEnded, CommitOffset } from '../group-events.ts';
import { tellApplication, tellMembership } from './calls.ts';
import { outcomeOf, type GroupState, type PendingCommit } from './group-state.ts';
import type { ConsumerTurn } from './state.ts';

/** The group of a consumer that has one. */
export function groupOf(turn: ConsumerTurn): GroupState {
  return present(turn.state.group ?? undefined, 'the group of the consumer');
}

export function setGroup(turn: ConsumerTurn, change: Partial<GroupState>): void {
  turn.state.group = { ...groupOf(turn), ...change };
}

/** Positions of the partitions that have a valid one, topics in order of name, partitions rising. */
export function allConsumed({ state }: ConsumerTurn): CommitOffset[] {
  const isCommitted = state.rules.consumerCommitsOwnedOnly ? 'FETCHING' : 'UNASSIGNED';
  const offsets: CommitOffset[] = [];
  for (const { topic, partition, position, offsetEpoch, fetchState } of state.partitions) {
    if (position !== NO_OFFSET && (fetchState === 'FETCHING' || fetchState === isCommitted)) offsets.push({ topic, partition, offset: position, leaderEpoch: offsetEpoch });
  }
  return offsets.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

/** Begins a commit of the positions; undefined when there is nothing to commit. */
export function beginCommit(turn: ConsumerTurn, mode: PendingCommit['mode']): number | undefined {
  const group = groupOf(turn);
  const offsets = allConsumed(turn);
  if (offsets.length === 0) return undefined;
  const commitId = group.lastCommitId + 1;
  const deadlineMs = mode === 'sync' ? turn.nowMs + turn.state.config.defaultApiTimeoutMs : NEVER_MS;
  setGroup(turn, { lastCommitId: commitId, commits: [...group.commits, { commitId, mode, offsets, deadlineMs, retryAtMs: NEVER_MS, isUndecided: false }] });
  const observation: CommitInvoked = {
    type: 'commit.invoked', commitId, groupId: group.groupId, mode, offsets: offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
  };
  turn.effects.push({ kind: 'observe', observation });
  tryCommit(turn, commitId, offsets, deadlineMs);
  return commitId;
}

/** An automatic commit without positions is over as it begins, and asks no coordinator (ConsumerCoordinator.commitOffsetsAsync). */
export function commitNothing(turn: ConsumerTurn): void {
  const { lastCommitId, groupId } = groupOf(turn);
  const commitId = lastCommitId + 1;
  setGroup(turn, { lastCommitId: commitId });
  const invoked: CommitInvoked = { type: 'commit.invoked', commitId, groupId, mode: 'auto', offsets: [] };
  const completed: CommitCompleted = { type: 'commit.completed', commitId, outcome: 'ok', errorCode: 'NONE' };
  turn.effects.push({ kind: 'observe', observation: invoked }, { kind: 'observe', observation: completed });
}

function tryCommit(turn: ConsumerTurn, commitId: number, offsets: readonly CommitOffset[], deadlineMs: number): void {
  tellMembership(turn, { type: 'membership.commit', commitId, offsets, deadlineMs });
  turn.timeoutBy(deadlineMs);
}

/** A try has ended; a synchronous commit goes on while there is time and the error is one that passes. */
export function commitTryEnded(turn: ConsumerTurn, { commitId, errorCode, isUndecided }: CommitEnded): void {
  const commit = groupOf(turn).commits.find((each) => each.commitId === commitId);
  if (commit === undefined) return;
  if (commit.mode === 'sync' && errorInfo(errorCode).retriable) {
    const retryAtMs = Math.min(turn.nowMs + turn.state.config.retryBackoffMs, commit.deadlineMs);
    turn.wakeBy(retryAtMs);
    const later = { ...commit, retryAtMs, isUndecided: commit.isUndecided || isUndecided };
    setGroup(turn, { commits: groupOf(turn).commits.map((each) => (each === commit ? later : each)) });
    return;
  }
  endCommit(turn, commit, errorCode, commit.isUndecided || isUndecided);
}

/** Commits whose backoff is over are tried again; those whose time is over throw TimeoutException. */
export function retryCommits(turn: ConsumerTurn): void {
  const { commits } = groupOf(turn);
  for (const commit of commits) {
    if (commit.deadlineMs <= turn.nowMs) {
      endCommit(turn, commit, 'REQUEST_TIMED_OUT', true);
    } else if (commit.retryAtMs <= turn.nowMs) {
      setGroup(turn, { commits: groupOf(turn).commits.map((each) => (each === commit ? { ...commit, retryAtMs: NEVER_MS } : each)) });
      tryCommit(turn, commit.commitId, commit.offsets, commit.deadlineMs);
    } else {
      turn.wakeBy(commit.retryAtMs);
      turn.timeoutBy(commit.deadlineMs);
    }
  }
}

function endCommit(turn: ConsumerTurn, commit: PendingCommit, errorCode: ErrorName, isUndecided: boolean): void {
  const { commitId, mode } = commit;
  const group = groupOf(turn);
  setGroup(turn, { commits: group.commits.filter((each) => each.commitId !== commitId) });
  const observation: CommitCompleted = { type: 'commit.completed', commitId, outcome: outcomeOf(errorCode, isUndecided), errorCode, ...(errorCode === 'NONE' && isUndecided ? { mayBeTwice: true } : {}) };
  turn.effects.push({ kind: 'observe', observation });
  if (mode === 'sync') tellApplication(turn, { type: 'commit.returned', errorCode });
  if (mode === 'auto') autoCommitEnded(turn, commitId, errorCode);
}

/** One that may pass is tried again soon, with the positions of then; the one that a rebalance waits for, too. */
function autoCommitEnded(turn: ConsumerTurn, commitId: number, errorCode: ErrorName): void {
  const group = groupOf(turn);
  // With STALE_MEMBER_EPOCH a heartbeat has brought a newer epoch meanwhile (KIP-848).
  const isRetriable = errorInfo(errorCode).retriable || errorCode === 'STALE_MEMBER_EPOCH';
  const retryAtMs = turn.nowMs + turn.state.config.retryBackoffMs;
  if (isRetriable) setGroup(turn, { nextAutoCommitMs: Math.min(group.nextAutoCommitMs, retryAtMs) });
  if (group.preparation.commitId !== commitId) return;
  setGroup(turn, { preparation: { ...group.preparation, commitId: null, isDone: !isRetriable, retryAtMs: isRetriable ? retryAtMs : AT_ONCE_MS } });
  if (isRetriable) turn.wakeBy(retryAtMs);
}

/** `auto.commit.interval.ms` after the last one, for which poll wakes up (ConsumerCoordinator.timeToNextPoll). */
export function autoCommitIfDue(turn: ConsumerTurn): void {
  const { nextAutoCommitMs } = groupOf(turn);
  if (nextAutoCommitMs > turn.nowMs) return turn.wakeBy(nextAutoCommitMs);
  setGroup(turn, { nextAutoCommitMs: turn.nowMs + turn.state.config.autoCommitIntervalMs });
  beginCommit(turn, 'auto');
}
