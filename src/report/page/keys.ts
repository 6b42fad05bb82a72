/** The keyboard: every way to look about without a mouse. */
import { FIRST_MESSAGE } from '../model/model.ts';
import { h } from './dom.ts';
import { describe, kindOf, numberOf } from './events.ts';
import { lookAt, windowOfCone, windowRound, zoomed, type Page } from './page.ts';
import { lowerBound, upperBound } from './search.ts';
import { TABS, type Tab } from './store.ts';

export const KEYS: readonly (readonly [string, string])[] = [
  ['← →', 'previous, next event (with Shift: ten)'], ['[ ]', 'cause, first effect of what is selected'], ['+ −', 'zoom in, out at the scrubber'], ['z', 'zoom to what is selected and what led to it'], ['0', 'the whole run'],
  ['v', 'next violation'], ['f', 'next fault'], ['Home End', 'begin, end of the run'], ['a', 'axis of time or of steps'], ['o', 'open all lanes, or close them'], ['1 … 7', 'panes'], ['/', 'filter'],
  ['l', 'copy a link to this view'], ['w', 'of two runs: the other one first'], ['t', 'light, dark'], ['Esc', 'nothing selected'], ['?', 'this list'],
];

export interface Commands {
  readonly toggleTheme: () => void;
  readonly swapRuns: () => void;
  readonly toggleHelp: () => void;
  readonly focusFilter: () => void;
  readonly copyLink: () => void;
  readonly tabs: readonly Tab[];
}

export function listenToKeys(page: Page, commands: Commands): void {
  addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A dialog has the keys: the page behind it would move unseen, and Escape would not close it.
    if (document.querySelector('dialog[open]') !== null) {
      if (event.key === '?') commands.toggleHelp();
      return;
    }
    if (target.matches('input, select, textarea')) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    if (press(page, commands, event.key, event.shiftKey)) event.preventDefault();
  });
}

function press(page: Page, commands: Commands, key: string, isShifted: boolean): boolean {
  const { store } = page;
  const { view } = store;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowLeft':
      step(page, key === 'ArrowRight' ? 1 : -1, isShifted ? 10 : 1);
      return true;
    case '[':
      toCause(page);
      return true;
    case ']':
      toEffect(page);
      return true;
    case '+':
    case '=':
      store.set(zoomed(page, view, view.timeUs, 0.5));
      return true;
    case '-':
      store.set(zoomed(page, view, view.timeUs, 2));
      return true;
    case 'z':
      store.set(windowOfCone(page));
      return true;
    case '0':
      store.set({ fromUs: 0, toUs: page.endUs });
      return true;
    case 'v':
    case 'f':
      toNext(page, key);
      return true;
    case 'Home':
      store.set({ timeUs: 0, ...windowRound(page, 0) });
      return true;
    case 'End':
      store.set({ timeUs: page.endUs, ...windowRound(page, page.endUs) });
      return true;
    case 'a':
      store.set({ axis: view.axis === 'time' ? 'steps' : 'time' });
      return true;
    case 'o':
      store.set({ open: view.open.length > 0 ? [] : page.run.lanes });
      return true;
    case '/':
      commands.focusFilter();
      return true;
    case 'l':
      commands.copyLink();
      return true;
    case 'w':
      if (page.other === undefined) return false;
      commands.swapRuns();
      return true;
    case 't':
      commands.toggleTheme();
      return true;
    case 'Escape':
      store.set({ selected: '', selectedOther: '', offset: -1 });
      return true;
    case '?':
      commands.toggleHelp();
      return true;
    default: {
      const tab = /^[1-9]$/.test(key) ? commands.tabs[Number(key) - 1] : undefined;
      if (tab !== undefined && TABS.includes(tab)) store.set({ tab });
      return tab !== undefined;
    }
  }
}

function step(page: Page, direction: 1 | -1, count: number): void {
  const { index, store } = page;
  const { selected, timeUs } = store.view;
  const event = describe(page.run, selected);
  let at = event !== undefined && event.atUs === timeUs ? index.positionOf(selected, timeUs) : -1;
  if (at === -1) at = direction === 1 ? upperBound(index.times, timeUs) - 1 : lowerBound(index.times, timeUs);
  const filter = page.filter();
  for (let i = 0; i < count; i += 1) {
    const next = index.next(at + direction, direction, filter);
    if (next === -1) break;
    at = next;
  }
  if (at >= 0 && at < index.count) lookAt(page, index.idAt(at));
}

function toCause(page: Page): void {
  const event = describe(page.run, page.store.view.selected);
  if (event !== undefined && event.cause >= FIRST_MESSAGE) lookAt(page, `m${event.cause - FIRST_MESSAGE}`);
}

function toEffect(page: Page): void {
  const { selected } = page.store.view;
  const first = kindOf(selected) === 'm' ? page.run.caused(numberOf(selected))[0] : undefined;
  if (first !== undefined) lookAt(page, `m${first}`);
}

function toNext(page: Page, letter: 'v' | 'f'): void {
  const { meta } = page.run;
  const ids = letter === 'f' ? meta.faults.map((_, i) => `f${i}`) : meta.verdicts.flatMap(({ evidence }, i) => evidence.map((_, j) => `v${i}.${j}`));
  const events = ids.flatMap((id) => describe(page.run, id) ?? []).sort((a, b) => a.atUs - b.atUs);
  const { selected, timeUs } = page.store.view;
  const now = events.findIndex(({ id }) => id === selected);
  // The page opens at the first violation, with nothing selected.
  const next = now === -1 ? events.find(({ atUs }) => (selected === '' ? atUs >= timeUs : atUs > timeUs)) ?? events[0] : events[(now + 1) % events.length];
  if (next !== undefined) lookAt(page, next.id);
}

export function helpDialog(): HTMLDialogElement {
  const dialog = h('dialog', { class: 'help', 'aria-label': 'keys' }, h('h2', {}, 'Keys'), h('dl', {}, KEYS.map(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)])),
    h('p', { class: 'dim' }, 'Drag the timeline to move along it, turn the wheel to zoom, click on it to set the scrubber; drag the strip above to scrub.'),
    h('h3', {}, 'Shapes'),
    h('p', {}, 'Arrow: handled. Dotted with a cross: lost. Dashed with a square: stalled on the way. Double: copied by the network. Bolt: a connection lost. Bars: too many messages to draw, the higher the more, in the colours of their kinds.'),
    h('h3', {}, 'Filter'), h('p', {}, 'Words that must all be there: ', h('code', {}, 'node:broker-1 type:Fetch kind:replica lost stalled copy'), ' or any text.'),
    h('form', { method: 'dialog' }, h('button', {}, 'Close')));
  return dialog;
}
