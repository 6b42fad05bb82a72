/**
 * The parts of XState 5.33 that the engines read or replace, as plain structural types. XState keeps most of them
 * public but types them with a dozen parameters each; this file is the one place that has to be checked when XState is
 * upgraded (`packages/core/src`: StateNode.ts, StateMachine.ts, State.ts, stateUtils.ts, guards.ts, actions/*.ts).
 *
 * Left out: everything about child actors, persistence and inspection.
 */
import type { AnyActorScope, AnyStateMachine, EventObject } from 'xstate';

/** What XState passes to guards and `params` functions; actions also get `self` and `system`. */
export interface ExpressionArgs {
  context: unknown;
  event: EventObject;
  self?: unknown;
  system?: unknown;
}

/** Any function of the machine's author: a guard, an expression, a custom action. */
export type UserFunction = (args: ExpressionArgs, params?: unknown) => unknown;

/** `'name'`, `{ type: 'name', params }`, or the function itself. */
export type Reference = string | { readonly type: string; readonly params?: unknown } | UserFunction;

/** `and`, `or`, `not` carry `guards`; `stateIn` carries `stateValue`. */
export interface BuiltinGuard extends UserFunction {
  readonly check: unknown;
  readonly guards?: readonly Reference[];
  readonly stateValue?: unknown;
}

/** `assign`, `emit`, `raise`, ...: `resolve` computes purely, `execute` is handed to the scope's `actionExecutor`. */
export interface BuiltinAction extends UserFunction {
  readonly type: string;
  readonly resolve: (
    scope: AnyActorScope, snapshot: SnapshotShape, args: ExpressionArgs, params: unknown,
    action: BuiltinAction, extra: unknown,
  ) => readonly [snapshot: SnapshotShape, params: unknown, actions: unknown];
  readonly execute?: unknown;
  readonly assignment?: unknown;
  readonly event?: unknown;
  readonly id?: string;
  readonly delay?: unknown;
  readonly sendId?: unknown;
  readonly value?: unknown;
}

export interface TransitionShape {
  guard?: Reference | undefined;
  actions: Reference[];
}

export interface StateNodeShape {
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly path: readonly string[];
  /** Document order; unique within a machine. */
  readonly order: number;
  readonly parent?: StateNodeShape;
  readonly states: Readonly<Record<string, StateNodeShape>>;
  readonly transitions: ReadonlyMap<string, readonly TransitionShape[]>;
  readonly always?: readonly TransitionShape[];
  readonly initial: { actions: Reference[] };
  readonly invoke: readonly unknown[];
  entry: Reference[];
  exit: Reference[];
  output?: unknown;
}

export interface Implementations {
  readonly actions: Readonly<Record<string, unknown>>;
  readonly guards: Readonly<Record<string, unknown>>;
  readonly delays: Readonly<Record<string, unknown>>;
}

export interface SnapshotShape {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly context: unknown;
  readonly error: unknown;
  /** Active nodes in insertion order. The order is behaviour: it decides which region goes first. */
  readonly _nodes: readonly StateNodeShape[];
  readonly historyValue: Readonly<Record<string, readonly StateNodeShape[]>>;
  readonly children: Readonly<Record<string, unknown>>;
}

/** A machine seen through the parts above. */
export interface MachineShape {
  readonly id: string;
  config: { readonly context?: unknown };
  readonly implementations: Implementations;
  readonly root: StateNodeShape;
  options: { readonly maxIterations?: number };
  transition(snapshot: SnapshotShape, event: EventObject, scope: AnyActorScope): SnapshotShape;
  getInitialSnapshot(scope: AnyActorScope, input: unknown): SnapshotShape;
  getTransitionData(snapshot: SnapshotShape, event: EventObject): readonly unknown[];
  provide(implementations: object): AnyStateMachine;
}

export function shapeOf(machine: AnyStateMachine): MachineShape {
  return machine as unknown as MachineShape;
}

export function isBuiltinAction(action: unknown): action is BuiltinAction {
  return typeof action === 'function' && 'resolve' in action;
}

export function isBuiltinGuard(guard: unknown): guard is BuiltinGuard {
  return typeof guard === 'function' && 'check' in guard;
}

/** The name in `'name'` or `{ type: 'name' }`; a function's own name, which is empty for an inline arrow. */
export function nameOf(reference: Reference): string {
  if (typeof reference === 'string') return reference;
  return typeof reference === 'function' ? reference.name : reference.type;
}

/** What a reference stands for: the function itself, or the implementation of that name (undefined when missing). */
export function resolve(reference: Reference, implementations: Readonly<Record<string, unknown>>): unknown {
  return typeof reference === 'function' ? reference : implementations[nameOf(reference)];
}

/** Every state node, in document order. */
export function nodesOf(root: StateNodeShape): StateNodeShape[] {
  const nodes = [root];
  for (const key of Object.keys(root.states)) nodes.push(...nodesOf(root.states[key] as StateNodeShape));
  return nodes;
}

/** Every transition a node owns: `on`, `after`, `onDone`, then `always`. */
export function transitionsOf(node: StateNodeShape): TransitionShape[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}
