/**
 * Durations and ratios as people write them: `20s`, `250us`, `1/1000`. Integers only: a float that rounds elsewhere
 * is another run, so a decimal is refused with the exact form to write instead. Knows nothing of scenarios.
 */
import type { Ratio } from '../kernel/random.ts';

/** A value, or what is wrong with the text (`got …; expected …`). */
export type Parsed<T> = { readonly value: T } | { readonly wrong: string };

const UNIT_US = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000, d: 86_400_000_000 } as const;
type Unit = keyof typeof UNIT_US;
const UNITS = Object.keys(UNIT_US) as Unit[];

/** A year of virtual time: every instant in µs then stays far below 2^53, sums of a few of them included. */
export const MAX_DURATION_US = 365 * UNIT_US.d;

export const DURATION_WORDS = 'a duration: an integer with us, ms, s, m, h or d, such as 20s';
export const RATIO_WORDS = 'a fraction of integers between 0 and 1, such as 1/1000';
export const DURATION_PATTERN = '^[0-9]+(us|ms|s|m|h|d)$';
export const SIGNED_DURATION_PATTERN = '^-?[0-9]+(us|ms|s|m|h|d)$';
export const RATIO_PATTERN = '^(0|1|[0-9]+/[1-9][0-9]*)$';

/** Parses `<integer><unit>` to microseconds, `-` allowed when `signed`. At most 365 d. */
export function parseDurationUs(text: string, signed = false): Parsed<number> {
  const match = /^(-?)([0-9]+)([a-zA-Zµ]+)$/.exec(text);
  if (match === null) return { wrong: `got "${text}"; expected ${DURATION_WORDS}${sumHint(text) ?? decimalHint(text)}` };
  const [, sign, digits, unitText] = match as unknown as [string, string, string, string];
  const unit = UNITS.find((each) => each === unitText);
  if (unit === undefined) return { wrong: `got the unit "${unitText}"; expected ${DURATION_WORDS}${unitHint(unitText)}` };
  if (sign === '-' && !signed) return { wrong: `got "${text}", which is negative; expected ${DURATION_WORDS}` };
  const us = Number(digits) * UNIT_US[unit];
  if (us > MAX_DURATION_US) return { wrong: `got "${text}", which is more than 365d; expected a shorter duration` };
  return { value: sign === '-' ? 0 - us : us };
}

/** `20s`, `90m`, `1500ms`: the largest unit that gives an integer. Inverse of {@link parseDurationUs}. */
export function formatDurationUs(us: number): string {
  if (us === 0) return '0s';
  const sign = us < 0 ? '-' : '';
  const size = Math.abs(us);
  const unit = UNITS.findLast((each) => size % UNIT_US[each] === 0) ?? 'us';
  return `${sign}${size / UNIT_US[unit]}${unit}`;
}

export function formatDurationMs(ms: number): string {
  return formatDurationUs(ms * UNIT_US.ms);
}

/** For reading, not for parsing: `1h`, `1m30s`, `6.012s`, `250ms`. */
export function readableMs(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1_000) return ms === 0 ? '0s' : `${ms}ms`;
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor(size / 60_000) % 60;
  const restMs = size % 60_000;
  const seconds = `${Math.floor(restMs / 1_000)}${restMs % 1_000 === 0 ? '' : `.${String(restMs % 1_000).padStart(3, '0')}`}s`;
  return `${ms < 0 ? '-' : ''}${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${restMs > 0 ? seconds : ''}`;
}

/** Parses `n/d`, `0` or `1`, a probability in lowest terms as written. */
export function parseRatio(text: string): Parsed<Ratio> {
  const parsed = parseFraction(text);
  if (parsed === undefined) return { wrong: `got "${text}"; expected ${RATIO_WORDS}${ratioHint(text)}` };
  if (parsed.denominator === 0) return { wrong: `got "${text}", which divides by zero; expected ${RATIO_WORDS}` };
  if (parsed.numerator > parsed.denominator) return { wrong: `got "${text}", which is more than 1; expected ${RATIO_WORDS}` };
  return { value: parsed };
}

