/**
 * Live progress of a sweep on stderr: how fast, how far, what was found, what is still being reached for the first time. One
 * line that rewrites itself on a terminal, a plain line now and then elsewhere.
 */
import type { SeedRange } from '../explorer/campaign/seed-order.ts';
import type { Tally } from '../explorer/campaign/tally.ts';
import { readableMs } from '../scenarios/durations.ts';
import type { Outside } from './outside.ts';
import { grouped } from './style.ts';

const TTY_INTERVAL_MS = 200;
const PLAIN_INTERVAL_MS = 5_000;
const ERASE_LINE = '\r\x1b[K';

export interface SweepProgress {
  tell(): void;
  finish(): void;
}

export interface Swept {
  readonly tally: Tally;
  readonly range: SeedRange;
  readonly limitMs: number;
  /** Runs that were there before. */
  readonly resumed: number;
}

export function sweepProgress(outside: Outside, isQuiet: boolean, { tally, range, limitMs, resumed }: Swept): SweepProgress {
  const { stderr } = outside;
  const startedMs = outside.nowMs();
  const virtualBeforeMs = tally.virtualMs;
  const all = Math.ceil((range.lastSeed - range.firstSeed + 1 - range.shard) / range.shards);
  let toldMs = startedMs;
  let isShown = false;
  if (resumed > 0 && !isQuiet) stderr.write(`${grouped(resumed)} runs are there already; going on\n`);
  return {
    tell() {
      const nowMs = outside.nowMs();
      if (isQuiet || nowMs - toldMs < (stderr.isTTY ? TTY_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
      toldMs = nowMs;
      const seconds = (nowMs - startedMs) / 1_000;
      const perSecond = (tally.runs - resumed) / seconds;
      const leftMs = Math.min(limitMs - (nowMs - startedMs), Number.isFinite(all) && perSecond > 0 ? ((all - tally.runs) / perSecond) * 1_000 : Number.POSITIVE_INFINITY);
      const facts = [
        `${grouped(tally.runs)}${Number.isFinite(all) ? ` of ${grouped(all)}` : ''} seeds`,
        `${perSecond.toFixed(1)} seeds/s`,
        `${grouped(Math.round((tally.virtualMs - virtualBeforeMs) / 1_000 / seconds))} virtual s/s`,
        `violated ${grouped(tally.violatedRuns)}`,
        ...(tally.errors === 0 ? [] : [`errors ${grouped(tally.errors)}`]),
        `reached ${grouped(tally.reachedCount)}, nothing new for ${grouped(tally.runsSinceNew)} runs`,
        ...(Number.isFinite(leftMs) ? [`${readableMs(Math.max(0, Math.round(leftMs / 1_000) * 1_000))} left`] : []),
      ].join('  ');
      stderr.write(stderr.isTTY ? `${ERASE_LINE}${facts.slice(0, stderr.columns - 1)}` : `${facts}\n`);
      isShown = stderr.isTTY;
    },
    finish() {
      if (isShown) stderr.write(ERASE_LINE);
      isShown = false;
    },
  };
}
