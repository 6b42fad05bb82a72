/**
 * The causal cone of an event: the messages that led to it, and of a message also those that it led to. By themselves and
 * over flushes only: a chain over timers would reach back to the start of the run and on to its end.
 */
import { FIRST_MESSAGE, VIA } from '../model/model.ts';
import { describe, kindOf, numberOf } from './events.ts';
import type { Run } from './run.ts';

const LIMIT = 400;

export function coneOf(run: Run, id: string): ReadonlySet<number> {
  const cone = new Set<number>();
  const event = describe(run, id);
  if (event === undefined) return cone;
  if (kindOf(id) === 'm') {
    addPast(run, numberOf(id), cone);
    addFuture(run, numberOf(id), cone);
  } else if (event.cause >= FIRST_MESSAGE && event.via !== VIA.timer) addPast(run, event.cause - FIRST_MESSAGE, cone);
  return cone;
}

function addPast(run: Run, message: number, cone: Set<number>): void {
  const { cause, via } = run.tables.messages;
  cone.add(message);
  for (let at = message; cone.size < LIMIT && via[at] !== VIA.timer; ) {
    at = (cause[at] as number) - FIRST_MESSAGE;
    if (at < 0) return;
    cone.add(at);
  }
}

function addFuture(run: Run, message: number, cone: Set<number>): void {
  const { via } = run.tables.messages;
  const waiting = [message];
  for (let next = waiting.shift(); next !== undefined && cone.size < LIMIT; next = waiting.shift()) {
    for (const effect of run.caused(next)) {
      if (cone.has(effect) || via[effect] === VIA.timer) continue;
      cone.add(effect);
      waiting.push(effect);
    }
  }
}
