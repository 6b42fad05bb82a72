/**
 * Where two runs part: their messages side by side in the order of sending, up to the first that differs. Runs of one
 * seed with another plan are equal until the first thing that the difference caused.
 */
import type { Run } from './run.ts';

export interface Difference {
  /** How many messages are equal from the start on. */
  readonly equal: number;
  /** When the first different one was sent, in the run that sent earlier; Infinity when all are equal. */
  readonly atUs: number;
}

export function firstDifference(one: Run, other: Run): Difference {
  const a = one.tables.messages;
  const b = other.tables.messages;
  const count = Math.min(a.rows, b.rows);
  let equal = 0;
  while (equal < count && isSame(one, other, equal)) equal += 1;
  const atUs = Math.min(equal < a.rows ? (a.sentAtUs[equal] as number) : Infinity, equal < b.rows ? (b.sentAtUs[equal] as number) : Infinity);
  return { equal, atUs };
}

function isSame(one: Run, other: Run, i: number): boolean {
  const a = one.tables.messages;
  const b = other.tables.messages;
  return a.sentAtUs[i] === b.sentAtUs[i] && a.handledAtUs[i] === b.handledAtUs[i] && one.typeOf(i) === other.typeOf(i)
    && one.nodeName(one.from[i] as number) === other.nodeName(other.from[i] as number) && one.nodeName(one.to[i] as number) === other.nodeName(other.to[i] as number);
}
