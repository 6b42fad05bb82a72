/** What every drawing on a canvas needs: the right size, hatching, text that fits. */

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

const HATCH_EVERY = 7;

/** Costs what of it is in sight: a band may be a million times as wide as the canvas. */
export function hatch(context: CanvasRenderingContext2D, left: number, y: number, wide: number, height: number, colour: string): void {
  const x = Math.max(left, -HATCH_EVERY);
  const width = Math.min(left + wide, context.canvas.width) - x;
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.globalAlpha *= 0.45;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - height - ((x - height) % HATCH_EVERY); at < x + width; at += HATCH_EVERY) {
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
