/**
 * A node's own clock: what it believes the time is, and how fast its timers run. An immutable value.
 *
 * local(t) = anchorLocalUs + d + floor(d * driftPpm / 10^6), d = t - anchorUs. A jump (NTP step, operator) moves the
 * reading but no armed timer, because Kafka waits on the monotonic clock and stamps with the wall clock. Drift moves
 * both. Left out: a timer armed before the drift changed keeps the speed it was armed with.
 */
import { assert } from './assert.ts';
import { NEVER_US, msOfUs, usOfMs } from './time.ts';

const PPM = 1_000_000;

export class NodeClock {
  private readonly anchorUs: number;
  private readonly anchorLocalUs: number;
  readonly driftPpm: number;

  private constructor(anchorUs: number, anchorLocalUs: number, driftPpm: number) {
    this.anchorUs = anchorUs;
    this.anchorLocalUs = anchorLocalUs;
    this.driftPpm = driftPpm;
  }

  /** A clock that shows true time. */
  static readonly exact = new NodeClock(0, 0, 0);

  /** The reading at true time `nowUs`, µs. */
  localUs(nowUs: number): number {
    const elapsedUs = nowUs - this.anchorUs;
    return this.anchorLocalUs + elapsedUs + Math.floor((elapsedUs * this.driftPpm) / PPM);
  }

  /** The reading at true time `nowUs` in whole ms, as `Time.milliseconds()` gives it. */
  localMs(nowUs: number): number {
    return msOfUs(this.driftPpm === 0 ? this.anchorLocalUs + nowUs - this.anchorUs : this.localUs(nowUs));
  }

  /**
   * True time from `nowUs` on that passes while this clock counts `delayMs`; at least 0. A fast clock waits shorter. The
   * least d with local(now + d) - local(now) >= delay, so that no timer finds itself early by its own clock.
   */
  trueDelayUs(nowUs: number, delayMs: number): number {
    const delayUs = usOfMs(delayMs);
    if (delayUs <= 0) return 0;
    if (this.driftPpm === 0) return delayUs;
    const dueAtLocalUs = this.localUs(nowUs) + delayUs;
    // The quotient is within a few µs of the answer: floors on both readings, and the rounding of a division.
    let trueUs = Math.floor((delayUs / (PPM + this.driftPpm)) * PPM);
    if (!Number.isSafeInteger(nowUs + trueUs)) return NEVER_US;
    while (this.localUs(nowUs + trueUs) < dueAtLocalUs) trueUs += 1;
    while (trueUs > 0 && this.localUs(nowUs + trueUs - 1) >= dueAtLocalUs) trueUs -= 1;
    return trueUs;
  }

  jumped(nowUs: number, byUs: number): NodeClock {
    assert(Number.isSafeInteger(byUs), `a clock jumps by whole µs, not by ${byUs}`);
    return new NodeClock(nowUs, this.localUs(nowUs) + byUs, this.driftPpm);
  }

  /** A clock that from `nowUs` on gains `driftPpm` µs per second; -10^6 would stand still. */
  drifting(nowUs: number, driftPpm: number): NodeClock {
    assert(Number.isInteger(driftPpm) && Math.abs(driftPpm) < PPM, `a drift of ${driftPpm} ppm is not between -10^6 and 10^6`);
    return new NodeClock(nowUs, this.localUs(nowUs), driftPpm);
  }
}
