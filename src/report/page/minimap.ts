/**
 * The whole run in one strip: how busy it was, when something was in force, where it was violated, which part of it is
 * in view, and where the scrubber stands.
 */
import { LABEL_WIDTH, RIGHT_MARGIN } from './lanes.ts';
import type { Page } from './page.ts';
import type { Palette } from './palette.ts';
import { readPalette } from './palette.ts';
import type { Run } from './run.ts';
import type { View } from './store.ts';
import { hatch, prepared } from './canvas.ts';

const HEIGHT = 40;
const BINS = 400;

export class Minimap {
  readonly canvas: HTMLCanvasElement;
  private readonly run: Run;
  private readonly endUs: number;
  private readonly partsAtUs: number;
  private readonly bins = new Float64Array(BINS);
  private most = 1;
  private width = 800;
  private palette: Palette = readPalette();

  /** @param partsAtUs of two runs, Infinity else */
  constructor({ run, endUs }: Page, canvas: HTMLCanvasElement, partsAtUs: number) {
    this.run = run;
    this.endUs = endUs;
    this.partsAtUs = partsAtUs;
    this.canvas = canvas;
    const { sentAtUs, rows } = run.tables.messages;
    for (let i = 0; i < rows; i += 1) {
      const bin = Math.min(BINS - 1, Math.floor((BINS * (sentAtUs[i] as number)) / endUs));
      this.bins[bin] = (this.bins[bin] as number) + 1;
      if ((this.bins[bin] as number) > this.most) this.most = this.bins[bin] as number;
    }
  }

  repaint(): void {
    this.palette = readPalette();
  }

  timeAt(x: number): number {
    return Math.max(0, Math.min(this.endUs, ((x - LABEL_WIDTH) / this.room()) * this.endUs));
  }

  /** As wide as the lanes of the timeline, and right above them. */
  private room(): number {
    return Math.max(1, this.width - LABEL_WIDTH - RIGHT_MARGIN);
  }

  draw(view: View, width: number): void {
    this.width = width;
    const { palette, run, partsAtUs } = this;
    const room = this.room();
    const context = prepared(this.canvas, width, HEIGHT);
    context.fillStyle = palette.panel;
    context.fillRect(0, 0, width, HEIGHT);
    const x = (us: number): number => LABEL_WIDTH + (us / this.endUs) * room;
    context.font = palette.font;
    context.textBaseline = 'middle';
    context.fillStyle = palette.dim;
    context.fillText('whole run', 10, HEIGHT / 2);
    run.meta.faults.forEach(({ fault, outcome }, i) => {
      if (outcome !== 'applied') return;
      const from = x(fault.atMs * 1_000);
      const to = Math.max(from + 2, x(run.meta.faultEndsUs[i] ?? 0));
      context.fillStyle = palette.warn;
      context.globalAlpha = 0.18;
      context.fillRect(from, 0, to - from, HEIGHT);
      hatch(context, from, 0, to - from, HEIGHT, palette.warn);
      context.globalAlpha = 1;
    });
    context.fillStyle = palette.classes[1] as string;
    for (let bin = 0; bin < BINS; bin += 1) {
      const height = (HEIGHT - 8) * Math.sqrt((this.bins[bin] as number) / this.most);
      context.fillRect(LABEL_WIDTH + (bin * room) / BINS, HEIGHT - height, room / BINS, height);
    }
    context.fillStyle = palette.bad;
    for (const { evidence } of run.meta.verdicts) {
      for (const { atUs } of evidence) {
        context.beginPath();
        context.moveTo(x(atUs), 9);
        context.lineTo(x(atUs) - 5, 0);
        context.lineTo(x(atUs) + 5, 0);
        context.fill();
        context.fillRect(x(atUs) - 0.5, 0, 1, HEIGHT);
      }
    }
    context.fillStyle = palette.ground;
    context.globalAlpha = 0.6;
    context.fillRect(LABEL_WIDTH, 0, x(view.fromUs) - LABEL_WIDTH, HEIGHT);
    context.fillRect(x(view.toUs), 0, x(this.endUs) - x(view.toUs), HEIGHT);
    context.globalAlpha = 1;
    if (partsAtUs !== Infinity) {
      context.fillStyle = palette.text;
      context.fillRect(x(partsAtUs) - 1, 0, 2, HEIGHT);
    }
    context.strokeStyle = palette.accent;
    context.lineWidth = 1;
    context.strokeRect(x(view.fromUs) + 0.5, 0.5, Math.max(3, x(view.toUs) - x(view.fromUs)) - 1, HEIGHT - 1);
    context.fillStyle = palette.accent;
    context.fillRect(x(view.timeUs) - 1, 0, 2, HEIGHT);
  }
}
