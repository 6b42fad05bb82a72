/**
 * The timeline: lanes, bands and arrows on one canvas, and above it a second one for the scrubber and the selection,
 * so that moving these redraws nothing else.
 */
import { cross, drawMessages, ends, type Drawn, type Picture } from './arrows.ts';
import { fitted, hatch, prepared } from './canvas.ts';
import { describe, kindOf, numberOf } from './events.ts';
import type { Filter } from './filter.ts';
import { formatTick, formatTime, tickStep } from './format.ts';
import { BAND_HEIGHT, FAULT_ROW, LABEL_WIDTH, RIGHT_MARGIN, RULER_HEIGHT, layOut, type Lane, type Layout } from './lanes.ts';
import type { Lives } from './lives.ts';
import { drawFaults, drawParting, drawPins, drawResets, drawViolations, faultSpan } from './marks.ts';
import { readPalette, tintOf, type Palette } from './palette.ts';
import type { Run } from './run.ts';
import { Scale } from './scale.ts';
import type { View } from './store.ts';

const MIN_LABEL_WIDTH = 34;

/** Of a timeline beside another one. */
export interface Twin {
  /** Every moment at which something happened in either run, rising: both have one axis. */
  readonly steps: () => Float64Array;
  /** By message: 1 where the other run has it, too. */
  readonly shared: Uint8Array;
  /** When the runs part; Infinity when they do not. */
  readonly partsAtUs: number;
}

export class Timeline {
  readonly base: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  layout: Layout;
  scale: Scale;
  drawn: Drawn = [];
  isDense = false;
  /** How far the lanes are scrolled: the ruler stays in sight. */
  scrolled = 0;
  private readonly run: Run;
  private readonly lives: Lives;
  private readonly twin: Twin | undefined;
  private palette: Palette = readPalette();
  private width = 800;

  constructor(run: Run, lives: Lives, base: HTMLCanvasElement, overlay: HTMLCanvasElement, view: View, twin?: Twin) {
    this.run = run;
    this.lives = lives;
    this.base = base;
    this.overlay = overlay;
    this.twin = twin;
    this.layout = layOut(run, lives, view.open, twin !== undefined);
    this.scale = this.scaleOf(view);
  }

  /** After a change of theme. */
  repaint(): void {
    this.palette = readPalette();
  }

  draw(view: View, filter: Filter, cone: ReadonlySet<number>, width: number): void {
    this.width = width;
    this.layout = layOut(this.run, this.lives, view.open, this.twin !== undefined);
    this.scale = this.scaleOf(view);
    const context = prepared(this.base, width, this.layout.height);
    prepared(this.overlay, width, this.layout.height);
    const picture = this.picture(context, view);
    context.font = this.palette.font;
    context.textBaseline = 'middle';
    this.drawGround(picture);
    context.save();
    context.beginPath();
    context.rect(LABEL_WIDTH, 0, width - LABEL_WIDTH, this.layout.height);
    context.clip();
    for (const us of this.ticks(view)) {
      const x = Math.round(this.scale.x(us)) + 0.5;
      context.strokeStyle = this.palette.line;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, RULER_HEIGHT);
      context.lineTo(x, this.layout.height);
      context.stroke();
    }
    drawFaults(picture, this.lives);
    for (const lane of this.layout.lanes) this.drawLane(picture, lane);
    const { drawn, isDense } = drawMessages(picture, filter, cone);
    this.drawn = drawn;
    this.isDense = isDense;
    drawResets(picture, filter);
    drawViolations(picture);
    if (this.twin !== undefined) drawParting(picture, this.twin.partsAtUs);
    context.restore();
    this.drawLabels(picture);
  }

  drawOverlay(view: View): void {
    const context = prepared(this.overlay, this.width, this.layout.height);
    const x = this.scale.x(view.timeUs);
    const { palette, scrolled } = this;
    context.font = palette.font;
    this.drawRuler(context, view);
    drawPins(this.picture(context, view), scrolled);
    if (x >= LABEL_WIDTH - 1 && x <= this.width) {
      context.strokeStyle = palette.accent;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, scrolled + RULER_HEIGHT - 4);
      context.lineTo(x, this.layout.height);
      context.stroke();
      const text = formatTime(view.timeUs);
      const wide = context.measureText(text).width + 10;
      const left = Math.min(Math.max(LABEL_WIDTH, x - wide / 2), this.width - wide);
      context.fillStyle = palette.accent;
      context.fillRect(left, scrolled + 1, wide, 16);
      context.fillStyle = palette.ground;
      context.fillText(text, left + 5, scrolled + 9);
    }
    this.drawSelection(context, view);
  }

  /** The message whose arrow is nearest to a point, -1 when none is near. */
  messageAt(x: number, y: number, view: View): number {
    const picture = this.picture(this.base.getContext('2d') as CanvasRenderingContext2D, view);
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

  faultAt(x: number, y: number, view: View): number | undefined {
    const row = this.lives.faultRows[Math.floor((y - this.layout.faultsTop) / FAULT_ROW)];
    return row?.find((fault) => {
      const { from, to } = faultSpan(this.picture(this.base.getContext('2d') as CanvasRenderingContext2D, view), fault);
      return x >= from - 3 && x <= to + 3;
    });
  }

  private bandsTop(lane: Lane): number {
    return lane.bottom - 3 - lane.machines.length * BAND_HEIGHT;
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

  private picture(context: CanvasRenderingContext2D, { fromUs, toUs }: View): Picture {
    return { run: this.run, context, scale: this.scale, layout: this.layout, palette: this.palette, fromUs, toUs, width: this.width, shared: this.twin?.shared };
  }

  private scaleOf(view: View): Scale {
    return new Scale(this.twin?.steps ?? (() => this.run.steps()), view, LABEL_WIDTH, this.width - LABEL_WIDTH - RIGHT_MARGIN);
  }

  private ticks({ axis, fromUs, toUs }: View): number[] {
    const room = this.ruledParts();
    if (axis === 'steps') return Array.from({ length: room + 1 }, (_, i) => this.scale.time(LABEL_WIDTH + (i * this.scale.width) / room));
    const stepUs = tickStep(toUs - fromUs, room);
    const ticks: number[] = [];
    for (let us = Math.ceil(fromUs / stepUs) * stepUs; us <= toUs; us += stepUs) ticks.push(us);
    return ticks;
  }

  private ruledParts(): number {
    return Math.max(2, Math.floor(this.scale.width / 110));
  }

  /** At the upper edge of what is in sight. */
  private drawRuler(context: CanvasRenderingContext2D, view: View): void {
    const { palette, scrolled } = this;
    context.fillStyle = palette.ground;
    context.fillRect(0, scrolled, this.width, RULER_HEIGHT - 2);
    context.fillStyle = palette.dim;
    context.textBaseline = 'middle';
    const stepUs = tickStep(view.toUs - view.fromUs, this.ruledParts());
    for (const us of this.ticks(view)) {
      const x = this.scale.x(us);
      const text = view.axis === 'time' ? formatTick(us, stepUs) : formatTime(us);
      context.fillRect(Math.round(x), scrolled + RULER_HEIGHT - 6, 1, 4);
      if (x + 3 + context.measureText(text).width <= this.width) context.fillText(text, x + 3, scrolled + 10);
    }
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
      const { x1, y1, x2, y2 } = ends(this.picture(context, view), i);
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

function distanceTo(x: number, y: number, x1: number, y1: number, x2: number, y2: number): number {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const along = dx === 0 && dy === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}
