/**
 * What clients did and saw, in Jepsen's manner: one line per operation with its invocation, its outcome (ok, fail, or
 * nobody knows) and how long it took; those around the scrubber.
 */
import { OUTCOMES } from '../../model/model.ts';
import { h, replace, table } from '../dom.ts';
import { describe, quoted } from '../events.ts';
import { formatSpan, formatTime, grouped } from '../format.ts';
import { lookAt, type Page, type Pane } from '../page.ts';
import { upperBound } from '../search.ts';
import type { View } from '../store.ts';

const AROUND = 60;

interface Entry {
  readonly id: string;
  readonly atUs: number;
}

export function clientsPane(page: Page): Pane {
  const { run } = page;
  const entries: Entry[] = [];
  for (let i = 0; i < run.tables.sends.rows; i += 1) entries.push({ id: `s${i}`, atUs: run.tables.sends.atUs[i] as number });
  for (let i = 0; i < run.tables.polls.rows; i += 1) entries.push({ id: `p${i}`, atUs: run.tables.polls.atUs[i] as number });
  run.meta.remarks.forEach(({ atUs }, i) => entries.push({ id: `k${i}`, atUs }));
  entries.sort((a, b) => a.atUs - b.atUs);
  const times = entries.map(({ atUs }) => atUs);
  return {
    tab: 'clients',
    title: 'Clients',
    draw(place, view) {
      const at = upperBound(times, view.timeUs);
      const filter = page.filter();
      const before = collect(entries, at - 1, -1, (id) => filter.passes(id)).reverse();
      const after = collect(entries, at, 1, (id) => filter.passes(id));
      const here = h('tr', { class: 'here' }, h('td', { colspan: 6 }, formatTime(view.timeUs)));
      replace(place, h('p', { class: 'dim' }, `${grouped(run.tables.sends.rows)} sends, ${grouped(run.tables.polls.rows)} polls with records, ${grouped(run.meta.remarks.length)} other observations; those around the scrubber.`),
        table('Client history', ['invoked', 'client', 'operation', 'value', 'outcome', 'took'], [...before.map(({ id }) => row(page, id, view)), here, ...after.map(({ id }) => row(page, id, view))], 'wide history'));
      here.scrollIntoView({ block: 'center' });
    },
  };
}

function collect(entries: readonly Entry[], from: number, direction: 1 | -1, passes: (id: string) => boolean): Entry[] {
  const found: Entry[] = [];
  for (let i = from; i >= 0 && i < entries.length && found.length < AROUND; i += direction) if (passes((entries[i] as Entry).id)) found.push(entries[i] as Entry);
  return found;
}

function row(page: Page, id: string, view: View): HTMLTableRowElement {
  const { run } = page;
  const event = describe(run, id);
  const { sends } = run.tables;
  const i = Number(id.slice(1));
  const isSend = id.startsWith('s');
  const doneUs = isSend ? (sends.doneAtUs[i] as number) : -1;
  const isOpen = isSend && (doneUs < 0 || doneUs > view.timeUs);
  const outcome = (event?.atUs ?? 0) > view.timeUs ? 'later' : !isSend ? 'ok' : isOpen ? 'open' : (OUTCOMES[sends.outcome[i] as number] ?? 'unknown');
  const place = isSend && (sends.offset[i] as number) >= 0 && !isOpen ? `${run.meta.partitions[sends.partition[i] as number] ?? ''}@${sends.offset[i] as number}` : '';
  const error = isSend && !isOpen && (sends.error[i] as number) >= 0 ? run.word(sends.error[i] as number) : '';
  return h('tr', { class: `${isSend || outcome === 'later' ? `outcome-${outcome}` : ''} ${view.selected === id ? 'chosen' : ''}` },
    h('td', {}, h('button', { type: 'button', class: 'link stamp', onclick: () => select(page, id) }, formatTime(event?.atUs ?? 0))),
    h('td', {}, run.nodeName(event?.node ?? -1)), h('td', {}, isSend ? 'send' : (event?.kind === 'poll' ? 'poll' : 'note')),
    h('td', {}, isSend ? `${(sends.key[i] as number) < 0 ? '' : `${quoted(run.text(sends.key[i] as number))}: `}${quoted(run.text(sends.value[i] as number))}` : (event?.title ?? '')),
    h('td', {}, isSend ? `${outcome} ${place} ${error}` : ''), h('td', { class: 'number' }, isOpen || !isSend ? '' : formatSpan(doneUs - (sends.atUs[i] as number))));
}

/** A send that has a place in a log shows the record, too. */
function select(page: Page, id: string): void {
  const { sends } = page.run.tables;
  const i = Number(id.slice(1));
  const isPlaced = id.startsWith('s') && (sends.offset[i] as number) >= 0;
  lookAt(page, id, isPlaced ? { partition: sends.partition[i] as number, offset: sends.offset[i] as number } : {});
}
