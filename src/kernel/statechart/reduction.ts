/**
 * The one idiom that the compiler knows by sight (docs/decisions/0001): a context `{state, effects}`, an action that
 * reduces it as a whole, and an action that emits its effects. The functions made here are ordinary XState expressions,
 * which the interpreter and live actors run like any other; a register beside them tells the compiler what is inside,
 * so that it calls the reducer itself, and merges nothing. A machine written without them compiles all the same.
 *
 * Knows nothing of what states and effects are.
 */
import type { EventObject } from 'xstate';
import type { ExpressionArgs, UserFunction } from './xstate-shapes.ts';

/** A context that reducers make: a plain object with these two keys, in this order. */
export interface Pair {
  readonly state: unknown;
  readonly effects: unknown;
}

/** `(state, event) -> {state, effects}`; whatever else it returns is dropped. */
export type Reducer = (state: unknown, event: EventObject) => Pair;

const reducers = new WeakMap<UserFunction, Reducer>();

/** An assignment, for `assign`, that replaces `state` and `effects` by what `reducer` makes of `state` and the event. */
export function reduction(reducer: Reducer): (args: ExpressionArgs) => Pair {
  const assignment = ({ context, event }: ExpressionArgs): Pair => pairOf(reducer((context as Pair).state, event));
  reducers.set(assignment, reducer);
  return assignment;
}

/** What is inside an assignment that `reduction` made; undefined for any other function. */
export function reducerOf(assignment: UserFunction): Reducer | undefined {
  return reducers.get(assignment);
}

/** An expression, for `emit`: the effects of the last reduction. */
export function handedOver({ context }: ExpressionArgs): HandedOver {
  return { type: 'effects', effects: (context as Pair).effects };
}

export interface HandedOver extends EventObject {
  readonly type: 'effects';
  readonly effects: unknown;
}

/** The pair alone, whatever else `reduced` holds. */
export function pairOf({ state, effects }: Pair): Pair {
  return { state, effects };
}

/** Has `context` the keys of a pair and no others? Then a reduction replaces all of it. */
export function isPair(context: unknown): boolean {
  const keys = Object.keys(context as object);
  return keys.length === 2 && keys[0] === 'state' && keys[1] === 'effects';
}
