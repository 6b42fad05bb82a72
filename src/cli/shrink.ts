/**
 * `harrow shrink RUN.json`: from a run that violated something to a scenario of a few lines that shows the same. Writes the
 * scenario and its story beside the record, which stays as it is.
 *
 * Exit codes: 0 shrunk and verified, 64 nothing was violated, 70 the same code does not come to the same violation.
 */
import type { Scenario } from '../scenarios/scenario.ts';
import { parseDurationUs, readableMs } from '../scenarios/durations.ts';
import { describeFault } from '../scenarios/faults.ts';
import { parseRunRecord } from '../scenarios/run-record-file.ts';
import { drawStory, explain } from '../explorer/story.ts';
import { DEFAULT_SHRINK_RUNS, shrink, type PassReport, type Shrunk, type Size } from '../explorer/shrink/shrink.ts';
import { EXIT_HELD, EXIT_INTERNAL, EXIT_USAGE, UsageError, type ExitCode } from './exit-codes.ts';
import { propertiesOf, valueOf } from './find-scenario.ts';
import type { Outside } from './outside.ts';
import { REPORT_COLUMNS, styleFor, table, wrap, type Style } from './style.ts';

export interface ShrinkCommandOptions {
  readonly property?: string;
  readonly runs?: string;
  readonly for?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function shrinkCommand(path: string, options: ShrinkCommandOptions, outside: Outside): ExitCode {
  const content = outside.readFile(path);
  if (content === null) throw new UsageError(`no run record ${JSON.stringify(path)}; expected a file that harrow run wrote`);
  const record = valueOf(parseRunRecord(path, content));
  const runs = runsOf(options.runs);
  const properties = propertiesOf(options.property);
  const limitMs = options.for === undefined ? Number.POSITIVE_INFINITY : millisecondsOf('--for', options.for);
  const startedMs = outside.nowMs();
  const shrunk = shrink(record, record.result.verdicts, {
    execute: outside.execute,
    runs,
    ...(properties === undefined ? {} : { properties }),
    mayGoOn: () => outside.nowMs() - startedMs < limitMs,
    progress: ({ pass, runs: done, size }) => {
      if (options.quiet !== true) outside.stderr.write(`${String(done).padStart(4)} runs  ${pass.padEnd(16)}  ${sizeInWords(size)}\n`);
    },
  });
  if ('reason' in shrunk) {
    const isOurs = record.verdict === 'violated' && record.code === outside.codeFingerprint() && shrunk.reason.startsWith('the run, executed again');
    outside.stderr.write(`${styleFor(outside.stderr, outside.env).paint('error:', 'red')} ${path}: ${shrunk.reason}\n`);
    return isOurs ? EXIT_INTERNAL : EXIT_USAGE;
  }
  const realMs = outside.nowMs() - startedMs;
  // Each property that was asked for by name has a minimal plan of its own.
  const base = `${path.replace(/\.json$/, '')}${properties === undefined ? '' : `.${shrunk.fingerprint.property}`}`;
  const files = { scenario: `${base}.min.yaml`, story: `${base}.min.mmd` };
  const sentence = explain(shrunk.minimal, shrunk.evidence, shrunk.result);
  outside.writeFile(files.scenario, `${comment(sentence)}${comment(`Shrunk from ${record.scenario.name}, seed ${record.seed}, in ${shrunk.runs} runs.`)}${shrunk.text}`);
  outside.writeFile(files.story, drawStory(shrunk.minimal, shrunk.evidence, outside.execute));
  const replay = `${outside.program} run ${files.scenario}`;
  const more = realMs < limitMs ? `--runs ${runs * 4}` : 'a longer --for';
  outside.stdout.write(options.json === true ? asJson(shrunk, { sentence, realMs, replay, files, record: path, more }) : asText(shrunk, { sentence, realMs, replay, files, record: path, more }, styleFor(outside.stdout, outside.env)));
  return EXIT_HELD;
}

interface Told {
  readonly sentence: string;
  readonly realMs: number;
  readonly replay: string;
  readonly files: { readonly scenario: string; readonly story: string };
  readonly record: string;
  /** What gives it more runs. */
  readonly more: string;
}

function asText(shrunk: Shrunk, { sentence, realMs, replay, files, record, more }: Told, style: Style): string {
  const { before, after, fingerprint, minimal, passes } = shrunk;
  const sections = [
    [`${style.paint(minimal.name, 'bold')}  ${style.paint(`${fingerprint.property}, ${shrunk.runs} runs, ${(realMs / 1000).toFixed(1)} s`, 'dim')}`, ...wrap(sentence, REPORT_COLUMNS)],
    [style.paint('Left', 'bold'), ...table(
      [{ title: '' }, { title: 'before', align: 'right' }, { title: 'after', align: 'right' }],
      (Object.keys(SIZE_WORDS) as (keyof Size)[]).map((key) => [SIZE_WORDS[key], sizeText(key, before), sizeText(key, after)]), style)],
    faultsOf(minimal, style),
    [style.paint('Runs', 'bold'), ...wrap(runsByPass(passes), REPORT_COLUMNS - 2).map((line) => `  ${line}`)],
    [
      ...(shrunk.isExhausted ? [style.paint(`note: the budget was over, and something may be left out yet; more with ${more}`, 'yellow')] : []),
      `${style.paint('minimal  ', 'dim')}${files.scenario}`, `${style.paint('story    ', 'dim')}${files.story}`, `${style.paint('original ', 'dim')}${record}`, `${style.paint('replay   ', 'dim')}${replay}`,
    ],
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function faultsOf({ faults }: Scenario, style: Style): string[] {
  if (faults.length === 0) return [];
  return [style.paint('Faults', 'bold'), ...table([{ title: '', align: 'right' }, { title: '', wraps: true }], faults.map((fault) => [readableMs(fault.atMs), describeFault(fault)]), style)];
}

function runsByPass(passes: readonly PassReport[]): string {
  const runs = new Map<string, number>();
  for (const pass of passes) runs.set(pass.pass, (runs.get(pass.pass) ?? 0) + pass.runs);
  return [...runs].map(([pass, count]) => `${pass} ${count}`).join(', ');
}

function asJson({ fingerprint, before, after, runs, passes, isExhausted, minimal, text, result }: Shrunk, told: Told): string {
  const { sentence, realMs, replay, files, record } = told;
  return `${JSON.stringify({
    format: 'harrow.shrunk/1', record, fingerprint, sentence, before, after, runs, realMs: Math.round(realMs), passes, isExhausted, faults: minimal.faults, digest: result.digest, scenario: text, files, replay,
  }, null, 2)}\n`;
}

const SIZE_WORDS: Readonly<Record<keyof Size, string>> = { faults: 'faults', records: 'records offered', operations: 'operations', brokers: 'brokers', configs: 'configs', durationMs: 'duration' };

function sizeText(key: keyof Size, size: Size): string {
  return key === 'durationMs' ? readableMs(size.durationMs) : String(size[key]);
}

function sizeInWords({ faults, records, brokers, configs, durationMs }: Size): string {
  return `${faults} faults, ${records} records, ${brokers} brokers, ${configs} configs, ${readableMs(durationMs)}`;
}

function comment(text: string): string {
  return wrap(text, REPORT_COLUMNS).map((line) => `# ${line}\n`).join('');
}

function runsOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_SHRINK_RUNS;
  const runs = Number(text);
  if (!Number.isSafeInteger(runs) || runs < 2 || runs > 1_000_000) throw new UsageError(`--runs ${text}: expected an integer from 2 to 1000000`);
  return runs;
}

export function millisecondsOf(option: string, text: string): number {
  const parsed = parseDurationUs(text);
  if ('wrong' in parsed) throw new UsageError(`${option}: ${parsed.wrong}`);
  return Math.max(1, Math.floor(parsed.value / 1_000));
}
