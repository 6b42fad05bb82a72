/**
 * The page: reads the run inside it (or the campaign, whose page is another), puts its parts in place, and draws what the view asks for. Whatever the reader does
 * changes the view and nothing else; everything on the page follows from the view.
 */
import './style.css';
import { drawCampaign } from './campaign.ts';
import { coneOf } from './cone.ts';
import { h, replace } from './dom.ts';
import { Filter } from './filter.ts';
import { firstDifference } from './first-difference.ts';
import { grouped } from './format.ts';
import { EventIndex } from './index-of-events.ts';
import { helpDialog, listenToKeys } from './keys.ts';
import { Lives } from './lives.ts';
import { loadCampaign, loadModels } from './load.ts';
import { Minimap } from './minimap.ts';
import { timeButton, type Page, type Pane } from './page.ts';
import { clientsPane } from './panes/clients.ts';
import { comparePane } from './panes/compare.ts';
import { configPane } from './panes/config.ts';
import { eventsPane } from './panes/events.ts';
import { groupsPane } from './panes/groups.ts';
import { machinesPane } from './panes/machines.ts';
import { partitionsPane } from './panes/partitions.ts';
import { verdictsPane } from './panes/verdicts.ts';
import { listenToPointer } from './pointer.ts';
import { MESSAGE_CLASSES, Run } from './run.ts';
import { isSwapped, Store, type View } from './store.ts';
import { Timeline } from './timeline.ts';
import { drawWhy } from './why.ts';

async function start(): Promise<void> {
  const app = document.getElementById('app') as HTMLElement;
  const campaign = await loadCampaign();
  if (campaign !== undefined) {
    drawCampaign(app, campaign);
    app.removeAttribute('aria-busy');
    document.documentElement.dataset['ready'] = 'true';
    return;
  }
  const models = await loadModels();
  if (isSwapped(location.hash)) models.reverse();
  const [model, second] = models;
  if (model === undefined) {
    replace(app, h('p', { class: 'loading' }, 'There is no run in this page.'));
    return;
  }
  const run = new Run(model);
  document.title = `${run.meta.scenario.name}, seed ${run.meta.seed}: ${run.meta.verdict}`;
  const lives = new Lives(run);
  const other = second === undefined ? undefined : new Run(second);
  const store = new Store(initialView(run, other));
  let filter = new Filter(run, store.view.filter);
  const page: Page = { run, other, lives, index: new EventIndex(run), store, filter: () => filter };
  const panes: readonly Pane[] = [
    verdictsPane(page), partitionsPane(page), clientsPane(page), groupsPane(page), machinesPane(page), eventsPane(page), configPane(page),
    ...(page.other === undefined ? [] : [comparePane(page, page.other, () => commands.swapRuns())]),
  ];

  const base = h('canvas', { class: 'base', role: 'img', 'aria-label': 'Timeline of all messages, states and faults. The pane Events says the same in words.' });
  const overlay = h('canvas', { class: 'overlay', 'aria-hidden': 'true' });
  const strip = h('canvas', { class: 'minimap', 'aria-hidden': 'true' });
  const scroller = h('div', { class: 'timeline' }, h('div', { class: 'layers' }, base, overlay));
  const filterBox = h('input', { type: 'search', placeholder: 'filter: node:broker-1 type:Fetch lost …', 'aria-label': 'filter', value: store.view.filter, oninput: () => store.set({ filter: filterBox.value }) });
  const moment = h('div', { class: 'moment', role: 'status', 'aria-live': 'polite' });
  const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'panes' });
  const pane = h('div', { class: 'pane', role: 'tabpanel', tabindex: 0 });
  const why = h('aside', { class: 'why', 'aria-label': 'why' });
  const help = helpDialog();
  const timeline = new Timeline(run, lives, base, overlay, store.view);
  const minimap = new Minimap(run, strip);
  const commands = {
    toggleTheme: (): void => {
      const { dataset } = document.documentElement;
      const isDark = dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset['theme'] === 'dark';
      dataset['theme'] = isDark ? 'light' : 'dark';
      timeline.repaint();
      minimap.repaint();
      draw(store.view, undefined);
    },
    /** Read again from the page, the other one first; moment and window stay. */
    swapRuns: (): void => {
      history.replaceState(null, '', store.hash(true));
      location.reload();
    },
    toggleHelp: (): void => (help.open ? help.close() : help.showModal()),
    focusFilter: (): void => filterBox.focus(),
    copyLink: (): void => {
      history.replaceState(null, '', store.hash());
      void navigator.clipboard?.writeText(location.href).catch(() => undefined);
    },
    tabs: panes.map(({ tab }) => tab),
  };
  replace(app, header(page, commands, filterBox), strip, scroller, h('main', {}, h('div', { class: 'panes' }, h('div', { class: 'bar' }, tabs, moment), pane), why), help);
  app.removeAttribute('aria-busy');

  let cone: ReadonlySet<number> = new Set();
  let shownTab = '';
  const draw = (view: View, before: View | undefined): void => {
    const width = scroller.clientWidth;
    if (before === undefined || view.filter !== before.filter) filter = new Filter(run, view.filter);
    if (before === undefined || view.selected !== before.selected) cone = coneOf(run, view.selected);
    const isMoved = before === undefined || view.fromUs !== before.fromUs || view.toUs !== before.toUs || view.axis !== before.axis || view.filter !== before.filter || view.open !== before.open || view.selected !== before.selected;
    if (isMoved) timeline.draw(view, filter, cone, width);
    timeline.drawOverlay(view);
    minimap.draw(view, width);
    if (before === undefined || view.tab !== before.tab) drawTabs(page, panes, tabs, view);
    const shown = panes.find(({ tab }) => tab === view.tab) ?? (panes[0] as Pane);
    pane.dataset['tab'] = shown.tab;
    shown.draw(pane, view, shownTab !== shown.tab || before === undefined);
    shownTab = shown.tab;
    if (before === undefined || view.selected !== before.selected || view.offset !== before.offset || view.partition !== before.partition) drawWhy(page, why, view);
    replace(moment, timeButton(page, view.timeUs), h('span', { class: 'dim' }, timeline.isDense ? ' bars: zoom in for arrows' : ` ${grouped(timeline.drawn.length)} messages in view`));
    if (filterBox.value !== view.filter) filterBox.value = view.filter;
  };
  store.subscribe((view, before) => draw(view, view === before ? undefined : before));
  listenToKeys(page, commands);
  listenToPointer(page, timeline, minimap);
  addEventListener('resize', () => draw(store.view, undefined));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    timeline.repaint();
    minimap.repaint();
    draw(store.view, undefined);
  });
  document.documentElement.dataset['ready'] = 'true';
}

