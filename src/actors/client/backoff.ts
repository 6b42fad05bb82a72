/**
 * How long a client waits before it tries again: doubled with every failure, spread by a fifth either way so that
 * clients which failed together do not come back together. Integers throughout; the randomness is a draw.
 *
 * Source: ExponentialBackoff (KIP-580), with CommonClientConfigs.RETRY_BACKOFF_EXP_BASE = 2 and RETRY_BACKOFF_JITTER = 0.2.
 */
import { scaleDraw } from '../../kernel/hash.ts';

const PERMILLE = 1_000;
const JITTER_PERMILLE = 200;

/**
 * The wait after `failures` earlier failures (0: the first wait), in ms:
 * `min(maxMs, min(maxMs, initialMs * 2^failures) * [0.8, 1.2])`. `draw` is an unsigned 32-bit integer.
 */
export function exponentialBackoffMs(initialMs: number, maxMs: number, failures: number, draw: number): number {
  if (initialMs >= maxMs) return initialMs;
  let termMs = initialMs;
  for (let n = 0; n < failures && termMs < maxMs && termMs > 0; n += 1) termMs *= 2;
  const permille = PERMILLE - JITTER_PERMILLE + scaleDraw(draw, 2 * JITTER_PERMILLE + 1);
  return Math.min(maxMs, Math.floor((Math.min(termMs, maxMs) * permille) / PERMILLE));
}
