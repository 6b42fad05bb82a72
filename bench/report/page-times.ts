/**
 * How a report feels: opens it in headless Chromium and times the first picture and the steps of a scrub. Prints one JSON
 * object. A program of its own, because a browser is driven by promises and the figures of the benchmark are not.
 *
 *   node dist-bench/bench/report/page-times.js REPORT.html CHROMIUM
 */
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

export interface PageTimes {
  /** From the start of the navigation to the first picture of the run. */
  readonly firstPaintMs: number;
  /** Work of the page per step while the scrubber is dragged over the whole run. */
  readonly scrubMs: readonly number[];
  /** Work of the page per step while the timeline is zoomed from the whole run to milliseconds. */
  readonly zoomMs: readonly number[];
  readonly usedBytes: number;
}

export const CHROMIUM_ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-precise-memory-info'];
const STEPS = 40;

/** Times every frame's work: what runs between a frame's beginning and the end of its callbacks. */
const TIMES_FRAMES = `
  window.frameTimes = [];
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => request((at) => {
    const from = performance.now();
    callback(at);
    window.frameTimes.push(performance.now() - from);
  });
  new MutationObserver(() => {
    if (document.documentElement.dataset.ready && !window.readyAt) request(() => { window.readyAt ||= performance.now(); });
  }).observe(document, { attributes: true, subtree: true, childList: true });
`;

export async function pageTimes(report: string, executablePath: string): Promise<PageTimes> {
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await page.addInitScript({ content: TIMES_FRAMES });
    await page.goto(pathToFileURL(report).href);
    let firstPaintMs: number | null = null;
    // Not waitForFunction: the policy of the page refuses the evaluation that it uses.
    while (firstPaintMs === null) {
      await page.waitForTimeout(10);
      firstPaintMs = (await page.evaluate('window.readyAt ?? null')) as number | null;
    }
    const takeFrames = async (): Promise<number[]> => (await page.evaluate('window.frameTimes.splice(0)')) as number[];
    await takeFrames();
    const box = await page.locator('canvas.minimap').boundingBox();
    if (box === null) throw new Error('the page shows no strip to scrub on');
    await page.mouse.move(box.x + 5, box.y + 10);
    await page.mouse.down();
    for (let i = 1; i <= STEPS; i += 1) await page.mouse.move(box.x + 5 + ((box.width - 10) * i) / STEPS, box.y + 10);
    await page.mouse.up();
    await page.waitForTimeout(100);
    const scrubMs = await takeFrames();
    await page.keyboard.press('0');
    for (let i = 0; i < 18; i += 1) {
      await page.keyboard.press('+');
      await page.waitForTimeout(20);
    }
    const zoomMs = await takeFrames();
    const usedBytes = (await page.evaluate('performance.memory ? performance.memory.usedJSHeapSize : 0')) as number;
    return { firstPaintMs, scrubMs, zoomMs, usedBytes };
  } finally {
    await browser.close();
  }
}

const [report, executablePath] = process.argv.slice(2);
if (report !== undefined && executablePath !== undefined) process.stdout.write(`${JSON.stringify(await pageTimes(report, executablePath))}\n`);
