/** How calls of the application return, and what the consumer tells its membership. */
import { APPLICATION_MACHINE, MEMBERSHIP_MACHINE, type ToApplication, type ToMembership } from '../group-events.ts';
import type { Mutable } from '../client/turn.ts';
import type { ConsumerTurn } from './state.ts';

/** Omits the time and entropy, which the turn has, from every member of a union. */
type Untimed<Event> = Event extends unknown ? Omit<Event, 'nowMs' | 'draw'> : never;

/** Gives the event, which is the caller's own and fresh, the time and entropy of the turn. (A spread of so many shapes costs 2 us.) */
function timed<Event extends object>(turn: ConsumerTurn, event: Event): Event {
  const own = event as Mutable<{ readonly nowMs: number; readonly draw: number }>;
  own.nowMs = turn.nowMs;
  own.draw = turn.nextDraw();
  return event;
}

export function tellApplication(turn: ConsumerTurn, event: Untimed<ToApplication>): void {
  turn.effects.push({ kind: 'tell', to: APPLICATION_MACHINE, event: timed(turn, event) as ToApplication });
}

export function tellMembership(turn: ConsumerTurn, event: Untimed<ToMembership>): void {
  turn.effects.push({ kind: 'tell', to: MEMBERSHIP_MACHINE, event: timed(turn, event) as ToMembership });
}
