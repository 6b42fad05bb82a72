/**
 * Whatever a scenario calls things, and whatever its records say, a report shows as words. Nothing of it is executed,
 * nothing of it ends an element, and the page's policy would refuse it if it did.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { scenarioOf } from '../support/runs.ts';
import { findChromium, modelOf, recordOf, ReportBrowser, until } from '../support/report-page.ts';

const chromium = findChromium();
const ATTACKS = [
  '<img src=x onerror="window.broken=1">', '</script><script>window.broken=1</script>', '"><svg/onload=window.broken=1>', '<!--', ']]>', 'javascript:window.broken=1', '\u202egnp.exe', '<style>*</style>',
];
const SCENARIO = `
scenario: hostile
description: ${JSON.stringify(ATTACKS.join(' '))}
duration: 20s
cluster: { brokers: 3 }
topics: [{ name: orders, partitions: 1, replicationFactor: 3 }]
producers: [{ name: app }]
consumers: [{ name: reader, topics: [orders] }]
workload:
${ATTACKS.map((attack, i) => `  - { producer: app, topic: orders, every: 1ms, start: ${3000 + 500 * i}ms, until: ${3001 + 500 * i}ms, key: ${JSON.stringify(attack)}, value: ${JSON.stringify(`${i} ${attack}`)} }`).join('\n')}
`;

describe.runIf(chromium !== undefined)('a hostile scenario', () => {
  const browser = new ReportBrowser(chromium as string);
  afterAll(() => browser.close());

  it('is shown as text, in every pane', async () => {
    const record = recordOf(scenarioOf(SCENARIO), '1');
    const model = modelOf(record);
    expect(model.meta.texts.some((text) => text.includes('<img src=x onerror'))).toBe(true);
    const hostile = { ...model, meta: { ...model.meta, nodes: model.meta.nodes.map((node, i) => ({ ...node, name: `${node.name} ${ATTACKS[i % ATTACKS.length] as string}` })) } };
    const other = { ...hostile, meta: { ...hostile.meta, seed: ATTACKS[0] as string, mutants: ATTACKS, scenario: { ...hostile.meta.scenario, name: ATTACKS[1] as string } } };
    const { page, noise } = await browser.open('hostile', [hostile, other], '#t=6000000&o=1');
    for (const key of ['1', '2', '3', '4', '5', '6', '7', '8']) {
      await page.keyboard.press(key);
      await page.waitForTimeout(80);
    }
    await page.keyboard.press('3');
    await until(page, 'document.querySelector(".pane").dataset.tab === "clients"');
    expect(await page.locator('.pane').innerText()).toContain('</script><script>window.broken=1</script>');
    expect(await page.locator('.why').innerText()).toMatch(/<img|<\/script>|svg\/onload/);
    expect(await page.evaluate('window.broken')).toBeUndefined();
    expect(await page.evaluate('document.querySelectorAll("#app img, #app script, #app style, #app svg[onload], #app iframe").length')).toBe(0);
    expect(noise).toEqual([]);
    await page.close();
  });

  it('would be stopped by the policy of the page, had it become a script', async () => {
    const model = modelOf(recordOf(scenarioOf(SCENARIO), '1'));
    const { page, noise } = await browser.open('policy', [model]);
    await page.evaluate('document.body.append(Object.assign(document.createElement("script"), { textContent: "window.broken = 1" }))');
    await page.evaluate('document.body.append(Object.assign(document.createElement("img"), { src: "https://example.invalid/x.png" }))');
    await page.waitForTimeout(100);
    expect(await page.evaluate('window.broken')).toBeUndefined();
    expect(noise.filter((each) => each.includes('Content Security Policy'))).toHaveLength(2);
    await page.close();
  });
});
