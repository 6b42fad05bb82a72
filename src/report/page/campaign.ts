/**
 * The page of a campaign: what each guarantee came to over all seeds, every run as a square, counterexamples, and what was
 * reached. Numbers lead to the report of a run that shows them.
 */
import type { CampaignModel, CampaignRun, Counterexample, Guarantee, RunFate } from '../campaign/campaign-model.ts';
import { h, link, replace, table } from './dom.ts';
import { formatSpan, grouped } from './format.ts';

const SYMBOLS: Readonly<Record<RunFate, string>> = { held: '✓', violated: '✗', vacuous: '○', error: '!' };
/** More squares than this are no picture any more. */
const MAX_SQUARES = 4_000;
const NEVER_SHOWN = 12;

export function drawCampaign(app: HTMLElement, campaign: CampaignModel): void {
  const { runs, guarantees, scenario } = campaign;
  const count = (fate: RunFate): number => runs.filter((run) => run.fate === fate).length;
  const worst = (['error', 'violated', 'vacuous', 'held'] as const).find((fate) => (fate === 'vacuous' ? runs.length === 0 || guarantees.some(({ compared }) => compared === 0) : count(fate) > 0)) ?? 'vacuous';
  document.title = `${scenario}, ${grouped(runs.length)} runs: ${worst}`;
  app.className = 'campaign';
  replace(app,
    h('header', {}, h('h1', {}, scenario), h('span', { class: `verdict ${worst === 'error' ? 'violated' : worst}` }, `${SYMBOLS[worst]} ${worst}`),
      h('span', { class: 'what' }, `${grouped(runs.length)} runs`, worst === 'violated' ? `, ${grouped(count('violated'))} with a violation` : '', worst === 'error' ? `, ${grouped(count('error'))} with an internal error` : ''),
      h('span', { class: 'dim facts' }, [
        campaign.profile === null ? '' : `Kafka ${campaign.profile} · `, `${formatSpan(campaign.virtualMs * 1_000)} of virtual time · ${grouped(campaign.messages)} messages`,
        campaign.mutants.length === 0 ? '' : ` · mutants ${campaign.mutants.join(', ')}`, ` · ${campaign.digest}`].join(''))),
    h('main', {}, h('p', { class: 'story' }, campaign.description),
      h('section', {}, h('h2', {}, 'Guarantees'), h('p', { class: 'dim' }, 'Each number that leads somewhere leads to the report of a run that came to it.'), guaranteeTable(campaign)),
      campaign.counterexamples.length === 0 ? null : counterexamples(campaign),
      h('section', {}, h('h2', {}, 'Runs'), squares(campaign)),
      h('section', {}, h('h2', {}, 'Reached'), reached(campaign)),
      h('section', { class: 'pair' },
        h('div', {}, h('h2', {}, 'Faults that took effect'), bars('Faults by kind', campaign.faults)),
        h('div', {}, h('h2', {}, 'Marks, by runs that reached them'), bars('Marks', campaign.marks)))));
}

function runLink(campaign: CampaignModel, seed: number, words: string): HTMLElement | string {
  return campaign.reported.includes(seed) ? link(campaign.folder, `seed-${seed}.html`, words) : words;
}

function guaranteeTable(campaign: CampaignModel): HTMLTableElement {
  const cell = ({ examples, ...counts }: Guarantee, verdict: 'held' | 'violated' | 'vacuous'): HTMLElement => {
    const seed = examples[verdict];
    const words = `${SYMBOLS[verdict]} ${grouped(counts[verdict])}`;
    return h('td', { class: `number ${counts[verdict] > 0 ? verdict : 'dim'}` }, counts[verdict] === 0 ? '–' : seed === undefined ? words : runLink(campaign, seed, words));
  };
  const rank = ({ violated, compared }: Guarantee): number => (violated > 0 ? 0 : compared === 0 ? 1 : 2);
  return table('Guarantees', ['guarantee', 'held', 'violated', 'vacuous', 'compared', 'claim'], [...campaign.guarantees].sort((a, b) => rank(a) - rank(b)).map((guarantee) => h('tr', {},
    h('td', { class: 'whole' }, guarantee.property), cell(guarantee, 'held'), cell(guarantee, 'violated'), cell(guarantee, 'vacuous'),
    h('td', { class: `number ${guarantee.compared === 0 ? 'vacuous' : ''}` }, grouped(guarantee.compared)), h('td', {}, guarantee.claim))), 'wide');
}

function counterexamples(campaign: CampaignModel): HTMLElement {
  const bySeed = new Map<number, Counterexample[]>();
  for (const each of campaign.counterexamples) bySeed.set(each.seed, [...(bySeed.get(each.seed) ?? []), each]);
  return h('section', {}, h('h2', {}, 'Counterexamples'), [...bySeed].map(([seed, all]) => h('article', { class: 'violation' },
    h('h3', {}, runLink(campaign, seed, `seed ${seed}`), h('code', { class: 'dim' }, ` ${campaign.runCommand.replaceAll('{seed}', String(seed))}`)),
    h('ul', {}, all.map(({ property, sentence }) => h('li', {}, h('strong', {}, property === '' ? 'internal error' : property), `: ${sentence}`))))));
}

function squares(campaign: CampaignModel): (HTMLElement | null)[] {
  const { runs, reported } = campaign;
  const shown = runs.slice(0, MAX_SQUARES);
  const words = ({ seed, fate, messages, faults, violated }: CampaignRun): string => `seed ${seed}: ${fate}${violated.length === 0 ? '' : ` (${violated.join(', ')})`}, ${grouped(messages)} messages, ${faults} faults`;
  return [
    h('p', { class: 'legend' }, (['held', 'violated', 'vacuous', 'error'] as const).map((fate) => [h('span', { class: `square ${fate}` }, SYMBOLS[fate]), `${fate} ${grouped(runs.filter((run) => run.fate === fate).length)} `]), 'framed: has a report'),
    h('div', { class: 'squares', role: 'list', 'aria-label': 'runs by seed' }, shown.map((run) => {
      const hasReport = reported.includes(run.seed);
      return h('span', { role: 'listitem', class: `square ${run.fate} ${hasReport ? 'reported' : ''}`, title: words(run), 'aria-label': words(run) }, runLink(campaign, run.seed, SYMBOLS[run.fate]));
    })),
    shown.length < runs.length ? h('p', { class: 'dim' }, `… and ${grouped(runs.length - shown.length)} more runs`) : null,
  ];
}

function reached({ reached: all }: CampaignModel): HTMLElement[] {
  return all.map(({ what, reached: count, all: of, never }) => h('details', {},
    h('summary', {}, h('meter', { min: 0, max: Math.max(1, of), value: count, 'aria-label': what }), ` ${grouped(count)} of ${grouped(of)} ${what}`),
    never.length === 0 ? h('p', { class: 'dim' }, 'all') : h('ul', {}, never.slice(0, NEVER_SHOWN).map((name) => h('li', {}, `never: ${name}`)), never.length > NEVER_SHOWN ? h('li', { class: 'dim' }, `… and ${grouped(never.length - NEVER_SHOWN)} more`) : null)));
}

function bars(caption: string, counts: readonly (readonly [string, number])[]): HTMLElement {
  if (counts.length === 0) return h('p', { class: 'dim' }, 'none');
  const most = Math.max(...counts.map(([, count]) => count));
  return table(caption, ['', '', ''], counts.map(([name, count]) => h('tr', {}, h('td', {}, name), h('td', { class: 'number' }, grouped(count)), h('td', {}, h('meter', { min: 0, max: most, value: count, 'aria-hidden': 'true' })))));
}
