/**
 * `harrow export RUN.json --format NAME`: a run in a form that other tools read. Verdicts are in the record; whatever else
 * there is to tell, a replay tells.
 */
import { githubSummary } from '../report/exports/github.ts';
import { jepsenHistory } from '../report/exports/jepsen.ts';
import { junitXml } from '../report/exports/junit.ts';
import { mermaidDiagram } from '../report/exports/mermaid.ts';
import { perfettoTrace } from '../report/exports/perfetto.ts';
import { shivizLog, SHIVIZ_PATTERN } from '../report/exports/shiviz.ts';
import type { RunModel } from '../report/model/model.ts';
import type { RunRecord } from '../scenarios/run-record.ts';
import { meant, oneOf } from '../scenarios/problems.ts';
import { EXIT_HELD, UsageError, type ExitCode } from './exit-codes.ts';
import type { Outside, TextSink } from './outside.ts';
import { readRecord } from './replay.ts';
import { modelOf } from './write-report.ts';

interface Format {
  readonly extension: string;
  /** The parts of the file; `model` replays the run. */
  readonly parts: (record: RunRecord, model: () => RunModel) => Iterable<string>;
  /** What else to know, said on stderr. */
  readonly hint?: string;
}

const FORMATS: Readonly<Record<string, Format>> = {
  perfetto: { extension: 'perfetto.json', parts: (_record, model) => perfettoTrace(model()), hint: 'open it at ui.perfetto.dev or in chrome://tracing' },
  shiviz: { extension: 'shiviz.log', parts: (_record, model) => [shivizLog(model())], hint: `ShiViz reads it with the expression ${SHIVIZ_PATTERN}` },
  mermaid: { extension: 'mmd', parts: (_record, model) => [mermaidDiagram(model())] },
  jepsen: { extension: 'edn', parts: (_record, model) => [jepsenHistory(model())] },
  junit: { extension: 'junit.xml', parts: (record) => [junitXml([record])] },
  github: { extension: 'summary.md', parts: (_record, model) => [githubSummary(model())], hint: 'append it to $GITHUB_STEP_SUMMARY' },
};
export const EXPORT_FORMATS: readonly string[] = Object.keys(FORMATS);

export interface ExportOptions {
  readonly format: string;
  readonly output?: string;
  readonly quiet?: boolean;
  readonly force?: boolean;
}

export function exportCommand(path: string, options: ExportOptions, outside: Outside): ExitCode {
  const format = FORMATS[options.format];
  if (format === undefined) throw new UsageError(`--format ${options.format}: no such format; expected ${oneOf(EXPORT_FORMATS)}${meant(options.format, EXPORT_FORMATS)}`);
  const { record } = readRecord(path, options.force === true, outside);
  const output = options.output ?? path.replace(/(\.json)?$/, `.${format.extension}`);
  const parts = format.parts(record, () => modelOf({ record, path }, options.quiet === true, options.force === true, outside));
  const sink: TextSink = output === '-' ? { write: (text) => outside.stdout.write(text), close: () => undefined } : outside.openFile(output);
  try {
    for (const part of parts) sink.write(part);
  } finally {
    sink.close();
  }
  if (output !== '-') outside.stdout.write(`${options.format}  ${output}\n`);
  if (format.hint !== undefined && options.quiet !== true) outside.stderr.write(`${format.hint}\n`);
  return EXIT_HELD;
}
