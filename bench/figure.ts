/**
 * A figure: one number of the benchmark with its unit, how sure it is, and what it should be. A target that is missed
 * is a finding for a person to read, never a failure of the command: machines are noisy.
 */
import type { Estimate } from './measure.ts';

export interface Target {
  readonly comparison: 'atMost' | 'atLeast';
  readonly value: number;
}

export interface Figure {
  /** The group it belongs to: `kernel/queue`. */
  readonly name: string;
  /** What was measured: `pop + push, 10 000 pending`. */
  readonly measure: string;
  readonly value: number;
  /** `ns`, `x`, `/s`, `messages`. */
  readonly unit: string;
  /** Half the distance between the quartiles as a share of the value; null for what does not vary. */
  readonly spread: number | null;
  readonly target: Target | null;
  readonly met: boolean | null;
}

/** A group of figures that are measured side by side; runs in a process of its own. */
export interface FigureGroup {
  readonly name: string;
  readonly measure: () => readonly Figure[] | Promise<readonly Figure[]>;
}

export function atMost(value: number): Target {
  return { comparison: 'atMost', value };
}

export function atLeast(value: number): Target {
  return { comparison: 'atLeast', value };
}

/** @param estimate a plain number is exact */
export function figure(name: string, measure: string, estimate: Estimate | number, unit: string, target: Target | null = null): Figure {
  const { value, spread } = typeof estimate === 'number' ? { value: estimate, spread: null } : estimate;
  const met = target === null ? null : target.comparison === 'atMost' ? value <= target.value : value >= target.value;
  return { name, measure, value, unit, spread, target, met };
}
