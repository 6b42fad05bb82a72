/** Replays runs and writes what they were as one HTML file. */
import { assert } from '../kernel/assert.ts';
import { buildModel } from '../report/build-model.ts';
import { reportHtml } from '../report/html.ts';
import type { RunModel } from '../report/model/model.ts';
import { whatIf } from '../report/what-if.ts';
import type { RunRecord } from '../scenarios/run-record.ts';
import { RunFailed } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { progressLine } from './progress.ts';

export interface ReportedRun {
  readonly record: RunRecord;
  /** Of the record, for the command that replays it. */
  readonly path: string;
}

export function writeReport(runs: readonly ReportedRun[], output: string, options: { readonly open?: boolean; readonly quiet?: boolean; readonly force?: boolean }, outside: Outside): void {
  // Found out before the work.
  const page = outside.reportPage();
  const models = runs.map((run) => {
    const model = modelOf(run, options.quiet === true, options.force === true, outside);
    const asked = whatIf(run.record, outside.execute);
    return asked === undefined ? model : { ...model, meta: { ...model.meta, whatIf: asked } };
  });
  outside.writeFile(output, reportHtml(page, models, (bytes) => outside.deflate(bytes)));
  if (options.open === true) outside.open(output);
}

/** @throws RunFailed when the same code came to another run, which is a bug of ours. */
export function modelOf({ record, path }: ReportedRun, isQuiet: boolean, isForced: boolean, outside: Outside): RunModel {
  const progress = progressLine(outside, isQuiet);
  try {
    const { model, isExact } = buildModel(record, outside.execute, `${outside.program} replay ${path}`, progress.report);
    assert(isExact || isForced, () => `the replay came to digest ${model.meta.digest}, the record says ${record.result.digest}`);
    return model;
  } catch (error) {
    throw new RunFailed(record.scenario.name, record.seed, error);
  } finally {
    progress.finish();
  }
}
