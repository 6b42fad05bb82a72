/**
 * `harrow check HISTORY.ndjson`: judges a history by what is in it, whoever recorded it. The verdict is that of the rules which
 * the history puts to the test; the others are named.
 */
import { ANOMALY_NAMES, checkHistory } from '../checkers/history/rules.ts';
import type { HistoryVerdicts } from '../checkers/history/rules.ts';
import { ednLines } from '../history/recorded/edn.ts';
import { parseHistory } from '../history/recorded/ndjson.ts';
import type { RecordedHistory } from '../history/recorded/operations.ts';
import { unreachable } from '../kernel/assert.ts';
import { decodeUtf8, placeIn } from '../scenarios/document.ts';
import { ScenarioError } from '../scenarios/problems.ts';
import { UsageError, exitCodeOf } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { evidence, verdicts } from './report.ts';
import { REPORT_COLUMNS, grouped, styleFor, wrap } from './style.ts';
import type { Style } from './style.ts';
import { openSink } from './trace-file.ts';

export interface CheckOptions {
  readonly json?: boolean;
  /** Where to write the history in Jepsen's shape; `-` is standard output. */
  readonly edn?: string;
}

/** @throws ScenarioError with every mistake of the file; UsageError when there is no such file. */
export function checkCommand(path: string, options: CheckOptions, outside: Outside): ExitCode {
  if (options.json === true && options.edn === '-') throw new UsageError('both --json and --edn - for stdout; expected one there, and a file for the other');
  const history = readHistory(path, outside);
  if (options.edn !== undefined) writeLines(options.edn, ednLines(history), outside);
  const result = checkHistory(history);
  outside.stdout.write(options.json === true ? checkJson(path, history, result) : checkReport(path, history, result, styleFor(outside.stdout, outside.env)));
  return exitCodeOf(result.overall);
}

function writeLines(path: string, lines: Iterable<string>, outside: Outside): void {
  const sink = openSink(path, outside);
  try {
    for (const line of lines) sink.write(line);
  } finally {
    sink.close();
  }
}

function readHistory(path: string, outside: Outside): RecordedHistory {
  const content = outside.readFile(path);
  if (content === null) throw new UsageError(`no history ${JSON.stringify(path)}; expected a file that harrow run --history wrote, or one of that format (harrow schema history)`);
  const decoded = decodeUtf8(content);
  if ('badByte' in decoded) {
    throw new ScenarioError([{ file: path, ...placeIn(decoded.before, decoded.before.length), path: '', message: 'not UTF-8 text; expected one JSON object a line' }]);
  }
  const parsed = parseHistory(decoded.text, ANOMALY_NAMES);
  if ('mistakes' in parsed) throw new ScenarioError(parsed.mistakes.map(({ line, path: at, message }) => ({ file: path, line, column: 1, path: at, message })));
  return parsed.history;
}

function checkReport(path: string, history: RecordedHistory, result: HistoryVerdicts, style: Style): string {
  const { source } = history.header;
  const heading = [`${style.paint(path, 'bold')}  ${style.paint(`${grouped(history.operations.length)} operations${source === undefined ? '' : `, ${source}`}`, 'dim')}`];
  const untested = result.untested.length === 0 ? [] : [
    style.paint('Not put to the test', 'bold'), ...wrap(result.untested.map(({ rule, why }) => `${rule} (${why})`).join(', '), REPORT_COLUMNS - 2).map((line) => `  ${line}`),
  ];
  const sections = [heading, verdicts(result.verdicts, style), evidence(result.verdicts, style), untested, [conclusion(result, style)]];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function conclusion({ overall, verdicts: all }: HistoryVerdicts, style: Style): string {
  switch (overall) {
    case 'held':
      return style.paint(`HELD: ${all.length} rules compared something, and found nothing that is not allowed`, 'bold', 'green');
    case 'violated':
      return style.paint(`VIOLATED: ${all.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property).join(', ')}`, 'bold', 'red');
    case 'vacuous':
      return style.paint('VACUOUS: nothing that could be wrong was compared, or something that is promised was not', 'bold', 'yellow');
    default:
      return unreachable(overall, 'verdict');
  }
}

function checkJson(path: string, { header, operations }: RecordedHistory, { overall, verdicts: all, untested }: HistoryVerdicts): string {
  return `${JSON.stringify({ format: 'harrow.check/1', history: path, source: header.source ?? null, operations: operations.length, verdict: overall, verdicts: all, untested }, null, 2)}\n`;
}
