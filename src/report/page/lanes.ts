/**
 * Where the lanes lie: the ruler, the faults, then one lane per node, taller while it is open and shows every machine.
 */
import type { Lives } from './lives.ts';
import type { Run } from './run.ts';

export interface Lane {
  readonly node: number;
  readonly top: number;
  readonly bottom: number;
  /** Where arrows begin and end. */
  readonly line: number;
  readonly machines: readonly number[];
  readonly isOpen: boolean;
}

export const LABEL_WIDTH = 150;
export const RIGHT_MARGIN = 8;
export const RULER_HEIGHT = 22;
export const FAULT_ROW = 15;
export const BAND_HEIGHT = 11;
const LANE_HEIGHT = 30;
const MANY_LANES = 16;
const SLIM_LANE_HEIGHT = 20;
/** Of two runs on one page. */
const COMPACT_LANE_HEIGHT = 17;
/** Room for the word on where they part. */
export const PARTING_HEIGHT = 15;

export interface Layout {
  readonly lanes: readonly Lane[];
  /** By node. */
  readonly laneOf: readonly Lane[];
  readonly faultsTop: number;
  readonly height: number;
}

/** @param isCompact whether two timelines share the room: then closed lanes of clients show messages alone */
export function layOut(run: Run, lives: Lives, open: readonly number[], isCompact = false): Layout {
  const faultsTop = RULER_HEIGHT + 2 + (isCompact ? PARTING_HEIGHT : 0);
  let top = faultsTop + Math.max(1, lives.faultRows.length) * FAULT_ROW + 5;
  const base = isCompact ? COMPACT_LANE_HEIGHT : run.lanes.length > MANY_LANES ? SLIM_LANE_HEIGHT : LANE_HEIGHT;
  const lanes = run.lanes.map((node): Lane => {
    const isOpen = open.includes(node);
    const main = lives.mainMachines(node);
    const isServer = ['broker', 'controller'].includes(run.roleOf(node));
    const machines = isOpen ? lives.machinesOf(node) : isCompact ? (isServer ? main : []) : base === SLIM_LANE_HEIGHT ? main.slice(0, 1) : main;
    const bands = machines.length * BAND_HEIGHT;
    const lane = { node, top, line: top + base / 2, bottom: top + base + bands + 3, machines, isOpen };
    top = lane.bottom;
    return lane;
  });
  const laneOf: Lane[] = [];
  for (const lane of lanes) laneOf[lane.node] = lane;
  return { lanes, laneOf, faultsTop, height: top + 4 };
}
