/**
 * Consumers: a row for each partition with the member that owned it, generation after generation, and below it how far the
 * group was behind; readers in no group the same way. The state at the scrubber stands in a table, every change of
 * ownership in another: the picture in words.
 */
import { h, replace, table } from '../dom.ts';
import { formatTime, grouped } from '../format.ts';
import { groupHistories, highWatermarkAt, lagAt, lagCurve, positionsOf, type GroupHistory, type Share } from '../group-history.ts';
import { timeButton, windowRound, type Page, type Pane } from '../page.ts';
import { readPalette } from '../palette.ts';
import type { Run } from '../run.ts';
import type { View } from '../store.ts';
import { fitted, prepared } from '../canvas.ts';

const OWNER_HEIGHT = 13;
const LAG_HEIGHT = 20;
/** Of a row without owners: its two lines of words need it. */
const ALONE_HEIGHT = 28;
const ROW_GAP = 5;
const NAME_WIDTH = 150;
const BINS = 400;
const MIN_LABEL_WIDTH = 30;

type Curves = ReadonlyMap<Share, Float64Array>;

export function groupsPane(page: Page): Pane {
  const { run } = page;
  const groups = groupHistories(run);
  const positions = positionsOf(run);
  let curves: Curves | undefined;
  return {
    tab: 'groups',
    title: 'Consumers',
    draw(place, view, isNew) {
      if (groups.length === 0) {
        replace(place, h('p', { class: 'dim' }, 'No consumer read anything in this run.'));
        return;
      }
      curves ??= new Map(groups.flatMap(({ shares }) => shares.map((share) => [share, lagCurve(run, share, BINS)] as const)));
      if (isNew) replace(place, groups.map((group) => frameOf(page, group)));
      const width = place.clientWidth - 24;
      groups.forEach((group, i) => {
        const frame = place.children[i] as HTMLElement;
        const generation = group.generations.at(view.timeUs, -1);
        replace(frame.querySelector('h3') as HTMLElement, group.name, h('span', { class: 'dim' }, group.isGroup ? ` group of ${group.members.length}${generation < 0 ? ', nobody in it yet' : `, generation ${generation}`}` : ' in no group', ` at ${formatTime(view.timeUs)}`));
        drawGroup(run, frame.querySelector('canvas') as HTMLCanvasElement, group, curves as Curves, view, width);
        replace(frame.querySelector('.now') as HTMLElement, nowTable(run, group, positions, view));
      });
    },
  };
}

function frameOf(page: Page, group: GroupHistory): HTMLElement {
  const canvas = h('canvas', { class: 'group', role: 'img', 'aria-label': `${group.isGroup ? 'Owners and lag' : 'Lag'} of each partition over the run; the tables below say the same` });
  canvas.addEventListener('click', ({ offsetX }) => {
    const share = (offsetX - NAME_WIDTH) / (canvas.clientWidth - NAME_WIDTH);
    if (share < 0 || share > 1) return;
    const timeUs = Math.round(share * page.run.endUs);
    page.store.set({ timeUs, ...windowRound(page, timeUs) });
  });
  return h('section', { 'aria-label': group.name }, h('h3', {}), canvas, h('div', { class: 'now' }), group.isGroup ? h('details', {}, h('summary', {}, 'every change of ownership'), changesTable(page, group)) : null);
}

