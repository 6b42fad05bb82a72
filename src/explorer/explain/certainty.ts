/**
 * When a violation became certain: the probability that a run violates, given its first t microseconds, as a curve over t;
 * the step of the run at which it rose most; and the first one from which on every future that was tried violates. That probability is
 * a martingale: once it is 1 it stays 1, so the moment is found by halving. The run escapes in some future of the microsecond before.
 *
 * Where the plan of faults makes the violation certain from the start, which says little, the faults that have not struck
 * are left out of the futures instead: then the curve tells what each of them did. Without them it is no martingale, for a
 * later fault may take back what an earlier one did; the moment is the last one of that kind.
 *
 * "Certain" is a claim about a sample: when all of n futures violate, fewer than 1 - 0.05^(1/n) of them escape, at 95 %.
 */
import type { Evidence } from '../../history/verdict.ts';
import { assert, present } from '../../kernel/assert.ts';
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

/** A step of the run that made the violation likelier. */
export interface Rise {
  readonly atUs: number;
  /** Of the microsecond before. */
  readonly before: Share;
  readonly after: Share;
  /** Steps of the run at `atUs`. */
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
  /** The greatest rise, looked for where the curve has its greatest; null where it never rises. */
  readonly steepest: Rise | null;
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
  const steepest = steepestRise(futures, curve, perPoint, progress);
  return { explained: { fingerprint, evidence, faultsToCome: futures.faultsToCome, plannedFromStart, curve: withMoment(curve, certain), certain, steepest, runs: futures.runs }, futures };
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
  let escapedUs = escaped === -1 ? 0 : (curve[escaped] as CurvePoint).atUs;
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
  if (certainUs === 0) return { fromUs: 0, futures: n, before: null, steps: [] };
  const times = futures.timesBetween(escapedUs, certainUs);
  let last = times.length - 1;
  for (let first = 0; first < last;) {
    const middle = (first + last) >> 1;
    if (isCertain(present(times[middle], 'a step'))) last = middle;
    else first = middle + 1;
  }
  const fromUs = present(times[last], 'a step between an escape and certainty');
  return { fromUs, futures: n, before: futures.take(fromUs - 1, n), steps: futures.traceBetween(fromUs - 1, fromUs) };
}

/** By halving, always into the half that rises more. Each point of `curve` is of `n` futures: where none of its steps lies between two, they are equal. */
function steepestRise(futures: Futures, curve: readonly CurvePoint[], n: number, progress: (done: string, runs: number) => void): Rise | null {
  const rises = curve.slice(1).map((to, i) => ({ from: present(curve[i], 'the point before'), to }));
  const greatest = rises.reduce<(typeof rises)[number] | undefined>((best, each) => (best === undefined || riseOf(each.from, each.to) > riseOf(best.from, best.to) ? each : best), undefined);
  if (greatest === undefined || riseOf(greatest.from, greatest.to) <= 0) return null;
  const times = futures.timesBetween(greatest.from.atUs, greatest.to.atUs);
  let [before, after]: [Share, Share] = [greatest.from, greatest.to];
  let [first, last] = [0, times.length - 1];
  while (first < last) {
    const middle = (first + last) >> 1;
    const share = futures.take(present(times[middle], 'a step'), n);
    progress('the greatest rise', futures.runs);
    if (riseOf(before, share) >= riseOf(share, after)) {
      after = share;
      last = middle;
    } else {
      before = share;
      first = middle + 1;
    }
  }
  const atUs = present(times[last], 'a step where the curve rises');
  return { atUs, before, after, steps: futures.traceBetween(atUs - 1, atUs) };
}

function riseOf(from: Share, to: Share): number {
  return to.violated / to.futures - from.violated / from.futures;
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
