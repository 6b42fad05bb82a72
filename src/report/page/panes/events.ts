/**
 * Every event around the scrubber as a table: the timeline in words, for those who read, search, or do not see it.
 */
import { h, replace, table } from '../dom.ts';
import { causeWords, describe } from '../events.ts';
import { formatTime, grouped } from '../format.ts';
import { lookAt, type Page, type Pane } from '../page.ts';
import { upperBound } from '../search.ts';
import type { View } from '../store.ts';

const BEFORE = 60;
const AFTER = 60;

export function eventsPane(page: Page): Pane {
  return {
    tab: 'events',
    title: 'Events',
    draw(place, view) {
      const { index } = page;
      const at = upperBound(index.times, view.timeUs);
      const before = collect(page, at - 1, -1, BEFORE).reverse();
      const after = collect(page, at, 1, AFTER);
      const here = h('tr', { class: 'here' }, h('td', { colspan: 5 }, formatTime(view.timeUs)));
      replace(place,
        h('p', { class: 'dim' }, `${grouped(index.count)} events${page.filter().isEmpty ? '' : ', filtered'}; those around the scrubber. Messages stand at the time they were sent.`),
        table('Events', ['time', 'kind', 'node', 'event', 'because of'], [...before.map((id) => row(page, id, view)), here, ...after.map((id) => row(page, id, view))], 'wide'));
      (place.querySelector('tr.chosen') ?? here).scrollIntoView({ block: 'center' });
    },
  };
}

function collect({ index, filter }: Page, from: number, direction: 1 | -1, count: number): string[] {
  const ids: string[] = [];
  const passing = filter();
  for (let at = index.next(from, direction, passing); at !== -1 && ids.length < count; at = index.next(at + direction, direction, passing)) ids.push(index.idAt(at));
  return ids;
}

function row(page: Page, id: string, view: View): HTMLTableRowElement {
  const event = describe(page.run, id);
  return h('tr', { class: `${event?.tone ?? ''} ${view.selected === id ? 'chosen' : ''}`, 'aria-selected': view.selected === id },
    h('td', {}, h('button', { type: 'button', class: 'link stamp', onclick: () => lookAt(page, id) }, formatTime(event?.atUs ?? 0))),
    h('td', { class: 'whole' }, event?.kind ?? ''), h('td', { class: 'whole' }, page.run.nodeName(event?.node ?? -1)), h('td', {}, event?.title ?? ''), h('td', { class: 'dim' }, event === undefined ? '' : causeWords(page.run, event)));
}
