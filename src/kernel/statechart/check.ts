/**
 * What a machine must satisfy before any engine loads it, so that all three engines mean the same thing by it.
 * Refused: child actors and `sendTo` (nodes talk through the network only), a delayed `raise` without an `id` (XState
 * would draw one from `Math.random`), and names without an implementation (XState ignores a missing action silently and
 * turns a missing delay into an immediate event).
 *
 * What hides inside a function, such as `enqueue.sendTo` in `enqueueActions`, is refused when it happens.
 */
import type { AnyStateMachine } from 'xstate';
import {
  isBuiltinAction, isBuiltinGuard, nameOf, nodesOf, resolve, shapeOf, transitionsOf,
} from './xstate-shapes.ts';
import type { Implementations, MachineShape, Reference, StateNodeShape } from './xstate-shapes.ts';

/** The machine asks for something that cannot be simulated; the message lists every place. */
export class UnsupportedMachine extends Error {
  override readonly name = 'UnsupportedMachine';
}

const ACTOR_ACTIONS: ReadonlyMap<string, string> = new Map([
  ['xstate.sendTo', 'sendTo'],
  ['xstate.spawnChild', 'spawnChild'],
  ['xstate.stopChild', 'stopChild'],
]);

/** Throws `UnsupportedMachine` naming the machine, the states and the reasons. */
export function checkMachine(machine: AnyStateMachine): void {
  const shape = shapeOf(machine);
  const problems = nodesOf(shape.root).flatMap((node) => problemsOf(node, shape));
  if (problems.length === 0) return;
  throw new UnsupportedMachine(`machine '${shape.id}' cannot be loaded:\n  ${problems.join('\n  ')}`);
}

function problemsOf(node: StateNodeShape, machine: MachineShape): string[] {
  const { implementations } = machine;
  const transitions = transitionsOf(node);
  const problems = [
    ...[...node.entry, ...node.exit, ...node.initial.actions, ...transitions.flatMap((transition) => transition.actions)]
      .flatMap((action) => actionProblems(action, implementations)),
    ...transitions.flatMap(({ guard }) => (guard === undefined ? [] : guardProblems(guard, implementations, []))),
  ];
  if (node.invoke.length > 0) problems.push('invoke: a machine has no child actors; emit a message instead');
  return problems.map((problem) => `state '${node.id}': ${problem}`);
}

function actionProblems(reference: Reference, implementations: Implementations): string[] {
  const action = resolve(reference, implementations.actions);
  const label = nameOf(reference) || 'an inline function';
  if (typeof action !== 'function') return [missing('action', label, implementations.actions)];
  if (!isBuiltinAction(action)) {
    return label.startsWith('xstate.') ? [`action '${label}': names under 'xstate.' are XState's own`] : [];
  }
  const actorAction = ACTOR_ACTIONS.get(action.type);
  if (actorAction !== undefined) return [`${actorAction}: a machine has no actors to talk to; emit a message instead`];
  if (action.type !== 'xstate.raise' || action.delay === undefined) return [];
  const problems: string[] = [];
  if (action.id === undefined) {
    problems.push(`a delayed raise (${describeEvent(action.event)}) needs an 'id': XState would make up a random one`);
  }
  if (typeof action.delay === 'string' && !Object.hasOwn(implementations.delays, action.delay)) {
    problems.push(missing('delay', action.delay, implementations.delays));
  }
  return problems;
}

function guardProblems(reference: Reference, implementations: Implementations, seen: readonly string[]): string[] {
  const guard = resolve(reference, implementations.guards);
  const label = nameOf(reference);
  if (guard === undefined) return [missing('guard', label, implementations.guards)];
  if (typeof guard !== 'function') {
    if (seen.includes(label)) return [`guard '${label}' stands for itself`];
    return guardProblems(guard as Reference, implementations, [...seen, label]);
  }
  if (!isBuiltinGuard(guard) || guard.stateValue !== undefined) return [];
  if (guard.guards === undefined) return [`guard '${label}' is of a kind unknown to these engines`];
  return guard.guards.flatMap((inner) => guardProblems(inner, implementations, seen));
}

function missing(kind: string, name: string, known: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(known);
  return `${kind} '${name}' has no implementation; ${names.length === 0 ? 'there are none' : `known: ${names.join(', ')}`}`;
}

function describeEvent(event: unknown): string {
  return typeof event === 'function' ? 'computed event' : `'${(event as { type: string }).type}'`;
}
