/**
 * From time to pixels and back. The axis of steps gives every moment at which something happened the same room: rare
 * events are seen beside busy ones, and silence takes none.
 */
import { upperBound } from './search.ts';
import type { View } from './store.ts';

export class Scale {
  readonly width: number;
  readonly left: number;
  private readonly steps: Float64Array | undefined;
  private readonly from: number;
  private readonly perPixel: number;

  /** @param steps every moment that counts as one, rising */
  constructor(steps: () => Float64Array, { fromUs, toUs, axis }: Pick<View, 'fromUs' | 'toUs' | 'axis'>, left: number, width: number) {
    this.steps = axis === 'steps' ? steps() : undefined;
    this.left = left;
    this.width = Math.max(1, width);
    this.from = this.position(fromUs);
    this.perPixel = Math.max(1e-6, this.position(toUs) - this.from) / this.width;
  }

  x(timeUs: number): number {
    return this.left + (this.position(timeUs) - this.from) / this.perPixel;
  }

  time(x: number): number {
    const position = this.from + (x - this.left) * this.perPixel;
    const { steps } = this;
    if (steps === undefined) return position;
    const whole = Math.max(0, Math.min(steps.length - 2, Math.floor(position)));
    const at = steps[whole] as number;
    return at + (position - whole) * ((steps[whole + 1] as number) - at);
  }

  private position(timeUs: number): number {
    const { steps } = this;
    if (steps === undefined) return timeUs;
    const above = upperBound(steps, timeUs);
    if (above === 0) return 0;
    if (above === steps.length) return steps.length - 1;
    const before = steps[above - 1] as number;
    return above - 1 + (timeUs - before) / ((steps[above] as number) - before);
  }
}
