/** Two runs side by side: what was asked for differently, where they part, and what each did from there on. */
import { h, replace, table } from '../dom.ts';
import { describe, kindOf, numberOf, type Described } from '../events.ts';
import { formatTime, grouped } from '../format.ts';
import { lookAt, timeButton, type Page, type Pane } from '../page.ts';
import type { Pair } from '../pair.ts';
import type { Run } from '../run.ts';
import { lowerBound, upperBound } from '../search.ts';

const ROWS = 40;
const ROWS_BEFORE = 5;

export function comparePane(page: Page, otherPage: Page, { difference: { equal, atUs, ids }, shared }: Pair, swap: () => void): Pane {
  const { run } = page;
  const other = otherPage.run;
  const names = [...new Set([...run.meta.verdicts, ...other.meta.verdicts].map(({ property }) => property))];
  const own = shared.map((of) => of.length - of.reduce((sum, each) => sum + each, 0));
  return {
    tab: 'compare',
    title: 'Compare',
    draw(place, view) {
      const differing = names.filter((name) => verdictOf(run, name) !== verdictOf(other, name));
      replace(place,
        h('p', {}, atUs === Infinity ? `All ${grouped(equal)} messages are equal.` : [`The first ${grouped(equal)} messages are equal; the runs part at `, timeButton(page, atUs), '. ',
          h('button', { type: 'button', title: 'the other run first (w)', onclick: swap }, 'swap the runs')]),
        atUs === Infinity ? null : h('dl', { class: 'facts parting' }, ([[page, ids[0], 'first run'], [otherPage, ids[1], 'second run']] as const).map(([of, id, which]) => [h('dt', {}, which), h('dd', {}, partingWords(of, id))])),
        atUs === Infinity ? null : h('p', { class: 'dim' }, `After that ${grouped(own[0] as number)} messages are of the first run alone and ${grouped(own[1] as number)} of the second; what both have is pale above.`),
        table('The two runs', ['', 'first run', 'second run'], [
          ['scenario', run.meta.scenario.name, other.meta.scenario.name], ['seed', run.meta.seed, other.meta.seed], ['profile', run.meta.scenario.profile, other.meta.scenario.profile], ['mutants', run.meta.mutants.join(', ') || 'none', other.meta.mutants.join(', ') || 'none'],
          ['faults', onlyIn(run, other), onlyIn(other, run)], ['settings', settingsOnlyIn(run, other), settingsOnlyIn(other, run)],
          ['verdict', run.meta.verdict, other.meta.verdict], ['messages', grouped(run.tables.messages.rows), grouped(other.tables.messages.rows)], ['digest', run.meta.digest, other.meta.digest],
          ...differing.map((name) => [name, verdictOf(run, name), verdictOf(other, name)]),
        ].filter(([name, one, two]) => one !== two || name === 'scenario').map(([name, one, two]) => h('tr', { class: one === two ? '' : 'differs' }, h('td', {}, name), h('td', {}, one), h('td', {}, two))), 'wide'),
        h('h3', {}, `From ${formatTime(view.timeUs)} on`),
        h('div', { class: 'pair' }, listing(page, shared[0], 'first run'), listing(otherPage, shared[1], 'second run')));
    },
  };
}

/** What happened first that is not in the other run. */
function partingWords(page: Page, id: string): Node | string {
  const event = describe(page.run, id);
  if (event === undefined) return 'nothing at that moment';
  return h('button', { type: 'button', class: 'link', onclick: () => lookAt(page, id) }, wordsOf(page.run, event));
}

/** With the node, where the title does not say it. */
function wordsOf(run: Run, { node, title }: Described): string {
  const name = run.nodeName(node);
  return name === '' || title.includes(name) ? title : `${name}: ${title}`;
}

function verdictOf(run: Run, property: string): string {
  return run.meta.verdicts.find((each) => each.property === property)?.verdict ?? 'not judged';
}

/** Its faults that the other does not have. */
function onlyIn(run: Run, other: Run): string {
  const own = run.meta.faultWords.filter((_, i) => !other.meta.faultWords.some((words, j) => words === run.meta.faultWords[i] && other.meta.faults[j]?.fault.atMs === run.meta.faults[i]?.fault.atMs));
  return own.length === 0 ? `all ${run.meta.faults.length} in the other, too` : own.join('; ');
}

/** Its effective settings where the other has others. */
function settingsOnlyIn(run: Run, other: Run): string {
  return run.meta.config.flatMap(({ of, entries }) => {
    const theirs = other.meta.config.find((each) => each.of === of)?.entries ?? {};
    return Object.entries(entries).filter(([name, value]) => theirs[name] !== value).map(([name, value]) => `${of}: ${name}=${String(value)}`);
  }).join('; ') || 'as the other';
}

function listing(page: Page, shared: Uint8Array, which: string): HTMLElement {
  const { run, index, store: { view } } = page;
  const from = Math.max(0, Math.min(upperBound(index.times, view.timeUs), lowerBound(index.times, view.timeUs)) - ROWS_BEFORE);
  const ids = Array.from({ length: Math.min(ROWS, index.count - from) }, (_, i) => index.idAt(from + i));
  return table(`Events of the ${which}`, [which, ''], ids.map((id) => {
    const event = describe(run, id);
    const isShared = kindOf(id) === 'm' && shared[numberOf(id)] === 1;
    return h('tr', { class: `${event?.tone ?? ''} ${isShared ? 'default' : ''} ${view.selected === id ? 'chosen' : ''}` },
      h('td', {}, h('button', { type: 'button', class: 'link stamp', onclick: () => lookAt(page, id) }, formatTime(event?.atUs ?? 0))), h('td', {}, event === undefined ? '' : wordsOf(run, event)));
  }));
}
