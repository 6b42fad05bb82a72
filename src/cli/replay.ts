/**
 * `harrow replay RUN.json`: executes exactly what a run record holds, and compares digests.
 *
 * The exit code is about the replay, not about the verdict: 0 when it was exact, 70 when the same code came to another
 * digest, which is a bug. A record of other code is refused (64), because a difference would prove nothing; `--force`
 * replays it all the same, and answers 2 when the digests differ.
 */
import { parseRunRecord } from '../scenarios/run-record-file.ts';
import type { RunRecord, RunRequest } from '../scenarios/run-record.ts';
import { EXIT_HELD, EXIT_INTERNAL, EXIT_VACUOUS, UsageError } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { valueOf } from './find-scenario.ts';
import type { Outside } from './outside.ts';
import { evidence, verdicts } from './report.ts';
import { executeWatched } from './run.ts';
import { styleFor } from './style.ts';

export interface ReplayOptions {
  readonly trace?: string | true;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly force?: boolean;
}

const SHOWN_HEX_DIGITS = 12;

/** @throws UsageError unless the record was made by this code, or `isForced`. */
export function readRecord(path: string, isForced: boolean, outside: Outside): { readonly record: RunRecord; readonly isSameCode: boolean } {
  const content = outside.readFile(path);
  if (content === null) throw new UsageError(`no run record ${JSON.stringify(path)}; expected a file that harrow run wrote`);
  const record = valueOf(parseRunRecord(path, content));
  const code = outside.codeFingerprint();
  const isSameCode = record.code === code;
  if (!isSameCode && !isForced) {
    throw new UsageError(
      `${path} was made by other code (${record.code.slice(0, SHOWN_HEX_DIGITS)}, harrow ${record.harrow}) than this (${code.slice(0, SHOWN_HEX_DIGITS)}, harrow ${outside.version}); `
      + 'expected the same code: a different digest would prove nothing. Use --force to replay it all the same',
    );
  }
  return { record, isSameCode };
}

export function replayCommand(path: string, options: ReplayOptions, outside: Outside): ExitCode {
  const { record, isSameCode } = readRecord(path, options.force === true, outside);
  const request: RunRequest = { scenario: record.scenario, seed: record.seed, faults: record.faults, admin: record.admin, workload: record.workload, engine: record.engine, mutants: record.mutants };
  const tracePath = options.trace === true ? `${path.replace(/\.json$/, '')}.trace.txt` : (options.trace ?? null);
  const { result } = executeWatched(request, tracePath, options.quiet === true, outside);

  const isExact = result.digest === record.result.digest;
  const exitCode = isExact ? EXIT_HELD : isSameCode ? EXIT_INTERNAL : EXIT_VACUOUS;
  if (options.json === true) {
    outside.stdout.write(`${JSON.stringify({
      format: 'harrow.replay/1', record: path, scenario: record.scenario.name, seed: record.seed, isExact, isSameCode,
      digest: result.digest, recordedDigest: record.result.digest, verdicts: result.verdicts, trace: tracePath,
    }, null, 2)}\n`);
    return exitCode;
  }
  const style = styleFor(outside.stdout, outside.env);
  const outcome = isExact
    ? style.paint(`EXACT: ${record.scenario.name} with seed ${record.seed} came to the recorded digest ${result.digest}`, 'bold', 'green')
    : style.paint(isSameCode
      ? `LOST DETERMINISM: recorded digest ${record.result.digest}, now ${result.digest}. This is a bug in Harrow: please report it with ${path}`
      : `DIFFERENT: recorded digest ${record.result.digest}, now ${result.digest}, by other code: nothing follows from it`, 'bold', isSameCode ? 'red' : 'yellow');
  const sections = [verdicts(result.verdicts, style), evidence(result.verdicts, style), ...(tracePath === null ? [] : [[`trace   ${tracePath}`]]), [outcome]];
  outside.stdout.write(`${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`);
  return exitCode;
}
