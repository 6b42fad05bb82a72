/**
 * What the engines ask of an XState snapshot: its name in words, whether it differs from another in a way that counts,
 * and whether it is one that can be stepped. Knows nothing of how it was reached.
 */
import type { EventObject } from 'xstate';
import { AssertionFailed, assert } from '../assert.ts';
import { UnsupportedMachine } from './check.ts';
import type { SnapshotShape, StateNodeShape } from './xstate-shapes.ts';

/**
 * The active leaves in document order, as paths from the root: `Follower.Fetching`, and `Up.Fetching|Up.Electing` for
 * regions. A machine without states is its own id.
 */
export function describeNodes(nodes: readonly StateNodeShape[]): string {
  const leaves = nodes.filter((node) => node.type === 'atomic' || node.type === 'final').sort((a, b) => a.order - b.order);
  return leaves.map((leaf) => (leaf.path.length === 0 ? leaf.id : leaf.path.join('.'))).join('|');
}

/** Descriptions by node list; XState keeps the list's identity while only the context changes. */
export class Descriptions {
  private readonly byNodes = new WeakMap<readonly StateNodeShape[], string>();

  of(nodes: readonly StateNodeShape[]): string {
    let description = this.byNodes.get(nodes);
    if (description === undefined) {
      description = describeNodes(nodes);
      this.byNodes.set(nodes, description);
    }
    return description;
  }
}

/**
 * Everything but the context that decides what a snapshot does next: status, active nodes in insertion order, and
 * history, whose lists are ordered too. Two snapshots of a machine with equal keys and contexts behave alike.
 */
export function configurationKey(snapshot: SnapshotShape): string {
  const { historyValue } = snapshot;
  let key = `${snapshot.status}:${ordersOf(snapshot._nodes)}`;
  for (const id of Object.keys(historyValue).sort(byText)) key += `;${id}=${ordersOf(historyValue[id] ?? [])}`;
  return key;
}

/** True when a step from `a` to `b` neither assigned nor changed the configuration. */
export function sameState(a: SnapshotShape, b: SnapshotShape): boolean {
  if (a === b) return true;
  if (a.context !== b.context || a.status !== b.status) return false;
  return (a._nodes === b._nodes && a.historyValue === b.historyValue) || configurationKey(a) === configurationKey(b);
}

/** Throws the error XState stored in a failed initial snapshot, and for states no engine can hold. */
export function checkSnapshot(snapshot: SnapshotShape, machineId: string): void {
  if (snapshot.status === 'error') throw snapshot.error;
  assert(snapshot.status === 'active' || snapshot.status === 'done', () => `machine ${machineId} ended as ${snapshot.status}`);
  const [child] = Object.keys(snapshot.children);
  if (child === undefined) return;
  throw new UnsupportedMachine(`machine '${machineId}': a child actor '${child}' was spawned; a machine has no child actors`);
}

/** XState gives these types a meaning of its own, which only an actor system may use. */
export function checkEvent(event: EventObject, machineId: string): void {
  const { type } = event;
  if (type === 'xstate.init' || type === 'xstate.stop' || type === '*' || type.startsWith('xstate.error.actor')) {
    throw new AssertionFailed(`machine ${machineId}: '${type}' is not an event to send`);
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function ordersOf(nodes: readonly StateNodeShape[]): string {
  return nodes.map((node) => node.order).join(',');
}
