/**
 * What a process read of a topic-partition, record after record, as pairs of neighbours with their places in the version order:
 * the raw material of H-07, H-08 and H-09.
 *
 * A pair is internal when one operation read both. Comparing begins anew where the process was assigned or subscribed, where its
 * position was set, and for partitions that a rebalance took from it; where it was set to is known, so the first record read from
 * there is compared with that. A process that subscribed without a rebalance ever being recorded may have been rebalanced at any
 * time; its pairs across operations are marked.
 *
 * Source: poll-skip, nonmonotonic-poll in Jepsen's Kafka workload.
 */
import type { Key, Operation } from '../../history/recorded/operations.ts';
import type { Prepared, ReadOf } from './prepared.ts';
import { endOf, lifeOf } from './prepared.ts';

export interface PollPair {
  readonly read: ReadOf;
  readonly key: Key;
  /** The record before, or where the position was set: `before` is then the offset that was due. */
  readonly before: number;
  readonly isSet: boolean;
  readonly offset: number;
  /** Steps in the version order; 1 is right. */
  readonly delta: number;
  readonly isInternal: boolean;
  /** The partition may have been taken away and given back in between. */
  readonly isUncertain: boolean;
}

interface Last {
  readonly index: number;
  readonly offset: number;
  readonly isSet: boolean;
}

/** A record that was read, with what its process had read, or where its position had been set, before; undefined when unknown. */
export interface PollStep {
  readonly read: ReadOf;
  readonly key: Key;
  readonly last: Last | undefined;
  readonly offset: number;
  readonly index: number;
  readonly isInternal: boolean;
  /** The partition was taken or given while the operation was under way. */
  readonly isExempt: boolean;
  readonly life: string;
}

export function* pollPairs(prepared: Prepared): IterableIterator<PollPair> {
  const subscribed = new Set(prepared.operations.filter(({ f }) => f === 'subscribe').map(({ process, incarnation }) => `${process}\n${incarnation}`));
  const tellsRebalances = prepared.has('rebalance');
  for (const { read, key, last, offset, index, isInternal, isExempt, life } of pollSteps(prepared)) {
    if (last === undefined || isExempt) continue;
    yield { read, key, before: last.offset, isSet: last.isSet, offset, delta: index - last.index, isInternal, isUncertain: !isInternal && subscribed.has(life) && !tellsRebalances };
  }
}

/** Every record of operations that are `ok`, in the order in which its process got it. */
export function* pollSteps({ reads, operations, orders }: Prepared): IterableIterator<PollStep> {
  /** By life, then by key. */
  const lasts = new Map<string, Map<Key, Last>>();
  const events = mergedByIndex(reads, operations);
  for (const event of events) {
    if (!('read' in event)) {
      const life = `${event.operation.process}\n${event.operation.incarnation}`;
      reset(event.operation, lasts, life, (key, offset) => orders.get(key)?.indexFrom(offset) ?? 0);
      continue;
    }
    const { read } = event;
    const { call, key, records } = read;
    const order = orders.get(key);
    if (call.outcome !== 'ok' || order === undefined) continue;
    const life = lifeOf(call);
    const ofLife = lasts.get(life) ?? new Map<Key, Last>();
    lasts.set(life, ofLife);
    const isExempt = call.begun.rebalanced?.includes(key) === true || call.ended?.rebalanced?.includes(key) === true;
    let last = isExempt ? undefined : ofLife.get(key);
    let isInternal = false;
    for (const { offset } of records) {
      const index = order.indexOf(offset) ?? 0;
      yield { read, key, last, offset, index, isInternal, isExempt, life };
      last = { index, offset, isSet: false };
      isInternal = true;
    }
    if (last !== undefined) ofLife.set(key, last);
  }
}

type Event = { readonly read: ReadOf; readonly index: number } | { readonly operation: Operation; readonly index: number };

function mergedByIndex(reads: readonly ReadOf[], operations: readonly Operation[]): readonly Event[] {
  const controls = operations.filter(({ f, type }) => (f === 'crash' || type === 'ok') && (f === 'assign' || f === 'subscribe' || f === 'rebalance' || f === 'position' || f === 'crash'));
  const events: Event[] = [...controls.map((operation) => ({ operation, index: operation.index })), ...reads.map((read) => ({ read, index: endOf(read.call) }))];
  return events.sort((a, b) => a.index - b.index);
}

function reset(operation: Operation, lasts: Map<string, Map<Key, Last>>, life: string, indexFrom: (key: Key, offset: number) => number): void {
  if (operation.f === 'position') {
    const ofLife = lasts.get(life) ?? new Map<Key, Last>();
    lasts.set(life, ofLife);
    const [key, offset] = operation.value;
    ofLife.set(key, { index: indexFrom(key, offset) - 1, offset, isSet: true });
  } else if (operation.f === 'rebalance') {
    const ofLife = lasts.get(life);
    if (ofLife !== undefined) for (const key of ofLife.keys()) if (!operation.value.includes(key)) ofLife.delete(key);
  } else lasts.delete(life);
}