function drawGroup(run: Run, canvas: HTMLCanvasElement, { shares, members, generations, isGroup }: GroupHistory, curves: Curves, view: View, width: number): void {
  const palette = readPalette();
  const lagHeight = isGroup ? LAG_HEIGHT : ALONE_HEIGHT;
  const rowHeight = (isGroup ? OWNER_HEIGHT : 0) + lagHeight + ROW_GAP;
  const context = prepared(canvas, width, shares.length * rowHeight + 2);
  context.font = palette.font;
  context.textBaseline = 'middle';
  const x = (us: number): number => NAME_WIDTH + (Math.min(us, run.endUs) / run.endUs) * (width - NAME_WIDTH);
  const most = Math.max(1, ...shares.map((share) => Math.max(...(curves.get(share) as Float64Array))));
  shares.forEach((share, row) => {
    const top = row * rowHeight;
    const bottom = top + rowHeight - ROW_GAP;
    const curve = curves.get(share) as Float64Array;
    context.fillStyle = palette.text;
    context.fillText(fitted(context, run.meta.partitions[share.partition] ?? '', NAME_WIDTH - 64), 0, top + 8);
    context.fillStyle = palette.dim;
    context.fillText(fitted(context, `lag up to ${grouped(Math.max(...curve))}`, NAME_WIDTH - 8), 0, top + 22);
    context.fillStyle = palette.panel;
    context.fillRect(NAME_WIDTH, bottom - lagHeight, width - NAME_WIDTH, lagHeight);
    context.fillStyle = palette.bad;
    context.globalAlpha = 0.6;
    context.beginPath();
    curve.forEach((lag, bin) => {
      const height = (lag / most) * (lagHeight - 1);
      context.rect(NAME_WIDTH + (bin * (width - NAME_WIDTH)) / BINS, bottom - height, (width - NAME_WIDTH) / BINS + 0.3, height);
    });
    context.fill();
    context.globalAlpha = 1;
    for (const { fromUs, toUs, label, row: node } of share.owners) {
      const from = x(fromUs);
      const to = x(toUs);
      context.fillStyle = palette.epochs[members.indexOf(node) % palette.epochs.length] as string;
      context.fillRect(from, top, Math.max(1, to - from - 0.5), OWNER_HEIGHT - 1);
      if (to - from < MIN_LABEL_WIDTH) continue;
      context.fillStyle = palette.cellText;
      context.fillText(fitted(context, label, to - from - 8), from + 4, top + OWNER_HEIGHT / 2);
    }
  });
  context.fillStyle = palette.dim;
  for (const atUs of generations.times) context.fillRect(x(atUs), 0, 1, shares.length * rowHeight - ROW_GAP);
  context.fillStyle = palette.accent;
  context.fillRect(x(view.timeUs) - 0.75, 0, 1.5, shares.length * rowHeight - ROW_GAP);
}

function nowTable(run: Run, group: GroupHistory, positions: ReturnType<typeof positionsOf>, { timeUs }: View): HTMLTableElement {
  return table(`${group.name} at the scrubber`, ['partition', ...(group.isGroup ? ['owner', 'position', 'committed'] : ['position']), 'high watermark', 'lag'], group.shares.map((share) => {
    const owner = group.isGroup ? (share.owners.find((band) => band.fromUs <= timeUs && timeUs < band.toUs)?.row ?? -1) : (group.members[0] as number);
    const position = positions.find(({ node, partition }) => node === owner && partition === share.partition)?.position.at(timeUs, -1) ?? -1;
    const committed = share.reached.at(timeUs, -1);
    const lag = lagAt(run, share, timeUs);
    const number = (value: number): HTMLElement => h('td', { class: 'number' }, value < 0 ? '–' : grouped(value));
    return h('tr', {}, h('td', {}, run.meta.partitions[share.partition] ?? ''), group.isGroup ? h('td', {}, owner < 0 ? h('span', { class: 'bad' }, 'nobody') : run.nodeName(owner)) : null, number(position), group.isGroup ? number(committed) : null,
      number(highWatermarkAt(run, share.partition, timeUs)), h('td', { class: `number ${lag > 0 ? 'warn' : ''}` }, grouped(lag)));
  }));
}

function changesTable(page: Page, { name }: GroupHistory): HTMLTableElement {
  const { ownership, partitions } = page.run.meta;
  return table(`Changes of ownership in ${name}`, ['at', 'member', 'generation', 'change', 'owns then'], ownership.filter(({ groupId }) => groupId === name).map((change) => h('tr', {},
    h('td', {}, timeButton(page, change.atUs)), h('td', { title: change.memberId }, page.run.nodeName(change.node)), h('td', { class: 'number' }, change.generationId), h('td', {}, change.reason),
    h('td', {}, change.owned.length === 0 ? 'nothing' : change.owned.map((partition) => partitions[partition] ?? '').join(', ')))), 'wide');
}
