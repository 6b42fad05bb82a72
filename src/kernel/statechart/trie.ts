/**
 * The decision trie of one (configuration, event type): every way a macrostep has gone so far. A node is one thing the
 * interpreter did that involved a function of the machine's author; a guard branches on its outcome, a computed `raise`
 * on the type of the event it made; a leaf holds the next configuration. Between two nodes nothing can happen that
 * depends on context or event data, which is why replaying the nodes in order is the macrostep.
 *
 * Knows nothing of XState; the tracer writes tries, the compiled program walks them.
 */
import type { EventObject } from 'xstate';
import { assert } from '../assert.ts';
import type { Configuration } from './configuration.ts';
import { NO_PARAMS } from './instrument.ts';
import type { Params } from './instrument.ts';
import type { Reducer } from './reduction.ts';
import type { UserFunction } from './xstate-shapes.ts';

// Kinds are small integers: the replay loop switches on them.
export const GUARD = 0;
/** `assign(fn)`. */
export const ASSIGN = 1;
/** `assign({ key: fn | value })`. */
export const ASSIGN_FIELDS = 2;
/** `context: ({ input }) => ...` when a machine starts. */
export const CREATE_CONTEXT = 3;
export const EMIT = 4;
/** A `raise` or `after` whose delay is known to be a number. */
export const SCHEDULE = 5;
/** A `raise` or `after` whose delay is computed: a number schedules, anything else raises at once. */
export const SCHEDULE_OR_RAISE = 6;
/** An immediate `raise` of a computed event; a constant one needs no node. */
export const RAISE = 7;
export const CANCEL = 8;
/** `log`: evaluated, because it may throw, and dropped. */
export const LOG = 9;
/** A custom action function. */
export const ACTION = 10;
/** From here on functions see a constant event: a static raise, or `xstate.done.state.*`. */
export const SEE_CONSTANT = 11;
/** From here on functions see the event a computed raise made. */
export const SEE_RAISED = 12;
export const LEAF = 13;
/** From here on only the interpreter knows: `enqueueActions`, or an `output` function. */
export const INTERPRET = 14;

/** An `ASSIGN` that `reduction` made: the reducer is called as it is. */
export const REDUCE = 15;
/** The `EMIT` of `handedOver`. */
export const HAND_OVER = 16;

export type NodeKind =
  | typeof GUARD | typeof ASSIGN | typeof ASSIGN_FIELDS | typeof CREATE_CONTEXT | typeof EMIT | typeof SCHEDULE
  | typeof SCHEDULE_OR_RAISE | typeof RAISE | typeof CANCEL | typeof LOG | typeof ACTION | typeof SEE_CONSTANT
  | typeof SEE_RAISED | typeof LEAF | typeof INTERPRET | typeof REDUCE | typeof HAND_OVER;

/** One use of a user function (or of a constant in its place) in the machine's config. */
export interface Operation {
  readonly kind: NodeKind;
  /** Names the guard in coverage; empty elsewhere. */
  readonly label: string;
  readonly fn: UserFunction | undefined;
  /** Of a `REDUCE`: what is inside `fn`. */
  readonly reducer: Reducer | undefined;
  readonly params: Params;
  /** The value when there is no `fn`: an event, a send id, a context. */
  readonly constant: unknown;
  /** The id of a `SCHEDULE`. */
  readonly id: string;
  readonly delayMs: number;
  readonly delayFn: UserFunction | undefined;
  /** The entries of an `ASSIGN_FIELDS`; functions are called, everything else is the value. */
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
}

export function operation(kind: NodeKind, fields: Partial<Omit<Operation, 'kind'>>): Operation {
  return {
    kind, label: '', fn: undefined, reducer: undefined, params: NO_PARAMS, constant: undefined, id: '', delayMs: 0, delayFn: undefined,
    keys: [], values: [], ...fields,
  };
}

/** `true` goes on; a guard may be `false`; a raise that was not constant branches on the type it made. */
export type Outcome = boolean | string;

/** The branch a computed raise takes; a raise of nothing fails only when XState gets to it, so it has a branch too. */
export function typeOf(raised: EventObject | null | undefined): string {
  return raised === null || raised === undefined ? '' : raised.type;
}

export class TrieNode {
  readonly kind: NodeKind;
  readonly operation: Operation;
  readonly fn: UserFunction | undefined;
  readonly reducer: Reducer | undefined;
  readonly params: unknown;
  readonly paramsFn: UserFunction | undefined;
  readonly constant: unknown;
  readonly id: string;
  readonly delayMs: number;
  readonly delayFn: UserFunction | undefined;
  /** Which computed raise of the path, counted from 0. */
  readonly slot: number;
  /** After outcome `true`. */
  next: TrieNode | undefined = undefined;
  /** After outcome `false`. */
  otherwise: TrieNode | undefined = undefined;
  byType: Map<string, TrieNode> | undefined = undefined;
  /** Where a `LEAF` ends. */
  readonly target: Configuration | undefined;
  /** Whether the path to this `LEAF` assigned. */
  readonly assigned: boolean;
  /** Whether it did so other than by a `REDUCE`. */
  readonly reshaped: boolean;
  /** Steps that ended in this `LEAF` by replay or when it was traced. */
  hits = 0;
  /** On the first node of a trie: whether some path of it is left to the interpreter. */
  interpreted = false;
  /** Whether every update of an `ASSIGN` so far was in fact a whole context; only a hint, see `merge`. */
  whole = true;
  /** Keys of the context that an `ASSIGN` saw first; another set of keys is compared and copied the long way. */
  contextKeys: readonly string[] | undefined = undefined;

