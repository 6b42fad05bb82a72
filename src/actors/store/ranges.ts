/**
 * A set of offsets as ranges: what a consumer applies comes nearly in order, so a partition needs few of them.
 * Invariant: ranges rise, and two of them never touch.
 */
import type { Offset } from '../../kafka/ids.ts';

export interface OffsetRange {
  readonly startOffsetInclusive: Offset;
  readonly endOffsetExclusive: Offset;
}

export function hasOffset(ranges: readonly OffsetRange[], offset: Offset): boolean {
  return ranges.some(({ startOffsetInclusive, endOffsetExclusive }) => startOffsetInclusive <= offset && offset < endOffsetExclusive);
}

/** The ranges with `offset` in them. */
export function withOffset(ranges: readonly OffsetRange[], offset: Offset): readonly OffsetRange[] {
  if (hasOffset(ranges, offset)) return ranges;
  const before = ranges.filter(({ endOffsetExclusive }) => endOffsetExclusive < offset);
  const after = ranges.filter(({ startOffsetInclusive }) => startOffsetInclusive > offset + 1);
  const touching = ranges.slice(before.length, ranges.length - after.length);
  const joined: OffsetRange = {
    startOffsetInclusive: Math.min(offset, ...touching.map(({ startOffsetInclusive }) => startOffsetInclusive)),
    endOffsetExclusive: Math.max(offset + 1, ...touching.map(({ endOffsetExclusive }) => endOffsetExclusive)),
  };
  return [...before, joined, ...after];
}
