/**
 * The timeline: lanes, bands and arrows on one canvas, and above it a second one for the scrubber and the selection,
 * so that moving these redraws nothing else.
 */
import { cross, drawMessages, ends, type Drawn, type Picture } from './arrows.ts';
import { describe, kindOf, numberOf } from './events.ts';
import type { Filter } from './filter.ts';
import { formatTick, formatTime, tickStep } from './format.ts';
import { BAND_HEIGHT, FAULT_ROW, LABEL_WIDTH, RULER_HEIGHT, layOut, type Lane, type Layout } from './lanes.ts';
import type { Lives } from './lives.ts';
import { readPalette, tintOf, type Palette } from './palette.ts';
import type { Run } from './run.ts';
import { Scale } from './scale.ts';
import { lowerBound, upperBound } from './search.ts';
import type { View } from './store.ts';

const MAX_RESETS = 300;
const MIN_LABEL_WIDTH = 34;

export class Timeline {
  readonly base: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  layout: Layout;
  scale: Scale;
  drawn: Drawn = [];
  isDense = false;
  private readonly run: Run;
  private readonly lives: Lives;
  private palette: Palette = readPalette();
  private width = 800;

  constructor(run: Run, lives: Lives, base: HTMLCanvasElement, overlay: HTMLCanvasElement, view: View) {
    this.run = run;
    this.lives = lives;
    this.base = base;
    this.overlay = overlay;
    this.layout = layOut(run, lives, view.open);
    this.scale = new Scale(run, view, LABEL_WIDTH, this.width - LABEL_WIDTH);
  }

  /** After a change of theme. */
  repaint(): void {
    this.palette = readPalette();
  }

  draw(view: View, filter: Filter, cone: ReadonlySet<number>, width: number): void {
    this.width = width;
    this.layout = layOut(this.run, this.lives, view.open);
    this.scale = new Scale(this.run, view, LABEL_WIDTH, width - LABEL_WIDTH - 8);
    const context = prepared(this.base, width, this.layout.height);
    prepared(this.overlay, width, this.layout.height);
    const picture: Picture = { run: this.run, context, scale: this.scale, layout: this.layout, palette: this.palette, fromUs: view.fromUs, toUs: view.toUs };
    context.font = this.palette.font;
    context.textBaseline = 'middle';
    this.drawGround(picture);
    context.save();
    context.beginPath();
    context.rect(LABEL_WIDTH, 0, width - LABEL_WIDTH, this.layout.height);
    context.clip();
    this.drawRuler(picture, view);
    this.drawFaults(picture);
    for (const lane of this.layout.lanes) this.drawLane(picture, lane);
    const { drawn, isDense } = drawMessages(picture, filter, cone);
    this.drawn = drawn;
    this.isDense = isDense;
    this.drawResets(picture, filter);
    this.drawViolations(picture);
    context.restore();
    this.drawLabels(picture);
  }

