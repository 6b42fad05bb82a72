/**
 * Where the states of a statechart stand: in columns by their distance from the initial state, children inside a frame
 * around them. Small charts need no more; the order within a column follows that of the machine's own file.
 */
import type { Chart, ChartEdge, ChartState } from '../model/model.ts';

export interface Box {
  readonly state: ChartState;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ChartLayout {
  readonly boxes: readonly Box[];
  /** Compound states, behind the boxes of their children. */
  readonly frames: readonly Box[];
  readonly width: number;
  readonly height: number;
}

const BOX_WIDTH = 128;
const BOX_HEIGHT = 40;
const GAP_X = 150;
const GAP_Y = 30;
const PAD = 22;
/** Room for edges that leave a column and come back to it. */
const BOW = 200;

export function layOutChart({ states, edges }: Chart): ChartLayout {
  const leaves = states.filter((state) => !states.some(({ parent }) => parent === state.path));
  const columns = distances(states, leaves, edges);
  const rows = new Map<number, number>();
  const most = Math.max(1, ...leaves.map(({ path }) => leaves.filter((other) => columns.get(other.path) === columns.get(path)).length));
  const boxes = leaves.map((state): Box => {
    const column = columns.get(state.path) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    const inColumn = leaves.filter((other) => columns.get(other.path) === column).length;
    const shift = ((most - inColumn) * (BOX_HEIGHT + GAP_Y)) / 2;
    return { state, label: state.path.split('.').at(-1) ?? state.path, x: PAD + column * (BOX_WIDTH + GAP_X), y: PAD + 14 + shift + row * (BOX_HEIGHT + GAP_Y), width: BOX_WIDTH, height: BOX_HEIGHT };
  });
  const frames = states.filter((state) => !leaves.includes(state)).map((state): Box => {
    const inside = boxes.filter((box) => box.state.path.startsWith(`${state.path}.`));
    const left = Math.min(...inside.map(({ x }) => x)) - 10;
    const top = Math.min(...inside.map(({ y }) => y)) - 20;
    return { state, label: state.path, x: left, y: top, width: Math.max(...inside.map(({ x }) => x)) + BOX_WIDTH + 10 - left, height: Math.max(...inside.map(({ y }) => y)) + BOX_HEIGHT + 10 - top };
  });
  const all = [...boxes, ...frames];
  return { boxes, frames, width: Math.max(200, ...all.map(({ x, width }) => x + width)) + PAD + BOW, height: Math.max(80, ...all.map(({ y, height }) => y + height)) + PAD + 26 };
}

/** By leaf: how many transitions from the initial one; what is never reached comes last. */
function distances(states: readonly ChartState[], leaves: readonly ChartState[], edges: readonly ChartEdge[]): Map<string, number> {
  const initial = leaves.filter((leaf) => leaf.isInitial && (leaf.parent === null || states.some(({ path, isInitial }) => path === leaf.parent && isInitial)));
  const found = new Map((initial.length > 0 ? initial : leaves.slice(0, 1)).map(({ path }) => [path, 0]));
  const waiting = [...found.keys()];
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    for (const { from, to } of edges) {
      if (from !== at && !at.startsWith(`${from}.`)) continue;
      const leaf = leaves.find(({ path }) => path === to)?.path ?? leaves.find(({ path, isInitial }) => path.startsWith(`${to}.`) && isInitial)?.path;
      if (leaf === undefined || found.has(leaf)) continue;
      found.set(leaf, (found.get(at) ?? 0) + 1);
      waiting.push(leaf);
    }
  }
  const beyond = Math.max(0, ...found.values()) + 1;
  for (const { path } of leaves) if (!found.has(path)) found.set(path, beyond);
  return found;
}
