/**
 * `harrow explain RUN.json`: when was the violation certain? Takes the run up to a moment, lets it go on under other seeds,
 * and counts the futures that violate: a curve over the moments, and the moment from which on all of them do.
 *
 * Exit codes: 0 explained, 64 nothing was violated, 70 the same code does not come to the same violation.
 */
import { DEFAULT_CERTAIN_FUTURES, DEFAULT_FUTURES, DEFAULT_POINTS, explainRun, leastShare, type Explained } from '../explorer/explain/certainty.ts';
import type { FaultsToCome, Futures } from '../explorer/explain/futures.ts';
import { fingerprintOf } from '../explorer/shrink/fingerprint.ts';
import { explain } from '../explorer/story.ts';
import { formatUs, usOfMs } from '../kernel/time.ts';
import { formatTraceLine, type TraceLine } from '../kernel/trace.ts';
import { describeFault, type AppliedFault } from '../scenarios/faults.ts';
import { parseRunRecord } from '../scenarios/run-record-file.ts';
import type { RunRecord } from '../scenarios/run-record.ts';
import { EXIT_HELD, EXIT_INTERNAL, EXIT_USAGE, UsageError, type ExitCode } from './exit-codes.ts';
import { propertiesOf, valueOf } from './find-scenario.ts';
import type { Outside } from './outside.ts';
import { REPORT_COLUMNS, grouped, styleFor, wrap, type Style } from './style.ts';
import { integer } from './sweep.ts';

