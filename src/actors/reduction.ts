/**
 * How the machines of Harrow are written. A machine's context is one immutable `state` and the `effects` of its last
 * reduction; its actions come in pairs: a pure reducer `(state, event) -> {state, effects}`, then `handOver`, which
 * emits the effects to the kernel. So a machine file reads as the transition table, and all arithmetic is plain
 * functions that a test calls without any machine.
 */
import { assign, emit, type EventObject } from 'xstate';
import type { Effect, EffectsEmitted } from '../kernel/effects.ts';
import { handedOver, reduction } from '../kernel/statechart/reduction.ts';

export interface Reduced<State> {
  readonly state: State;
  /** What this reduction asks for, in order. Handed over once, by the `handOver` that follows it. */
  readonly effects: readonly Effect[];
}

export const NO_EFFECTS: readonly Effect[] = [];

/** A reduction that asks for nothing. */
export function quietly<State>(state: State): Reduced<State> {
  return { state, effects: NO_EFFECTS };
}

// XState types an action by every event, guard and actor of its machine. Actions made here fit any machine, so those types are open.
/* oxlint-disable typescript/no-explicit-any -- see above */

/** An XState action that applies `reducer`. `Ev` is the event of the transitions it is used in. */
export function reduces<State, Ev extends EventObject>(reducer: (state: State, event: Ev) => Reduced<State>) {
  return assign<Reduced<State>, any, any, any, never>(reduction(reducer as never) as never);
}

/** The XState action that emits what the reducer before it asked for. */
export const handOver = emit<Reduced<any>, any, any, any, EffectsEmitted>(handedOver as never);
