/**
 * When a violation became certain: the probability that a run violates, given its first t microseconds, as a curve over t;
 * and the first moment from which on every future that was tried violates. That probability is a martingale: once it is 1
 * it stays 1, so the moment is found by halving. The run escapes in some future of the microsecond before.
 *
 * Where the plan of faults makes the violation certain from the start, which says little, the faults that have not struck
 * are left out of the futures instead: then the curve tells what each of them did. Without them it is no martingale, for a
 * later fault may take back what an earlier one did; the moment is the last one of that kind.
 *
 * "Certain" is a claim about a sample: when all of n futures violate, fewer than 1 - 0.05^(1/n) of them escape, at 95 %.
 */
import type { Evidence } from '../../history/verdict.ts';
import { assert } from '../../kernel/assert.ts';
import { usOfMs } from '../../kernel/time.ts';
import type { TraceLine } from '../../kernel/trace.ts';
import type { Asked } from '../request.ts';
import type { Fingerprint } from '../shrink/fingerprint.ts';
import { Futures, type FaultsToCome, type Share } from './futures.ts';

export interface ExplainOptions {
  /** Moments of the curve, besides those of the faults; at least 2. */
  readonly points?: number;
  /** Futures of a point of the curve. */
  readonly futures?: number;
  /** Futures that must all violate where the violation is said to be certain. */
  readonly certainFutures?: number;
  /** Default as planned, unless that makes the violation certain from the start. */
  readonly faultsToCome?: FaultsToCome;
  readonly progress?: (done: string, runs: number) => void;
}

export interface CurvePoint extends Share {
  readonly atUs: number;
}

export interface Certain {
  /** From here on, what happened at this time included, every future violates. */
  readonly fromUs: number;
  /** Futures that were tried from there. */
  readonly futures: number;
  /** Of the microsecond before; null when the violation was certain from the start. */
  readonly before: Share | null;
  /** Steps of the run at `fromUs`. */
  readonly steps: readonly TraceLine[];
}

export interface Explained {
  readonly fingerprint: Fingerprint;
  readonly evidence: Evidence;
  readonly faultsToCome: FaultsToCome;
  /** All of these many futures violate from the start when faults strike as planned; null when one escaped. */
  readonly plannedFromStart: number | null;
  /** Rising. */
  readonly curve: readonly CurvePoint[];
  readonly certain: Certain;
  /** Worlds that were run to their end. */
  readonly runs: number;
}

export const DEFAULT_POINTS = 20;
export const DEFAULT_FUTURES = 40;
export const DEFAULT_CERTAIN_FUTURES = 100;

/** Undefined when the run, executed again, does not violate as the fingerprint says. */
export function explainRun(asked: Asked, fingerprint: Fingerprint, options: ExplainOptions = {}): { readonly explained: Explained; readonly futures: Futures } | undefined {
  const { points = DEFAULT_POINTS, futures: perPoint = DEFAULT_FUTURES, certainFutures = DEFAULT_CERTAIN_FUTURES, progress = () => undefined } = options;
  const futures = new Futures(asked, fingerprint);
  const evidence = futures.ownEvidence();
  if (evidence === undefined) return undefined;
  const { violated, futures: tried } = futures.take(0, certainFutures, { untilEscaped: true });
  const plannedFromStart = violated === tried ? tried : null;
  futures.faultsToCome = options.faultsToCome ?? (plannedFromStart !== null && asked.faults.length > 0 ? 'spared' : 'planned');
  const curve: CurvePoint[] = [];
  const tell = (atUs: number): void => progress(`${curve.length} points of the curve, at ${atUs} us`, futures.runs);
  for (const atUs of momentsOf(asked, evidence, futures.endUs, points)) {
    curve.push({ atUs, ...futures.take(atUs, perPoint) });
    tell(atUs);
  }
  const certain = certainFrom(futures, curve, certainFutures, progress);
  return { explained: { fingerprint, evidence, faultsToCome: futures.faultsToCome, plannedFromStart, curve: withMoment(curve, certain), certain, runs: futures.runs }, futures };
}

/** Evenly spread up to the evidence, and just before and after each fault. */
function momentsOf({ faults }: Asked, { atUs: evidenceUs }: Evidence, endUs: number, points: number): number[] {
  assert(points >= 2, 'a curve has a beginning and an end');
  const spread = Array.from({ length: points }, (_, i) => Math.floor((evidenceUs * i) / (points - 1)));
  const struck = faults.map(({ atMs }) => usOfMs(atMs)).filter((atUs) => atUs > 0 && atUs <= evidenceUs).flatMap((atUs) => [atUs - 1, atUs]);
  return [...new Set([...spread, ...struck])].filter((atUs) => atUs <= endUs).sort((a, b) => a - b);
}

/**
 * By halving between the last point with an escape and the first after it without; `n` futures that all violate count as
 * certain. Where more futures than that find an escape after all, the search goes on behind it.
 */
function certainFrom(futures: Futures, curve: readonly CurvePoint[], n: number, progress: (done: string, runs: number) => void): Certain {
  const escaped = curve.findLastIndex((point) => point.violated < point.futures);
  // At its end a run has violated, whatever is drawn then.
  let certainUs = curve[escaped + 1]?.atUs ?? futures.endUs;
  let escapedUs = escaped === -1 ? -1 : (curve[escaped] as CurvePoint).atUs;
  const isCertain = (atUs: number): boolean => {
    const { violated, futures: tried } = futures.take(atUs, n, { untilEscaped: true });
    progress(`certain from ${certainUs} us or before`, futures.runs);
    return violated === tried;
  };
  // A point of the curve is tried with fewer futures than certainty asks for.
  for (let next = escaped + 1; !isCertain(certainUs) && certainUs < futures.endUs;) {
    escapedUs = certainUs;
    next += 1;
    certainUs = curve[next]?.atUs ?? futures.endUs;
  }
  while (certainUs - escapedUs > 1 && certainUs > 0) {
    const middle = Math.floor((escapedUs + certainUs) / 2);
    if (isCertain(middle)) certainUs = middle;
    else escapedUs = middle;
  }
  const before = certainUs === 0 ? null : futures.take(escapedUs, n);
  const steps = certainUs === 0 ? [] : futures.traceBetween(escapedUs, certainUs);
  return { fromUs: certainUs, futures: n, before, steps };
}

/** The curve with its last step drawn sharp. */
function withMoment(curve: readonly CurvePoint[], { fromUs, futures, before }: Certain): CurvePoint[] {
  if (before === null) return [...curve];
  const sharp = [{ atUs: fromUs - 1, ...before }, { atUs: fromUs, violated: futures, futures }];
  return [...curve.filter(({ atUs }) => sharp.every((point) => point.atUs !== atUs)), ...sharp].sort((a, b) => a.atUs - b.atUs);
}

/** The least share of futures that violate when `n` of `n` did, at 95 %. */
export function leastShare(n: number): number {
  return 0.05 ** (1 / n);
}
