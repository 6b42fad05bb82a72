/**
 * Messages as arrows from lane to lane, each fate with a shape of its own: handled ones end in a head, lost ones in a
 * cross half way, stalled ones lie dashed with a square on them, copies are doubled. Where too many would be a thicket,
 * every lane shows how much it sent instead, and arrows are left to what went wrong and what is selected. Of two runs,
 * what both have is pale.
 */
import type { Filter } from './filter.ts';
import type { Layout } from './lanes.ts';
import type { Palette } from './palette.ts';
import type { Run } from './run.ts';
import { lowerBound, upperBound } from './search.ts';
import type { Scale } from './scale.ts';

/** More arrows than this say less than their number does. */
const MAX_ARROWS = 350;
/** Of what went wrong on one link, one arrow for so many pixels. */
const MARK_EVERY = 8;
/** Of a message that both of two runs have. */
const PALE = 0.25;
const LOOK_BACK_US = 1_000_000;
const STUB_US = 1_000;
const BIN = 3;

export interface Picture {
  readonly run: Run;
  readonly context: CanvasRenderingContext2D;
  readonly scale: Scale;
  readonly layout: Layout;
  readonly palette: Palette;
  readonly fromUs: number;
  readonly toUs: number;
  /** Of the canvas. */
  readonly width: number;
  /** By message: 1 where the other of two runs has it, too. Undefined where there is one run. */
  readonly shared: Uint8Array | undefined;
}

/** Messages that an arrow was drawn for, to be clicked on. */
export type Drawn = readonly number[];

export function drawMessages(picture: Picture, filter: Filter, cone: ReadonlySet<number>): { drawn: Drawn; isDense: boolean } {
  const { run, fromUs, toUs } = picture;
  const { sentAtUs, handledAtUs } = run.tables.messages;
  const first = lowerBound(sentAtUs, fromUs - LOOK_BACK_US);
  const last = upperBound(sentAtUs, toUs);
  const isInView = (i: number): boolean => {
    const endUs = handledAtUs[i] as number;
    return (sentAtUs[i] as number) <= toUs && (endUs < 0 ? (sentAtUs[i] as number) + STUB_US >= fromUs : endUs >= fromUs);
  };
  const visible: number[] = [];
  for (let i = first; i < last && visible.length <= MAX_ARROWS; i += 1) if (isInView(i) && filter.passesMessage(i)) visible.push(i);
  const isDense = visible.length > MAX_ARROWS;
  const marked = (list: readonly number[]): number[] => list.filter((i) => isInView(i) && filter.passesMessage(i));
  const special = [...marked(run.long), ...marked(run.unhandled)];
  let drawn: number[];
  if (isDense) {
    drawDensity(picture, filter, first, last);
    drawn = thinned(picture, special);
  } else drawn = [...new Set([...visible, ...marked(run.long)])];
  const alpha = cone.size > 0 ? 0.22 : isDense ? 0.75 : 0.9;
  for (const i of drawn) {
    if (cone.has(i)) continue;
    picture.context.globalAlpha = picture.shared?.[i] === 1 ? alpha * PALE : alpha;
    drawArrow(picture, i, 1);
  }
  picture.context.globalAlpha = 1;
  for (const i of cone) {
    if (!isInView(i)) continue;
    drawArrow(picture, i, 2);
    if (isDense) drawn.push(i);
  }
  return { drawn, isDense };
}

