/** What was judged, what was violated, and where to look for the proof. */
import { h, replace, table } from '../dom.ts';
import { formatTime, grouped } from '../format.ts';
import { lookAt, type Page, type Pane } from '../page.ts';
import type { WhatIf } from '../../model/model.ts';
import type { View } from '../store.ts';

const SYMBOLS = { held: '✓', violated: '✗', vacuous: '○' } as const;

export function verdictsPane(page: Page): Pane {
  const { meta } = page.run;
  const { verdicts, scenario } = meta;
  const order = { violated: 0, vacuous: 1, held: 2 } as const;
  const sorted = verdicts.map((verdict, i) => ({ verdict, i })).sort((a, b) => order[a.verdict.verdict] - order[b.verdict.verdict] || a.i - b.i);
  return {
    tab: 'verdicts',
    title: 'Verdicts',
    draw(place, _view, isNew) {
      if (!isNew) return;
      const violated = sorted.filter(({ verdict }) => verdict.verdict === 'violated');
      replace(place,
        scenario.story === undefined ? null : h('p', { class: 'story' }, h('strong', {}, scenario.story.source), `: ${scenario.story.tells}`),
        violated.map(({ verdict, i }) => h('article', { class: 'violation' },
          h('h3', {}, `✗ ${verdict.property}`),
          h('ul', {}, verdict.evidence.map((evidence, j) => h('li', {},
            h('button', { type: 'button', class: 'evidence', onclick: () => show(page, i, j) }, h('span', { class: 'stamp' }, formatTime(evidence.atUs)), ` ${evidence.sentence}`)))))),
        meta.whatIf === undefined ? null : dependsOn(meta.whatIf, violated.map(({ verdict }) => verdict.property)),
        table('Verdicts', ['', 'property', 'compared', 'claim'], sorted.map(({ verdict }) => h('tr', { class: verdict.verdict },
          h('td', {}, `${SYMBOLS[verdict.verdict]} ${verdict.verdict}`), h('td', { class: 'whole' }, verdict.property), h('td', { class: 'number' }, grouped(verdict.compared)),
          h('td', {}, verdict.claim, verdict.note === undefined ? null : h('span', { class: 'dim' }, ` (${verdict.note})`)))), 'wide'));
    },
  };
}

/** What makes it go away stands first. */
function dependsOn({ answers, notAsked }: WhatIf, before: readonly string[]): HTMLElement {
  const rows = answers.map((answer) => {
    const left = before.filter((property) => answer.violated.includes(property));
    const others = answer.violated.filter((property) => !before.includes(property));
    const isGone = answer.failure === null && left.length === 0;
    const words = answer.failure !== null ? `no such run: ${answer.failure}` : left.length === before.length ? 'violated all the same' : isGone ? 'not violated' : `still violated: ${left.join(', ')}`;
    return { rank: isGone ? 0 : answer.failure === null && left.length < before.length ? 1 : 2, row: h('tr', { class: isGone ? 'held' : 'default' }, h('td', { class: 'whole' }, isGone ? '✓' : '·'), h('td', {}, answer.what), h('td', {}, answer.instead), h('td', {}, `${words}${others.length === 0 ? '' : `; but then ${others.join(', ')}`}`)) };
  });
  return h('section', { class: 'depends' }, h('h3', {}, 'What it depends on'),
    h('p', { class: 'dim' }, `The same seed and plan again, each time with one thing changed. A change also moves what follows in time: what is not violated then need not have been prevented.${notAsked === 0 ? '' : ` The run is too large to ask all: ${notAsked} more were not tried; harrow shrink makes it smaller.`}`),
    answers.length === 0 ? null : table('What the violations depend on', ['', 'had there been', 'instead', 'then'], rows.sort((a, b) => a.rank - b.rank).map(({ row }) => row), 'wide'));
}

/** The violation in the timeline, and beside it the record it is about. */
export function show(page: Page, verdict: number, evidence: number): void {
  const details = page.run.meta.verdicts[verdict]?.evidence[evidence]?.details;
  const partition = page.run.meta.partitions.indexOf(String(details?.['topicPartition'] ?? ''));
  const offset = details?.['offset'] ?? details?.['truncatedTo'];
  const change: Partial<View> = partition === -1 ? {} : { tab: 'partitions', partition, offset: typeof offset === 'number' ? offset : -1 };
  lookAt(page, `v${verdict}.${evidence}`, change);
}