  drawOverlay(view: View): void {
    const context = prepared(this.overlay, this.width, this.layout.height);
    const x = this.scale.x(view.timeUs);
    const { palette } = this;
    context.font = palette.font;
    if (x >= LABEL_WIDTH - 1 && x <= this.width) {
      context.strokeStyle = palette.accent;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, RULER_HEIGHT - 4);
      context.lineTo(x, this.layout.height);
      context.stroke();
      const text = formatTime(view.timeUs);
      const wide = context.measureText(text).width + 10;
      const left = Math.min(Math.max(LABEL_WIDTH, x - wide / 2), this.width - wide);
      context.fillStyle = palette.accent;
      context.fillRect(left, 1, wide, 16);
      context.fillStyle = palette.ground;
      context.fillText(text, left + 5, 13);
    }
    this.drawSelection(context, view);
  }

  /** The message whose arrow is nearest to a point, -1 when none is near. */
  messageAt(x: number, y: number, view: View): number {
    const picture: Picture = { run: this.run, context: this.base.getContext('2d') as CanvasRenderingContext2D, scale: this.scale, layout: this.layout, palette: this.palette, fromUs: view.fromUs, toUs: view.toUs };
    let best = -1;
    let bestDistance = 7;
    for (const i of this.drawn) {
      const { x1, y1, x2, y2 } = ends(picture, i);
      const distance = distanceTo(x, y, x1, y1, x2, y2);
      if (distance < bestDistance) {
        best = i;
        bestDistance = distance;
      }
    }
    return best;
  }

  laneAt(y: number): Lane | undefined {
    return this.layout.lanes.find((lane) => y >= lane.top && y < lane.bottom);
  }

  /** The machine whose band lies at a point of its lane. */
  machineAt(lane: Lane, y: number): number | undefined {
    const band = Math.floor((y - this.bandsTop(lane)) / BAND_HEIGHT);
    return lane.machines[band];
  }

  faultAt(x: number, y: number): number | undefined {
    const row = this.lives.faultRows[Math.floor((y - this.layout.faultsTop) / FAULT_ROW)];
    return row?.find((fault) => {
      const { from, to } = this.faultSpan(fault);
      return x >= from - 3 && x <= to + 3;
    });
  }

  private bandsTop(lane: Lane): number {
    return lane.bottom - 3 - lane.machines.length * BAND_HEIGHT;
  }

  private faultSpan(fault: number): { from: number; to: number } {
    const from = this.scale.x((this.run.meta.faults[fault]?.fault.atMs ?? 0) * 1_000);
    return { from, to: Math.max(from + 3, this.scale.x(this.run.meta.faultEndsUs[fault] ?? 0)) };
  }

  private drawGround({ context, palette, layout }: Picture): void {
    context.fillStyle = palette.ground;
    context.fillRect(0, 0, this.width, layout.height);
    layout.lanes.forEach((lane, i) => {
      if (i % 2 === 1) return;
      context.fillStyle = palette.panel;
      context.fillRect(0, lane.top, this.width, lane.bottom - lane.top);
    });
  }

  private drawRuler({ context, palette, layout, scale }: Picture, view: View): void {
    context.fillStyle = palette.dim;
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    const room = Math.max(2, Math.floor(scale.width / 110));
    const stepUs = tickStep(view.toUs - view.fromUs, room);
    const ticks: number[] = [];
    if (view.axis === 'time') for (let us = Math.ceil(view.fromUs / stepUs) * stepUs; us <= view.toUs; us += stepUs) ticks.push(us);
    else for (let i = 0; i <= room; i += 1) ticks.push(scale.time(LABEL_WIDTH + (i * scale.width) / room));
    for (const us of ticks) {
      const x = Math.round(scale.x(us)) + 0.5;
      context.beginPath();
      context.moveTo(x, RULER_HEIGHT - 5);
      context.lineTo(x, layout.height);
      context.stroke();
      context.fillText(view.axis === 'time' ? formatTick(us, stepUs) : formatTime(us).slice(3), x + 3, 10);
    }
  }

  private drawFaults({ context, palette }: Picture): void {
    this.lives.faultRows.forEach((faults, row) => {
      const top = this.layout.faultsTop + row * FAULT_ROW;
      let freeFrom = 0;
      for (const fault of faults) {
        const { from, to } = this.faultSpan(fault);
        if (to < LABEL_WIDTH || from > this.width) continue;
        const isApplied = this.run.meta.faults[fault]?.outcome === 'applied';
        context.globalAlpha = isApplied ? 0.35 : 0.12;
        context.fillStyle = palette.warn;
        context.fillRect(from, top + 1, to - from, FAULT_ROW - 3);
        context.globalAlpha = isApplied ? 1 : 0.5;
        hatch(context, from, top + 1, to - from, FAULT_ROW - 3, palette.warn);
        context.globalAlpha = 1;
        const label = this.run.meta.faultWords[fault] ?? '';
        const next = faults[faults.indexOf(fault) + 1];
        const room = (next === undefined ? this.width : this.faultSpan(next).from) - Math.max(from, LABEL_WIDTH) - 6;
        if (from < freeFrom || room < MIN_LABEL_WIDTH) continue;
        const text = fitted(context, label, room);
        context.fillStyle = palette.ground;
        context.globalAlpha = 0.75;
        context.fillRect(Math.max(from, LABEL_WIDTH) + 2, top + 2, context.measureText(text).width + 4, FAULT_ROW - 5);
        context.globalAlpha = 1;
        context.fillStyle = palette.text;
        context.fillText(text, Math.max(from, LABEL_WIDTH) + 4, top + FAULT_ROW / 2);
        freeFrom = Math.max(from, LABEL_WIDTH) + 8 + context.measureText(text).width;
      }
    });
  }

  private drawLane({ context, palette, scale }: Picture, lane: Lane): void {
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(LABEL_WIDTH, lane.line);
    context.lineTo(this.width, lane.line);
    context.stroke();
    lane.machines.forEach((machine, i) => {
      const top = this.bandsTop(lane) + i * BAND_HEIGHT;
      for (const band of this.lives.states[machine] ?? []) {
        const from = Math.max(scale.x(band.fromUs), LABEL_WIDTH);
        const to = Math.min(scale.x(band.toUs), this.width);
        if (to <= LABEL_WIDTH || from >= this.width || to < from) continue;
        context.globalAlpha = 0.38;
        context.fillStyle = tintOf(band.label, palette);
        context.fillRect(from, top, Math.max(1, to - from), BAND_HEIGHT - 1);
        context.globalAlpha = 1;
        if (to - from < MIN_LABEL_WIDTH) continue;
        context.fillStyle = palette.text;
        context.font = '9px ui-sans-serif, system-ui, sans-serif';
        const name = lane.machines.length > 1 || lane.isOpen ? `${this.run.meta.machines[machine]?.name ?? ''}: ` : '';
        context.fillText(fitted(context, `${name}${band.label}`, to - from - 6), from + 3, top + BAND_HEIGHT / 2);
        context.font = palette.font;
      }
    });
    for (const band of this.lives.down[lane.node] ?? []) {
      const from = Math.max(scale.x(band.fromUs), LABEL_WIDTH);
      const to = Math.min(scale.x(band.toUs), this.width);
      if (to <= LABEL_WIDTH || from >= this.width) continue;
      context.fillStyle = palette.down;
      context.globalAlpha = 0.5;
      context.fillRect(from, lane.top, Math.max(2, to - from), lane.bottom - lane.top);
      context.globalAlpha = 1;
      hatch(context, from, lane.top, Math.max(2, to - from), lane.bottom - lane.top, palette.bad);
      if (to - from > 60) {
        const text = fitted(context, `down (${band.label})`, to - from - 12);
        const wide = context.measureText(text).width;
        context.fillStyle = palette.ground;
        context.fillRect(from + 4, lane.line - 7, wide + 8, 14);
        context.fillStyle = palette.bad;
        context.fillText(text, from + 8, lane.line);
      }
    }
  }

  private drawResets({ context, palette, scale, fromUs, toUs }: Picture, filter: Filter): void {
    const { resets } = this.run.tables;
    const first = lowerBound(resets.atUs, fromUs);
    const last = upperBound(resets.atUs, toUs);
    const every = Math.max(1, Math.ceil((last - first) / MAX_RESETS));
    context.strokeStyle = palette.warn;
    context.lineWidth = 1.6;
    for (let i = first; i < last; i += every) {
      if (!filter.isEmpty && !filter.passes(`x${i}`)) continue;
      const x = scale.x(resets.atUs[i] as number);
      const y = this.layout.laneOf[resets.node[i] as number]?.line ?? 0;
      context.beginPath();
      context.moveTo(x + 2, y - 7);
      context.lineTo(x - 2, y - 1);
      context.lineTo(x + 2, y + 1);
      context.lineTo(x - 2, y + 7);
      context.stroke();
    }
  }

  private drawViolations({ context, palette, scale }: Picture): void {
    for (const { evidence } of this.run.meta.verdicts) {
      for (const { atUs } of evidence) {
        const x = scale.x(atUs);
        context.strokeStyle = palette.bad;
        context.fillStyle = palette.bad;
        context.lineWidth = 1;
        context.setLineDash([3, 3]);
        context.beginPath();
        context.moveTo(x, RULER_HEIGHT);
        context.lineTo(x, this.layout.height);
        context.stroke();
        context.setLineDash([]);
        context.beginPath();
        context.moveTo(x, RULER_HEIGHT + 3);
        context.lineTo(x - 5, RULER_HEIGHT - 6);
        context.lineTo(x + 5, RULER_HEIGHT - 6);
        context.fill();
      }
    }
  }

  private drawLabels({ context, palette }: Picture): void {
    context.fillStyle = palette.dim;
    context.fillText('faults', 10, this.layout.faultsTop + FAULT_ROW / 2);
    for (const lane of this.layout.lanes) {
      context.fillStyle = palette.dim;
      context.fillText(lane.isOpen ? '▾' : '▸', 6, lane.line);
      context.fillStyle = palette.text;
      context.fillText(fitted(context, this.run.nodeName(lane.node), LABEL_WIDTH - 28), 20, lane.line);
    }
  }

  private drawSelection(context: CanvasRenderingContext2D, view: View): void {
    const kind = kindOf(view.selected);
    const event = describe(this.run, view.selected);
    if (kind === undefined || event === undefined) return;
    const { palette } = this;
    context.strokeStyle = palette.accent;
    context.lineWidth = 2;
    if (kind === 'm') {
      const i = numberOf(view.selected);
      const { x1, y1, x2, y2 } = ends({ run: this.run, context, scale: this.scale, layout: this.layout, palette, fromUs: view.fromUs, toUs: view.toUs }, i);
      context.save();
      context.beginPath();
      context.rect(LABEL_WIDTH, 0, this.width, this.layout.height);
      context.clip();
      context.lineWidth = 3;
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
      if (this.run.isLost(i)) cross(context, x2, y2, 5);
      context.restore();
      return;
    }
    const lane = kind === 'v' ? undefined : this.layout.laneOf[event.node];
    const x = this.scale.x(event.atUs);
    if (lane === undefined || x < LABEL_WIDTH) return;
    context.beginPath();
    context.arc(x, lane.line, 6, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** A canvas of that size in CSS pixels, cleared, sharp on every screen. */
export function prepared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = devicePixelRatio;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export function hatch(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.globalAlpha *= 0.45;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - height - ((x - height) % 7); at < x + width; at += 7) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

export function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let kept = Math.max(1, Math.floor((text.length * width) / context.measureText(text).width) - 1);
  while (kept > 1 && context.measureText(`${text.slice(0, kept)}…`).width > width) kept -= 1;
  return `${text.slice(0, kept)}…`;
}

function distanceTo(x: number, y: number, x1: number, y1: number, x2: number, y2: number): number {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const along = dx === 0 && dy === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}
