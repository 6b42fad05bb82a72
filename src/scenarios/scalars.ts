/**
 * Shapes of the scalars that scenarios are made of: durations, ratios, factors. Integers only, see durations.ts.
 */
import type { Ratio } from '../kernel/random.ts';
import {
  DURATION_PATTERN, DURATION_WORDS, RATIO_PATTERN, RATIO_WORDS, SIGNED_DURATION_PATTERN,
  formatDurationMs, parseDurationUs, parseFactor, parseRatio,
} from './durations.ts';
import type { Parsed } from './durations.ts';
import { show } from './problems.ts';
import { scalar } from './shape.ts';
import type { Shape } from './shape.ts';

/** Kafka counts milliseconds; only network and disk latencies are finer. */
export function durationMs(options: { readonly min: number; readonly signed?: boolean }): Shape<number> {
  const { min, signed = false } = options;
  const words = min > 0 ? `${DURATION_WORDS}, at least ${formatDurationMs(min)}` : DURATION_WORDS;
  return scalar(words, { type: 'string', pattern: signed ? SIGNED_DURATION_PATTERN : DURATION_PATTERN }, (value) => {
    const parsed = durationText(value, signed);
    if ('wrong' in parsed) return parsed;
    if (parsed.value % 1000 !== 0) return { wrong: `got ${show(value)}; expected whole milliseconds here` };
    const ms = parsed.value / 1000;
    return !signed && ms < min ? { wrong: `got ${show(value)}; expected at least ${formatDurationMs(min)}` } : { value: ms };
  });
}

export function durationUs(): Shape<number> {
  return scalar(DURATION_WORDS, { type: 'string', pattern: DURATION_PATTERN }, (value) => durationText(value, false));
}

function durationText(value: unknown, signed: boolean): Parsed<number> {
  if (typeof value === 'string' || typeof value === 'number') return parseDurationUs(String(value), signed);
  return { wrong: `got ${show(value)}; expected ${DURATION_WORDS}` };
}

export const ratioShape: Shape<Ratio> = scalar(RATIO_WORDS, { anyOf: [{ type: 'string', pattern: RATIO_PATTERN }, { type: 'integer', minimum: 0, maximum: 1 }] }, (value) =>
  typeof value === 'string' || typeof value === 'number' ? parseRatio(String(value)) : { wrong: `got ${show(value)}; expected ${RATIO_WORDS}` });

const FACTOR_WORDS = 'a positive factor: an integer or a fraction, such as 2 or 1/2';
export const factorShape: Shape<Ratio> = scalar(FACTOR_WORDS, { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string', pattern: '^[0-9]+(/[1-9][0-9]*)?$' }] }, (value) =>
  typeof value === 'string' || typeof value === 'number' ? parseFactor(String(value)) : { wrong: `got ${show(value)}; expected ${FACTOR_WORDS}` });

/** When a node that was stopped is started again; null is never. */
export const restartShape: Shape<number | null> = scalar(`${DURATION_WORDS}, or never`, { anyOf: [{ type: 'string', pattern: DURATION_PATTERN }, { const: 'never' }] }, (value) => {
  if (value === 'never') return { value: null };
  const parsed = durationText(value, false);
  if ('wrong' in parsed) return parsed;
  return parsed.value % 1000 === 0 ? { value: parsed.value / 1000 } : { wrong: `got ${show(value)}; expected whole milliseconds here` };
});
