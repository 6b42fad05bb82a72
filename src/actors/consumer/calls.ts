/** How calls of the application return, and what the consumer tells its membership. */
import { APPLICATION_MACHINE, MEMBERSHIP_MACHINE, type ToApplication, type ToMembership } from '../group-events.ts';
import type { ConsumerTurn } from './state.ts';

/** Omits the time and entropy, which the turn has, from every member of a union. */
type Untimed<Event> = Event extends unknown ? Omit<Event, 'nowMs' | 'draw'> : never;

export function tellApplication(turn: ConsumerTurn, event: Untimed<ToApplication>): void {
  turn.effects.push({ kind: 'tell', to: APPLICATION_MACHINE, event: { ...event, nowMs: turn.nowMs, draw: turn.nextDraw() } as ToApplication });
}

export function tellMembership(turn: ConsumerTurn, event: Untimed<ToMembership>): void {
  turn.effects.push({ kind: 'tell', to: MEMBERSHIP_MACHINE, event: { ...event, nowMs: turn.nowMs, draw: turn.nextDraw() } as ToMembership });
}
