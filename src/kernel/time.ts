/**
 * Virtual time. The world's clock counts integer microseconds from 0; Kafka's own clocks count milliseconds. Names
 * carry the unit (`atUs`, `delayMs`); these are the only conversions.
 */

export const US_PER_MS = 1_000;
export const MS_PER_S = 1_000;
export const US_PER_S = 1_000_000;
/** Later than anything: a deadline that is not armed. */
export const NEVER_US = Number.MAX_SAFE_INTEGER;

export function usOfMs(ms: number): number {
  return Math.round(ms * US_PER_MS);
}

/** Whole milliseconds at `us`, rounded down as a millisecond clock does. */
export function msOfUs(us: number): number {
  return Math.floor(us / US_PER_MS);
}

/** `01:02:03.456789` */
export function formatUs(us: number): string {
  const seconds = Math.floor(us / US_PER_S);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(us % US_PER_S).padStart(6, '0')}`;
}
