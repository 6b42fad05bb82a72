/**
 * The consumer's own side of its membership: how far a rebalance has come inside poll, what was committed or is being
 * committed, and when it was polled last.
 *
 *   unjoined   has not joined, or has to join anew
 *   preparing  gives up what it must before it joins (onJoinPrepare); a commit may have to end first
 *   joining    the membership joins; the assignment is to come
 *   joined     has its assignment
 *
 * Source: ConsumerCoordinator, SubscriptionState; AbstractCoordinator.needsJoinPrepare, rejoinNeeded.
 */
import { present, unreachable } from '../../kernel/assert.ts';
import type { Outcome } from '../../history/observations.ts';
import type { ConsumerPartitionAssignor, PartitionCount, RebalanceProtocol } from '../../kafka/assignors/assignor.ts';
import { consumerPartitionAssignors } from '../../kafka/assignors/assignors.ts';
import type { ConsumerConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { TopicPartitions } from '../../kafka/group-api.ts';
import type { TopicName } from '../../kafka/ids.ts';
import type { TopicMetadata } from '../client/metadata.ts';
import { AT_ONCE_MS, NEVER_MS } from '../client/turn.ts';
import type { CommitOffset, GroupJoined, LeaderElected, ReconcileWanted } from '../group-events.ts';

export type RebalancePhase = 'unjoined' | 'preparing' | 'joining' | 'joined';

/** Commits of one life begin here, like correlation ids: unique over all lives of the node. */
const COMMIT_SPAN = 1 << 24;

/** A commit that has not ended. */
export interface PendingCommit {
  readonly commitId: number;
  readonly mode: 'sync' | 'async' | 'auto';
  readonly offsets: readonly CommitOffset[];
  /** `default.api.timeout.ms` of a synchronous one; NEVER_MS for the others, which are tried once. */
  readonly deadlineMs: number;
  /** When to try again; NEVER_MS while a try is under way. */
  readonly retryAtMs: number;
  /** An earlier try may have taken effect. */
  readonly isUndecided: boolean;
}

/** An exception that poll throws. */
export interface ConsumerException {
  readonly errorCode: ErrorName;
  readonly exception: string;
}

export interface GroupState {
  readonly groupId: string;
  /** What it subscribes to. */
  readonly topics: readonly TopicName[];
  readonly protocol: RebalanceProtocol;
  readonly phase: RebalancePhase;
  readonly isRejoinNeeded: boolean;
  /** The membership is gone, and with it everything owned. */
  readonly isLost: boolean;
  /** Generation or member epoch, and member id, of the assignment; -1 and '' before the first. */
  readonly generationId: number;
  readonly memberId: string;
  /** What waits for the next poll. */
  readonly election: LeaderElected | null;
  readonly joined: GroupJoined | null;
  readonly reconcile: ReconcileWanted | null;
  /** Sizes of the topics that the leader assigned; null on other members (assignmentSnapshot). */
  readonly assignedCounts: readonly PartitionCount[] | null;
  /** The metadata that they were compared with last. */
  readonly comparedTopics: readonly TopicMetadata[] | null;
  /** The last assignment and its generation, for the assignor's user data. */
  readonly lastAssigned: readonly TopicPartitions[] | null;
  readonly commits: readonly PendingCommit[];
  readonly lastCommitId: number;
  /** NEVER_MS without `enable.auto.commit`. */
  readonly nextAutoCommitMs: number;
  readonly preparation: Preparation;
  /** Generation that committed offsets were asked for in; null when nobody was asked. */
  readonly offsetsAskedIn: number | null;
  /** Not to be asked for before then. */
  readonly offsetsRetryMs: number;
  /** The member leaves unless it is polled by then. */
  readonly pollDeadlineMs: number;
  readonly exception: ConsumerException | null;
  readonly closing: 'no' | 'committing' | 'leaving' | 'closed';
}

/** The commit that a revocation waits for: `commitId` while it is under way, `isDone` once it is not waited for any more. */
export interface Preparation {
  readonly commitId: number | null;
  readonly isDone: boolean;
  readonly retryAtMs: number;
  /** Revoked in any case by then: `max.poll.interval.ms`, the rebalance timeout. */
  readonly deadlineMs: number;
}

export const UNPREPARED: Preparation = { commitId: null, isDone: false, retryAtMs: AT_ONCE_MS, deadlineMs: NEVER_MS };

export function newGroup(groupId: string, topics: readonly TopicName[], config: ConsumerConfig, incarnation: number, nowMs: number): GroupState {
  return {
    groupId, topics: topics.toSorted((a, b) => (a < b ? -1 : 1)), protocol: rebalanceProtocolOf(config), phase: 'unjoined', isRejoinNeeded: true, isLost: false, generationId: -1, memberId: '',
    election: null, joined: null, reconcile: null, assignedCounts: null, comparedTopics: null, lastAssigned: null, commits: [], lastCommitId: incarnation * COMMIT_SPAN,
    nextAutoCommitMs: config.enableAutoCommit ? nowMs + config.autoCommitIntervalMs : NEVER_MS, preparation: UNPREPARED, offsetsAskedIn: null, offsetsRetryMs: AT_ONCE_MS,
    pollDeadlineMs: NEVER_MS, exception: null, closing: 'no',
  };
}

/** The best one that all of its assignors support; the consumer protocol revokes only what moves. */
function rebalanceProtocolOf(config: ConsumerConfig): RebalanceProtocol {
  switch (config.groupProtocol) {
    case 'consumer':
      return 'COOPERATIVE';
    case 'classic':
      return assignorsOf(config.partitionAssignmentStrategy).every(({ supportedProtocols }) => supportedProtocols.includes('COOPERATIVE')) ? 'COOPERATIVE' : 'EAGER';
    default:
      return unreachable(config.groupProtocol, 'group.protocol');
  }
}

/** The assignors that `partition.assignment.strategy` names, in its order. */
export function assignorsOf(strategy: string): readonly ConsumerPartitionAssignor[] {
  return strategy.split(',').map((name) => present(consumerPartitionAssignors.find((each) => each.name === name), `assignor ${name}`));
}

/** What is known of a commit when it ends with `errorCode`. */
export function outcomeOf(errorCode: ErrorName, isUndecided: boolean): Outcome {
  return errorCode === 'NONE' ? 'ok' : isUndecided ? 'unknown' : 'fail';
}
