/**
 * Partitions at the scrubber: who leads, who is in sync, and every replica's log as a strip of offsets. Batches have the
 * colour of their leader epoch; what was cut off stays as a ghost; what was acknowledged has a ring.
 *
 * The last stable offset is where the first open transaction begins, else the high watermark. No producer here has
 * transactions, so it is drawn once, with the high watermark.
 */
import { acknowledgedAtUs } from '../biography.ts';
import { h, replace, table } from '../dom.ts';
import { formatTime } from '../format.ts';
import type { Page, Pane } from '../page.ts';
import type { ReplicaHistory } from '../replicas.ts';
import type { View } from '../store.ts';
import { drawIsr } from './isr-strip.ts';

const CELL_PX = 30;
const LABEL_PX = 190;
const LOOK_AHEAD = 3;

export function partitionsPane(page: Page): Pane {
  return {
    tab: 'partitions',
    title: 'Partitions',
    draw(place, view, isNew) {
      const { run } = page;
      const list = place.querySelector('.partition-list') ?? h('div', { class: 'partition-list' });
      const strips = place.querySelector('.strips') ?? h('div', { class: 'strips' });
      if (isNew || list.parentElement !== place) replace(place, list, strips);
      if (run.meta.partitions.length === 0) {
        replace(strips, h('p', { class: 'dim' }, 'This run had no partitions.'));
        return;
      }
      replace(list, table('Partitions', ['partition', 'leader', 'epoch', 'ISR', 'HW'], run.meta.partitions.map((name, partition) => listRow(page, name, partition, view))));
      replace(strips, stripsOf(page, view, strips.clientWidth || 700));
      drawIsr(page, strips.querySelector('canvas') as HTMLCanvasElement, view);
    },
  };
}

function listRow(page: Page, name: string, partition: number, view: View): HTMLTableRowElement {
  const { run } = page;
  const now = run.replicas.registrationAt(partition, view.timeUs);
  const leader = now === undefined || now.leader < 0 ? undefined : run.replicas.of(partition).find(({ node }) => node === now.leader);
  return h('tr', { class: partition === view.partition ? 'chosen' : '' },
    h('td', {}, h('button', { type: 'button', class: 'link', onclick: () => page.store.set({ partition, offset: -1 }) }, name)),
    h('td', {}, now === undefined ? '–' : now.leader < 0 ? h('span', { class: 'bad' }, 'none') : run.nodeName(now.leader)),
    h('td', { class: 'number' }, now?.leaderEpoch ?? '–'),
    h('td', {}, now === undefined ? '–' : now.isr.join(' ')),
    h('td', { class: 'number' }, leader?.highWatermark.at(view.timeUs, 0) ?? '–'));
}

function stripsOf(page: Page, view: View, width: number): HTMLElement {
  const { run } = page;
  const partition = Math.min(view.partition, run.meta.partitions.length - 1);
  const replicas = run.replicas.of(partition);
  const now = run.replicas.registrationAt(partition, view.timeUs);
  const cells = Math.max(8, Math.floor((width - LABEL_PX - 20) / CELL_PX));
  const farthest = Math.max(0, ...replicas.map(({ stays }) => stays.reduce((end, stay) => (stay.fromUs <= view.timeUs ? Math.max(end, stay.baseOffset + stay.count) : end), 0)));
  const aim = view.offset >= 0 ? view.offset + Math.floor(cells / 2) : farthest + LOOK_AHEAD;
  const to = Math.max(cells, Math.min(aim, Math.max(farthest + LOOK_AHEAD, view.offset + LOOK_AHEAD)));
  const from = to - cells;
  return h('div', {},
    h('h3', {}, run.meta.partitions[partition] ?? '',
      h('span', { class: 'dim' }, now === undefined ? ' not yet created' : ` leader ${now.leader < 0 ? 'none' : run.nodeName(now.leader)} in epoch ${now.leaderEpoch} · ISR ${now.isr.map((node) => run.nodeName(node)).join(', ')}${now.elr.length === 0 ? '' : ` · ELR ${now.elr.map((node) => run.nodeName(node)).join(', ')}`}`),
      h('span', { class: 'dim at' }, ` at ${formatTime(view.timeUs)}`)),
    h('div', { class: 'strip ruler', 'aria-hidden': 'true' }, h('span', { class: 'who' }, 'offset'), Array.from({ length: cells }, (_, i) => h('span', { class: 'cell' }, from + i))),
    replicas.map((replica) => strip(page, replica, view, from, to, now?.isr.includes(replica.node) === true)),
    legend(),
    h('canvas', { class: 'isr', role: 'img', 'aria-label': `leader and ISR of ${run.meta.partitions[partition] ?? ''} over the whole run` }));
}

