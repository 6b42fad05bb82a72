/**
 * What is selected, why it happened and what came of it: causes back to where they began, effects one step ahead, and
 * of a record its whole life.
 */
import { FIRST_MESSAGE, VIA } from '../model/model.ts';
import { livesAt } from './biography.ts';
import { h, replace } from './dom.ts';
import { causeWords, describe, kindOf, numberOf, quoted, type Described } from './events.ts';
import { formatTime, grouped } from './format.ts';
import { lookAt, timeButton, windowOfCone, type Page } from './page.ts';
import { proofsOf } from './proofs.ts';
import { lowerBound } from './search.ts';
import type { View } from './store.ts';

const MAX_CAUSES = 24;
const CAUSES_SHOWN = 4;
const MAX_EFFECTS = 14;

export function drawWhy(page: Page, place: HTMLElement, view: View): void {
  const event = describe(page.run, view.selected);
  const lives = view.offset >= 0 ? recordLives(page, view) : null;
  const card = event === undefined ? (view.offset >= 0 ? null : hint()) : eventCard(page, event);
  // A violation is about a record: that stands first. Of any other event the reader asked for itself.
  replace(place, kindOf(view.selected) === 'v' || event === undefined ? [lives, card] : [card, lives]);
  place.scrollTop = 0;
}

function hint(): HTMLElement {
  return h('div', { class: 'hint' }, h('h2', {}, 'Why'), h('p', {}, 'Select an arrow, a log cell, a row or a violation to see what caused it and what it caused.'),
    h('p', {}, h('kbd', {}, '?'), ' lists the keys.'));
}

function eventCard(page: Page, event: Described): HTMLElement {
  const { run } = page;
  const kind = kindOf(event.id);
  const causes = causesOf(page, event);
  const effects = kind === 'm' ? effectsOf(page, numberOf(event.id)) : kind === 's' ? itemsOf(page, outcomeOf(page, event.id)) : [];
  const proofs = kind === 'v' ? itemsOf(page, proofsOf(run, page.index, numberOf(event.id), Number(event.id.split('.')[1] ?? 0))) : [];
  const siblings = kind === 'm' ? [] : itemsOf(page, siblingsOf(page, event));
  const detail = kind === 'm' ? run.detail(numberOf(event.id)) : undefined;
  return h('section', { 'aria-label': 'selected event' },
    h('h2', { class: event.tone }, event.kind, h('span', { class: 'dim' }, ` ${event.id}`)),
    h('p', { class: 'title' }, event.title),
    h('p', {}, timeButton(page, event.atUs), ' ', h('span', { class: 'dim' }, run.nodeName(event.node)), h('button', { type: 'button', class: 'zoom', title: 'zoom to it and what led to it (z)', onclick: () => page.store.set(windowOfCone(page)) }, 'zoom')),
    event.facts.length === 0 ? null : h('dl', {}, event.facts.map(([name, value]) => [h('dt', {}, name), h('dd', {}, factValue(name, value))])),
    proofs.length === 0 ? null : h('div', {}, h('h3', {}, 'proved by'), h('ol', { class: 'chain' }, proofs)),
    causes.length === 0 ? null : h('div', {}, h('h3', {}, 'because of'), h('ol', { class: 'chain' }, causes.slice(0, CAUSES_SHOWN)),
      causes.length <= CAUSES_SHOWN ? null : h('details', {}, h('summary', { class: 'dim' }, 'and further back'), h('ol', { class: 'chain' }, causes.slice(CAUSES_SHOWN)))),
    effects.length === 0 ? null : h('div', {}, h('h3', {}, 'so that'), h('ol', { class: 'chain' }, effects)),
    siblings.length === 0 ? null : h('div', {}, h('h3', {}, 'in the same step'), h('ol', { class: 'chain' }, siblings)),
    detail === undefined ? null : h('details', { open: true }, h('summary', {}, 'message'), h('pre', {}, pretty(detail))));
}

function factValue(name: string, value: string): string {
  return name.endsWith('AtUs') && /^\d+$/.test(value) ? formatTime(Number(value)) : value;
}

