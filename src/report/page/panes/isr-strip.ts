/** Who led and who was in sync over the whole run, one row per replica, by the controller's word. */
import { LABEL_WIDTH } from '../lanes.ts';
import type { Page } from '../page.ts';
import { readPalette } from '../palette.ts';
import type { View } from '../store.ts';
import { hatch, prepared } from '../canvas.ts';

const ROW = 16;

export function drawIsr({ run, lives }: Page, canvas: HTMLCanvasElement, view: View): void {
  const partition = Math.min(view.partition, run.meta.partitions.length - 1);
  const replicas = run.replicas.of(partition);
  const rows = run.replicas.registrationRows(partition);
  const width = canvas.parentElement?.clientWidth ?? 600;
  const palette = readPalette();
  const context = prepared(canvas, width, replicas.length * ROW + 14);
  context.font = palette.font;
  context.textBaseline = 'middle';
  const x = (us: number): number => LABEL_WIDTH + (us / run.endUs) * (width - LABEL_WIDTH - 6);
  const { atUs } = run.tables.registrations;
  replicas.forEach(({ node }, row) => {
    const top = row * ROW;
    context.fillStyle = palette.text;
    context.fillText(run.nodeName(node), 4, top + ROW / 2);
    rows.forEach((registration, i) => {
      const { leader, isr } = run.replicas.registration(registration);
      const from = x(atUs[registration] as number);
      const next = rows[i + 1];
      const to = next === undefined ? x(run.endUs) : x(atUs[next] as number);
      if (isr.includes(node)) {
        context.fillStyle = leader === node ? palette.accent : (palette.classes[1] as string);
        context.globalAlpha = leader === node ? 0.95 : 0.5;
        context.fillRect(from, top + (leader === node ? 2 : 5), Math.max(1, to - from), leader === node ? ROW - 4 : ROW - 10);
        context.globalAlpha = 1;
      }
    });
    for (const band of lives.down[node] ?? []) hatch(context, x(band.fromUs), top + 1, Math.max(2, x(band.toUs) - x(band.fromUs)), ROW - 2, palette.bad);
  });
  context.fillStyle = palette.accent;
  context.fillRect(x(view.timeUs) - 0.5, 0, 1.5, replicas.length * ROW);
  context.fillStyle = palette.dim;
  context.fillText('thick: leads · thin: in the ISR · hatched: down', LABEL_WIDTH, replicas.length * ROW + 7);
}
