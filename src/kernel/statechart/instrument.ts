/**
 * A private copy of a machine whose guards, and on request actions, are replaced one by one. The copy is a real
 * `StateMachine` built by XState itself; only the leaves are swapped, after construction, because XState adds the
 * `raise` and `cancel` of every `after` while it builds the nodes.
 *
 * Every copy also caps the microsteps of one macrostep: XState's default is no limit, so that two `always` transitions
 * pointing at each other would hang the run instead of failing it.
 */
import type { AnyStateMachine } from 'xstate';
import { assert } from '../assert.ts';
import { isBuiltinGuard, nameOf, nodesOf, resolve, shapeOf, transitionsOf } from './xstate-shapes.ts';
import type { ExpressionArgs, MachineShape, Reference, UserFunction } from './xstate-shapes.ts';

/** Far above any protocol's longest chain of `always` and `raise`, and reached within some milliseconds. */
export const MAX_MICROSTEPS = 1000;

/** The `params` of a reference: a value, or a function of context and event evaluated before each use. */
export interface Params {
  readonly value: unknown;
  readonly of: UserFunction | undefined;
}

export const NO_PARAMS: Params = { value: undefined, of: undefined };

/** The second argument of the function behind a reference. */
export function paramsFor(params: Params, context: unknown, event: ExpressionArgs['event']): unknown {
  return params.of === undefined ? params.value : params.of({ context, event });
}

export interface Instruments {
  /** Replaces one use of a guard function; `label` is its name, or empty. */
  guard(fn: UserFunction, params: Params, label: string): UserFunction;
  /** Replaces one use of an action, already resolved to a builtin or a custom function. */
  action?(fn: UserFunction, params: Params, label: string): UserFunction;
  /** Replaces the `output` of a final state or of the machine when it is a function. */
  output?(fn: UserFunction): UserFunction;
}

/** @returns a machine with the same ids and document order as `machine`; `machine` itself is not touched. */
export function instrument(machine: AnyStateMachine, instruments: Instruments): AnyStateMachine {
  const copy = machine.provide({}) as AnyStateMachine;
  const shape = shapeOf(copy);
  shape.options = { ...shape.options, maxIterations: maxMicrosteps(shape) };
  for (const node of nodesOf(shape.root)) {
    for (const transition of transitionsOf(node)) {
      if (transition.guard !== undefined) transition.guard = replaceGuard(transition.guard, shape, instruments);
      transition.actions = replaceActions(transition.actions, shape, instruments);
    }
    node.entry = replaceActions(node.entry, shape, instruments);
    node.exit = replaceActions(node.exit, shape, instruments);
    if (node.initial.actions.length > 0) node.initial.actions = replaceActions(node.initial.actions, shape, instruments);
    if (typeof node.output === 'function' && instruments.output !== undefined) {
      node.output = instruments.output(node.output as UserFunction);
    }
  }
  return copy;
}

function maxMicrosteps(shape: MachineShape): number {
  const configured = shape.options.maxIterations ?? Infinity;
  return configured === Infinity ? MAX_MICROSTEPS : configured;
}

function replaceActions(actions: readonly Reference[], shape: MachineShape, instruments: Instruments): Reference[] {
  const replace = instruments.action?.bind(instruments);
  if (replace === undefined) return [...actions];
  return actions.map((reference) => {
    const fn = resolve(reference, shape.implementations.actions);
    assert(typeof fn === 'function', () => `machine ${shape.id}: action ${nameOf(reference)} has no implementation`);
    return replace(fn as UserFunction, paramsOf(reference), nameOf(reference));
  });
}

/** Follows XState's `evaluateGuard`: names and aliases are looked up, `and`/`or`/`not` are rebuilt around their leaves. */
function replaceGuard(reference: Reference, shape: MachineShape, instruments: Instruments): UserFunction {
  const guard = resolve(reference, shape.implementations.guards);
  if (typeof guard !== 'function') return replaceGuard(guard as Reference, shape, instruments);
  if (!isBuiltinGuard(guard)) return instruments.guard(guard as UserFunction, paramsOf(reference), nameOf(reference));
  if (guard.guards === undefined) return guard;
  return Object.assign(() => false, {
    check: guard.check,
    guards: guard.guards.map((inner) => replaceGuard(inner, shape, instruments)),
  });
}

function paramsOf(reference: Reference): Params {
  if (typeof reference !== 'object' || reference.params === undefined) return NO_PARAMS;
  const { params } = reference;
  return typeof params === 'function' ? { value: undefined, of: params as UserFunction } : { value: params, of: undefined };
}

/**
 * The first error a user's guard threw in a step. XState rethrows guard errors as a new `Error` with the old message in
 * its text; the world must see the original, an `AssertionFailed` above all.
 */
export class GuardErrors {
  private thrown: { readonly error: unknown } | undefined;

  clear(): void {
    this.thrown = undefined;
  }

  note(error: unknown): void {
    this.thrown ??= { error };
  }

  /** The error behind `reported`, which is what came out of XState. */
  original(reported: unknown): unknown {
    return this.thrown === undefined ? reported : this.thrown.error;
  }

  /** An instrument that changes nothing but keeps the error. */
  readonly guard = (fn: UserFunction, params: Params): UserFunction => (args) => {
    try {
      return fn(args, paramsFor(params, args.context, args.event));
    } catch (error) {
      this.note(error);
      throw error;
    }
  };
}