/** Where a link went wrong again and again, some of its arrows stand for all; those of different fates are kept apart. */
function thinned({ run, scale, shared }: Picture, special: readonly number[]): number[] {
  const { sentAtUs, link } = run.tables.messages;
  const seen = new Set<string>();
  return special.filter((i) => {
    const key = `${link[i] as number} ${run.isLost(i) ? 'x' : '-'}${shared?.[i] ?? 0} ${Math.floor(scale.x(sentAtUs[i] as number) / MARK_EVERY)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The ends of a message's arrow on the canvas. */
export function ends({ run, scale, layout }: Picture, i: number): { x1: number; y1: number; x2: number; y2: number } {
  const { sentAtUs, handledAtUs } = run.tables.messages;
  const y1 = layout.laneOf[run.from[i] as number]?.line ?? 0;
  const y2 = layout.laneOf[run.to[i] as number]?.line ?? 0;
  const x1 = scale.x(sentAtUs[i] as number);
  const handledUs = handledAtUs[i] as number;
  if (handledUs >= 0) return { x1, y1, x2: scale.x(handledUs), y2 };
  const stub = scale.x((sentAtUs[i] as number) + STUB_US);
  return { x1, y1, x2: Math.max(x1 + 3, Math.min(stub, x1 + 24)), y2: y1 + (y2 - y1) * 0.55 };
}

function drawArrow(picture: Picture, i: number, width: number): void {
  const { run, context, palette } = picture;
  const { x1, y1, x2, y2 } = ends(picture, i);
  const isLost = run.isLost(i);
  const isStalled = run.isStalled(i) || ((run.tables.messages.handledAtUs[i] as number) - (run.tables.messages.sentAtUs[i] as number) > LOOK_BACK_US);
  const colour = isLost ? palette.bad : isStalled ? palette.warn : (palette.classes[run.classOf[run.tables.messages.type[i] as number] as number] as string);
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = run.isAnswerType[run.tables.messages.type[i] as number] === true ? width * 0.8 : width * 1.2;
  context.setLineDash(isStalled ? [6, 3] : isLost ? [2, 2] : []);
  line(context, x1, y1, x2, y2);
  if (run.isCopy(i)) line(context, x1 + 3, y1, x2 + 3, y2);
  context.setLineDash([]);
  if (isLost) cross(context, x2, y2, 3.5);
  else head(context, x1, y1, x2, y2);
  if (isStalled) context.strokeRect((x1 + x2) / 2 - 3, (y1 + y2) / 2 - 3, 6, 6);
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

export function cross(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  line(context, x - size, y - size, x + size, y + size);
  line(context, x - size, y + size, x + size, y - size);
}

function head(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 6) return;
  const dx = (x2 - x1) / length;
  const dy = (y2 - y1) / length;
  context.beginPath();
  context.moveTo(x2, y2);
  context.lineTo(x2 - 6 * dx - 2.6 * dy, y2 - 6 * dy + 2.6 * dx);
  context.lineTo(x2 - 6 * dx + 2.6 * dy, y2 - 6 * dy - 2.6 * dx);
  context.fill();
}

function drawDensity(picture: Picture, filter: Filter, first: number, last: number): void {
  const { shared, context } = picture;
  const passes = (i: number): boolean => filter.passesMessage(i);
  context.globalAlpha = shared === undefined ? 0.8 : PALE;
  const most = drawBars(picture, passes, first, last, 1);
  if (shared !== undefined) {
    context.globalAlpha = 0.85;
    drawBars(picture, (i) => shared[i] === 0 && passes(i), first, last, most);
  }
  context.globalAlpha = 1;
}

/**
 * By lane and few pixels: how many messages it sent, as a bar in the colours of their kinds; stalled ones over it. As high
 * as its lane is a bar of `atLeast` messages, or of the most that there are; which of them is returned.
 */
function drawBars({ run, context, scale, layout, palette }: Picture, passes: (i: number) => boolean, first: number, last: number, atLeast: number): number {
  const bins = Math.ceil(scale.width / BIN);
  const kinds = palette.classes.length;
  const counts = layout.laneOf.map(() => new Float32Array(bins * kinds));
  const totals = layout.laneOf.map(() => new Float32Array(bins));
  const stalls = layout.laneOf.map(() => new Float32Array(bins));
  const { sentAtUs, type } = run.tables.messages;
  let most = atLeast;
  for (let i = first; i < last; i += 1) {
    const bin = Math.floor((scale.x(sentAtUs[i] as number) - scale.left) / BIN);
    if (bin < 0 || bin >= bins || !passes(i)) continue;
    const node = run.from[i] as number;
    const at = bin * kinds + (run.classOf[type[i] as number] as number);
    const lane = counts[node] as Float32Array;
    lane[at] = (lane[at] as number) + 1;
    const total = totals[node] as Float32Array;
    total[bin] = (total[bin] as number) + 1;
    if ((total[bin] as number) > most) most = total[bin] as number;
    if (run.isStalled(i)) (stalls[node] as Float32Array)[bin] = ((stalls[node] as Float32Array)[bin] as number) + 1;
  }
  for (const lane of layout.lanes) {
    const room = 2 * (lane.line - lane.top) - 2;
    const total = totals[lane.node] as Float32Array;
    const own = counts[lane.node] as Float32Array;
    /** Where the next kind begins, by bin. */
    const tops = total.map((value) => lane.line - barHeight(room, value, most) / 2);
    for (let kind = 0; kind < kinds; kind += 1) {
      context.fillStyle = palette.classes[kind] as string;
      context.beginPath();
      for (let bin = 0; bin < bins; bin += 1) {
        const value = own[bin * kinds + kind] as number;
        if (value === 0) continue;
        const height = barHeight(room, total[bin] as number, most) * (value / (total[bin] as number));
        context.rect(scale.left + bin * BIN, tops[bin] as number, BIN, height);
        tops[bin] = (tops[bin] as number) + height;
      }
      context.fill();
    }
    context.fillStyle = palette.warn;
    context.beginPath();
    (stalls[lane.node] as Float32Array).forEach((value, bin) => {
      const height = barHeight(room, value, most);
      if (value > 0) context.rect(scale.left + bin * BIN, lane.line - height / 2, BIN, height);
    });
    context.fill();
  }
  return most;
}

/** Roots, so that few beside many are seen. */
function barHeight(room: number, value: number, most: number): number {
  return value === 0 ? 0 : Math.max(1.5, room * Math.sqrt(value / most));
}
