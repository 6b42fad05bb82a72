/**
 * What `assign` does to a context: `Object.assign({}, context, update)`, an object with the context's keys in the
 * context's order, then new ones. An update that already is such an object is taken as it is: a reducer that returns
 * `{ ...context, lastIndex }` has paid for the copy, and a second one would double the cost of the step.
 */
import type { TrieNode } from './trie.ts';
import type { ExpressionArgs, UserFunction } from './xstate-shapes.ts';

/** @param update what the function returned; anything that can be spread */
export function merge(node: TrieNode, context: object, update: object): object {
  if (node.whole) {
    if (isWhole(node, context, update)) return update;
    // Comparing costs a third of a copy and rarely succeeds where it once failed.
    node.whole = false;
  }
  return { ...context, ...update };
}

/** `assign({ key: fn | value })`: every function sees the context as it was before the action. */
export function mergeFields(node: TrieNode, context: object, args: ExpressionArgs, params: unknown): object {
  const merged: Record<string, unknown> = { ...context };
  const { keys, values } = node.operation;
  for (let i = 0; i < keys.length; i++) {
    const value = values[i];
    merged[keys[i] as string] = typeof value === 'function' ? (value as UserFunction)(args, params) : value;
  }
  return merged;
}

/** Same keys in the same order, and a plain object: an instance would keep the prototype that `assign` drops. */
function isWhole(node: TrieNode, context: object, update: object | null | undefined): boolean {
  if (update === null || update === undefined || Object.getPrototypeOf(update) !== Object.prototype) return false;
  if (node.contextKeys === undefined) node.contextKeys = Object.keys(context);
  else if (!hasKeys(context, node.contextKeys)) return false;
  return hasKeys(update, node.contextKeys);
}

/** True when the enumerable keys of a plain object are `keys`, in that order. Allocates nothing, unlike Object.keys. */
function hasKeys(object: object, keys: readonly string[]): boolean {
  let i = 0;
  // oxlint-disable-next-line harrow/no-for-in -- a plain object inherits nothing enumerable, and the order is that of Object.keys
  for (const key in object) {
    if (key !== keys[i]) return false;
    i += 1;
  }
  return i === keys.length;
}