/** Back from cause to cause; a timer is named and followed to the step that armed it. */
function causesOf(page: Page, event: Described): HTMLElement[] {
  const { run } = page;
  const items: HTMLElement[] = [];
  for (let at: Described | undefined = event; at !== undefined && at.cause >= 0; ) {
    const words = causeWords(run, at);
    if (words === '' || at.cause === 0) break;
    if (at.cause < FIRST_MESSAGE) {
      items.push(h('li', {}, words));
      break;
    }
    const id = `m${at.cause - FIRST_MESSAGE}`;
    const next: Described | undefined = describe(run, id);
    if (items.length === MAX_CAUSES) {
      items.push(h('li', { class: 'dim' }, '… and further back'));
      break;
    }
    const how = at.via === VIA.timer ? 'timer, armed by ' : at.via === VIA.disk ? 'flush, asked for by ' : '';
    items.push(eventItem(page, id, next, how));
    at = next;
  }
  return items;
}

function effectsOf(page: Page, message: number): HTMLElement[] {
  const { run } = page;
  const cause = message + FIRST_MESSAGE;
  const { transitions, replicaEvents, registrations, sends, polls } = run.tables;
  const ids: string[] = [];
  const find = (letter: string, causes: Int32Array): void => {
    for (let i = 0; i < causes.length; i += 1) if (causes[i] === cause) ids.push(`${letter}${i}`);
  };
  find('t', transitions.cause);
  find('r', replicaEvents.cause);
  find('g', registrations.cause);
  find('d', sends.cause);
  find('p', polls.cause);
  for (const effect of run.caused(message)) ids.push(`m${effect}`);
  const described = ids.map((id) => ({ id, event: describe(run, id) }));
  described.sort((a, b) => (a.event?.atUs ?? 0) - (b.event?.atUs ?? 0));
  const items = described.slice(0, MAX_EFFECTS).map(({ id, event }) => eventItem(page, id, event, event?.via === VIA.timer ? 'later, by a timer: ' : event?.via === VIA.disk ? 'once flushed: ' : ''));
  if (described.length > MAX_EFFECTS) items.push(h('li', { class: 'dim' }, `… and ${grouped(described.length - MAX_EFFECTS)} more`));
  return items;
}

/** Of a send: how it ended. */
function outcomeOf({ run }: Page, id: string): string[] {
  return (run.tables.sends.doneAtUs[numberOf(id)] as number) < 0 ? [] : [`d${numberOf(id)}`];
}

/** What else the step did that an event belongs to: same moment, same node, same cause. */
function siblingsOf({ run, index }: Page, event: Described): string[] {
  const ids: string[] = [];
  for (let at = lowerBound(index.times, event.atUs); at < index.count && index.times[at] === event.atUs && ids.length < MAX_EFFECTS; at += 1) {
    const id = index.idAt(at);
    const other = describe(run, id);
    if (id !== event.id && event.cause >= 0 && other?.cause === event.cause && other.node === event.node) ids.push(id);
  }
  return ids;
}

function itemsOf(page: Page, ids: readonly string[]): HTMLElement[] {
  return ids.map((id) => eventItem(page, id, describe(page.run, id), ''));
}

function eventItem(page: Page, id: string, event: Described | undefined, how: string): HTMLElement {
  return h('li', { class: event?.tone ?? 'plain' },
    h('button', { type: 'button', class: 'link', onclick: () => lookAt(page, id) }, h('span', { class: 'stamp' }, formatTime(event?.atUs ?? 0)), ` ${how}${event?.title ?? id}`));
}

function recordLives(page: Page, { partition, offset }: View): HTMLElement {
  const { run } = page;
  const lives = livesAt(run, partition, offset);
  return h('section', { class: 'lives', 'aria-label': 'record' },
    h('h2', {}, `${run.meta.partitions[partition] ?? ''} offset ${offset}`, h('button', { type: 'button', class: 'close', 'aria-label': 'close record', onclick: () => page.store.set({ offset: -1 }) }, '×')),
    lives.length === 0 ? h('p', { class: 'dim' }, 'No batch ever stood there.') : null,
    lives.map((life) => h('div', { class: 'life' },
      h('p', {}, life.send < 0 ? 'a record that no client sent' : [life.key === null ? null : `${quoted(life.key)}: `, h('strong', {}, quoted(life.value))],
        h('span', { class: 'dim' }, ` leader epoch ${life.epoch}`), life.isAcknowledged ? h('span', { class: 'badge good' }, 'acknowledged') : null),
      h('ol', { class: 'chain' }, life.chapters.map(({ id, atUs, words, tone }) => h('li', { class: tone },
        h('button', { type: 'button', class: 'link', onclick: () => lookAt(page, id) }, h('span', { class: 'stamp' }, formatTime(atUs)), ` ${words}`)))))));
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 1);
  } catch {
    // Cut at its limit: shown as it is.
    return json;
  }
}
