/**
 * The report of a campaign in a browser: what the guarantees came to, and from each number a way to the report of a run
 * that shows it.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Outside } from '../../src/cli/outside.ts';
import { main } from '../../src/cli/program.ts';
import { headLine, outcomeLine } from '../../src/explorer/campaign/campaign-lines.ts';
import { runSeed } from '../../src/explorer/campaign/seed-outcome.ts';
import { execute } from '../../src/scenarios/run.ts';
import { scenarioOf } from '../support/runs.ts';
import { findChromium, ReportBrowser } from '../support/report-page.ts';

const chromium = findChromium();
const CODE = 'c0de'.repeat(16);
const MUTANT = 'truncate-to-high-watermark';
const SCENARIO = `
scenario: short
duration: 25s
cluster: { brokers: 3, config: { min.insync.replicas: 2 } }
topics: [{ name: orders, partitions: 1, replicationFactor: 3 }]
producers: [{ name: app }]
consumers: [{ name: reader, topics: [orders] }]
workload: [{ producer: app, topic: orders, every: 100ms, start: 3s, until: 15s, key: "k", value: "<b>v{i}</b>" }]
faults: [{ at: 6s, crash: broker-1, restartAfter: 3s }, { at: 10s, crash: broker-2, restartAfter: 3s }]
`;

function outsideIn(page: string): Outside {
  const output = { write: () => undefined, columns: 100, isTTY: false };
  return {
    stdout: output, stderr: { ...output, write: (text: string) => void process.stderr.write(text) }, env: {}, program: 'harrow', version: '1.2.3', runtime: 'v20', execute,
    nowMs: () => 0, freshSeed: () => '1', codeFingerprint: () => CODE, reportPage: () => page, deflate: (bytes) => deflateRawSync(bytes), open: () => undefined,
    readFile: () => null, prepareDirectory: () => undefined, openFile: () => ({ write: () => undefined, close: () => undefined }),
    writeFile: (path, text) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
  };
}

describe.runIf(chromium !== undefined)('the report of a campaign', () => {
  const browser = new ReportBrowser(chromium as string);
  const folder = mkdtempSync(join(tmpdir(), 'harrow campaign #1 '));
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has a table of guarantees whose numbers lead to runs, and asks the network for nothing', async () => {
    const scenario = scenarioOf(SCENARIO);
    const file = join(folder, 'all of it.campaign.ndjson');
    const seeds = [1, 2, 3];
    const outcomes = seeds.map((seed) => runSeed({ scenario, mutants: [MUTANT], trips: null }, seed));
    writeFileSync(file, headLine({ harrow: '1.2.3', code: CODE, scenario, mutants: [MUTANT] }) + outcomes.map(outcomeLine).join(''));
    expect(main(['report', file, '--runs', '2', '--quiet'], outsideIn(browser.builtPage()))).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['all of it.campaign-runs', 'all of it.campaign.html', 'all of it.campaign.ndjson']);

    const { page, noise } = await browser.visit(pathToFileURL(join(folder, 'all of it.campaign.html')).href);
    const violated = outcomes.filter(({ properties }) => properties.some(({ verdict }) => verdict === 'violated')).length;
    expect(violated, 'the mutant trips').toBeGreaterThan(0);
    expect(await page.locator('header').innerText()).toContain(`3 runs, ${violated} with a violation`);
    expect(await page.locator('.squares .square').count()).toBe(3);
    expect(await page.locator('.squares .square.reported').count()).toBe(2);
    for (const outcome of outcomes.flatMap(({ properties }) => properties).filter(({ verdict }) => verdict === 'violated').slice(0, 3)) {
      expect(await page.locator('.violation').allInnerTexts()).toEqual(expect.arrayContaining([expect.stringContaining(outcome.sentence as string)]));
    }
    expect(noise).toEqual([]);
    await page.locator('td.violated a').first().click();
    await page.waitForSelector('html[data-ready]');
    expect(await page.title()).toMatch(/^short, seed \d: violated$/);
    expect(await page.locator('.violation').count()).toBeGreaterThan(0);
    expect(noise).toEqual([expect.stringMatching(/^request: file:.*all%20of%20it\.campaign-runs\/seed-\d\.html$/)]);
    await page.close();
  });

  it('is not made of runs that other code would run otherwise', () => {
    const file = join(folder, 'old.campaign.ndjson');
    writeFileSync(file, headLine({ harrow: '1.2.3', code: 'other', scenario: scenarioOf(SCENARIO), mutants: [] }));
    expect(main(['report', file], { ...outsideIn('<!--harrow-data-->'), stderr: { write: () => undefined, columns: 100, isTTY: false } })).toBe(64);
    expect(main(['report', file, '--runs', '0'], outsideIn('<!--harrow-data-->'))).toBe(0);
  });
});
