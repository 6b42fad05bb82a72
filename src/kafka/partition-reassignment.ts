/**
 * A reassignment of one partition (KIP-455) as arithmetic on lists of replicas. It starts by making the new replicas
 * replicas beside the old ones, and completes when every replica that is to remain is in the ISR:
 *
 *   start      replicas = target ++ removing,   adding = target \ replicas,   removing = replicas \ target
 *   complete   replicas \ removing ⊆ isr    ->  replicas \ removing, isr \ removing, nothing under way
 *   cancel     replicas \ adding, isr \ adding
 *
 * Deciding which of these may be done is in alter-partition-reassignments.ts.
 *
 * Source: PartitionReassignmentReplicas, PartitionReassignmentRevert.
 */
import { assert } from '../kernel/assert.ts';
import type { NodeId } from './ids.ts';
import { NO_REPLICAS } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';

export type Assignment = Pick<PartitionRegistration, 'replicas' | 'addingReplicas' | 'removingReplicas'>;

export function isReassignmentInProgress({
  addingReplicas,
  removingReplicas,
}: Omit<Assignment, 'replicas'>): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0;
}

/** What brings a partition from `replicas` to `target`. Those that come and those that go are in order of id. */
export function startReassignment(replicas: readonly NodeId[], target: readonly NodeId[]): Assignment {
  const removingReplicas = without(replicas, target).toSorted((a, b) => a - b);
  const addingReplicas = without(target, replicas).toSorted((a, b) => a - b);
  return { replicas: [...target, ...removingReplicas], addingReplicas, removingReplicas };
}

export interface CompletedReassignment {
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
}

/** The replicas and the ISR that remain when the reassignment is done, undefined while it is not or there is none. */
export function completeReassignment(
  assignment: Assignment,
  targetIsr: readonly NodeId[],
): CompletedReassignment | undefined {
  if (!isReassignmentInProgress(assignment)) return undefined;
  const replicas = without(assignment.replicas, assignment.removingReplicas);
  const isr = without(targetIsr, assignment.removingReplicas);
  if (replicas.length === 0 || isr.length === 0) return undefined;
  return replicas.every((id) => isr.includes(id)) ? { replicas, isr } : undefined;
}

export interface RevertedReassignment extends CompletedReassignment {
  /** Nobody who stays is in the ISR: the first replica is put there without being in sync. */
  readonly unclean: boolean;
}

/** The state before the reassignment, as near as it can be had. */
export function revertReassignment({
  replicas,
  isr,
  addingReplicas,
}: Pick<PartitionRegistration, 'replicas' | 'isr' | 'addingReplicas'>): RevertedReassignment {
  const original = without(replicas, addingReplicas);
  assert(original.length > 0, () => `a reassignment adds every one of the replicas [${replicas.join()}]`);
  const remaining = without(isr, addingReplicas);
  return remaining.length > 0
    ? { replicas: original, isr: remaining, unclean: false }
    : { replicas: original, isr: original.slice(0, 1), unclean: true };
}

function without(ids: readonly NodeId[], others: readonly NodeId[]): readonly NodeId[] {
  if (others === NO_REPLICAS || others.length === 0) return ids;
  return ids.filter((id) => !others.includes(id));
}
