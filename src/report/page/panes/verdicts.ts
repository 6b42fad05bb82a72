/** What was judged, what was violated, and where to look for the proof. */
import { h, replace, table } from '../dom.ts';
import { formatTime, grouped } from '../format.ts';
import { lookAt, type Page, type Pane } from '../page.ts';
import type { View } from '../store.ts';

const SYMBOLS = { held: '✓', violated: '✗', vacuous: '○' } as const;

export function verdictsPane(page: Page): Pane {
  const { verdicts, scenario } = page.run.meta;
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
        table('Verdicts', ['', 'property', 'compared', 'claim'], sorted.map(({ verdict }) => h('tr', { class: verdict.verdict },
          h('td', {}, `${SYMBOLS[verdict.verdict]} ${verdict.verdict}`), h('td', { class: 'whole' }, verdict.property), h('td', { class: 'number' }, grouped(verdict.compared)),
          h('td', {}, verdict.claim, verdict.note === undefined ? null : h('span', { class: 'dim' }, ` (${verdict.note})`)))), 'wide'));
    },
  };
}

/** The violation in the timeline, and beside it the record it is about. */
export function show(page: Page, verdict: number, evidence: number): void {
  const details = page.run.meta.verdicts[verdict]?.evidence[evidence]?.details;
  const partition = page.run.meta.partitions.indexOf(String(details?.['topicPartition'] ?? ''));
  const offset = details?.['offset'] ?? details?.['truncatedTo'];
  const change: Partial<View> = partition === -1 ? {} : { tab: 'partitions', partition, offset: typeof offset === 'number' ? offset : -1 };
  lookAt(page, `v${verdict}.${evidence}`, change);
}
