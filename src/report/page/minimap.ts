/**
 * The whole run in one strip: how busy it was, when something was in force, where it was violated, which part of it is
 * in view, and where the scrubber stands.
 */
import type { Palette } from './palette.ts';
import { readPalette } from './palette.ts';
import type { Run } from './run.ts';
import type { View } from './store.ts';
import { hatch, prepared } from './timeline.ts';

const HEIGHT = 40;
const BINS = 400;

export class Minimap {
  readonly canvas: HTMLCanvasElement;
  private readonly run: Run;
  private readonly bins = new Float64Array(BINS);
  private most = 1;
  private width = 800;
  private palette: Palette = readPalette();

  constructor(run: Run, canvas: HTMLCanvasElement) {
    this.run = run;
    this.canvas = canvas;
    const { sentAtUs, rows } = run.tables.messages;
    for (let i = 0; i < rows; i += 1) {
      const bin = Math.min(BINS - 1, Math.floor((BINS * (sentAtUs[i] as number)) / run.endUs));
      this.bins[bin] = (this.bins[bin] as number) + 1;
      if ((this.bins[bin] as number) > this.most) this.most = this.bins[bin] as number;
    }
  }

  repaint(): void {
    this.palette = readPalette();
  }

  timeAt(x: number): number {
    return Math.max(0, Math.min(this.run.endUs, (x / this.width) * this.run.endUs));
  }

  draw(view: View, width: number): void {
    this.width = width;
    const { palette, run } = this;
    const context = prepared(this.canvas, width, HEIGHT);
    context.fillStyle = palette.panel;
    context.fillRect(0, 0, width, HEIGHT);
    const x = (us: number): number => (us / run.endUs) * width;
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
      context.fillRect((bin * width) / BINS, HEIGHT - height, width / BINS, height);
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
    context.fillRect(0, 0, x(view.fromUs), HEIGHT);
    context.fillRect(x(view.toUs), 0, width - x(view.toUs), HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = palette.accent;
    context.lineWidth = 1;
    context.strokeRect(x(view.fromUs) + 0.5, 0.5, Math.max(3, x(view.toUs) - x(view.fromUs)) - 1, HEIGHT - 1);
    context.fillStyle = palette.accent;
    context.fillRect(x(view.timeUs) - 1, 0, 2, HEIGHT);
  }
}
