/**
 * The page: reads the run inside it (or the campaign, whose page is another), puts its parts in place, and draws what the view asks for. Whatever the reader does
 * changes the view and nothing else; everything on the page follows from the view.
 */
import './style.css';
import { drawCampaign } from './campaign.ts';
import { h, replace, svg } from './dom.ts';
import { grouped } from './format.ts';
import { helpDialog, listenToKeys } from './keys.ts';
import { loadCampaign, loadModels } from './load.ts';
import { Minimap } from './minimap.ts';
import { pageOf, timeButton, type Page, type Pane } from './page.ts';
import { mirrored, OtherStore, pairOf } from './pair.ts';
import { clientsPane } from './panes/clients.ts';
import { comparePane } from './panes/compare.ts';
import { configPane } from './panes/config.ts';
import { eventsPane } from './panes/events.ts';
import { groupsPane } from './panes/groups.ts';
import { machinesPane } from './panes/machines.ts';
import { partitionsPane } from './panes/partitions.ts';
import { verdictsPane } from './panes/verdicts.ts';
import { listenToStrip } from './pointer.ts';
import { MESSAGE_CLASSES, Run } from './run.ts';
import { scrollTogether, Stage } from './stage.ts';
import { isSwapped, Store, type View } from './store.ts';
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
  const other = second === undefined ? undefined : new Run(second);
  const endUs = Math.max(run.endUs, other?.endUs ?? 0);
  const store = new Store(initialView(run, endUs, other !== undefined));
  const otherPage = other === undefined ? undefined : pageOf(other, new OtherStore(store), endUs);
  const page = pageOf(run, store, endUs, otherPage);
  const pair = otherPage === undefined ? undefined : pairOf(page, otherPage);
  const partsAtUs = pair?.difference.atUs ?? Infinity;
  if (partsAtUs !== Infinity) store.beginAt(partsAtUs);

  const strip = h('canvas', { class: 'minimap', 'aria-hidden': 'true' });
  const minimap = new Minimap(page, strip, partsAtUs);
  const stages = otherPage === undefined || pair === undefined ? [new Stage(page, [])]
    : [new Stage(page, captionOf(run, 'first run'), { ...pair, shared: pair.shared[0], partsAtUs }), new Stage(otherPage, captionOf(otherPage.run, 'second run'), { ...pair, shared: pair.shared[1], partsAtUs })];
  const [stage, otherStage] = stages as [Stage, Stage?];
  if (otherStage !== undefined) scrollTogether(stage, otherStage);
  const filterBox = h('input', { type: 'search', placeholder: 'filter: node:broker-1 type:Fetch lost …', 'aria-label': 'filter', value: store.view.filter, oninput: () => store.set({ filter: filterBox.value }) });
  const moment = h('div', { class: 'moment', role: 'status', 'aria-live': 'polite' });
  const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'panes' });
  const pane = h('div', { class: 'pane', role: 'tabpanel', tabindex: 0 });
  const why = h('aside', { class: 'why', 'aria-label': 'why' });
  const help = helpDialog();
  const repaint = (): void => {
    for (const { timeline } of stages) timeline.repaint();
    minimap.repaint();
    draw(store.view, undefined);
  };
  /** Read again from the page, the other one first; moment, window and selection stay. */
  const swapRuns = (): void => {
    history.replaceState(null, '', store.hash(true));
    location.reload();
  };
  const panes: readonly Pane[] = [
    verdictsPane(page), partitionsPane(page), clientsPane(page), groupsPane(page), machinesPane(page), eventsPane(page), configPane(page),
    ...(otherPage === undefined || pair === undefined ? [] : [comparePane(page, otherPage, pair, swapRuns)]),
  ];
  const commands = {
    toggleTheme: (): void => {
      const { dataset } = document.documentElement;
      const isDark = dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset['theme'] === 'dark';
      dataset['theme'] = isDark ? 'light' : 'dark';
      repaint();
    },
    swapRuns,
    toggleHelp: (): void => (help.open ? help.close() : help.showModal()),
    focusFilter: (): void => filterBox.focus(),
    copyLink: (): void => {
      history.replaceState(null, '', store.hash());
      void navigator.clipboard?.writeText(location.href).catch(() => undefined);
    },
    tabs: panes.map(({ tab }) => tab),
  };
  replace(app, header(page, commands, filterBox), strip, stages.map(({ scroller }) => scroller), h('main', {}, h('div', { class: 'panes' }, h('div', { class: 'bar' }, tabs, moment), pane), why), help);
  app.removeAttribute('aria-busy');

  let shownTab = '';
  const draw = (view: View, before: View | undefined): void => {
    stage.draw(view, before);
    otherStage?.draw(mirrored(view), before === undefined ? undefined : mirrored(before));
    minimap.draw(view, stage.scroller.clientWidth);
    if (before === undefined || view.tab !== before.tab) drawTabs(page, panes, tabs, view);
    const shown = panes.find(({ tab }) => tab === view.tab) ?? (panes[0] as Pane);
    pane.dataset['tab'] = shown.tab;
    shown.draw(pane, view, shownTab !== shown.tab || before === undefined);
    shownTab = shown.tab;
    if (before === undefined || view.selected !== before.selected || view.selectedOther !== before.selectedOther || view.offset !== before.offset || view.partition !== before.partition) {
      if (otherPage !== undefined && view.selectedOther !== '') drawWhy(otherPage, why, mirrored(view));
      else drawWhy(page, why, view);
    }
    replace(moment, timeButton(page, view.timeUs), h('span', { class: 'dim' }, stage.timeline.isDense ? ' bars; zoom in for arrows' : ` ${grouped(stage.timeline.drawn.length)} messages in view`));
    if (filterBox.value !== view.filter) filterBox.value = view.filter;
  };
  store.subscribe((view, before) => draw(view, view === before ? undefined : before));
  listenToKeys(page, commands);
  listenToStrip(page, minimap);
  addEventListener('resize', () => draw(store.view, undefined));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  document.documentElement.dataset['ready'] = 'true';
}

