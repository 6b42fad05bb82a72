/**
 * Operations from invocation to completion. A completion without an invocation is a call of one instant; an invocation without
 * a completion ends as `info`, as does everything that a process had under way when it ended.
 */
import type { Operation } from './operations.ts';

export interface Call<Op extends Operation = Operation> {
  /** Place among the calls, which are in the order in which they began. */
  readonly order: number;
  /** The first that is known of it: the invocation if there is one. */
  readonly begun: Op;
  /** Undefined when it never completed. */
  readonly ended: Op | undefined;
  readonly outcome: 'ok' | 'fail' | 'info';
}

/** What says most of a call: its completion, or else its invocation. */
export function saidBy<Op extends Operation>({ begun, ended }: Call<Op>): Op {
  return ended ?? begun;
}

interface Open {
  order: number;
  begun: Operation;
  ended: Operation | undefined;
}

/** Every operation is in exactly one call. O(operations). */
export function callsOf(operations: readonly Operation[]): readonly Call[] {
  const calls: Open[] = [];
  /** By process, incarnation, `f` and id; without ids, the latest that is under way. */
  const open = new Map<string, Open>();
  for (const operation of operations) {
    const name = nameOf(operation);
    const known = open.get(name);
    if (operation.type !== 'invoke' && known !== undefined) {
      known.ended = operation;
      open.delete(name);
      continue;
    }
    const call = { order: calls.length, begun: operation, ended: operation.type === 'invoke' ? undefined : operation };
    calls.push(call);
    if (operation.type === 'invoke') open.set(name, call);
  }
  return calls.map(({ order, begun, ended }) => ({ order, begun, ended, outcome: ended === undefined || ended.type === 'invoke' ? 'info' : ended.type }));
}

function nameOf(operation: Operation): string {
  const id = 'id' in operation ? (operation.id ?? '') : '';
  return `${operation.process}\n${operation.incarnation}\n${operation.f}\n${id}`;
}
