/**
 * What is exported is read by programs that others wrote: Mermaid draws the diagram, speedscope loads the trace, edn-data
 * reads the history, junit2json the test cases, markdown-it the summary. They are no dependencies of Harrow, Mermaid alone
 * being larger than all of those together: HARROW_CONSUMERS names a folder in which they are installed
 * (`npm install --prefix FOLDER mermaid speedscope edn-data junit2json markdown-it`). Without it nothing is proved here, and
 * `exports.test.ts` holds the same exports to their published grammars.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { githubSummary } from '../../src/report/exports/github.ts';
import { jepsenHistory } from '../../src/report/exports/jepsen.ts';
import { junitXml } from '../../src/report/exports/junit.ts';
import { mermaidDiagram } from '../../src/report/exports/mermaid.ts';
import { perfettoTrace } from '../../src/report/exports/perfetto.ts';
import type { RunModel } from '../../src/report/model/model.ts';
import { findChromium, modelOf, recordOf } from '../support/report-page.ts';
import { builtIn } from '../support/runs.ts';

const folder = process.env['HARROW_CONSUMERS'] ?? '';
const isThere = folder !== '' && existsSync(join(folder, 'node_modules'));
if (!isThere) process.stderr.write('vacuous: no programs of others to read exports; HARROW_CONSUMERS names a folder with them\n');
const executablePath = findChromium();

const NAME = 'a "b" <c> & ; ]]> --> `x` | #1';
const record = recordOf(builtIn('kip_101_loss'), '1');
const plain = modelOf(record);
/** Names that mean something in every syntax. */
const model: RunModel = { ...plain, meta: { ...plain.meta, nodes: plain.meta.nodes.map((node) => ({ ...node, name: `${node.name} ${NAME}` })), scenario: { ...plain.meta.scenario, name: NAME } } };

describe.runIf(isThere)('programs of others', () => {
  const from = createRequire(pathToFileURL(resolve(folder, 'package.json')));
  const file = (...path: string[]): string => join(folder, 'node_modules', ...path);

  it('edn-data reads the history for Jepsen, operation by operation', () => {
    const { parseEDNString } = from('edn-data') as { parseEDNString: (text: string, options: object) => { index: number; type: string; f: string }[] };
    const operations = parseEDNString(`[${jepsenHistory(model)}]`, { mapAs: 'object', keywordAs: 'string' });
    expect(operations.map(({ index }) => index)).toEqual(operations.map((_, i) => i));
    const of = (type: string): number => operations.filter((each) => each.type === type).length;
    expect(of('invoke')).toBe(of('ok') + of('fail') + of('info'));
    expect(operations.filter(({ f }) => f === 'send').length).toBeGreaterThanOrEqual(6);
  });

  it('junit2json reads a case for each property, failed where it is violated', async () => {
    const { parse } = (await import(pathToFileURL(from.resolve('junit2json')).href)) as { parse: (xml: string) => Promise<{ testsuite: { name: string; tests: number; failures: number; testcase: { name: string; failure?: unknown[] }[] }[] }> };
    const { testsuite: [suite] } = await parse(junitXml([{ ...record, scenario: { ...record.scenario, name: NAME } }]));
    expect(suite?.name).toBe(`${NAME} seed 1`);
    expect([suite?.tests, suite?.failures]).toEqual([record.result.verdicts.length, 5]);
    expect(suite?.testcase.map(({ name }) => name)).toEqual(record.result.verdicts.map(({ property }) => property));
    expect(suite?.testcase.filter(({ failure }) => failure !== undefined)).toHaveLength(5);
  });

  it('markdown-it makes one table and one diagram of the job summary, and no element of what names say', () => {
    const markdown = from('markdown-it') as (options: object) => { parse: (text: string, env: object) => { type: string; info: string; content: string }[]; render: (text: string) => string };
    const tokens = markdown({ html: true }).parse(githubSummary(model), {});
    const count = (type: string): number => tokens.filter((token) => token.type === type).length;
    expect([count('table_open'), count('tr_open'), count('td_open'), count('html_block')]).toEqual([1, 1 + record.result.verdicts.length, 4 * record.result.verdicts.length, 0]);
    expect(tokens.filter(({ type }) => type === 'fence').map(({ info }) => info)).toEqual(['mermaid']);
    expect(markdown({ html: true }).render(githubSummary(model))).toContain(`<h2>${NAME.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')}: violated</h2>`);
  });

  describe.runIf(executablePath !== undefined)('in a browser', () => {
    let browser: Browser | undefined;
    const open = async (url: string) => {
      browser ??= await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox', '--disable-gpu', '--allow-file-access-from-files'] });
      const page = await browser.newPage();
      await page.goto(url);
      return page;
    };
    afterAll(() => browser?.close());

    it('Mermaid draws the diagram with every participant under its own name', async () => {
      const page = await open('about:blank');
      await page.addScriptTag({ path: file('mermaid', 'dist', 'mermaid.min.js') });
      const text = mermaidDiagram(model);
      const drawn = (await page.evaluate(async (diagram) => {
        const { mermaid } = globalThis as unknown as { mermaid: { initialize: (options: object) => void; render: (id: string, text: string) => Promise<{ svg: string }> } };
        mermaid.initialize({ startOnLoad: false });
        const { svg } = await mermaid.render('drawn', diagram);
        const { DOMParser: Parser } = globalThis as unknown as { DOMParser: new () => { parseFromString: (text: string, type: string) => { querySelectorAll: (selector: string) => Iterable<{ textContent: string | null }> } } };
        const root = new Parser().parseFromString(svg, 'text/html');
        const texts = (selector: string): string[] => [...root.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');
        return { actors: texts('text.actor-box'), messages: texts('text.messageText').length, notes: texts('text.noteText') };
      }, text));
      const arrows = text.split('\n').filter((line) => /->>|-->>|-x/.test(line.split(':')[0] ?? '')).length;
      expect(new Set(drawn.actors)).toEqual(new Set(model.meta.nodes.map(({ name }) => name)));
      expect(drawn.messages).toBe(arrows);
      expect(drawn.notes.some((note) => note.includes('is cut at offset 1'))).toBe(true);
      await page.close();
    });

    it('speedscope loads the trace, a profile for each track', async () => {
      const page = await open(pathToFileURL(file('speedscope', 'dist', 'release', 'index.html')).href);
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('dialog', (dialog) => {
        errors.push(dialog.message());
        void dialog.dismiss();
      });
      const trace = [...perfettoTrace(model)].join('');
      await page.locator('input[type=file]').first().setInputFiles({ name: 'run.json', mimeType: 'application/json', buffer: Buffer.from(trace) });
      await page.waitForFunction(String.raw`/\(\d+\/\d+\)/.test(document.title + document.body.innerText)`, undefined, { timeout: 20_000 });
      const shown = `${await page.title()} ${await page.locator('body').innerText()}`;
      const { traceEvents } = JSON.parse(trace) as { traceEvents: { ph: string; pid: number; tid: number }[] };
      const tracks = new Set(traceEvents.filter(({ ph }) => ph === 'X').map(({ pid, tid }) => `${pid}/${tid}`)).size;
      expect(shown).toMatch(new RegExp(`\\(\\d+/${tracks}\\)`));
      expect(errors).toEqual([]);
      await page.close();
    });
  });
});
