/**
 * Reports of large runs: how big the file is, how long a reader waits for the first picture, and how long a step of the
 * scrubber takes in headless Chromium. The flagship scenario, a quarter of an hour and an hour and a quarter of it: about
 * 100,000 and 500,000 messages. Without a browser on the machine the sizes alone are measured.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { requestOf } from '../../src/explorer/request.ts';
import { buildModel } from '../../src/report/build-model.ts';
import { reportHtml } from '../../src/report/html.ts';
import { builtInScenario } from '../../src/scenarios/catalogue/catalogue.ts';
import { execute } from '../../src/scenarios/run.ts';
import { RUN_RECORD_FORMAT } from '../../src/scenarios/run-record.ts';
import { verdictOf } from '../../src/scenarios/run-record-file.ts';
import { withDuration } from '../../src/scenarios/with-duration.ts';
import { atMost, figure, type Figure } from '../figure.ts';
import type { PageTimes } from '../report/page-times.ts';

const PAGE = fileURLToPath(new URL('../../src/report/page.html', import.meta.url));
const PAGE_TIMES = fileURLToPath(new URL('../report/page-times.js', import.meta.url));
const BROWSERS = [process.env['HARROW_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const MS_PER_MINUTE = 60_000;
const NAME = 'report/size and speed';

export function reportFigures(): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'harrow-bench-report-'));
  try {
    return [...figuresOf(folder, 15, 2_000), ...figuresOf(folder, 75, 6_000)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function figuresOf(folder: string, minutes: number, mostKilobytes: number): Figure[] {
  const flagship = builtInScenario('trucks_gps');
  if (flagship === undefined) throw new Error('there is no flagship scenario');
  const { scenario } = withDuration(flagship, minutes * MS_PER_MINUTE);
  const request = requestOf(scenario, '1');
  const result = execute(request);
  const { faults, admin, workload, engine, mutants, seed } = request;
  const { model } = buildModel({ format: RUN_RECORD_FORMAT, harrow: '', code: '', verdict: verdictOf(result), seed, engine, mutants, scenario, faults, admin, workload, result }, execute, '');
  const html = reportHtml(readFileSync(PAGE, 'utf8'), [model], (bytes) => deflateRawSync(bytes));
  const path = join(folder, `${minutes}.html`);
  writeFileSync(path, html);
  const count = `${String(Math.round(result.messages / 1000))} 000 messages`;
  const size = figure(NAME, `file, ${count}`, Math.round(Buffer.byteLength(html) / 1000), 'kB', atMost(mostKilobytes));
  const chromium = BROWSERS.find((place) => place !== undefined && existsSync(place));
  if (chromium === undefined) return [size];
  const timed = spawnSync(process.execPath, [PAGE_TIMES, path, chromium], { encoding: 'utf8' });
  if (timed.status !== 0) throw new Error(`the page cannot be timed: ${timed.stderr}`);
  const { firstPaintMs, scrubMs, zoomMs, usedBytes } = JSON.parse(timed.stdout) as PageTimes;
  return [
    size,
    figure(NAME, `first picture, ${count}`, Math.round(firstPaintMs), 'ms', atMost(1_000)),
    figure(NAME, `scrub step, median, ${count}`, quantile(scrubMs, 0.5), 'ms', atMost(50)),
    // Of half a million messages no step is promised, but that the page is usable.
    figure(NAME, `scrub step, slowest, ${count}`, quantile(scrubMs, 1), 'ms', minutes < 60 ? atMost(50) : null),
    figure(NAME, `zoom step, slowest, ${count}`, quantile(zoomMs, 1), 'ms', atMost(100)),
    figure(NAME, `memory, ${count}`, Math.round(usedBytes / 1_000_000), 'MB'),
  ];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
