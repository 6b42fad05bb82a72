/**
 * Makes the pictures of reports in docs/images: `node scripts/screenshots.mjs` after `npm run build`. Runs are what their
 * seeds say; a browser draws the text, so that pictures of two machines differ in their bytes and in nothing else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMAGES = join(ROOT, 'docs/images');
const executablePath = [process.env.HARROW_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((place) => place !== undefined && existsSync(place));
if (executablePath === undefined) throw new Error('no Chromium on this machine; HARROW_CHROMIUM names one');

const folder = mkdtempSync(join(tmpdir(), 'harrow-screenshots-'));
const harrow = (...args) => spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
const made = (start, end) => pathToFileURL(join(folder, readdirSync(folder).find((name) => name.startsWith(start) && name.endsWith(end)))).href;

/** Of each picture: what is opened, where in it, what is clicked. */
const PICTURES = [
  { name: 'report-flagship.png', of: () => made('trucks_gps-1-', '.html'), hash: '#t=2790000000&tab=partitions', theme: 'light', height: 860, clicks: [] },
  { name: 'report-kip-101.png', of: () => made('kip_101_loss-1-', '.html'), hash: '#t=7646000&tab=partitions&o=1', theme: 'dark', height: 860, clicks: [] },
  { name: 'report-campaign.png', of: () => made('small_faulty_cluster', '.html'), hash: '', theme: 'light', height: 560, clicks: [] },
];

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  harrow('run', 'trucks_gps', '--seed', '1', '--report', '--quiet', '--out', folder);
  harrow('run', 'kip_101_loss', '--seed', '1', '--report', '--quiet', '--out', folder);
  harrow('sweep', 'small_faulty_cluster', '--seeds', '1..60', '--mutant', 'truncate-to-high-watermark', '--quiet', '--out', folder);
  harrow('report', join(folder, readdirSync(folder).find((name) => name.endsWith('.ndjson'))), '--runs', '3', '--quiet');
  for (const { name, of, hash, theme, height, clicks } of PICTURES) {
    const page = await browser.newPage({ viewport: { width: 1400, height }, colorScheme: theme });
    await page.goto(of() + hash);
    await page.waitForSelector('html[data-ready]');
    for (const place of clicks) await page.locator(place).first().click();
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(IMAGES, name) });
    await page.close();
    process.stdout.write(`docs/images/${name}\n`);
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