  constructor(op: Operation, slot: number, target: Configuration | undefined, assigned: boolean, reshaped: boolean) {
    this.kind = op.kind;
    this.operation = op;
    this.fn = op.fn;
    this.reducer = op.reducer;
    this.params = op.params.value;
    this.paramsFn = op.params.of;
    this.constant = op.constant;
    this.id = op.id;
    this.delayMs = op.delayMs;
    this.delayFn = op.delayFn;
    this.slot = slot;
    this.target = target;
    this.assigned = assigned;
    this.reshaped = reshaped;
  }
}

/** What the tracer writes down for one macrostep. */
export interface Path {
  readonly operations: readonly Operation[];
  readonly slots: readonly number[];
  readonly outcomes: readonly Outcome[];
}

const LEAF_OPERATION = operation(LEAF, {});
const INTERPRET_OPERATION = operation(INTERPRET, {});

/**
 * Adds a path to the trie of a (configuration, event type).
 *
 * @param root the trie so far, or undefined
 * @param target the configuration the path ends in; undefined when only the interpreter knows how it goes on
 * @returns the trie, and whether the path was new to it
 * @throws AssertionFailed when the path contradicts the trie: then a user function is not a function of its arguments
 */
export function insert(
  root: TrieNode | undefined, path: Path, target: Configuration | undefined, where: string,
): { readonly root: TrieNode; readonly isNew: boolean } {
  const head = new TrieNode(LEAF_OPERATION, 0, undefined, false, false);
  head.next = root;
  let at = head;
  let outcome: Outcome = true;
  let assigned = false;
  let reshaped = false;
  for (let i = 0; i < path.operations.length; i++) {
    const op = path.operations[i] as Operation;
    let node = follow(at, outcome);
    if (node === undefined) {
      node = new TrieNode(op, path.slots[i] as number, undefined, false, false);
      attach(at, outcome, node);
    }
    assert(sameOperation(node, op, path.slots[i] as number), () => contradiction(where));
    reshaped ||= op.kind === ASSIGN || op.kind === ASSIGN_FIELDS || op.kind === CREATE_CONTEXT;
    assigned ||= reshaped || op.kind === REDUCE;
    at = node;
    outcome = path.outcomes[i] as Outcome;
  }
  const end = follow(at, outcome);
  const kind = target === undefined ? INTERPRET : LEAF;
  assert(end === undefined || (end.kind === kind && end.target === target), () => contradiction(where));
  if (end === undefined) {
    const terminal = new TrieNode(target === undefined ? INTERPRET_OPERATION : LEAF_OPERATION, 0, target, assigned, reshaped);
    terminal.hits = 1;
    attach(at, outcome, terminal);
  }
  return { root: head.next as TrieNode, isNew: end === undefined };
}

/** One recorded way through a macrostep. */
export interface TriePath {
  readonly outcomes: readonly { readonly label: string; readonly outcome: Outcome }[];
  readonly hits: number;
}

/** Every path, with the outcomes of its guards and computed raises, in the order of discovery at each branch. */
export function pathsOf(root: TrieNode): TriePath[] {
  const paths: TriePath[] = [];
  const walk = (node: TrieNode, outcomes: TriePath['outcomes']): void => {
    if (node.kind === LEAF || node.kind === INTERPRET) {
      paths.push({ outcomes, hits: node.hits });
      return;
    }
    const branches = node.kind === GUARD || node.byType !== undefined || node.kind === SCHEDULE_OR_RAISE;
    const label = node.operation.label || (node.kind === GUARD ? 'inline guard' : 'raise');
    const extended = (outcome: Outcome): TriePath['outcomes'] => (branches ? [...outcomes, { label, outcome }] : outcomes);
    if (node.next !== undefined) walk(node.next, extended(true));
    if (node.otherwise !== undefined) walk(node.otherwise, extended(false));
    for (const [type, child] of node.byType ?? []) walk(child, extended(type));
  };
  walk(root, []);
  return paths;
}

function follow(node: TrieNode, outcome: Outcome): TrieNode | undefined {
  if (typeof outcome === 'string') return node.byType?.get(outcome);
  return outcome ? node.next : node.otherwise;
}

function attach(node: TrieNode, outcome: Outcome, child: TrieNode): void {
  if (typeof outcome === 'string') {
    node.byType ??= new Map();
    node.byType.set(outcome, child);
  } else if (outcome) node.next = child;
  else node.otherwise = child;
}

function sameOperation(node: TrieNode, op: Operation, slot: number): boolean {
  if (node.kind !== op.kind || node.slot !== slot) return false;
  // Each macrostep makes its own `xstate.done.state.*` object; equal types are the same constant.
  if (op.kind === SEE_CONSTANT) return (node.constant as EventObject).type === (op.constant as EventObject).type;
  return op.kind === SEE_RAISED || node.operation === op;
}

function contradiction(where: string): string {
  return `${where}: the same path led elsewhere; a guard, assign or expression is not a function of its arguments alone`;
}
