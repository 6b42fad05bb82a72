/**
 * H-13, H-14: cycles of dependencies between transactions. A ww edge goes from who wrote a version to who wrote the next one of
 * the topic-partition; a wr edge from who wrote a record to who read it.
 *
 * G0 is a cycle of ww edges alone. Kafka isolates no writes, so it is always allowed, and so is G1c (ww and wr edges) where a ww
 * edge is needed to close it. A cycle of wr edges alone, where each read what the other wrote, is never allowed.
 * Left out: edges of process and of real time (G0-process, G1c-realtime, …), and anti-dependencies, which Jepsen does not use
 * either. Source: Adya; Jepsen's Kafka workload (elle); Tarjan's strongly connected components.
 */
import type { Call } from '../../history/recorded/calls.ts';
import type { Prepared } from './prepared.ts';
import type { HistoryRule, Judgement } from './rule.ts';

type Graph = ReadonlyMap<number, ReadonlySet<number>>;

function cycleRule(rule: Pick<HistoryRule, 'name' | 'claim' | 'source' | 'standing' | 'because'>, cyclesIn: (prepared: Prepared) => { readonly cycles: readonly (readonly number[])[]; readonly edges: number }): HistoryRule {
  return {
    ...rule,
    check: (prepared: Prepared, judgement: Judgement) => {
      const { cycles, edges } = cyclesIn(prepared);
      judgement.compared = edges;
      for (const cycle of cycles) report(cycle, prepared.calls, judgement);
      return 'no transaction depends on another';
    },
  };
}

function report(cycle: readonly number[], calls: readonly Call[], judgement: Judgement): void {
  const members = [...cycle].sort((a, b) => a - b).map((order) => calls[order] as Call);
  const lastNs = Math.max(...members.map(({ begun, ended }) => (ended ?? begun).timeNs));
  judgement.anomaly({ key: null, client: members[0]?.begun.process ?? '' }, lastNs, () => ({
    sentence: `operations ${members.map(({ begun }) => `${begun.index} of ${begun.process}`).join(', ')} depend on each other in a circle`,
    details: { operations: members.map(({ begun }) => begun.index) },
  }));
}

export const writeCycle = cycleRule({
  name: 'G0', claim: 'no transactions wrote around each other', source: 'H-13; Jepsen Kafka: G0', standing: 'always', because: 'Kafka isolates no writes',
}, (prepared) => {
  const ww = writeEdges(prepared);
  return { cycles: components(ww), edges: edgeCount(ww) };
});

export const informationCycle = cycleRule({
  name: 'G1c', claim: 'no transactions read from each other in a circle', source: 'H-14; Jepsen Kafka: G1c', standing: 'never',
}, (prepared) => {
  const wr = readEdges(prepared);
  return { cycles: components(wr), edges: edgeCount(wr) };
});

export const mixedCycle = cycleRule({
  name: 'G1c-ww', claim: 'no transactions wrote around and read from each other in a circle', source: 'H-14; Jepsen Kafka: G1c with ww-deps', standing: 'always', because: 'Kafka isolates no writes',
}, (prepared) => {
  const wr = readEdges(prepared);
  const both = new Map([...writeEdges(prepared)].map(([from, to]) => [from, new Set(to)]));
  for (const [from, to] of wr) both.set(from, new Set([...(both.get(from) ?? []), ...to]));
  // Those of one kind alone are G0 and G1c.
  const cycles = components(both).filter((cycle) => {
    const inside = new Set(cycle);
    return cycle.some((from) => [...(wr.get(from) ?? [])].some((to) => inside.has(to)));
  });
  return { cycles, edges: edgeCount(both) };
});

function writersOf({ sent }: Prepared): ReadonlyMap<string, number> {
  return new Map(sent.filter(({ key, offset, call }) => key !== null && offset !== null && call.outcome !== 'fail').map(({ key, value, call }) => [JSON.stringify([key, value]), call.order]));
}

function writeEdges(prepared: Prepared): Graph {
  const writers = writersOf(prepared);
  const edges = new Map<number, Set<number>>();
  for (const { key, values } of prepared.orders.values()) {
    let before: number | undefined;
    for (const [value] of values) {
      const writer = writers.get(JSON.stringify([key, value]));
      if (before !== undefined && writer !== undefined && writer !== before) add(edges, before, writer);
      before = writer;
    }
  }
  return edges;
}

function readEdges(prepared: Prepared): Graph {
  const writers = writersOf(prepared);
  const edges = new Map<number, Set<number>>();
  for (const { call, key, records } of prepared.reads) {
    if (call.outcome === 'fail') continue;
    for (const { value } of records) {
      const writer = writers.get(JSON.stringify([key, value]));
      if (writer !== undefined && writer !== call.order) add(edges, writer, call.order);
    }
  }
  return edges;
}

function add(edges: Map<number, Set<number>>, from: number, to: number): void {
  const known = edges.get(from);
  if (known === undefined) edges.set(from, new Set([to]));
  else known.add(to);
}

function edgeCount(graph: Graph): number {
  let count = 0;
  for (const to of graph.values()) count += to.size;
  return count;
}

interface Visit {
  readonly node: number;
  readonly rest: IterableIterator<number>;
}

/** Strongly connected components of more than one node, each in the order of discovery. Iterative: histories are long. */
function components(graph: Graph): readonly (readonly number[])[] {
  const found: number[][] = [];
  const number = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const open = (node: number): Visit => {
    number.set(node, number.size);
    low.set(node, number.size - 1);
    stack.push(node);
    onStack.add(node);
    return { node, rest: (graph.get(node) ?? new Set<number>()).values() };
  };
  const lower = (node: number, to: number): void => void low.set(node, Math.min(low.get(node) ?? to, to));
  for (const root of graph.keys()) {
    if (number.has(root)) continue;
    const path = [open(root)];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const { value: next, done } = visit.rest.next() as IteratorResult<number, undefined>;
      if (done !== true) {
        if (!number.has(next)) path.push(open(next));
        else if (onStack.has(next)) lower(visit.node, number.get(next) ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(parent.node, low.get(visit.node) ?? 0);
      if (low.get(visit.node) !== number.get(visit.node)) continue;
      const component = stack.splice(stack.lastIndexOf(visit.node));
      for (const node of component) onStack.delete(node);
      if (component.length > 1) found.push(component);
    }
  }
  return found;
}
