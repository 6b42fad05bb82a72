/**
 * Times drawn from a stream. A draw has 32 bits; spans beyond 2^32 µs (71 minutes) are drawn in coarser units, so that
 * one draw is always enough and streams of equal plans stay aligned.
 */
import type { Stream } from '../kernel/random.ts';

const DRAWS = 0x1_0000_0000;

/** An integer in `[0, bound)`, `bound` > 0 of any safe size. */
export function below(stream: Stream, bound: number): number {
  let unit = 1;
  while (bound / unit > DRAWS) unit *= 1000;
  return stream.below(Math.ceil(bound / unit)) * unit % bound;
}

/** An integer in `[minInclusive, maxInclusive]`; draws even when there is no choice, so that what follows stays put. */
export function between(stream: Stream, minInclusive: number, maxInclusive: number): number {
  return minInclusive + below(stream, maxInclusive - minInclusive + 1);
}
