/**
 * `harrow run SCENARIO`: expands the seed to an explicit plan, executes it, judges it, and writes the run record.
 */
import { join } from 'node:path';
import { historyLines } from '../history/recorded/ndjson.ts';
import type { RecordedHistory } from '../history/recorded/operations.ts';
import type { EngineName } from '../kernel/statechart/engine.ts';
import { parseDurationUs } from '../scenarios/durations.ts';
import { MUTANT_NAMES } from '../scenarios/mutants.ts';
import { planFaults } from '../scenarios/nemesis.ts';
import { meant, oneOf } from '../scenarios/problems.ts';
import { PROFILE_NAMES } from '../scenarios/profiles.ts';
import { RUN_RECORD_FORMAT } from '../scenarios/run-record.ts';
import type { RunRecord, RunRequest, RunResult } from '../scenarios/run-record.ts';
import { formatRunRecord, verdictOf } from '../scenarios/run-record-file.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { withDuration } from '../scenarios/with-duration.ts';
import { expandWorkload } from '../scenarios/workload.ts';
import { RunFailed, UsageError, exitCodeOf } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { findScenario, withFaults } from './find-scenario.ts';
import type { Outside } from './outside.ts';
import { progressLine } from './progress.ts';
import { runJson, runReport } from './report.ts';
import { styleFor } from './style.ts';
import { openSink, openTrace } from './trace-file.ts';
import { writeReport } from './write-report.ts';

export const ENGINES: readonly EngineName[] = ['compiled', 'interpreter', 'live'];
export const DEFAULT_OUT = 'reports/runs';
/** `--mutant none`: the rules of the profile, whatever the scenario reverts. */
export const NO_MUTANTS = 'none';

export interface RunOptions {
  readonly seed?: string;
  readonly faults?: string;
  readonly engine: string;
  readonly mutant: readonly string[];
  readonly profile?: string;
  readonly duration?: string;
  /** True without a path: beside the run record. */
  readonly trace?: string | true;
  /** True without a path: beside the run record. */
  readonly history?: string | true;
  readonly report?: boolean;
  readonly open?: boolean;
  readonly json?: boolean;
  readonly out: string;
  readonly quiet?: boolean;
}

export function runCommand(scenarioArgument: string, options: RunOptions, outside: Outside): ExitCode {
  const notes: string[] = [];
  const engine = engineOf(options.engine);
  const written = withProfile(findScenario(scenarioArgument, outside), options.profile);
  const scenario = withFaults(resized(written, options.duration, notes), options.faults, outside);
  const mutants = mutantsOf(options.mutant, scenario);
  const seed = seedOf(options.seed, scenario, outside, notes);
  const request: RunRequest = { scenario, seed, faults: planFaults(scenario, seed), admin: scenario.admin, workload: expandWorkload(scenario, seed), engine, mutants };

  const tracePath = options.trace === true ? join(options.out, `${scenario.name}-${seed}.trace.txt`) : (options.trace ?? null);
  const historyPath = options.history === true ? join(options.out, `${scenario.name}-${seed}.history.ndjson`) : (options.history ?? null);
  const piped = [tracePath, historyPath].filter((path) => path === '-').length + (options.json === true ? 1 : 0);
  if (piped > 1) throw new UsageError('more than one of --json, --trace - and --history - for stdout; expected one there, and files for the others');
  // Found out before the run, not after an hour of it.
  outside.prepareDirectory(options.out);
  const history = historyPath === null ? null : openSink(historyPath, outside);
  const writeHistory = (recorded: RecordedHistory): void => {
    for (const line of historyLines(recorded)) history?.write(line);
    history?.close();
  };
  const { result, realMs } = executeWatched(history === null ? request : { ...request, history: writeHistory }, tracePath, options.quiet === true, outside);
  const record = runRecord(request, result, outside);
  const text = formatRunRecord(record);
  const recordPath = join(options.out, `${scenario.name}-${seed}-${result.digest.slice(0, 8)}.json`);
  outside.writeFile(recordPath, text);
  outside.writeFile(join(options.out, 'latest.json'), text);

  const reportPath = options.report === true || options.open === true ? recordPath.replace(/\.json$/, '.html') : null;
  if (reportPath !== null) writeReport([{ record, path: recordPath }], reportPath, options, outside);
  const report = { record, recordPath, tracePath, historyPath, reportPath, realMs, replayCommand: `${outside.program} replay ${recordPath}`, notes };
  outside.stdout.write(options.json === true ? runJson(report) : runReport(report, styleFor(outside.stdout, outside.env)));
  return exitCodeOf(record.verdict);
}

