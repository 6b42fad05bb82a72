/**
 * The report of KIP-101's loss in a browser: somebody who has never seen it finds the record, the moment it was
 * acknowledged, and the truncation that lost it, in two clicks; and every view has an address that leads back to it.
 */
import { readFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { whatIf } from '../../src/report/what-if.ts';
import { execute } from '../../src/scenarios/run.ts';
import { builtIn } from '../support/runs.ts';
import { findChromium, modelOf, recordOf, ReportBrowser, until } from '../support/report-page.ts';

const chromium = findChromium();

/** Columns of a timeline that are drawn in the colour of text from top to bottom of the row under the ruler, as shares of its axis. */
const MARKS_OF_TIMELINES = `[...document.querySelectorAll('canvas.base')].map((canvas) => {
  const width = canvas.clientWidth - 158;
  const scale = canvas.width / canvas.clientWidth;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const row = (y) => data.subarray(4 * canvas.width * Math.round(y * scale));
  const [top, low] = [row(canvas.clientHeight - 3), row(23)];
  const text = /#(..)(..)(..)/.exec(getComputedStyle(document.documentElement).getPropertyValue('--text')).slice(1).map((part) => parseInt(part, 16));
  const isText = (data, i) => text.every((part, channel) => Math.abs(data[4 * i + channel] - part) < 3);
  const columns = Array.from({ length: canvas.width }, (_, i) => i).filter((i) => isText(top, i) && isText(low, i));
  return { width, atShare: columns.map((i) => (i / scale - 150) / width) };
})`;

/** By step of the path of clicks: what it says will be seen, which is what it emphasises, and times. */
function toldSteps(): string[][] {
  const page = readFileSync(new URL('../../docs/report.md', import.meta.url), 'utf8');
  const path = page.slice(page.indexOf('## Finding a lost record')).split('![')[0] ?? '';
  return path.split(/^\d\. /m).slice(1).map((step) => [...step.replaceAll(/\s+/g, ' ').matchAll(/\*\*([^*]+)\*\*|\*([^*]+)\*|`([^`]{2,})`|(\d\d:\d\d:\d\d\.\d+)/g)].map((found) => found.slice(1).find((each) => each !== undefined) as string));
}

describe.runIf(chromium !== undefined)('the report of KIP-101’s loss', () => {
  const browser = new ReportBrowser(chromium as string);
  const record = recordOf(builtIn('kip_101_loss'), '1');
  const model = modelOf(record);
  afterAll(() => browser.close());

  it('leads from the violation to the record, its acknowledgement and the truncation that lost it, as docs/report.md tells', async () => {
    const asked = whatIf(record, execute);
    const { page, noise } = await browser.open('clicks', [asked === undefined ? model : { ...model, meta: { ...model.meta, whatIf: asked } }]);
    expect(await page.title()).toBe('kip_101_loss, seed 1: violated');
    const steps = toldSteps();
    expect(steps).toHaveLength(4);
    /** What a step says stands on the page once it is done. */
    const expectTold = async (step: number): Promise<void> => {
      const words = (await page.locator('#app').innerText()).toLowerCase();
      for (const phrase of steps[step - 1] ?? []) expect(words, `step ${step}`).toContain(phrase.toLowerCase());
    };
    await page.locator('.violation', { hasText: 'acknowledged-records-survive' }).locator('button.evidence').first().click();
    const lives = page.locator('.lives');
    await lives.waitFor();
    expect(await page.locator('.pane').getAttribute('data-tab')).toBe('partitions');
    expect(await page.locator('.strip .cell.chosen').first().getAttribute('title')).toContain('offset 1');
    await expectTold(1);
    await expectTold(2);
    const truncated = lives.locator('li.bad', { hasText: 'broker-1 truncates its log to offset 1: it is gone there' });
    expect(await lives.locator('li.good', { hasText: 'it is acknowledged to app' }).first().innerText()).toContain('00:00:05.080953');
    expect(await truncated.innerText()).toContain('00:00:07.646');
    const proofs = page.locator('.why h3', { hasText: 'proved by' }).locator('xpath=following-sibling::ol').locator('li');
    expect((await proofs.allInnerTexts()).join('\n')).toMatch(/send of "m2 #app\/1" completes: ok at orders-0 offset 1[\s\S]*orders-0: truncates its log to offset 1[\s\S]*orders-0: acts as leader in leader epoch 2/);
    await truncated.locator('button').click();
    await until(page, 'location.hash.includes("t=7646000")');
    await expectTold(3);
    const cell = (broker: string): Locator => page.locator('.strip', { hasText: broker }).locator('.cell.chosen');
    expect(await cell('broker-1').getAttribute('class')).toContain('ghost');
    expect(await cell('broker-1').getAttribute('title')).toContain('acknowledged at 00:00:05.080953');
    expect(await cell('broker-2').getAttribute('class')).not.toContain('ghost');
    expect(await page.locator('.strip.leader').innerText()).toMatch(/^broker-2\s+★ leader e1/);
    await page.keyboard.press('z');
    await until(page, 'document.querySelector(".moment").innerText.includes("messages in view")');
    await page.getByRole('tab', { name: 'Verdicts' }).click();
    await until(page, 'document.querySelector(".pane").dataset.tab === "verdicts"');
    await expectTold(4);
    expect(await page.locator('.depends tr.held', { hasText: 'the rules of Kafka 0.10' }).innerText()).toContain('not violated');
    expect(noise).toEqual([]);
    await page.close();
  });

  it('shows the state at the scrubber, wherever that stands', async () => {
    const { page, noise } = await browser.open('scrub', [model], '#t=4000000&tab=partitions');
    const leader = page.locator('.partition-list tbody tr').first();
    expect(await leader.innerText()).toMatch(/orders-0\s+broker-3/);
    const strip = await page.locator('canvas.minimap').boundingBox();
    if (strip === null) throw new Error('no strip to scrub on');
    await page.mouse.move(strip.x + strip.width * 0.1, strip.y + 10);
    await page.mouse.down();
    await page.mouse.move(strip.x + strip.width * 0.95, strip.y + 10, { steps: 8 });
    await page.mouse.up();
    await until(page, 'document.querySelector(".partition-list tbody tr").innerText.includes("broker-1")');
    expect(await page.locator('.moment').innerText()).toContain('00:00:28');
    expect(noise).toEqual([]);
    await page.close();
  });

  it('has an address for every view, and follows it', async () => {
    const { page, url } = await browser.open('link', [model]);
    await page.keyboard.press('v');
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await page.keyboard.press('6');
    await page.keyboard.press('/');
    await page.keyboard.type('node:broker-1');
    await until(page, 'location.hash.includes("q=node%3Abroker-1")');
    const seen = await page.locator('.why').innerText();
    const rows = await page.locator('.pane tbody tr').allInnerTexts();
    const link = (await page.evaluate('location.href')) as string;
    expect(link).not.toBe(url);
    await page.close();
    const again = await browser.visit(link);
    expect(await again.page.locator('.why').innerText()).toBe(seen);
    expect(await again.page.locator('.pane tbody tr').allInnerTexts()).toEqual(rows);
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows.filter((each) => /Request|Response/.test(each))) expect(row).toContain('broker-1');
    expect(again.noise).toEqual([]);
    await again.page.close();
  });

  it('is walked by keys alone: events, causes, effects, panes', async () => {
    const { page, noise } = await browser.open('keys', [model], '#t=5060000&tab=events');
    const title = (): Promise<string> => page.locator('.why .title').innerText();
    await page.keyboard.press('ArrowRight');
    await page.locator('.why .title').waitFor();
    const first = await title();
    await page.keyboard.press('ArrowRight');
    await until(page, `document.querySelector(".why .title").innerText !== ${JSON.stringify(first)}`);
    await page.keyboard.press('ArrowLeft');
    await until(page, `document.querySelector(".why .title").innerText === ${JSON.stringify(first)}`);
    expect(await page.locator('tr.chosen').innerText()).toContain(first);
    await page.evaluate('location.hash = "t=5080953&sel=d1&tab=events"');
    await until(page, 'document.querySelector(".why .title").innerText.includes("completes")');
    await page.keyboard.press('[');
    await until(page, 'document.querySelector(".why .title").innerText.startsWith("ProduceResponse broker-3")');
    await page.keyboard.press('[');
    // The answer waited for the follower's fetch that raised the high watermark.
    await until(page, 'document.querySelector(".why .title").innerText.startsWith("FetchRequest broker-")');
    await page.keyboard.press(']');
    await until(page, 'document.querySelector(".why .title").innerText.includes("broker-3 →")');
    for (const [key, tab] of [['1', 'verdicts'], ['2', 'partitions'], ['3', 'clients'], ['4', 'groups'], ['5', 'machines'], ['7', 'config']] as const) {
      await page.keyboard.press(key);
      await until(page, `document.querySelector(".pane").dataset.tab === "${tab}"`);
      expect((await page.locator('.pane').innerText()).length, tab).toBeGreaterThan(40);
    }
    await page.keyboard.press('?');
    expect(await page.locator('dialog').isVisible()).toBe(true);
    const behind = await page.evaluate('location.hash');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog').isVisible()).toBe(false);
    expect(await page.evaluate('location.hash')).toBe(behind);
    await page.keyboard.press('t');
    await page.keyboard.press('a');
    await page.keyboard.press('o');
    await until(page, 'location.hash.includes("axis=steps") && location.hash.includes("open=")');
    expect(noise).toEqual([]);
    await page.close();
  });

  it('keeps the focus where it was when a pane is drawn anew', async () => {
    const { page } = await browser.open('focus', [model], '#t=5060000&tab=events');
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.textContent');
    await page.evaluate('document.querySelectorAll(".pane tbody tr button")[3].focus()');
    const row = await focused();
    await page.keyboard.press('Enter');
    await until(page, 'document.querySelector("tr.chosen") !== null');
    expect(await focused()).toBe(row);
    await page.evaluate('document.querySelector("[role=tab]").focus()');
    const tab = await focused();
    await page.keyboard.press('Enter');
    await until(page, 'document.querySelector(".pane").dataset.tab === "verdicts"');
    expect(await focused()).toBe(tab);
    await page.close();
  });

  it('says the same in words: every control has a name, and the events are a table', async () => {
    const { page } = await browser.open('words', [model], '#t=5060000&tab=events');
    const nameless = (await page.evaluate('[...document.querySelectorAll("button, input, select, [role=img], [role=group]")].filter((each) => (each.getAttribute("aria-label") ?? each.innerText ?? "").trim() === "").length')) as number;
    expect(nameless).toBe(0);
    expect(await page.locator('.pane table caption').innerText()).toBe('Events');
    const rows = await page.locator('.pane tbody tr').allInnerTexts();
    expect(rows.some((row) => row.includes('ProduceRequest app → broker-3'))).toBe(true);
    await page.close();
  });

  describe('beside a run without its last fault', () => {
    const other = modelOf(recordOf(builtIn('kip_101_loss'), '1', { faults: record.faults.slice(0, -1) }));

    it('stacks the two timelines on one axis, and marks where the runs part in both', async () => {
      const { page, noise } = await browser.open('pair', [model, other]);
      const text = await page.locator('.pane').innerText();
      expect(text).toMatch(/The first [\d,]+ messages are equal; the runs part at\s+00:00:08\.000000/);
      expect(text).toMatch(/first run\s+fault: crash broker-2, restart after 10s\s+second run\s+nothing at that moment/);
      expect(await page.locator('.moment').innerText()).toContain('00:00:08.000000');
      expect(await page.locator('.caption').allInnerTexts()).toEqual([expect.stringMatching(/first run\s+✗ violated.*4 faults/s), expect.stringMatching(/second run\s+✗ violated.*3 faults/s)]);
      // Between the ruler and the faults, where nothing else is drawn: the line that marks the moment, and what lies left of it.
      const marks = (await page.evaluate(MARKS_OF_TIMELINES)) as { atShare: number[]; width: number }[];
      const endUs = Math.max(model.meta.endUs, other.meta.endUs);
      expect(marks).toHaveLength(2);
      for (const { atShare, width } of marks) {
        expect(atShare.length).toBeGreaterThan(0);
        for (const share of atShare) expect(Math.abs(share - 8_000_000 / endUs) * width).toBeLessThan(3);
      }
      expect(noise).toEqual([]);
      await page.close();
    });

    it('says of what was pressed in either run why it happened, and keeps it when the runs are swapped', async () => {
      const { page, noise } = await browser.open('pair-why', [model, other]);
      const second = page.locator('table', { hasText: 'second run' }).locator('tbody button', { hasText: '00:00:08.' }).first();
      await second.click();
      await page.locator('.why .title').waitFor();
      const title = await page.locator('.why .title').innerText();
      await until(page, 'location.hash.includes("osel=")');
      const loaded = page.waitForEvent('load');
      await page.keyboard.press('w');
      await loaded;
      await until(page, 'document.documentElement.dataset.ready === "true" && document.querySelector(".facts").innerText.includes("3 faults")');
      expect(await page.locator('.why .title').innerText()).toBe(title);
      expect(await page.evaluate('location.hash.includes("&sel=") && !location.hash.includes("osel=")')).toBe(true);
      expect(await page.locator('.moment').innerText()).toContain('00:00:08.');
      expect(noise).toEqual([]);
      await page.close();
    });
  });
});
