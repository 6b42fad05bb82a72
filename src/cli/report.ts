/**
 * The result of a run for people, in 100 columns: what was injected, what was delivered, what held. For machines, the
 * same as one JSON document.
 */
import { unreachable } from '../kernel/assert.ts';
import { formatUs } from '../kernel/time.ts';
import type { Verdict, VerdictKind } from '../history/verdict.ts';
import { readableMs } from '../scenarios/durations.ts';
import { describeOperation } from '../scenarios/administration.ts';
import type { AdministeredOperation } from '../scenarios/administration.ts';
import { tellingOf } from '../scenarios/catalogue/stories/telling.ts';
import { describeFault } from '../scenarios/faults.ts';
import type { AppliedFault } from '../scenarios/faults.ts';
import type { GroupLag, RunRecord } from '../scenarios/run-record.ts';
import { PROFILES } from '../scenarios/profiles.ts';
import { REPORT_COLUMNS, grouped, table, wrap } from './style.ts';
import type { Colour, Style } from './style.ts';

/** Longer fault lists are summed up per kind, and only their beginning is shown. */
const MAX_FAULTS_SHOWN = 15;
const FAULTS_SHOWN_OF_MANY = 6;
const MAX_EVIDENCE_SHOWN = 5;

export interface RunReport {
  readonly record: RunRecord;
  readonly recordPath: string;
  readonly tracePath: string | null;
  readonly historyPath: string | null;
  readonly reportPath: string | null;
  readonly realMs: number;
  readonly replayCommand: string;
  /** What was left out or chosen on the user's behalf. */
  readonly notes: readonly string[];
}

