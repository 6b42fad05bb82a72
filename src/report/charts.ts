/**
 * Statecharts as a drawing needs them: states, transitions, and how often a run was in each. Read from the machines that
 * ran, so a chart cannot differ from what it stands for.
 *
 * Left out: guards and actions, which the machine's own file says better; transitions that stay where they are and were
 * never taken.
 */
import type { Program } from '../kernel/statechart/engine.ts';
import type { Chart, ChartEdge, ChartState } from './model/model.ts';

/** What there is to read of an XState node. */
interface StateNode {
  readonly key: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly states: Readonly<Record<string, StateNode>>;
  readonly initial?: { readonly target: readonly StateNode[] } | undefined;
  readonly transitions: ReadonlyMap<string, readonly { readonly target?: readonly StateNode[] | undefined }[]>;
}

/** Steps of one kind of machine: how often each state was entered, and each (from, event, to) taken. */
export class ChartCounts {
  readonly visits = new Map<string, number>();
  readonly steps = new Map<string, number>();

  entered(state: string): void {
    this.visits.set(state, (this.visits.get(state) ?? 0) + 1);
  }

  stepped(before: string, event: string, after: string): void {
    const key = `${before}\n${event}\n${after}`;
    this.steps.set(key, (this.steps.get(key) ?? 0) + 1);
    if (before !== after) this.entered(after);
  }
}

export function chartOf(name: string, program: Program, counts: ChartCounts): Chart {
  const states: ChartState[] = [];
  const edges = new Map<string, ChartEdge>();
  const addEdge = (from: string, event: string, to: string, count: number): void => {
    const key = `${from}\n${event}\n${to}`;
    edges.set(key, { from, to, event, count: (edges.get(key)?.count ?? 0) + count });
  };
  const addTransitions = (node: StateNode): void => {
    for (const [event, transitions] of node.transitions) {
      for (const { target } of transitions) for (const each of target ?? []) if (each !== node) addEdge(node.path.join('.'), event, each.path.join('.'), 0);
    }
  };
  const visit = (node: StateNode, parent: StateNode): void => {
    const path = node.path.join('.');
    states.push({
      path,
      parent: parent.path.length === 0 ? null : parent.path.join('.'),
      isInitial: parent.type === 'parallel' || parent.initial?.target.includes(node) === true,
      isParallel: node.type === 'parallel',
      visits: countOf(counts.visits, path),
    });
    addTransitions(node);
    for (const child of Object.values(node.states)) visit(child, node);
  };
  const top = program.machine.root as unknown as StateNode;
  for (const child of Object.values(top.states)) visit(child, top);
  addTransitions(top);
  const paths = new Set(states.map(({ path }) => path));
  for (const [key, count] of counts.steps) {
    const [from, event, to] = key.split('\n') as [string, string, string];
    if (paths.has(from) && paths.has(to)) addEdge(from, event, to, count);
  }
  return { name, states, edges: [...edges.values()] };
}

/** A parent is visited when one of its children is, a region when a configuration names it. */
function countOf(visits: ReadonlyMap<string, number>, path: string): number {
  let count = 0;
  for (const [state, n] of visits) {
    if (state.split('|').some((part) => part === path || part.startsWith(`${path}.`))) count += n;
  }
  return count;
}
