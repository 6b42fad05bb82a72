/**
 * Who was in which group, when, and with what: from `rebalance` and `subscribe` operations, asked by the index of an operation.
 *
 * Left out: members that a history tells nothing of, such as those of a group that only commits.
 */
import type { Key, Operation, RebalanceOperation } from '../../history/recorded/operations.ts';
import { lifeOf } from './prepared.ts';
import type { Prepared } from './prepared.ts';
import type { Call } from '../../history/recorded/calls.ts';

interface Membership {
  readonly index: number;
  readonly group: string;
  readonly generation: number;
  readonly member: string;
  readonly owned: readonly Key[];
}

export interface Groups {
  /** The group that the process of `call` was in at the operation with `index`. */
  groupOf(call: Call, index: number): string | undefined;
  /** Its generation and partitions, where rebalances are recorded. */
  membershipOf(call: Call, index: number): Membership | undefined;
}

export function groupsByIndex({ operations }: Prepared): Groups {
  const memberships = new Map<string, Membership[]>();
  const subscribed = new Map<string, string>();
  for (const operation of operations) {
    const life = `${operation.process}\n${operation.incarnation}`;
    if (operation.f === 'subscribe' && operation.group !== undefined) subscribed.set(life, operation.group);
    if (!isRebalance(operation)) continue;
    const { index, group, generation, member, value: owned } = operation;
    const known = memberships.get(life) ?? [];
    memberships.set(life, known);
    known.push({ index, group, generation, member, owned });
  }
  const membershipOf = (call: Call, index: number): Membership | undefined => latestBefore(memberships.get(lifeOf(call)) ?? [], index);
  return { membershipOf, groupOf: (call, index) => membershipOf(call, index)?.group ?? subscribed.get(lifeOf(call)) };
}

export function isRebalance(operation: Operation): operation is RebalanceOperation {
  return operation.f === 'rebalance' && operation.type === 'ok';
}

/** The last with an index of at most `index`; `sorted` rises. */
export function latestBefore<T extends { readonly index: number }>(sorted: readonly T[], index: number): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as T).index <= index) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