/** The first violation if there is one: that is what people come for. Of two runs, where they part. */
function initialView(run: Run, endUs: number, isPair: boolean): View {
  const first = run.meta.verdicts.flatMap(({ evidence }) => evidence.map(({ atUs }) => atUs)).sort((a, b) => a - b)[0];
  const partition = Math.max(0, run.meta.partitions.findIndex((name) => !name.startsWith('__')));
  return {
    timeUs: first ?? run.endUs, fromUs: 0, toUs: endUs, selected: '', selectedOther: '', tab: isPair ? 'compare' : first === undefined ? 'partitions' : 'verdicts', axis: 'time', filter: '', partition, offset: -1, machine: -1, open: [],
  };
}

const VERDICT_WORDS: Readonly<Record<string, string>> = { held: '✓ held', violated: '✗ violated', vacuous: '○ vacuous' };

/** Of two runs, which of them the lanes below are of. */
function captionOf({ meta, tables }: Run, which: string): (Node | string)[] {
  return [h('strong', {}, which), h('span', { class: meta.verdict }, VERDICT_WORDS[meta.verdict] ?? meta.verdict), h('span', { class: 'dim' }, `${meta.scenario.name} · seed ${meta.seed} · Kafka ${meta.scenario.profile}${meta.mutants.length === 0 ? '' : ` · ${meta.mutants.join(', ')}`} · ${grouped(tables.messages.rows)} messages · ${meta.faults.length} faults`)];
}

function header(page: Page, commands: { toggleTheme: () => void; toggleHelp: () => void; copyLink: () => void }, filterBox: HTMLElement): HTMLElement {
  const { meta, tables } = page.run;
  const violated = meta.verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
  return h('header', {},
    h('h1', {}, meta.scenario.name), h('span', { class: `verdict ${meta.verdict}` }, VERDICT_WORDS[meta.verdict] ?? meta.verdict),
    h('span', { class: 'what' }, violated.length > 0 ? violated.join(', ') : `${meta.verdicts.length} properties judged`),
    h('span', { class: 'dim facts' }, `seed ${meta.seed} · Kafka ${meta.scenario.profile} · ${grouped(tables.messages.rows)} messages · ${meta.faults.length} faults`),
    h('div', { class: 'second' }, colours(page.run), shapes(), h('span', { class: 'tools' }, filterBox,
      h('button', { type: 'button', title: `copy: ${meta.replayCommand}`, onclick: () => void navigator.clipboard?.writeText(meta.replayCommand).catch(() => undefined) }, 'replay'),
      h('button', { type: 'button', title: 'copy a link to this view (l)', onclick: commands.copyLink }, 'link'), h('button', { type: 'button', title: 'light or dark (t)', 'aria-label': 'light or dark', onclick: commands.toggleTheme }, '◐'),
      h('button', { type: 'button', title: 'keys (?)', 'aria-label': 'keys', onclick: commands.toggleHelp }, '?'))));
}

/** What the colours of messages mean; of the kinds that this run has. */
function colours(run: Run): HTMLElement {
  const seen = new Set(run.classOf);
  return h('div', { class: 'colours', 'aria-label': 'colours of messages' }, MESSAGE_CLASSES.map((name, i) => (seen.has(i) ? h('span', { class: name }, name) : null)));
}

/** What the shapes of messages mean. */
function shapes(): HTMLElement {
  const key = (name: string, ...marks: SVGElement[]): HTMLElement => h('span', {}, svg('svg', { width: 24, height: 12, 'aria-hidden': 'true' }, marks), name);
  const path = (d: string, dash?: string): SVGElement => svg('path', { d, 'stroke-dasharray': dash });
  return h('div', { class: 'shapes', 'aria-label': 'shapes of messages' },
    key('handled', path('M1 6H20M15 3L20 6L15 9')), key('lost', path('M1 6H16', '2 2'), path('M14 3L20 9M14 9L20 3')), key('stalled', path('M1 6H20', '4 2'), path('M8 3H14V9H8Z')),
    key('copied', path('M1 4H20M1 8H20')), key('connection lost', path('M14 0L10 5L14 6L10 12')));
}

function drawTabs(page: Page, panes: readonly Pane[], place: HTMLElement, view: View): void {
  replace(place, panes.map(({ tab, title }, i) => h('button', { type: 'button', role: 'tab', 'aria-selected': tab === view.tab ? 'true' : 'false', class: tab === view.tab ? 'chosen' : '', title: `${title} (${i + 1})`, onclick: () => page.store.set({ tab }) }, title)));
}

start().catch((error: unknown) => {
  const app = document.getElementById('app') as HTMLElement;
  replace(app, h('p', { class: 'loading' }, `This report cannot be read: ${error instanceof Error ? error.message : String(error)}`));
  throw error;
});
