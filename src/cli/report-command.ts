/**
 * `harrow report RUN.json [OTHER.json]`: one HTML file of a run, or of two side by side. The record is replayed to know
 * everything that happened in it.
 */
import { EXIT_HELD, type ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { readRecord } from './replay.ts';
import { writeReport } from './write-report.ts';

export interface ReportOptions {
  readonly output?: string;
  readonly open?: boolean;
  readonly quiet?: boolean;
  readonly force?: boolean;
}

export function reportCommand(path: string, other: string | undefined, options: ReportOptions, outside: Outside): ExitCode {
  const paths = other === undefined ? [path] : [path, other];
  const runs = paths.map((each) => ({ path: each, record: readRecord(each, options.force === true, outside).record }));
  const output = options.output ?? path.replace(/(\.json)?$/, '.html');
  writeReport(runs, output, options, outside);
  outside.stdout.write(`report  ${output}\n`);
  return EXIT_HELD;
}
