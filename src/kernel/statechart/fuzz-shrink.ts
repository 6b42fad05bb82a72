/** Smaller versions of a fuzz case, the boldest first: fewer events, then less machine. Knows nothing of engines. */
import type { ActionSpec, FuzzCase, GuardSpec, StateSpec, TransitionSpec } from './fuzz.ts';

/** Each differs from `fuzzCase` by one cut. Some are not machines any more; building those throws. */
export function* reductionsOf(fuzzCase: FuzzCase): Generator<FuzzCase> {
  for (const runs of runCuts(fuzzCase.runs)) yield { ...fuzzCase, runs };
  for (const machine of stateCuts(fuzzCase.machine)) yield { ...fuzzCase, machine };
}

function* runCuts(runs: FuzzCase['runs']): Generator<FuzzCase['runs']> {
  for (const [index, run] of runs.entries()) {
    if (runs.length > 1) yield runs.filter((_, each) => each !== index);
    for (let length = run.length; length >= 1; length >>= 1) {
      for (let from = 0; from < run.length; from += length) {
        yield runs.map((each, at) => (at === index ? [...run.slice(0, from), ...run.slice(from + length)] : each));
      }
    }
  }
}

function* stateCuts(state: StateSpec): Generator<StateSpec> {
  for (const key of Object.keys(state.states)) {
    const { [key]: child, ...others } = state.states;
    if (child === undefined) continue;
    const first = Object.keys(others)[0];
    if (state.initial !== key) yield { ...state, states: others };
    else if (first !== undefined) yield { ...state, states: others, initial: first };
    if (Object.keys(child.states).length > 0) yield { ...state, states: { ...state.states, [key]: leafOf(child) } };
    for (const cut of stateCuts(child)) yield { ...state, states: { ...state.states, [key]: cut } };
  }
  for (const [type, transitions] of Object.entries(state.on)) {
    const { [type]: _, ...others } = state.on;
    yield { ...state, on: others };
    for (const cut of transitionCuts(transitions ?? [])) yield { ...state, on: { ...state.on, [type]: cut } };
  }
  for (const [delay, transitions] of Object.entries(state.after)) {
    const { [delay]: _, ...others } = state.after;
    yield { ...state, after: others };
    for (const cut of transitionCuts(transitions)) yield { ...state, after: { ...state.after, [delay]: cut } };
  }
  for (const always of transitionCuts(state.always)) yield { ...state, always };
  for (const onDone of transitionCuts(state.onDone)) yield { ...state, onDone };
  for (const entry of actionCuts(state.entry)) yield { ...state, entry };
  for (const exit of actionCuts(state.exit)) yield { ...state, exit };
  for (const initialActions of actionCuts(state.initialActions)) yield { ...state, initialActions };
}

function leafOf(state: StateSpec): StateSpec {
  const { initial: _, ...rest } = state;
  return { ...rest, type: 'atomic', states: {}, initialActions: [], onDone: [] };
}

function* transitionCuts(transitions: readonly TransitionSpec[]): Generator<TransitionSpec[]> {
  for (const [index, transition] of transitions.entries()) {
    const replaced = (by: readonly TransitionSpec[]): TransitionSpec[] => transitions.flatMap((each, at) => (at === index ? by : [each]));
    yield replaced([]);
    const { guard, ...unguarded } = transition;
    if (guard !== undefined) {
      yield replaced([unguarded]);
      for (const inner of guardCuts(guard)) yield replaced([{ ...transition, guard: inner }]);
    }
    if (transition.reenter) yield replaced([{ ...transition, reenter: false }]);
    if (transition.targets.length > 1) yield replaced([{ ...transition, targets: transition.targets.slice(0, 1) }]);
    for (const actions of actionCuts(transition.actions)) yield replaced([{ ...transition, actions }]);
  }
}

function* guardCuts(guard: GuardSpec): Generator<GuardSpec> {
  if (guard.kind !== 'and' && guard.kind !== 'or' && guard.kind !== 'not') return;
  yield* guard.of;
}

function* actionCuts(actions: readonly ActionSpec[]): Generator<ActionSpec[]> {
  for (const index of actions.keys()) yield actions.filter((_, each) => each !== index);
}