/** Parses a positive factor: `2`, `1/2`, `3/2`. */
export function parseFactor(text: string): Parsed<Ratio> {
  const parsed = parseFraction(text);
  if (parsed === undefined || parsed.numerator === 0 || parsed.denominator === 0) {
    return { wrong: `got "${text}"; expected a positive factor as an integer or a fraction, such as 2 or 1/2${ratioHint(text)}` };
  }
  return { value: parsed };
}

export function formatRatio(ratio: Ratio): string {
  return ratio.denominator === 1 ? String(ratio.numerator) : `${ratio.numerator}/${ratio.denominator}`;
}

/** A draw below the denominator takes 32 bits, so the denominator may not need more. */
const MAX_DENOMINATOR = 1_000_000_000;

function parseFraction(text: string): Ratio | undefined {
  const match = /^([0-9]{1,10})(?:\/([0-9]{1,10}))?$/.exec(text);
  if (match === null) return undefined;
  const numerator = Number(match[1]);
  const denominator = match[2] === undefined ? 1 : Number(match[2]);
  return numerator > MAX_DENOMINATOR || denominator > MAX_DENOMINATOR ? undefined : { numerator, denominator };
}

/** `1m15s` -> `75s`, as {@link readableMs} shows it: each part in a smaller unit than the one before. */
function sumHint(text: string): string | undefined {
  const parts = [...text.matchAll(/([0-9]{1,9})(us|ms|s|m|h|d)/g)] as unknown as [string, string, Unit][];
  const isSum = parts.length > 1 && parts.map(([part]) => part).join('') === text;
  const isFalling = parts.every(([, , unit], i) => i === 0 || UNIT_US[unit] < UNIT_US[(parts[i - 1] as (typeof parts)[number])[2]]);
  return isSum && isFalling ? `; did you mean ${formatDurationUs(parts.reduce((us, [, count, unit]) => us + Number(count) * UNIT_US[unit], 0))}?` : undefined;
}

/** `1.5s` -> `1500ms`: what the writer meant, in the form the language has. */
function decimalHint(text: string): string {
  const match = /^(-?)([0-9]*)\.([0-9]{1,9})(us|ms|s|m|h|d)$/.exec(text);
  if (match === null) {
    return /^-?[0-9]+$/.test(text) ? `; did you mean ${text}ms or ${text}s?` : '';
  }
  const [, sign, whole, part, unit] = match as unknown as [string, string, string, string, Unit];
  const scaled = Number((whole === '' ? '0' : whole) + part) * UNIT_US[unit];
  const us = scaled / 10 ** part.length;
  return Number.isSafeInteger(us) ? `; did you mean ${sign}${formatDurationUs(us)}?` : '';
}

function unitHint(unit: string): string {
  const meant: Readonly<Record<string, Unit>> = {
    µs: 'us', usec: 'us', sec: 's', secs: 's', second: 's', seconds: 's', S: 's', min: 'm', mins: 'm', minute: 'm',
    minutes: 'm', M: 'm', hour: 'h', hours: 'h', H: 'h', hr: 'h', day: 'd', days: 'd', D: 'd', MS: 'ms', msec: 'ms', millis: 'ms',
  };
  const unitMeant = Object.hasOwn(meant, unit) ? meant[unit] : undefined;
  return unitMeant === undefined ? '' : `; did you mean ${unitMeant}?`;
}

/** `0.01` -> `1/100`, `5%` -> `5/100`. */
function ratioHint(text: string): string {
  const percent = /^([0-9]{1,3})%$/.exec(text);
  if (percent !== null) return `; did you mean ${percent[1]}/100?`;
  const decimal = /^([0-9]?)\.([0-9]{1,9})$/.exec(text);
  if (decimal === null) return '';
  const part = decimal[2] as string;
  return `; did you mean ${Number(`${decimal[1] ?? ''}${part}`)}/${10 ** part.length}?`;
}
