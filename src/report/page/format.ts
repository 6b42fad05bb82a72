/** Times and numbers as the page writes them, like the rest of Harrow: `00:00:12.003456`. */

const US_PER_S = 1_000_000;

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** `00:00:12.003456`. */
export function formatTime(us: number): string {
  const seconds = Math.floor(us / US_PER_S);
  return `${padded(Math.floor(seconds / 3600), 2)}:${padded(Math.floor(seconds / 60) % 60, 2)}:${padded(seconds % 60, 2)}.${padded(Math.floor(us % US_PER_S), 6)}`;
}

/** `250 µs`, `1.5 ms`, `12 s`. */
export function formatSpan(us: number): string {
  const round = (value: number): string => String(Math.round(value * 100) / 100);
  if (us < 1_000) return `${round(us)} µs`;
  if (us < US_PER_S) return `${round(us / 1_000)} ms`;
  if (us < 60 * US_PER_S) return `${round(us / US_PER_S)} s`;
  return us < 3600 * US_PER_S ? `${round(us / 60 / US_PER_S)} min` : `${round(us / 3600 / US_PER_S)} h`;
}

/** `12,345`. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A tick's label, as exact as the distance of the ticks asks for. */
export function formatTick(us: number, stepUs: number): string {
  const whole = formatTime(us);
  if (stepUs >= 60 * US_PER_S) return whole.slice(0, 5);
  if (stepUs >= US_PER_S) return whole.slice(0, 8);
  const digits = stepUs >= 1_000 ? 3 : 6;
  return whole.slice(3, 9 + digits);
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** The distance of ticks of which at most `count` fit into `spanUs`. */
export function tickStep(spanUs: number, count: number): number {
  const scales = [1, 1_000, US_PER_S];
  for (const scale of scales) for (const step of STEPS) if (scale < US_PER_S && spanUs / (step * scale) <= count) return step * scale;
  for (const seconds of [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]) if (spanUs / (seconds * US_PER_S) <= count) return seconds * US_PER_S;
  return 864_000 * US_PER_S;
}
