/**
 * Makes the pictures of reports in docs/images, from runs that their seeds determine. A browser draws the text, so that the
 * pictures of two machines may differ in their bytes.
 *
 *   npm run build && npm run prebench && node dist-bench/bench/report/screenshots.js
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS } from './page-times.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BROWSERS = [process.env['HARROW_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

interface Picture {
  readonly name: string;
  /** What the name of the report begins with. */
  readonly of: string;
  readonly hash: string;
  readonly colorScheme: 'light' | 'dark';
  readonly height: number;
}

const PICTURES: readonly Picture[] = [
  { name: 'report-flagship.png', of: 'trucks_gps-1-', hash: '#t=2790000000&tab=partitions', colorScheme: 'light', height: 860 },
  { name: 'report-kip-101.png', of: 'kip_101_loss-1-', hash: '#t=7646000&tab=partitions&o=1', colorScheme: 'dark', height: 860 },
  { name: 'report-pair.png', of: 'pair', hash: '', colorScheme: 'light', height: 900 },
  { name: 'report-campaign.png', of: 'small_faulty_cluster', hash: '', colorScheme: 'light', height: 560 },
];

async function main(): Promise<void> {
  const executablePath = BROWSERS.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined) throw new Error('no Chromium on this machine; HARROW_CHROMIUM names one');
  const folder = mkdtempSync(join(tmpdir(), 'harrow-screenshots-'));
  const harrow = (...args: readonly string[]): void => void spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  const made = (start: string, end: string, place = folder): string => {
    const found = readdirSync(place).find((name) => name.startsWith(start) && name.endsWith(end));
    if (found === undefined) throw new Error(`${start} was not made`);
    return join(place, found);
  };
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  try {
    harrow('run', 'trucks_gps', '--seed', '1', '--report', '--quiet', '--out', folder);
    harrow('run', 'kip_101_loss', '--seed', '1', '--report', '--quiet', '--out', folder);
    const later = join(folder, 'later');
    harrow('run', 'kip_101_loss', '--seed', '1', '--profile', '2.1', '--quiet', '--out', later);
    harrow('report', made('kip_101_loss-1-', '.json'), made('kip_101_loss-1-', '.json', later), '--quiet', '--output', join(folder, 'pair.html'));
    harrow('sweep', 'small_faulty_cluster', '--seeds', '1..60', '--mutant', 'truncate-to-high-watermark', '--quiet', '--out', folder);
    harrow('report', made('small_faulty_cluster', '.ndjson'), '--runs', '3', '--quiet');
    for (const { name, of, hash, colorScheme, height } of PICTURES) {
      const page = await browser.newPage({ viewport: { width: 1400, height }, colorScheme });
      await page.goto(pathToFileURL(made(of, '.html')).href + hash);
      await page.waitForSelector('html[data-ready]');
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(ROOT, 'docs/images', name) });
      await page.close();
      process.stdout.write(`docs/images/${name}\n`);
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
