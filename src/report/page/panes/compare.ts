/** Two runs side by side: what was asked for differently, where they part, and what each did from there on. */
import { h, replace, table } from '../dom.ts';
import { firstDifference } from '../first-difference.ts';
import { describe } from '../events.ts';
import { formatTime, grouped } from '../format.ts';
import { EventIndex } from '../index-of-events.ts';
import { timeButton, type Page, type Pane } from '../page.ts';
import type { Run } from '../run.ts';
import { lowerBound, upperBound } from '../search.ts';

const ROWS = 40;

export function comparePane(page: Page, other: Run, swap: () => void): Pane {
  const { run } = page;
  const { equal, atUs } = firstDifference(run, other);
  const otherIndex = new EventIndex(other);
  const names = [...new Set([...run.meta.verdicts, ...other.meta.verdicts].map(({ property }) => property))];
  return {
    tab: 'compare',
    title: 'Compare',
    draw(place, view) {
      const differing = names.filter((name) => verdictOf(run, name) !== verdictOf(other, name));
      replace(place,
        h('p', {}, atUs === Infinity ? `All ${grouped(equal)} messages are equal.` : [`The first ${grouped(equal)} messages are equal; the runs part at `, timeButton(page, atUs), '.']),
        h('p', {}, h('button', { type: 'button', title: 'the other run in the timeline (w)', onclick: swap }, 'swap the runs')),
        table('The two runs', ['', 'this run', 'the other'], [
          ['scenario', run.meta.scenario.name, other.meta.scenario.name], ['seed', run.meta.seed, other.meta.seed], ['profile', run.meta.scenario.profile, other.meta.scenario.profile], ['mutants', run.meta.mutants.join(', ') || 'none', other.meta.mutants.join(', ') || 'none'],
          ['faults', onlyIn(run, other), onlyIn(other, run)], ['verdict', run.meta.verdict, other.meta.verdict], ['messages', grouped(run.tables.messages.rows), grouped(other.tables.messages.rows)], ['digest', run.meta.digest, other.meta.digest],
          ...differing.map((name) => [name, verdictOf(run, name), verdictOf(other, name)]),
        ].filter(([name, one, two]) => one !== two || name === 'scenario').map(([name, one, two]) => h('tr', { class: one === two ? '' : 'differs' }, h('td', {}, name), h('td', {}, one), h('td', {}, two))), 'wide'),
        h('h3', {}, `From ${formatTime(view.timeUs)} on`),
        h('div', { class: 'pair' }, listing(run, page.index, view.timeUs, atUs), listing(other, otherIndex, view.timeUs, atUs)));
    },
  };
}

function verdictOf(run: Run, property: string): string {
  return run.meta.verdicts.find((each) => each.property === property)?.verdict ?? 'not judged';
}

/** Its faults that the other does not have. */
function onlyIn(run: Run, other: Run): string {
  const own = run.meta.faultWords.filter((_, i) => !other.meta.faultWords.some((words, j) => words === run.meta.faultWords[i] && other.meta.faults[j]?.fault.atMs === run.meta.faults[i]?.fault.atMs));
  return own.length === 0 ? `all ${run.meta.faults.length} in the other, too` : own.join('; ');
}

function listing(run: Run, index: EventIndex, timeUs: number, partUs: number): HTMLElement {
  const from = Math.max(0, Math.min(upperBound(index.times, timeUs), lowerBound(index.times, timeUs)) - 5);
  const ids = Array.from({ length: Math.min(ROWS, index.count - from) }, (_, i) => index.idAt(from + i));
  return table(`Events of ${run.meta.scenario.name}`, ['time', 'event'], ids.map((id) => {
    const event = describe(run, id);
    return h('tr', { class: `${event?.tone ?? ''} ${(event?.atUs ?? 0) >= partUs ? 'differs' : ''}` }, h('td', { class: 'stamp' }, formatTime(event?.atUs ?? 0)), h('td', {}, event?.title ?? ''));
  }));
}
