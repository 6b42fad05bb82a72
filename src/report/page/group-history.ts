/**
 * Consumers over time: who owned which partition of a group, generation after generation, and how far behind the high
 * watermark of the leader a group had committed, or a reader of its own had read.
 */
import type { Band } from './lives.ts';
import { Series } from './replicas.ts';
import type { Run } from './run.ts';
import { upperBound } from './search.ts';

/** One row of the picture: a partition, who owned it when, and its lag. */
export interface Share {
  readonly partition: number;
  /** `row` is the node of the member. */
  readonly owners: readonly Band[];
  /** The offset that lag counts from: committed by the group, or the position of a reader. */
  readonly reached: Series;
}

export interface GroupHistory {
  /** Of a reader in no group, its own name. */
  readonly name: string;
  readonly isGroup: boolean;
  readonly members: readonly number[];
  readonly shares: readonly Share[];
  /** The generation after each change of it. */
  readonly generations: Series;
}

export function groupHistories(run: Run): GroupHistory[] {
  const { ownership } = run.meta;
  const groups = [...new Set(ownership.map(({ groupId }) => groupId))].map((groupId) => ofGroup(run, groupId));
  const members = new Set(ownership.map(({ node }) => node));
  const positions = positionsOf(run);
  const readers = [...new Set(positions.map(({ node }) => node))].filter((node) => !members.has(node));
  return [...groups, ...readers.map((node): GroupHistory => ({
    name: run.nodeName(node), isGroup: false, members: [node], generations: new Series(),
    shares: positions.filter((each) => each.node === node).map(({ partition, position }) => ({ partition, owners: [], reached: position })).sort((a, b) => a.partition - b.partition),
  }))];
}

function ofGroup(run: Run, groupId: string): GroupHistory {
  const changes = run.meta.ownership.filter((change) => change.groupId === groupId);
  const members = [...new Set(changes.map(({ node }) => node))].sort((a, b) => a - b);
  const generations = new Series();
  for (const { atUs, generationId } of changes) if (generationId > generations.at(Infinity, -1)) generations.push(atUs, generationId);
  const owners = new Map<number, Band[]>();
  for (const node of members) {
    const own = changes.filter((change) => change.node === node);
    own.forEach((change, i) => {
      const ended = run.meta.lives.find((life) => life.node === node && life.kind !== 'started' && life.atUs >= change.atUs)?.atUs ?? run.endUs + 1;
      const toUs = Math.min(own[i + 1]?.atUs ?? run.endUs + 1, ended);
      for (const partition of change.owned) {
        const bands = owners.get(partition) ?? [];
        owners.set(partition, bands);
        const last = bands.at(-1);
        if (last !== undefined && last.row === node && last.toUs === change.atUs) bands[bands.length - 1] = { ...last, toUs };
        else bands.push({ fromUs: change.atUs, toUs, label: run.nodeName(node), row: node });
      }
    });
  }
  for (const bands of owners.values()) bands.sort((a, b) => a.fromUs - b.fromUs);
  const committed = new Map<number, Series>();
  for (const { atUs, partition, offset, groupId: of } of run.meta.commits) {
    if (of !== groupId) continue;
    const series = committed.get(partition) ?? new Series();
    committed.set(partition, series);
    series.push(atUs, offset);
  }
  const partitions = [...new Set([...owners.keys(), ...committed.keys()])].sort((a, b) => a - b);
  return { name: groupId, isGroup: true, members, generations, shares: partitions.map((partition) => ({ partition, owners: owners.get(partition) ?? [], reached: committed.get(partition) ?? new Series() })) };
}

/** The next offset of every reader, by partition: behind what it read last, or where it was set. */
export function positionsOf(run: Run): { readonly node: number; readonly partition: number; readonly position: Series }[] {
  const { polls, polledRecords } = run.tables;
  const moves = run.meta.positions.map(({ atUs, node, partition, offset }) => ({ atUs, node, partition, offset }));
  for (let i = 0; i < polls.rows; i += 1) {
    const last = (polls.firstRecord[i] as number) + (polls.count[i] as number) - 1;
    moves.push({ atUs: polls.atUs[i] as number, node: polls.node[i] as number, partition: polls.partition[i] as number, offset: (polledRecords.offset[last] as number) + 1 });
  }
  moves.sort((a, b) => a.atUs - b.atUs);
  const found = new Map<string, { node: number; partition: number; position: Series }>();
  for (const { atUs, node, partition, offset } of moves) {
    const key = `${node}/${partition}`;
    const reading = found.get(key) ?? { node, partition, position: new Series() };
    found.set(key, reading);
    reading.position.push(atUs, offset);
  }
  return [...found.values()];
}

/** Of the leader that the controller had committed; 0 while there is none. */
export function highWatermarkAt(run: Run, partition: number, timeUs: number): number {
  const now = run.replicas.registrationAt(partition, timeUs);
  return run.replicas.of(partition).find(({ node }) => node === now?.leader)?.highWatermark.at(timeUs, 0) ?? 0;
}

export function lagAt(run: Run, { partition, reached }: Share, timeUs: number): number {
  return Math.max(0, highWatermarkAt(run, partition, timeUs) - Math.max(0, reached.at(timeUs, 0)));
}

/** The greatest lag in each of `bins` equal parts of the run: what is between two samples is not lost. */
export function lagCurve(run: Run, share: Share, bins: number): Float64Array {
  const times = new Set([0, ...share.reached.times, ...run.replicas.of(share.partition).flatMap(({ highWatermark }) => highWatermark.times)]);
  for (const row of run.replicas.registrationRows(share.partition)) times.add(run.tables.registrations.atUs[row] as number);
  const sorted = Float64Array.from(times).sort((a, b) => a - b);
  const lags = sorted.map((at) => lagAt(run, share, at));
  const curve = new Float64Array(bins);
  for (let bin = 0; bin < bins; bin += 1) {
    const from = (bin * run.endUs) / bins;
    const to = ((bin + 1) * run.endUs) / bins;
    let most = 0;
    for (let i = Math.max(0, upperBound(sorted, from) - 1); i < sorted.length && (sorted[i] as number) < to; i += 1) most = Math.max(most, lags[i] as number);
    curve[bin] = most;
  }
  return curve;
}
