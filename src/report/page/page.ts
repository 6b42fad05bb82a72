/**
 * What every part of the page works with: the run, what is looked at, and the ways to look at something else.
 */
import type { Run } from './run.ts';
import { coneOf } from './cone.ts';
import { EventIndex } from './index-of-events.ts';
import { Lives } from './lives.ts';
import type { Tab, View, ViewStore } from './store.ts';
import { describe } from './events.ts';
import { Filter } from './filter.ts';
import { h } from './dom.ts';
import { formatTime } from './format.ts';

export interface Page {
  readonly run: Run;
  /** The page of the run to compare with; undefined when the report shows one. */
  readonly other: Page | undefined;
  /** Of the longer run, where there are two. */
  readonly endUs: number;
  readonly lives: Lives;
  readonly index: EventIndex;
  readonly store: ViewStore;
  filter(): Filter;
}

export function pageOf(run: Run, store: ViewStore, endUs: number, other?: Page): Page {
  let text = '';
  let filter = new Filter(run, text);
  return {
    run, other, endUs, store, lives: new Lives(run), index: new EventIndex(run),
    filter: () => {
      if (store.view.filter !== text) {
        text = store.view.filter;
        filter = new Filter(run, text);
      }
      return filter;
    },
  };
}

/** A pane below the timeline. */
export interface Pane {
  readonly tab: Tab;
  readonly title: string;
  /** Draws into `place`; called when the pane comes to sight and whenever the view changes while it is. */
  draw(place: HTMLElement, view: View, isNew: boolean): void;
}

/** The change of view that shows an event: the scrubber on it, and the timeline round it when it was out of sight. */
export function lookAt(page: Page, id: string, more: Partial<View> = {}): void {
  const event = describe(page.run, id);
  if (event === undefined) return;
  page.store.set({ timeUs: event.atUs, selected: id, ...windowRound(page, event.atUs), ...more });
}

/** Nothing when `timeUs` is in sight; else a window of the same width with it in the middle. */
export function windowRound({ store, endUs }: Page, timeUs: number): Partial<View> {
  const { fromUs, toUs } = store.view;
  const margin = (toUs - fromUs) * 0.02;
  if (timeUs >= fromUs + margin && timeUs <= toUs - margin) return {};
  const width = toUs - fromUs;
  const from = Math.max(0, Math.min(endUs - width, timeUs - width / 2));
  return { fromUs: from, toUs: Math.min(endUs, from + width) };
}

const MIN_CONE_US = 2_000;

/** A window with what is selected and its causal cone in it; nothing when nothing is selected. */
export function windowOfCone({ run, store, endUs }: Page): Partial<View> {
  const { selected } = store.view;
  const event = describe(run, selected);
  if (event === undefined) return {};
  const { sentAtUs, handledAtUs } = run.tables.messages;
  const times = [event.atUs, ...[...coneOf(run, selected)].flatMap((i) => [sentAtUs[i] as number, Math.max(sentAtUs[i] as number, handledAtUs[i] as number)])];
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = times.reduce((a, b) => Math.max(a, b));
  const margin = Math.max(MIN_CONE_US, (to - from) * 0.1);
  return { fromUs: Math.max(0, from - margin), toUs: Math.min(endUs, to + margin), timeUs: event.atUs };
}

/** Zooms round a moment; never closer than a microsecond, never wider than the run. */
export function zoomed({ endUs }: Page, { fromUs, toUs }: View, timeUs: number, factor: number): Partial<View> {
  const width = Math.max(20, Math.min(endUs, (toUs - fromUs) * factor));
  const share = (timeUs - fromUs) / Math.max(1, toUs - fromUs);
  const from = Math.max(0, Math.min(endUs - width, timeUs - share * width));
  return { fromUs: from, toUs: Math.min(endUs, from + width) };
}

/** A time that can be pressed to go there. */
export function timeButton(page: Page, timeUs: number, id = ''): HTMLButtonElement {
  return h('button', { class: 'time', type: 'button', onclick: () => (id === '' ? page.store.set({ timeUs, ...windowRound(page, timeUs) }) : lookAt(page, id)) }, formatTime(timeUs));
}
