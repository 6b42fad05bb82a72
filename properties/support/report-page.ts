/**
 * Reports in a real browser: makes the report of a scenario, opens it in headless Chromium, and keeps what must not
 * happen: errors, messages on the console, requests, dialogs.
 *
 * A machine without a browser proves nothing about pages, and says so: HARROW_CHROMIUM names one that is not found.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { chromium, type Browser, type Page } from 'playwright-core';
import { buildModel } from '../../src/report/build-model.ts';
import { reportHtml } from '../../src/report/html.ts';
import type { RunModel } from '../../src/report/model/model.ts';
import { execute } from '../../src/scenarios/run.ts';
import { RUN_RECORD_FORMAT, type RunRecord } from '../../src/scenarios/run-record.ts';
import { verdictOf } from '../../src/scenarios/run-record-file.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { requestOf, type Overrides } from './runs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PLACES = [
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium', 'C:/Program Files/Google/Chrome/Application/chrome.exe',
];
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The browser of this machine; undefined, and printed, when there is none. */
export function findChromium(): string | undefined {
  const found = [process.env['HARROW_CHROMIUM'], ...PLACES].find((place) => place !== undefined && existsSync(place));
  if (found === undefined) process.stderr.write('vacuous: no Chromium on this machine, so nothing is proved about report pages (HARROW_CHROMIUM names one)\n');
  return found;
}

export function recordOf(scenario: Scenario, seed: string, overrides: Overrides = {}): RunRecord {
  const request = requestOf(scenario, seed, overrides);
  const result = execute(request);
  const { faults, admin, workload, engine, mutants } = request;
  return { format: RUN_RECORD_FORMAT, harrow: '0.0.0', code: 'c0de'.repeat(16), verdict: verdictOf(result), seed, engine, mutants, scenario, faults, admin, workload, result };
}

export function modelOf(record: RunRecord): RunModel {
  return buildModel(record, execute, 'harrow replay run.json').model;
}

export interface OpenedReport {
  readonly page: Page;
  readonly url: string;
  /** Everything that a quiet page has none of. */
  readonly noise: readonly string[];
}

const PATIENCE_MS = 10_000;

/** Waits until an expression holds in the page. The page's policy refuses the evaluation that Playwright's own wait uses. */
export async function until(page: Page, expression: string): Promise<void> {
  for (let waitedMs = 0; (await page.evaluate(expression)) !== true; waitedMs += 20) {
    if (waitedMs > PATIENCE_MS) throw new Error(`never came true in the page: ${expression}`);
    await page.waitForTimeout(20);
  }
}

/** A browser and a folder of reports; `close` ends both. */
export class ReportBrowser {
  private readonly folder = mkdtempSync(join(tmpdir(), 'harrow-report-'));
  private readonly executablePath: string;
  private browser: Browser | undefined;
  private template: string | undefined;

  constructor(executablePath: string) {
    this.executablePath = executablePath;
  }

  async open(name: string, models: readonly RunModel[], hash = ''): Promise<OpenedReport> {
    const path = join(this.folder, `${name}.html`);
    writeFileSync(path, reportHtml(this.builtPage(), models, (bytes) => deflateRawSync(bytes)));
    return this.visit(pathToFileURL(path).href + hash);
  }

  /** Opens an address as a reader would who got it as a link. */
  async visit(url: string): Promise<OpenedReport> {
    this.browser ??= await chromium.launch({ executablePath: this.executablePath, args: ARGUMENTS });
    const page = await this.browser.newPage({ viewport: { width: 1500, height: 950 } });
    const noise: string[] = [];
    page.on('console', (message) => noise.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      noise.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url().split('#')[0] !== url.split('#')[0]) noise.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
    return { page, url, noise };
  }

  async close(): Promise<void> {
    await this.browser?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The page as the sources say, whatever dist/ holds. */
  builtPage(): string {
    if (this.template === undefined) {
      const built = spawnSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--config', 'src/report/page/vite.config.mjs', '--outDir', this.folder], { cwd: ROOT, encoding: 'utf8' });
      if (built.status !== 0) throw new Error(`the report page does not build: ${built.stderr}`);
      this.template = readFileSync(join(this.folder, 'page.html'), 'utf8');
    }
    return this.template;
  }
}