/** The first violation if there is one: that is what people come for. Of two runs, where they part. */
function initialView(run: Run, other: Run | undefined): View {
  const first = run.meta.verdicts.flatMap(({ evidence }) => evidence.map(({ atUs }) => atUs)).sort((a, b) => a - b)[0];
  const partUs = other === undefined ? Infinity : firstDifference(run, other).atUs;
  const parting = partUs === Infinity ? undefined : partUs;
  const partition = Math.max(0, run.meta.partitions.findIndex((name) => !name.startsWith('__')));
  return {
    timeUs: parting ?? first ?? run.endUs, fromUs: 0, toUs: run.endUs, selected: '', tab: other !== undefined ? 'compare' : first === undefined ? 'partitions' : 'verdicts', axis: 'time', filter: '', partition, offset: -1, machine: -1, open: [],
  };
}

function header(page: Page, commands: { toggleTheme: () => void; toggleHelp: () => void; copyLink: () => void }, filterBox: HTMLElement): HTMLElement {
  const { meta, tables } = page.run;
  const words = { held: '✓ held', violated: '✗ violated', vacuous: '○ vacuous' } as const;
  const violated = meta.verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
  return h('header', {},
    h('h1', {}, meta.scenario.name), h('span', { class: `verdict ${meta.verdict}` }, words[meta.verdict as keyof typeof words] ?? meta.verdict),
    h('span', { class: 'what' }, violated.length > 0 ? violated.join(', ') : `${meta.verdicts.length} properties judged`),
    h('span', { class: 'dim facts' }, `seed ${meta.seed} · Kafka ${meta.scenario.profile} · ${grouped(tables.messages.rows)} messages · ${meta.faults.length} faults`),
    colours(page.run),
    h('span', { class: 'tools' }, filterBox,
      h('button', { type: 'button', title: `copy: ${meta.replayCommand}`, onclick: () => void navigator.clipboard?.writeText(meta.replayCommand).catch(() => undefined) }, 'replay'),
      h('button', { type: 'button', title: 'copy a link to this view (l)', onclick: commands.copyLink }, 'link'), h('button', { type: 'button', title: 'light or dark (t)', 'aria-label': 'light or dark', onclick: commands.toggleTheme }, '◐'),
      h('button', { type: 'button', title: 'keys (?)', 'aria-label': 'keys', onclick: commands.toggleHelp }, '?')));
}

/** What the colours of messages mean; of the kinds that this run has. */
function colours(run: Run): HTMLElement {
  const seen = new Set(run.classOf);
  return h('div', { class: 'colours', 'aria-label': 'colours of messages' }, MESSAGE_CLASSES.map((name, i) => (seen.has(i) ? h('span', { class: name }, name) : null)));
}

function drawTabs(page: Page, panes: readonly Pane[], place: HTMLElement, view: View): void {
  replace(place, panes.map(({ tab, title }, i) => h('button', { type: 'button', role: 'tab', 'aria-selected': tab === view.tab ? 'true' : 'false', class: tab === view.tab ? 'chosen' : '', title: `${title} (${i + 1})`, onclick: () => page.store.set({ tab }) }, title)));
}

start().catch((error: unknown) => {
  const app = document.getElementById('app') as HTMLElement;
  replace(app, h('p', { class: 'loading' }, `This report cannot be read: ${error instanceof Error ? error.message : String(error)}`));
  throw error;
});
