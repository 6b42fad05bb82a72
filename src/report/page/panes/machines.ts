/**
 * The statechart of any machine with the state it is in at the scrubber, how often the run was in each state, and what
 * it never came to.
 */
import { layOutChart, type Box, type ChartLayout } from '../chart-layout.ts';
import { h, replace, svg, table } from '../dom.ts';
import { formatSpan, formatTime, grouped } from '../format.ts';
import { lookAt, type Page, type Pane } from '../page.ts';
import type { View } from '../store.ts';

const RECENT = 12;
const MAX_EDGE_LABELS = 2;

export function machinesPane(page: Page): Pane {
  return {
    tab: 'machines',
    title: 'Machines',
    draw(place, view) {
      const { run, lives, store } = page;
      const { machines } = run.meta;
      const machine = view.machine >= 0 && view.machine < machines.length ? view.machine : Math.max(0, machines.findIndex(({ chart }) => chart === 'replica'));
      const chosen = machines[machine];
      const chart = run.meta.charts.find(({ name }) => name === chosen?.chart);
      if (chosen === undefined || chart === undefined) {
        replace(place, h('p', { class: 'dim' }, 'No machine ran.'));
        return;
      }
      const now = lives.stateAt(machine, view.timeUs);
      const choice = h('select', { 'aria-label': 'machine', onchange: () => store.set({ machine: Number(choice.value) }) },
        run.lanes.map((node) => h('optgroup', { label: run.nodeName(node) }, lives.machinesOf(node).map((each) => h('option', { value: each, selected: each === machine }, machines[each]?.name ?? '')))));
      const everywhere = chart.edges.filter(({ from }) => from === '');
      const never = chart.states.filter(({ visits, path }) => visits === 0 && !chart.states.some(({ parent }) => parent === path));
      replace(place,
        h('p', {}, choice, ` on ${run.nodeName(chosen.node)} `, now === undefined ? h('span', { class: 'bad' }, 'does not run') : h('strong', {}, now.label), now === undefined ? '' : h('span', { class: 'dim' }, ` for ${formatSpan(view.timeUs - now.fromUs)}`)),
        h('div', { class: 'chart' }, drawChart(chart, layOutChart(chart), now?.label.split('|') ?? [])),
        h('p', { class: 'dim' }, `Counts are of all machines of the kind ${chart.name}.${never.length === 0 ? '' : ` Never reached: ${never.map(({ path }) => path).join(', ')}.`}`),
        everywhere.length === 0 ? null : h('p', {}, 'From any state: ', everywhere.map(({ event, to, count }) => `${event} → ${to}${count > 0 ? ` ×${grouped(count)}` : ''}`).join(', '), '.'),
        recent(page, machine, view));
    },
  };
}

function drawChart(chart: Page['run']['meta']['charts'][number], layout: ChartLayout, active: readonly string[]): SVGElement {
  const isActive = (path: string): boolean => active.some((each) => each === path || each.startsWith(`${path}.`));
  const boxOf = (path: string): Box | undefined => layout.boxes.find(({ state }) => state.path === path) ?? layout.frames.find(({ state }) => state.path === path);
  const pairs = new Map<string, { from: string; to: string; events: string[]; count: number }>();
  for (const { from, to, event, count } of chart.edges) {
    if (from === to) continue;
    const pair = pairs.get(`${from}>${to}`) ?? { from, to, events: [], count: 0 };
    pairs.set(`${from}>${to}`, pair);
    pair.events.push(count > 0 ? `${event} ×${grouped(count)}` : event);
    pair.count += count;
  }
  return svg('svg', { viewBox: `0 0 ${layout.width} ${layout.height}`, width: layout.width, height: layout.height, role: 'img', 'aria-label': `statechart ${chart.name}, active: ${active.join(', ') || 'none'}` },
    svg('defs', {}, svg('marker', { id: 'tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' }, svg('path', { d: 'M0 0L8 4L0 8z', class: 'tip' }))),
    layout.frames.map((frame) => svg('g', { class: `state frame ${isActive(frame.state.path) ? 'active' : ''}` }, svg('rect', { x: frame.x, y: frame.y, width: frame.width, height: frame.height, rx: 8 }), svg('text', { x: frame.x + 8, y: frame.y + 13 }, frame.label))),
    [...pairs.values()].map(({ from, to, events, count }) => edge(boxOf(from), boxOf(to), events, count)),
    layout.boxes.map((box) => svg('g', { class: `state ${isActive(box.state.path) ? 'active' : ''} ${box.state.visits === 0 ? 'never' : ''}` },
      svg('rect', { x: box.x, y: box.y, width: box.width, height: box.height, rx: 6 }),
      svg('text', { x: box.x + box.width / 2, y: box.y + 17, 'text-anchor': 'middle' }, box.label),
      svg('text', { x: box.x + box.width / 2, y: box.y + 31, 'text-anchor': 'middle', class: 'count' }, box.state.visits === 0 ? 'never' : `×${grouped(box.state.visits)}`))));
}

/** Between boxes in a slight bow, so that there and back do not lie on one another. */
function edge(from: Box | undefined, to: Box | undefined, events: readonly string[], count: number): SVGElement | null {
  if (from === undefined || to === undefined) return null;
  const isForward = to.x > from.x;
  const isSameColumn = Math.abs(to.x - from.x) < 1;
  const x1 = isSameColumn ? from.x + from.width : isForward ? from.x + from.width : from.x;
  const x2 = isSameColumn ? to.x + to.width : isForward ? to.x : to.x + to.width;
  const lift = isForward ? -6 : 6;
  const y1 = from.y + from.height / 2 + lift;
  const y2 = to.y + to.height / 2 + lift;
  const bow = isSameColumn ? 46 : 0;
  const middle = (x1 + x2) / 2 + bow;
  const labelX = isSameColumn ? x1 + 38 : (x1 + x2) / 2;
  const labelY = (y1 + y2) / 2 + (isForward ? -5 : 12);
  const shown = events.slice(0, MAX_EDGE_LABELS).map((event) => (event.length > 28 ? `${event.slice(0, 27)}…` : event));
  return svg('g', { class: `edge ${count === 0 ? 'untaken' : ''}` },
    svg('title', {}, `${from.state.path} → ${to.state.path}: ${events.join(', ')}`),
    svg('path', { d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, 'marker-end': 'url(#tip)' }),
    shown.map((words, i) => svg('text', { x: labelX, y: labelY + (isForward ? -10 * (shown.length - 1 - i) : 10 * i), 'text-anchor': isSameColumn ? 'start' : 'middle' }, `${words}${i === shown.length - 1 && events.length > shown.length ? ' …' : ''}`)));
}

function recent(page: Page, machine: number, view: View): HTMLElement {
  const bands = (page.lives.states[machine] ?? []).filter(({ fromUs }) => fromUs <= view.timeUs).slice(-RECENT).reverse();
  return table('Latest states', ['since', 'state', 'for'], bands.map((band) => h('tr', {},
    h('td', {}, h('button', { type: 'button', class: 'link stamp', onclick: () => lookAt(page, `t${band.row}`) }, formatTime(band.fromUs))), h('td', {}, band.label), h('td', { class: 'number' }, formatSpan(Math.min(view.timeUs, band.toUs) - band.fromUs)))));
}
