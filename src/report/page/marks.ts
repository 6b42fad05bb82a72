/** What lies across the lanes of the timeline: faults in force, lost connections, violations, the moment at which two runs part. */
import type { Picture } from './arrows.ts';
import { fitted, hatch } from './canvas.ts';
import type { Filter } from './filter.ts';
import { FAULT_ROW, LABEL_WIDTH, PARTING_HEIGHT, RULER_HEIGHT } from './lanes.ts';
import type { Lives } from './lives.ts';
import { lowerBound, upperBound } from './search.ts';

const MAX_RESETS = 300;
const MIN_LABEL_WIDTH = 34;
const LABEL_GAP = 5;

/** Where a fault's band lies; never too narrow to be seen. */
export function faultSpan({ run, scale }: Picture, fault: number): { from: number; to: number } {
  const from = scale.x((run.meta.faults[fault]?.fault.atMs ?? 0) * 1_000);
  return { from, to: Math.max(from + 3, scale.x(run.meta.faultEndsUs[fault] ?? 0)) };
}

/** Words stand in their band, or behind it where it is too short for them. */
export function drawFaults(picture: Picture, lives: Lives): void {
  const { run, context, palette, layout, width } = picture;
  lives.faultRows.forEach((faults, row) => {
    const top = layout.faultsTop + row * FAULT_ROW;
    let freeFrom = 0;
    faults.forEach((fault, i) => {
      const span = faultSpan(picture, fault);
      if (span.to < LABEL_WIDTH || span.from > width) return;
      const isApplied = run.meta.faults[fault]?.outcome === 'applied';
      context.globalAlpha = isApplied ? 0.35 : 0.12;
      context.fillStyle = palette.warn;
      context.fillRect(span.from, top + 1, span.to - span.from, FAULT_ROW - 3);
      context.globalAlpha = isApplied ? 1 : 0.5;
      hatch(context, span.from, top + 1, span.to - span.from, FAULT_ROW - 3, palette.warn);
      context.globalAlpha = 1;
      const label = run.meta.faultWords[fault] ?? '';
      const left = Math.max(span.from, LABEL_WIDTH);
      const isInside = context.measureText(label).width + 2 * LABEL_GAP <= Math.min(span.to, width) - left;
      const next = faults[i + 1];
      const at = isInside ? left + LABEL_GAP : Math.max(span.to, LABEL_WIDTH) + LABEL_GAP;
      const room = (next === undefined ? width : faultSpan(picture, next).from) - at - LABEL_GAP;
      if (at < freeFrom || room < MIN_LABEL_WIDTH) return;
      const text = isInside ? label : fitted(context, label, room);
      if (isInside) {
        context.fillStyle = palette.ground;
        context.globalAlpha = 0.75;
        context.fillRect(at - 2, top + 2, context.measureText(text).width + 4, FAULT_ROW - 5);
        context.globalAlpha = 1;
      }
      context.fillStyle = palette.text;
      context.fillText(text, at, top + FAULT_ROW / 2);
      freeFrom = at + context.measureText(text).width + LABEL_GAP;
    });
  });
}

export function drawResets({ run, context, palette, scale, layout, fromUs, toUs }: Picture, filter: Filter): void {
  const { resets } = run.tables;
  const first = lowerBound(resets.atUs, fromUs);
  const last = upperBound(resets.atUs, toUs);
  const every = Math.max(1, Math.ceil((last - first) / MAX_RESETS));
  context.strokeStyle = palette.warn;
  context.lineWidth = 1.6;
  for (let i = first; i < last; i += every) {
    if (!filter.isEmpty && !filter.passes(`x${i}`)) continue;
    const x = scale.x(resets.atUs[i] as number);
    const y = layout.laneOf[resets.node[i] as number]?.line ?? 0;
    context.beginPath();
    context.moveTo(x + 2, y - 7);
    context.lineTo(x - 2, y - 1);
    context.lineTo(x + 2, y + 1);
    context.lineTo(x - 2, y + 7);
    context.stroke();
  }
}

/** A dashed line for each piece of evidence; its pin stands in the ruler. */
export function drawViolations({ run, context, palette, scale, layout }: Picture): void {
  context.strokeStyle = palette.bad;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  for (const { evidence } of run.meta.verdicts) {
    for (const { atUs } of evidence) {
      context.beginPath();
      context.moveTo(scale.x(atUs), RULER_HEIGHT);
      context.lineTo(scale.x(atUs), layout.height);
      context.stroke();
    }
  }
  context.setLineDash([]);
}

export function drawPins({ run, context, palette, scale }: Picture, top: number): void {
  context.fillStyle = palette.bad;
  for (const { evidence } of run.meta.verdicts) {
    for (const { atUs } of evidence) {
      const x = scale.x(atUs);
      if (x < LABEL_WIDTH) continue;
      context.beginPath();
      context.moveTo(x, top + RULER_HEIGHT + 3);
      context.lineTo(x - 5, top + RULER_HEIGHT - 6);
      context.lineTo(x + 5, top + RULER_HEIGHT - 6);
      context.fill();
    }
  }
}

const PARTING_WORDS = 'the runs part here';

/** What lies before is equal in both runs. */
export function drawParting({ context, palette, scale, layout, width }: Picture, partsAtUs: number): void {
  const x = Math.min(scale.x(partsAtUs), width);
  context.fillStyle = palette.dim;
  context.globalAlpha = 0.1;
  context.fillRect(LABEL_WIDTH, RULER_HEIGHT, Math.max(0, x - LABEL_WIDTH), layout.height);
  context.globalAlpha = 1;
  if (x < LABEL_WIDTH || x >= width) return;
  context.strokeStyle = palette.text;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, RULER_HEIGHT);
  context.lineTo(x, layout.height);
  context.stroke();
  const wide = context.measureText(PARTING_WORDS).width + 8;
  const left = x + wide < width ? x : x - wide;
  const top = layout.faultsTop - PARTING_HEIGHT;
  context.fillStyle = palette.text;
  context.fillRect(left, top, wide, 14);
  context.fillStyle = palette.ground;
  context.fillText(PARTING_WORDS, left + 4, top + 7);
}
