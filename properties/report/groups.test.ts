/**
 * Groups in a report: a partition has one owner at a time for the page as it had for the listener of the application, the
 * owner of a crashed member's partitions is nobody until the next generation, and lag is what was not yet committed.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { groupHistories, lagAt, lagCurve } from '../../src/report/page/group-history.ts';
import { Run } from '../../src/report/page/run.ts';
import { scenarioOf } from '../support/runs.ts';
import { findChromium, modelOf, recordOf, ReportBrowser, until } from '../support/report-page.ts';

const chromium = findChromium();
const SCENARIO = `
scenario: shared_work
duration: 45s
cluster: { brokers: 3 }
topics: [{ name: orders, partitions: 4, replicationFactor: 3 }]
producers: [{ name: shop }]
consumers:
  - name: worker
    count: 2
    group: billing
    topics: [orders]
    config: { session.timeout.ms: 6000, heartbeat.interval.ms: 2000 }
    application: { mode: process-then-commit, perRecord: 1ms }
  - { name: audit, topics: [orders] }
workload: [{ producer: shop, topic: orders, every: 100ms, start: 5s, until: 30s, key: "k{i}", value: "v{i}" }]
faults: [{ at: 18s, crash: worker-2 }]
`;
const CRASH_US = 18_000_000;

const model = modelOf(recordOf(scenarioOf(SCENARIO), '1'));
const run = new Run(model);
const histories = groupHistories(run);

describe('a group in a report', () => {
  const [billing, audit] = histories;

  it('is told apart from a reader of its own', () => {
    expect(histories.map(({ name, isGroup, members }) => [name, isGroup, members.map((node) => run.nodeName(node))])).toEqual([['billing', true, ['worker-1', 'worker-2']], ['audit', false, ['audit']]]);
    expect(billing?.shares.map(({ partition }) => model.meta.partitions[partition])).toEqual(['orders-0', 'orders-1', 'orders-2', 'orders-3']);
    expect(audit?.shares).toHaveLength(4);
  });

  it('has at most one owner of a partition at a time, nobody after a crash, and the other member from the next generation on', () => {
    const lost = billing?.shares.filter(({ owners }) => owners.some(({ label, fromUs, toUs }) => label === 'worker-2' && fromUs < CRASH_US && toUs === CRASH_US)) ?? [];
    expect(lost).toHaveLength(2);
    for (const { owners } of billing?.shares ?? []) {
      for (const [i, band] of owners.entries()) {
        expect(band.toUs).toBeGreaterThanOrEqual(band.fromUs);
        if (i > 0) expect(band.fromUs).toBeGreaterThanOrEqual(owners[i - 1]?.toUs ?? 0);
      }
      expect(owners.at(-1)?.label).toBe('worker-1');
    }
    for (const { owners } of lost) expect((owners.at(-1)?.fromUs ?? 0) - CRASH_US).toBeGreaterThan(3_000_000);
    expect(billing?.generations.values).toEqual([...(billing?.generations.values ?? [])].sort((a, b) => a - b));
  });

  it('falls behind while nobody owns a partition, and has caught up at the end', () => {
    for (const share of billing?.shares ?? []) {
      expect(lagAt(run, share, run.endUs)).toBe(0);
      const curve = lagCurve(run, share, 50);
      const sampled = Array.from({ length: 500 }, (_, i) => lagAt(run, share, (i * run.endUs) / 500));
      expect(Math.max(...curve)).toBeGreaterThanOrEqual(Math.max(...sampled));
      expect(Math.max(...curve)).toBeGreaterThan(0);
    }
  });
});

describe.runIf(chromium !== undefined)('the pane of consumers', () => {
  const browser = new ReportBrowser(chromium as string);
  afterAll(() => browser.close());

  it('says at the scrubber who owns what, and nobody where that is so', async () => {
    const { page, noise } = await browser.open('groups', [model], `#t=${CRASH_US - 1}&tab=groups`);
    const billing = page.locator('section', { has: page.locator('h3', { hasText: 'billing' }) });
    expect((await billing.locator('.now tbody tr').allInnerTexts()).map((row) => row.split('\t').slice(0, 2).map((cell) => cell.trim()))).toEqual(
      ['orders-0', 'orders-1', 'orders-2', 'orders-3'].map((partition, i) => [partition, i < 2 ? 'worker-1' : 'worker-2']));
    await page.evaluate(`location.hash = "t=${CRASH_US + 1}&tab=groups"`);
    await until(page, 'document.querySelectorAll(".now .bad").length === 2');
    await page.locator('summary', { hasText: 'every change of ownership' }).click();
    expect(await billing.locator('details').innerText()).toMatch(/worker-2\s+\d+\s+assigned\s+orders-2, orders-3/);
    expect(noise).toEqual([]);
    await page.close();
  });
});
