/** The run as it was asked for: configuration complete, what the scenario sets told apart, faults and operations. */
import { h, replace, table } from '../dom.ts';
import type { NetworkSpec } from '../../../scenarios/scenario.ts';
import { formatSpan, formatTime } from '../format.ts';
import { lookAt, type Page, type Pane } from '../page.ts';

function span({ minUs, maxUs }: { readonly minUs: number; readonly maxUs: number }): string {
  return minUs === maxUs ? formatSpan(minUs) : `${formatSpan(minUs)} to ${formatSpan(maxUs)}`;
}

function networkWords({ mode, latency, loss, duplicate, reorder, reorderWithinUs }: NetworkSpec): string {
  const some = ({ numerator, denominator }: { readonly numerator: number; readonly denominator: number }, what: string): string[] => (numerator === 0 ? [] : [`${numerator} of ${denominator} ${what}`]);
  return [
    mode === 'connection' ? 'connections' : 'datagrams', `latency ${span(latency)}`, ...some(latency.tailRatio, `up to ${formatSpan(latency.tailUs)}`),
    ...some(loss, mode === 'connection' ? 'retransmitted' : 'lost'), ...some(duplicate, 'twice'), ...some(reorder, `up to ${formatSpan(reorderWithinUs)} later`),
  ].join(', ');
}

export function configPane(page: Page): Pane {
  const { meta } = page.run;
  return {
    tab: 'config',
    title: 'Configuration',
    draw(place, _view, isNew) {
      if (!isNew) return;
      const facts: [string, string][] = [
        ['scenario', meta.scenario.name], ['description', meta.scenario.description], ['profile', meta.scenario.profile], ['seed', meta.seed], ['mutants', meta.mutants.join(', ') || 'none'], ['engine', meta.engine],
        ['digest', meta.digest], ['harrow', meta.harrow], ['code', meta.code.slice(0, 12)], ['network', networkWords(meta.scenario.network)], ['disk', `a flush takes ${span(meta.scenario.disk.flushLatency)}`],
      ];
      replace(place,
        h('dl', { class: 'facts' }, facts.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
        h('h3', {}, 'Faults'),
        table('Faults', ['at', 'fault', 'outcome', 'over'], meta.faults.map(({ outcome, reason }, i) => h('tr', {},
          h('td', {}, h('button', { type: 'button', class: 'link stamp', onclick: () => lookAt(page, `f${i}`) }, formatTime((meta.faults[i]?.fault.atMs ?? 0) * 1_000))),
          h('td', {}, meta.faultWords[i] ?? ''), h('td', {}, outcome === 'applied' ? `took effect${reason === undefined ? '' : ` (${reason})`}` : `no effect: ${reason ?? ''}`), h('td', {}, formatTime(meta.faultEndsUs[i] ?? 0)))), 'wide'),
        meta.admin.length === 0 ? null : [h('h3', {}, 'Administration'), table('Administration', ['at', 'operation', 'outcome'], meta.admin.map(({ operation, outcome, errorCode }, i) => h('tr', {},
          h('td', {}, formatTime(operation.atMs * 1_000)), h('td', {}, meta.adminWords[i] ?? ''), h('td', {}, `${outcome}${errorCode === 'NONE' ? '' : ` ${errorCode}`}`))), 'wide')],
        meta.config.map(({ of, entries, set }) => h('details', { open: set.length > 0 }, h('summary', {}, of, h('span', { class: 'dim' }, ` ${set.length} set, ${Object.keys(entries).length - set.length} by default`)),
          table(`Configuration of ${of}`, ['config', 'value', ''], Object.entries(entries).sort(([a], [b]) => Number(set.includes(b)) - Number(set.includes(a)) || (a < b ? -1 : 1)).map(([name, value]) => h('tr', { class: set.includes(name) ? 'set' : 'default' },
            h('td', {}, name), h('td', {}, String(value)), h('td', {}, set.includes(name) ? 'set' : 'default')))))));
    },
  };
}