/** Executes with progress, and with a trace when `tracePath` is given; a failure names the run it happened in. */
export function executeWatched(request: RunRequest, tracePath: string | null, isQuiet: boolean, outside: Outside): { result: RunResult; realMs: number } {
  const progress = progressLine(outside, isQuiet);
  const trace = tracePath === null ? null : openTrace(tracePath, request.scenario, outside);
  const startedMs = outside.nowMs();
  try {
    const result = outside.execute({ ...request, progress: progress.report, ...(trace === null ? {} : { trace: trace.write }) });
    return { result, realMs: outside.nowMs() - startedMs };
  } catch (error) {
    throw new RunFailed(request.scenario.name, request.seed, error);
  } finally {
    progress.finish();
    trace?.close();
  }
}

export function runRecord(request: RunRequest, result: RunResult, outside: Outside): RunRecord {
  const { scenario, seed, faults, admin, workload, engine, mutants } = request;
  return { format: RUN_RECORD_FORMAT, harrow: outside.version, code: outside.codeFingerprint(), verdict: verdictOf(result), seed, engine, mutants, scenario, faults, admin, workload, result };
}

function engineOf(name: string): EngineName {
  const engine = ENGINES.find((each) => each === name);
  if (engine === undefined) throw new UsageError(`--engine ${name}: no such engine; expected ${oneOf(ENGINES)}${meant(name, ENGINES)}`);
  return engine;
}

/** Those of the scenario and of the command line; `none` leaves out the scenario's. */
export function mutantsOf(names: readonly string[], scenario: Pick<Scenario, 'mutants'>): readonly string[] {
  const choices = [...MUTANT_NAMES, NO_MUTANTS];
  for (const name of names) {
    if (!choices.includes(name)) throw new UsageError(`--mutant ${name}: no such mutant; expected ${oneOf(choices)}${meant(name, choices)}`);
  }
  const own = names.includes(NO_MUTANTS) ? [] : (scenario.mutants ?? []);
  return [...new Set([...own, ...names.filter((name) => name !== NO_MUTANTS)])].sort((a, b) => (a < b ? -1 : 1));
}

/** Stored with the run: the scenario under the rules that it ran under. */
function withProfile(scenario: Scenario, name: string | undefined): Scenario {
  if (name === undefined) return scenario;
  const profile = PROFILE_NAMES.find((each) => each === name);
  if (profile === undefined) throw new UsageError(`--profile ${name}: no such profile; expected ${oneOf(PROFILE_NAMES)}${meant(name, PROFILE_NAMES)}`);
  return { ...scenario, profile };
}

function seedOf(option: string | undefined, scenario: Scenario, outside: Outside, notes: string[]): string {
  if (option !== undefined) {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(option)) throw new UsageError(`--seed ${option}: expected an integer, or up to 64 letters, digits, dots, dashes and underscores`);
    return option;
  }
  if (scenario.seed !== null) return scenario.seed;
  const seed = outside.freshSeed();
  notes.push(`a fresh seed, ${seed}; repeat with --seed ${seed}`);
  return seed;
}

function resized(scenario: Scenario, option: string | undefined, notes: string[]): Scenario {
  if (option === undefined) return scenario;
  const parsed = parseDurationUs(option);
  if ('wrong' in parsed) throw new UsageError(`--duration: ${parsed.wrong}`);
  if (parsed.value < 1000 || parsed.value % 1000 !== 0) throw new UsageError(`--duration ${option}: expected whole milliseconds, at least 1ms`);
  const { scenario: changed, faultsLeftOut, operationsLeftOut } = withDuration(scenario, parsed.value / 1000);
  if (faultsLeftOut > 0) notes.push(`--duration ${option} leaves out ${faultsLeftOut} of ${scenario.faults.length} faults of the scenario`);
  if (operationsLeftOut > 0) notes.push(`--duration ${option} leaves out ${operationsLeftOut} of ${scenario.admin.length} operations of the administrator`);
  return changed;
}