function legend(): HTMLElement {
  const key = (classes: string, sign: string, words: string, title?: string): HTMLElement => h('span', { class: 'pairing', title }, h('span', { class: `cell key ${classes}` }, sign), words);
  return h('p', { class: 'legend' },
    key('epoch-0', '0', 'colour: leader epoch'), key('acked', '✓', 'acknowledged'), key('ghost', '×', 'cut off or lost'), key('epoch-0 deleted', '–', 'below the log start'), key('beyond', '', 'above the high watermark'), key('unflushed', '', 'page cache only'),
    key('hw', '', 'HW = LSO', 'no producer here has transactions, so that the last stable offset is the high watermark'), key('leo', '', 'log end'));
}

function strip(page: Page, replica: ReplicaHistory, view: View, from: number, to: number, isInSync: boolean): HTMLElement {
  const { run, lives } = page;
  const { timeUs } = view;
  const epoch = replica.epoch.at(timeUs, -1);
  const isUp = lives.isUp(replica.node, timeUs);
  const highWatermark = replica.highWatermark.at(timeUs, 0);
  const logEnd = replica.logEnd.at(timeUs, 0);
  const flushed = replica.flushed.at(timeUs, 0);
  const logStart = replica.logStart.at(timeUs, 0);
  const role = !isUp ? 'down' : epoch < 0 ? 'offline' : epoch % 2 === 1 ? 'leader' : 'follower';
  const cells: HTMLElement[] = [];
  const stays = replica.window(timeUs, from, to);
  for (let offset = from; offset < to; offset += 1) cells.push(cell(page, replica, stays, offset, view, { highWatermark, flushed, logEnd, logStart }));
  return h('div', { class: `strip ${role}`, role: 'group', 'aria-label': `${run.nodeName(replica.node)}, ${role}: ${logStart === 0 ? '' : `log start ${logStart}, `}high watermark and last stable offset ${highWatermark}, log end ${logEnd}, flushed up to ${flushed}` },
    h('span', { class: 'who' }, h('strong', {}, run.nodeName(replica.node)), h('span', { class: 'role' }, `${role === 'leader' ? '★ ' : ''}${role}${epoch >= 0 && isUp ? ` e${epoch >> 1}` : ''}${isInSync ? ' · ISR' : ''}${logStart === 0 ? '' : ` · from ${logStart}`}`),
      h('span', { class: 'marks' }, `HW = LSO ${highWatermark} · LEO ${logEnd} · flushed ${flushed}`)),
    cells);
}

interface Marks {
  readonly highWatermark: number;
  readonly flushed: number;
  readonly logEnd: number;
  /** What is below was deleted, by retention or DeleteRecords. */
  readonly logStart: number;
}

function cell(page: Page, replica: ReplicaHistory, stays: ReturnType<ReplicaHistory['window']>, offset: number, view: View, { highWatermark, flushed, logEnd, logStart }: Marks): HTMLElement {
  const { run } = page;
  const covering = stays.filter((stay) => stay.baseOffset <= offset && offset < stay.baseOffset + stay.count);
  const standing = covering.find((stay) => stay.toUs > view.timeUs);
  const ghost = covering.findLast((stay) => stay.toUs <= view.timeUs);
  const shown = standing ?? ghost;
  const ends = [offset === highWatermark ? 'hw' : '', offset === logEnd ? 'leo' : ''].filter((each) => each !== '');
  if (shown === undefined) return h('span', { class: ['cell', 'empty', ...ends].join(' ') });
  const epoch = run.tables.batches.epoch[shown.batch] as number;
  const isDeleted = standing !== undefined && offset < logStart;
  const ackedUs = acknowledgedAtUs(run, shown.batch, offset);
  const isAcked = ackedUs >= 0 && ackedUs <= view.timeUs;
  const classes = [
    'cell', `epoch-${epoch % 8}`, standing === undefined ? 'ghost' : '', isDeleted ? 'deleted' : '', standing !== undefined && ghost !== undefined ? 'rewritten' : '', isAcked ? 'acked' : '',
    offset >= highWatermark ? 'beyond' : '', offset >= flushed ? 'unflushed' : '', offset === view.offset ? 'chosen' : '', shown.baseOffset === offset ? 'first' : '', ...ends,
  ].filter((each) => each !== '');
  const words = `offset ${offset}, leader epoch ${epoch}${standing === undefined ? `, gone since ${formatTime(shown.toUs)}` : ''}${isDeleted ? ', below the log start: deleted' : ''}${isAcked ? `, acknowledged at ${formatTime(ackedUs)}` : ''}${standing !== undefined && ghost !== undefined ? `; another record stood here until ${formatTime(ghost.toUs)}` : ''}`;
  return h('button', { type: 'button', class: classes.join(' '), title: words, 'aria-label': `${run.nodeName(replica.node)}: ${words}`, onclick: () => page.store.set({ offset, partition: replica.partition }) },
    standing === undefined ? '×' : isDeleted ? '–' : isAcked ? '✓' : `e${epoch}`);
}
