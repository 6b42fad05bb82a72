/**
 * As much of npm's version ranges as packages use to say which Node they run on: `>=20.19`, `^18 || ^20 || >=22`,
 * `18.x`, `~20.1`, `>=14 <24`, `14 - 20`, `*`. Leaves out prereleases; a form it does not know is an error, never a yes.
 * Source: node-semver, README "Ranges".
 */

type Version = readonly [number, number, number];

/** `1.2.3` or `1.2.3-beta.4`: one version and no other. */
export function isExactVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(text);
}

function isBelow(a: Version, b: Version): boolean {
  for (let i = 0; i < 3; i += 1) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

interface Partial {
  /** The smallest version that the text stands for. */
  readonly low: Version;
  /** How many numbers were written: 0 for `*`. */
  readonly precision: number;
}

function parsePartial(text: string): Partial {
  const numbers: number[] = [];
  for (const part of text.replace(/^v/, '').split('.')) {
    if (/^[xX*]$/.test(part)) break;
    if (!/^\d+$/.test(part)) throw new Error(`"${text}" is not a version`);
    numbers.push(Number(part));
  }
  if (numbers.length > 3) throw new Error(`"${text}" is not a version`);
  return { low: [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0], precision: numbers.length };
}

/** The first version above every version that agrees with `low` in its first `kept` numbers. */
function above(low: Version, kept: number): Version {
  if (kept === 0) return [Infinity, 0, 0];
  if (kept === 1) return [low[0] + 1, 0, 0];
  return kept === 2 ? [low[0], low[1] + 1, 0] : [low[0], low[1], low[2] + 1];
}

/** `[startInclusive, endExclusive)` of one comparator. */
function interval(operator: string, { low, precision }: Partial): readonly [Version, Version] {
  const zero: Version = [0, 0, 0];
  const end: Version = [Infinity, 0, 0];
  switch (operator) {
    case '>=':
      return [low, end];
    case '>':
      return [above(low, precision), end];
    case '<':
      return [zero, low];
    case '<=':
      return [zero, above(low, precision)];
    case '~':
      return [low, above(low, Math.min(precision, 2))];
    case '^': {
      const firstSet = low.findIndex((number) => number > 0);
      return [low, above(low, Math.min(precision, firstSet === -1 ? precision : firstSet + 1))];
    }
    default:
      return [low, above(low, precision)];
  }
}

function admitsAll(comparators: string, version: Version): boolean {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(comparators);
  const normal = hyphen === null ? comparators.replace(/(>=|<=|>|<|~|\^|=)\s+/g, '$1') : `>=${hyphen[1]} <=${hyphen[2]}`;
  return normal
    .split(/\s+/)
    .filter((part) => part !== '')
    .every((part) => {
      const match = /^(>=|<=|>|<|~|\^|=)?(.+)$/.exec(part);
      if (match === null) throw new Error(`"${part}" is not a comparator`);
      const [start, end] = interval(match[1] ?? '', parsePartial(match[2] as string));
      return !isBelow(version, start) && isBelow(version, end);
    });
}

/** True when `range` admits `version` (`20.19.0`). Throws on a range it cannot read. */
export function admitsNode(range: string, version: string): boolean {
  return range.split('||').some((comparators) => admitsAll(comparators.trim(), parsePartial(version).low));
}