export function runReport(report: RunReport, style: Style): string {
  const { record } = report;
  const sections = [
    heading(record, style),
    report.notes.map((note) => style.paint(`note: ${note}`, 'yellow')),
    injected(record, style),
    administered(record, style),
    delivered(record, style),
    verdicts(record.result.verdicts, style),
    evidence(record.result.verdicts, style),
    footer(report, style),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function heading(record: RunRecord, style: Style): string[] {
  const { scenario } = record;
  const profile = PROFILES.find((each) => each.name === scenario.profile)?.title ?? scenario.profile;
  const facts = [`seed ${record.seed}`, profile, ...(record.engine === 'compiled' ? [] : [`${record.engine} engine`]), ...record.mutants.map((mutant) => `mutant ${mutant}`)];
  const lines = [`${style.paint(scenario.name, 'bold')}  ${style.paint(facts.join(' · '), 'dim')}`];
  const sentence = firstSentence(scenario.description);
  return sentence === '' ? lines : [...lines, ...wrap(sentence, REPORT_COLUMNS)];
}

export function firstSentence(text: string): string {
  return /^.*?[.!?](?= [A-Z]|$)/.exec(text)?.[0] ?? text;
}

function section(title: string, summary: string, style: Style): string {
  return `${style.paint(title, 'bold')}  ${style.paint(summary, 'dim')}`.trimEnd();
}

function injected(record: RunRecord, style: Style): string[] {
  const { faults } = record.result;
  if (record.faults.length === 0) return [section('Injected', 'no faults', style)];
  const took = faults.filter((each) => each.outcome === 'applied').length;
  const lines = [section('Injected', `${count(record.faults.length, 'fault')}, ${took} took effect`, style)];
  const shown = faults.length > MAX_FAULTS_SHOWN ? faults.slice(0, FAULTS_SHOWN_OF_MANY) : faults;
  if (faults.length > MAX_FAULTS_SHOWN) {
    const kinds = new Map<string, number>();
    for (const { fault } of faults) kinds.set(fault.kind, (kinds.get(fault.kind) ?? 0) + 1);
    lines.push(...wrap([...kinds].map(([kind, times]) => `${times} ${kind}`).join(', '), REPORT_COLUMNS - 2).map((line) => `  ${line}`));
  }
  lines.push(...table([{ title: '', align: 'right' }, { title: '', wraps: true }], shown.map((each) => faultRow(each)), style));
  if (shown.length < faults.length) lines.push(style.paint(`  … and ${faults.length - shown.length} more, all in the run record`, 'dim'));
  return lines;
}

function faultRow(applied: AppliedFault): [string, { text: string; colours: readonly Colour[] }] {
  const { fault, outcome, reason } = applied;
  const said = reason === undefined ? [] : [reason];
  const remarks = outcome === 'applied' ? said : [['no effect', ...said].join(': ')];
  const text = `${describeFault(fault)}${remarks.map((each) => ` (${each})`).join('')}`;
  return [readableMs(fault.atMs), { text, colours: outcome === 'applied' ? [] : ['dim'] }];
}

/** Nothing without an administrator; a list too long is cut, as that of the faults is. */
function administered(record: RunRecord, style: Style): string[] {
  const { admin } = record.result;
  if (record.admin.length === 0) return [];
  const lines = [section('Administered', `${count(record.admin.length, 'operation')}, ${admin.filter((each) => each.outcome === 'ok').length} carried out`, style)];
  const shown = admin.length > MAX_FAULTS_SHOWN ? admin.slice(0, FAULTS_SHOWN_OF_MANY) : admin;
  lines.push(...table([{ title: '', align: 'right' }, { title: '', wraps: true }], shown.map((each) => operationRow(each)), style));
  if (shown.length < admin.length) lines.push(style.paint(`  … and ${admin.length - shown.length} more, all in the run record`, 'dim'));
  return lines;
}

const OUTCOME_WORDS: Readonly<Record<AdministeredOperation['outcome'], string>> = {
  ok: 'ok', fail: 'failed', unknown: 'nobody knows', notCalled: 'not called: the administrator was down',
};

function operationRow({ operation, outcome, errorCode, results }: AdministeredOperation): [string, { text: string; colours: readonly Colour[] }] {
  const errors = [...new Set([errorCode, ...results.map((each) => each.errorCode)])].filter((code) => code !== 'NONE');
  const lowWatermarks = results.flatMap(({ lowWatermark = -1 }) => (lowWatermark < 0 ? [] : [`the log begins at ${lowWatermark}`]));
  const said = [...errors, ...lowWatermarks];
  const text = `${describeOperation(operation)}: ${OUTCOME_WORDS[outcome]}${said.length === 0 ? '' : ` (${said.join(', ')})`}`;
  return [readableMs(operation.atMs), { text, colours: outcome === 'ok' ? [] : ['yellow'] }];
}

function delivered(record: RunRecord, style: Style): string[] {
  const { topics, consumers, groups = [], exceptions = [] } = record.result.delivered;
  const lines = [section('Delivered', `${count(record.workload.length, 'record')} offered`, style)];
  const right = { align: 'right' } as const;
  if (topics.length > 0) {
    lines.push(...table(
      [{ title: 'topic' }, { title: 'acknowledged', ...right }, { title: 'failed', ...right }, { title: 'unknown', ...right }],
      topics.map((each) => [each.topic, grouped(each.ok), warn(each.failed), warn(each.unknown)]), style));
  }
  if (consumers.length > 0) {
    lines.push(...table(
      [{ title: 'consumer' }, { title: 'topic' }, { title: 'delivered', ...right }, { title: 'lag', ...right }],
      consumers.map((each) => [each.consumer, each.topic, grouped(each.delivered), warn(each.lag)]), style));
  }
  if (groups.length > 0) {
    lines.push(...table(
      [{ title: 'group' }, { title: 'topic' }, { title: 'partitions', ...right }, { title: 'committed', ...right }, { title: 'lag', ...right }],
      groupRows(groups), style));
  }
  if (exceptions.length > 0) {
    lines.push(...table(
      [{ title: 'consumer' }, { title: 'exception' }, { title: 'times', ...right }],
      exceptions.map(({ consumer, exception, times }) => [consumer, exception, warn(times)]), style));
  }
  return lines;
}

/** One row per group and topic; where it lags in a few partitions, by how much in each. */
function groupRows(groups: readonly GroupLag[]): (string | { text: string; colours: readonly Colour[] })[][] {
  const keys = [...new Set(groups.map(({ group, topic }) => `${group} ${topic}`))];
  return keys.map((key) => {
    const of = groups.filter(({ group, topic }) => `${group} ${topic}` === key);
    const [{ group, topic }] = of as [GroupLag];
    const lagging = of.filter(({ lag }) => lag > 0);
    const where = lagging.length === 0 || lagging.length > 3 ? '' : ` (${lagging.map(({ partition, lag }) => `${partition}: ${grouped(lag)}`).join(', ')})`;
    const total = warn(of.reduce((sum, { lag }) => sum + lag, 0));
    return [group, topic, grouped(of.length), grouped(of.reduce((sum, { committed }) => sum + (committed ?? 0), 0)), { ...total, text: `${total.text}${where}` }];
  });
}

function warn(n: number): { text: string; colours: readonly Colour[] } {
  return { text: grouped(n), colours: n > 0 ? ['yellow'] : [] };
}

const VERDICT_WORDS: Readonly<Record<VerdictKind, { readonly word: string; readonly symbol: string; readonly colour: Colour }>> = {
  held: { word: 'held', symbol: '✓', colour: 'green' },
  violated: { word: 'VIOLATED', symbol: '✗', colour: 'red' },
  vacuous: { word: 'vacuous', symbol: '○', colour: 'yellow' },
};

/** Symbols come with colour: a plain log has the word alone. */
function verdictWord(verdict: VerdictKind, style: Style): string {
  const { word, symbol } = VERDICT_WORDS[verdict];
  return style.isColoured ? `${symbol} ${word}` : word;
}

export function verdicts(all: readonly Verdict[], style: Style): string[] {
  const kinds = (['held', 'violated', 'vacuous'] as const).map((kind) => ({ kind, n: all.filter((each) => each.verdict === kind).length })).filter(({ n }) => n > 0);
  const lines = [section('Verdict', kinds.length === 0 ? 'nothing was judged' : kinds.map(({ kind, n }) => `${n} ${kind}`).join(', '), style)];
  if (all.length === 0) return lines;
  const rows = all.map((each) => [
    { text: verdictWord(each.verdict, style), colours: [VERDICT_WORDS[each.verdict].colour] },
    each.property,
    grouped(each.compared),
    each.note === undefined ? each.claim : `${each.claim} (${each.note})`,
  ]);
  return [...lines, ...table([{ title: '' }, { title: 'property' }, { title: 'compared', align: 'right' }, { title: 'claim', wraps: true }], rows, style)];
}

export function evidence(all: readonly Verdict[], style: Style): string[] {
  const violated = all.filter((each) => each.verdict === 'violated');
  if (violated.length === 0) return [];
  const lines = [section('Violations', '', style)];
  for (const verdict of violated) {
    lines.push(`  ${style.paint(verdict.property, 'red')}`);
    const shown = verdict.evidence.slice(0, MAX_EVIDENCE_SHOWN);
    lines.push(...table([{ title: '' }, { title: '', wraps: true }], shown.map((each) => [formatUs(each.atUs), each.sentence]), style, { indent: 4 }));
    if (shown.length < verdict.evidence.length) lines.push(style.paint(`    … and ${verdict.evidence.length - shown.length} more, all in the run record`, 'dim'));
  }
  return lines;
}

function footer({ record, recordPath, tracePath, historyPath, reportPath, realMs, replayCommand }: RunReport, style: Style): string[] {
  const { result } = record;
  const perSecond = (n: number): string => grouped(realMs <= 0 ? 0 : Math.round((n / realMs) * 1000));
  const times = realMs <= 0 ? 0 : Math.round(result.virtualMs / realMs);
  const rows = [
    ['time', `${readableMs(result.virtualMs)} simulated in ${seconds(realMs)}, ${grouped(times)} times as fast as life`],
    ['speed', `${grouped(result.events)} events, ${grouped(result.messages)} messages: ${perSecond(result.messages)} messages/s`],
    ['digest', result.digest],
    ['record', recordPath],
    ...(tracePath === null ? [] : [['trace', tracePath]]),
    ...(historyPath === null ? [] : [['history', historyPath]]),
    ...(reportPath === null ? [] : [['report', reportPath]]),
    ['replay', replayCommand],
  ];
  const { word, colour } = VERDICT_WORDS[record.verdict];
  return [
    ...rows.map(([name, text]) => `${style.paint((name as string).padEnd(8), 'dim')}${text as string}`),
    '',
    style.paint(`${word.toUpperCase()}: ${conclusion(record)}`, 'bold', colour),
    ...told(record, style),
  ];
}

/** Of a published story: what its source describes, and whether the run came out so. */
function told({ scenario: { story }, result }: RunRecord, style: Style): string[] {
  if (story === undefined) return [];
  const { isAsTold, differences } = tellingOf(story, result.verdicts);
  const outcome = isAsTold ? 'As told:' : `Not as told: ${differences.join('; ')}. Told is:`;
  return wrap(`${outcome} ${story.tells} (${story.source})`, REPORT_COLUMNS).map((line) => style.paint(line, isAsTold ? 'cyan' : 'yellow'));
}

/** The whole run in one sentence. */
export function conclusion(record: RunRecord): string {
  const { verdicts: all } = record.result;
  const of = (kind: VerdictKind): string[] => all.filter((each) => each.verdict === kind).map((each) => each.property);
  switch (record.verdict) {
    case 'held':
      return `${all.length === 1 ? 'the one property' : `all ${all.length} properties`} judged`;
    case 'violated':
      return of('violated').join(', ');
    case 'vacuous':
      return all.length === 0 ? 'no property was judged' : `never put to the test: ${of('vacuous').join(', ')}`;
    default:
      return unreachable(record.verdict, 'conclusion');
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function count(n: number, what: string): string {
  return `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;
}

/** One JSON document; `digest` and `verdict` at the top, so that scripts need not know the rest. */
export function runJson({ record, recordPath, tracePath, historyPath, reportPath, realMs, replayCommand, notes }: RunReport): string {
  const { result, scenario } = record;
  return `${JSON.stringify({
    format: 'harrow.summary/1', scenario: scenario.name, profile: scenario.profile, seed: record.seed, engine: record.engine, mutants: record.mutants,
    verdict: record.verdict, digest: result.digest, virtualMs: result.virtualMs, realMs: Math.round(realMs), events: result.events, messages: result.messages,
    faults: result.faults.map(({ fault, ...became }) => ({ told: describeFault(fault), ...became, fault })),
    administered: { planned: record.admin.length, carriedOut: result.admin.filter((each) => each.outcome === 'ok').length },
    ...(scenario.story === undefined ? {} : { story: { ...scenario.story, ...tellingOf(scenario.story, result.verdicts) } }),
    operations: record.workload.length, delivered: result.delivered, verdicts: result.verdicts, record: recordPath, trace: tracePath, history: historyPath, report: reportPath, replay: replayCommand, notes,
  }, null, 2)}\n`;
}
