/**
 * Live progress on stderr: one line that rewrites itself on a terminal, a plain line every few seconds elsewhere,
 * nothing when quiet. Reads the wall clock; never influences the run.
 */
import { readableMs } from '../scenarios/durations.ts';
import type { Progress } from '../scenarios/run-record.ts';
import type { Outside } from './outside.ts';
import { grouped, styleFor } from './style.ts';

const TTY_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;
const BAR_CELLS = 24;
const ERASE_LINE = '\r\x1b[K';

export interface ProgressLine {
  /** For {@link RunRequest.progress}; always goes on. */
  readonly report: (progress: Progress) => boolean;
  /** Erases the line; call before anything else is printed. */
  finish(): void;
}

export function progressLine(outside: Outside, isQuiet: boolean): ProgressLine {
  const { stderr } = outside;
  const style = styleFor(stderr, outside.env);
  const intervalMs = stderr.isTTY ? TTY_INTERVAL_MS : PLAIN_INTERVAL_MS;
  const startedMs = outside.nowMs();
  let shownMs = startedMs;
  let isShown = false;

  const show = (progress: Progress, elapsedMs: number): void => {
    const share = progress.durationMs === 0 ? 1 : Math.min(1, progress.virtualMs / progress.durationMs);
    const perSecond = elapsedMs <= 0 ? 0 : Math.round((progress.events / elapsedMs) * 1000);
    const facts = [
      `${String(Math.floor(share * 100)).padStart(3)}%`,
      `${readableMs(Math.floor(progress.virtualMs / 1000) * 1000)} of ${readableMs(progress.durationMs)}`,
      `${grouped(perSecond)} events/s`,
      `faults ${grouped(progress.faultsApplied)}`,
      `violations ${grouped(progress.violations)}`,
    ];
    if (!stderr.isTTY) {
      stderr.write(`${facts.join('  ').trimStart()}\n`);
      return;
    }
    const filled = Math.round(share * BAR_CELLS);
    const bar = `${style.paint('█'.repeat(filled), progress.violations > 0 ? 'red' : 'green')}${style.paint('░'.repeat(BAR_CELLS - filled), 'dim')}`;
    const room = Math.max(0, stderr.columns - BAR_CELLS - 2);
    stderr.write(`${ERASE_LINE}${bar} ${facts.join('  ').slice(0, room)}`);
    isShown = true;
  };

  return {
    report(progress) {
      if (isQuiet) return true;
      const nowMs = outside.nowMs();
      if (nowMs - shownMs >= intervalMs) {
        shownMs = nowMs;
        show(progress, nowMs - startedMs);
      }
      return true;
    },
    finish() {
      if (isShown) stderr.write(ERASE_LINE);
      isShown = false;
    },
  };
}