export interface ExplainCommandOptions {
  readonly property?: string;
  readonly points?: string;
  readonly futures?: string;
  readonly faults?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function explainCommand(path: string, options: ExplainCommandOptions, outside: Outside): ExitCode {
  const content = outside.readFile(path);
  if (content === null) throw new UsageError(`no run record ${JSON.stringify(path)}; expected a file that harrow run wrote`);
  const record = valueOf(parseRunRecord(path, content));
  const points = options.points === undefined ? DEFAULT_POINTS : integer('--points', options.points, 2, 10_000);
  const futures = options.futures === undefined ? DEFAULT_FUTURES : integer('--futures', options.futures, 1, 100_000);
  const properties = propertiesOf(options.property);
  const { faults } = options;
  if (faults !== undefined && !FAULTS_TO_COME.includes(faults)) throw new UsageError(`--faults ${faults}: expected ${FAULTS_TO_COME.join(' or ')}`);
  const refuse = (reason: string, code: ExitCode): ExitCode => {
    outside.stderr.write(`${styleFor(outside.stderr, outside.env).paint('error:', 'red')} ${path}: ${reason}\n`);
    return code;
  };
  const fingerprint = fingerprintOf(record.result.verdicts, record.scenario, properties);
  if (fingerprint === undefined) return refuse(options.property === undefined ? 'no property was violated' : `${options.property} was not violated`, EXIT_USAGE);
  const startedMs = outside.nowMs();
  let toldMs = startedMs;
  const found = explainRun(record, fingerprint, {
    points, futures, certainFutures: Math.max(futures, DEFAULT_CERTAIN_FUTURES), ...(faults === undefined ? {} : { faultsToCome: faults as FaultsToCome }),
    progress: (done, runs) => {
      if (options.quiet === true || outside.nowMs() - toldMs < TELL_EVERY_MS) return;
      toldMs = outside.nowMs();
      outside.stderr.write(`${grouped(runs).padStart(6)} runs  ${done}\n`);
    },
  });
  if (found === undefined) {
    const isOurs = record.code === outside.codeFingerprint();
    return refuse(`the run, executed again, does not violate ${fingerprint.property} in the same way${isOurs ? '' : '; other code made it'}`, isOurs ? EXIT_INTERNAL : EXIT_USAGE);
  }
  const told = tell(record, found);
  const realMs = outside.nowMs() - startedMs;
  outside.stdout.write(options.json === true ? asJson(path, told) : asText(record, told, realMs, styleFor(outside.stdout, outside.env)));
  return EXIT_HELD;
}

const FAULTS_TO_COME: readonly string[] = ['planned', 'spared'] satisfies FaultsToCome[];
const TELL_EVERY_MS = 1_000;
const STEPS_TOLD = 6;
const BAR_COLUMNS = 30;

interface Told {
  readonly explained: Explained;
  readonly sentence: string;
  /** What happened at the moment from which on it was certain. */
  readonly happened: readonly string[];
  /** What happened where the curve rises most. */
  readonly happenedAtRise: readonly string[];
  readonly struck: readonly AppliedFault[];
}

function tell(record: RunRecord, { explained, futures }: { readonly explained: Explained; readonly futures: Futures }): Told {
  const { evidence, certain, steepest } = explained;
  const { faults } = record.result;
  const happenedAt = (atUs: number, steps: readonly TraceLine[]): string[] => {
    const struck = faults.filter(({ outcome, fault }) => outcome === 'applied' && usOfMs(fault.atMs) === atUs);
    return [...struck.map(({ fault }) => `${formatUs(atUs)}  ${describeFault(fault)}`), ...steps.map((line) => formatTraceLine(line, (index) => futures.nodeName(index)))];
  };
  return {
    explained, sentence: explain({ ...record.scenario, mutants: record.mutants }, evidence, record.result), struck: faults,
    happened: happenedAt(certain.fromUs, certain.steps),
    happenedAtRise: steepest === null ? [] : happenedAt(steepest.atUs, steepest.steps),
  };
}

function asText({ scenario }: RunRecord, told: Told, realMs: number, style: Style): string {
  const { explained: { fingerprint, curve, runs }, sentence } = told;
  const sections = [
    [`${style.paint(scenario.name, 'bold')}  ${style.paint(`${fingerprint.property}, ${grouped(runs)} runs, ${(realMs / 1000).toFixed(1)} s`, 'dim')}`, ...wrap(sentence, REPORT_COLUMNS)],
    [style.paint('Certain', 'bold'), ...certainLines(told, style)],
    ...riseSection(told, style),
    [style.paint(`Futures that violate, of a run that stayed as it was until then${told.explained.faultsToCome === 'spared' ? ', without the faults still to come' : ''}`, 'bold'), ...curve.map((point) => {
      const share = point.violated / point.futures;
      const bar = '█'.repeat(Math.round(share * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '░');
      const faults = told.struck.filter(({ outcome, fault }) => outcome === 'applied' && usOfMs(fault.atMs) === point.atUs).map(({ fault }) => describeFault(fault)).join('; ');
      const text = `  ${formatUs(point.atUs)}  ${bar} ${percent(share).padStart(5)}`;
      return faults === '' ? text : `${text}  ${cut(faults, REPORT_COLUMNS - text.length - 2)}`;
    })],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function certainLines({ explained: { certain, evidence, faultsToCome, plannedFromStart }, happened }: Told, style: Style): string[] {
  const { fromUs, futures, before } = certain;
  const planned = plannedFromStart === null || faultsToCome === 'planned' ? [] : [`By the plan it was certain from the start: all of ${grouped(plannedFromStart)} futures with all of the faults violate. Without the faults still to come:`];
  const all = `all of ${grouped(futures)} futures violate; that is ${percent(leastShare(futures))} of them at least, at 95 %`;
  if (before === null) return [...planned, `from the start: ${all}`].flatMap((sentence) => wrap(sentence, REPORT_COLUMNS - 2).map((line) => `  ${line}`));
  const told = [
    ...planned,
    `from ${formatUs(fromUs)} on, ${formatUs(evidence.atUs - fromUs)} before it was seen: ${all}.`,
    `A microsecond earlier ${grouped(before.violated)} of ${grouped(before.futures)} did. What happened then:`,
  ];
  return [...told.flatMap((sentence) => wrap(sentence, REPORT_COLUMNS - 2).map((line) => `  ${line}`)), ...stepLines(happened, style)];
}

/** Nothing where it was the moment from which on it was certain that made it likelier by the most. */
function riseSection({ explained: { certain, steepest }, happenedAtRise }: Told, style: Style): string[][] {
  if (steepest === null || (steepest.atUs === certain.fromUs && certain.before !== null)) return [];
  const { atUs, before, after } = steepest;
  const sentence = `at ${formatUs(atUs)}, from ${percent(before.violated / before.futures)} to ${percent(after.violated / after.futures)} of the futures. What happened then:`;
  return [[style.paint('Greatest rise', 'bold'), ...wrap(sentence, REPORT_COLUMNS - 2).map((line) => `  ${line}`), ...stepLines(happenedAtRise, style)]];
}

function stepLines(happened: readonly string[], style: Style): string[] {
  const more = happened.length - STEPS_TOLD;
  return [
    ...happened.slice(0, STEPS_TOLD).map((line) => style.paint(`    ${cut(line, REPORT_COLUMNS - 4)}`, 'yellow')),
    ...(more > 0 ? [style.paint(`    … and ${more} more, all with --json`, 'dim')] : []),
  ];
}

function asJson(path: string, { explained, sentence, happened, happenedAtRise }: Told): string {
  const { fingerprint, evidence, faultsToCome, plannedFromStart, curve, certain: { fromUs, futures, before }, steepest, runs } = explained;
  return `${JSON.stringify({
    format: 'harrow.explained/1', record: path, fingerprint, sentence, seenAtUs: evidence.atUs, faultsToCome, plannedFromStart,
    certain: { fromUs, futures, leastShare: Number(leastShare(futures).toFixed(4)), before, happened },
    steepest: steepest === null ? null : { atUs: steepest.atUs, before: steepest.before, after: steepest.after, happened: happenedAtRise }, curve, runs,
  }, null, 2)}\n`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
