/**
 * How long a message takes, and whether its segment needs retransmission. All integers: uniform in
 * `[minUs, maxUs]`, and with probability `tail` uniform in `[maxUs, tailUs]` instead (the slow minority of
 * FoundationDB's simulator). A draw depends on (link, n-th message on the link) only.
 */
import type { Ratio } from '../kernel/random.ts';
import { draw32, scaleDraw } from '../kernel/hash.ts';

export interface LatencyModel {
  readonly minUs: number;
  readonly maxUs: number;
  readonly tailUs: number;
  readonly tail: Ratio;
}

/** One data centre: half a millisecond or so, now and then a burst of 20 ms. */
export const LAN: LatencyModel = { minUs: 200, maxUs: 1_000, tailUs: 20_000, tail: { numerator: 1, denominator: 1_000 } };

/** Draws per message: 0 latency, 1 tail, 2.. losses, and the two of datagram mode. */
export const DRAWS_PER_MESSAGE = 16;

/** The keyed draw number `index` of message `n` on a link. */
export function fateDraw(linkKey: number, n: number, index: number): number {
  return draw32(linkKey, n * DRAWS_PER_MESSAGE + index);
}

/** True with probability `probability`; looks at no draw when it is 0 or 1. */
export function happens(probability: Ratio, linkKey: number, n: number, index: number): boolean {
  if (probability.numerator === 0) return false;
  if (probability.numerator === probability.denominator) return true;
  return scaleDraw(fateDraw(linkKey, n, index), probability.denominator) < probability.numerator;
}

export function latencyUs(model: LatencyModel, linkKey: number, n: number): number {
  const draw = fateDraw(linkKey, n, 0);
  if (happens(model.tail, linkKey, n, 1)) return model.maxUs + scaleDraw(draw, model.tailUs - model.maxUs + 1);
  return model.minUs + scaleDraw(draw, model.maxUs - model.minUs + 1);
}

/** Linux: the least retransmission timeout, doubled on each further loss of the same segment. */
export const MIN_RTO_US = 200_000;
const MAX_CONSECUTIVE_LOSSES = 6;

/**
 * The stall of a TCP segment under loss: rto * (2^k - 1) after k losses in a row. Nothing is ever dropped for good on
 * a connection; whoever waits too long closes it.
 */
export function retransmissionStallUs(loss: Ratio, linkKey: number, n: number): number {
  let losses = 0;
  while (losses < MAX_CONSECUTIVE_LOSSES && happens(loss, linkKey, n, 2 + losses)) losses += 1;
  return MIN_RTO_US * ((1 << losses) - 1);
}
