/**
 * Consumers: who owns which partition over the generations of its group, and how far each is behind the high watermark
 * of the leader. A consumer outside any group owns what it polls.
 */
import { h, replace, table } from '../dom.ts';
import { formatTime, grouped } from '../format.ts';
import { timeButton, type Page, type Pane } from '../page.ts';
import { readPalette } from '../palette.ts';
import { Series } from '../replicas.ts';
import type { Run } from '../run.ts';
import type { View } from '../store.ts';
import { prepared } from '../timeline.ts';

const CURVE_HEIGHT = 54;
const SAMPLES = 240;

interface Reading {
  readonly node: number;
  readonly partition: number;
  /** The next offset. */
  readonly position: Series;
}

export function groupsPane(page: Page): Pane {
  const readings = readingsOf(page.run);
  const committed = committedOf(page.run);
  let curves: Map<number, readonly number[]> | undefined;
  return {
    tab: 'groups',
    title: 'Consumers',
    draw(place, view, isNew) {
      const { meta } = page.run;
      if (isNew) replace(place, h('div', { class: 'lag' }), h('canvas', { class: 'lag-curves', role: 'img', 'aria-label': 'records behind the high watermark over the run, by consumer' }), h('div', { class: 'ownership' }));
      const lagPlace = place.querySelector('.lag') as HTMLElement;
      if (readings.length === 0 && meta.ownership.length === 0) {
        replace(place, h('p', { class: 'dim' }, 'No consumer read anything in this run.'));
        return;
      }
      replace(lagPlace, table('Consumers at the scrubber', ['consumer', 'partition', 'position', 'committed', 'high watermark', 'lag'], readings.map((reading) => {
        const position = reading.position.at(view.timeUs, 0);
        const highWatermark = highWatermarkAt(page.run, reading.partition, view.timeUs);
        const lag = Math.max(0, highWatermark - position);
        const commit = committed.get(`${reading.partition}`)?.at(view.timeUs, -1) ?? -1;
        return h('tr', {}, h('td', {}, page.run.nodeName(reading.node)), h('td', {}, meta.partitions[reading.partition] ?? ''), h('td', { class: 'number' }, grouped(position)), h('td', { class: 'number' }, commit < 0 ? '–' : grouped(commit)),
          h('td', { class: 'number' }, grouped(highWatermark)), h('td', { class: `number ${lag > 0 ? 'warn' : ''}` }, grouped(lag)));
      })));
      curves ??= lagCurves(page.run, readings);
      drawCurves(page, place.querySelector('canvas') as HTMLCanvasElement, curves, view);
      replace(place.querySelector('.ownership') as HTMLElement, ownership(page, view));
    },
  };
}

function readingsOf(run: Run): Reading[] {
  const { polls, polledRecords } = run.tables;
  const found = new Map<string, Reading>();
  for (let i = 0; i < polls.rows; i += 1) {
    const node = polls.node[i] as number;
    const partition = polls.partition[i] as number;
    const key = `${node}/${partition}`;
    const reading = found.get(key) ?? { node, partition, position: new Series() };
    found.set(key, reading);
    reading.position.push(polls.atUs[i] as number, (polledRecords.offset[(polls.firstRecord[i] as number) + (polls.count[i] as number) - 1] as number) + 1);
  }
  return [...found.values()].sort((a, b) => a.node - b.node || a.partition - b.partition);
}

function committedOf(run: Run): Map<string, Series> {
  const found = new Map<string, Series>();
  for (const { atUs, partition, offset } of run.meta.commits) {
    const series = found.get(`${partition}`) ?? new Series();
    found.set(`${partition}`, series);
    series.push(atUs, offset);
  }
  return found;
}

function highWatermarkAt(run: Run, partition: number, timeUs: number): number {
  const now = run.replicas.registrationAt(partition, timeUs);
  return run.replicas.of(partition).find(({ node }) => node === now?.leader)?.highWatermark.at(timeUs, 0) ?? 0;
}

/** The sum over its partitions, by consumer. */
function lagCurves(run: Run, readings: readonly Reading[]): Map<number, readonly number[]> {
  const nodes = [...new Set(readings.map(({ node }) => node))];
  return new Map(nodes.map((node) => {
    const own = readings.filter((reading) => reading.node === node);
    return [node, Array.from({ length: SAMPLES + 1 }, (_, i) => {
      const at = (i * run.endUs) / SAMPLES;
      return own.reduce((sum, { partition, position }) => sum + Math.max(0, highWatermarkAt(run, partition, at) - position.at(at, 0)), 0);
    })];
  }));
}

function drawCurves(page: Page, canvas: HTMLCanvasElement, curves: ReadonlyMap<number, readonly number[]>, view: View): void {
  const { run } = page;
  const nodes = [...curves.keys()];
  const width = canvas.parentElement?.clientWidth ?? 600;
  const palette = readPalette();
  const context = prepared(canvas, width, nodes.length * (CURVE_HEIGHT + 8));
  context.font = palette.font;
  nodes.forEach((node, row) => {
    const top = row * (CURVE_HEIGHT + 8);
    const lags = curves.get(node) as readonly number[];
    const most = Math.max(1, ...lags);
    context.fillStyle = palette.panel;
    context.fillRect(0, top, width, CURVE_HEIGHT);
    context.beginPath();
    context.moveTo(0, top + CURVE_HEIGHT);
    lags.forEach((lag, i) => context.lineTo((i * width) / SAMPLES, top + CURVE_HEIGHT - (lag / most) * (CURVE_HEIGHT - 14)));
    context.lineTo(width, top + CURVE_HEIGHT);
    context.fillStyle = palette.classes[4] as string;
    context.globalAlpha = 0.6;
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = palette.text;
    context.fillText(`${run.nodeName(node)}: lag, at most ${grouped(most)} records`, 6, top + 12);
    context.fillStyle = palette.accent;
    context.fillRect((view.timeUs / run.endUs) * width - 0.5, top, 1.5, CURVE_HEIGHT);
  });
}

/** Members by generation: a row per change, the one in force marked. */
function ownership(page: Page, view: View): (HTMLElement | null)[] {
  const { ownership: changes, partitions } = page.run.meta;
  const groups = [...new Set(changes.map(({ groupId }) => groupId))];
  return groups.map((groupId) => {
    const own = changes.filter((change) => change.groupId === groupId);
    const columns = [...new Set(own.flatMap(({ owned }) => owned))].sort((a, b) => a - b);
    return h('div', {}, h('h3', {}, groupId), table(`Ownership in ${groupId}`, ['at', 'member', 'generation', 'change', ...columns.map((partition) => partitions[partition] ?? '')], own.map((change) => {
      const isNow = change.atUs <= view.timeUs && !own.some((later) => later.node === change.node && later.atUs > change.atUs && later.atUs <= view.timeUs);
      return h('tr', { class: isNow ? 'chosen' : change.atUs > view.timeUs ? 'later' : '' },
        h('td', {}, timeButton(page, change.atUs)), h('td', { title: change.memberId }, page.run.nodeName(change.node)), h('td', { class: 'number' }, change.generationId), h('td', {}, change.reason),
        columns.map((partition) => h('td', { class: change.owned.includes(partition) ? 'owns' : '' }, change.owned.includes(partition) ? '■' : '')));
    }), 'wide'), h('p', { class: 'dim' }, `Rows in force at ${formatTime(view.timeUs)} are marked.`));
  });
}
