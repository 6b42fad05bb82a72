/**
 * The command line: what there is to type, and which exit code an error leads to. Results go to stdout, progress and
 * errors to stderr.
 */
import { Command, CommanderError } from 'commander';
import { assert } from '../kernel/assert.ts';
import { ScenarioError, formatProblem } from '../scenarios/problems.ts';
import { checkCommand } from './check.ts';
import type { CheckOptions } from './check.ts';
import { EXIT_HELD, EXIT_INTERNAL, EXIT_USAGE, RunFailed, UsageError } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { LISTABLE, listCommand } from './list.ts';
import type { Outside } from './outside.ts';
import { EXPORT_FORMATS, exportCommand, type ExportOptions } from './export-command.ts';
import { reportCommand, type ReportOptions } from './report-command.ts';
import { replayCommand } from './replay.ts';
import type { ReplayOptions } from './replay.ts';
import { DEFAULT_OUT, ENGINES, runCommand } from './run.ts';
import type { RunOptions } from './run.ts';
import { schemaCommand } from './schema.ts';
import { mergeCommand } from './merge.ts';
import type { MergeOptions } from './merge.ts';
import { sweepCommand } from './sweep.ts';
import type { SweepOptions } from './sweep.ts';
import { shrinkCommand } from './shrink.ts';
import type { ShrinkCommandOptions } from './shrink.ts';
import { explainCommand } from './explain.ts';
import type { ExplainCommandOptions } from './explain.ts';
import { styleFor } from './style.ts';

const EXIT_CODE_HELP = `
Exit codes: 0 every property held, or the replay was exact · 1 a property was violated · 2 a
property was never put to the test · 64 wrong usage, a bad scenario, or a file that cannot be
read or written · 70 an internal error, or lost determinism`;

/** Runs one command line (without node and script) to its exit code. Never rejects. */
export async function mainOrLater(argv: readonly string[], outside: Outside): Promise<ExitCode> {
  let ended: ExitCode | Promise<ExitCode> = EXIT_HELD;
  try {
    buildProgram(outside, (code) => {
      ended = code;
    }).parse([...argv], { from: 'user' });
    return await ended;
  } catch (error) {
    return report(error, outside);
  }
}

/** The same at once, for commands that do not wait for other processes. Never throws. */
export function main(argv: readonly string[], outside: Outside): ExitCode {
  let ended: ExitCode | Promise<ExitCode> = EXIT_HELD;
  try {
    buildProgram(outside, (code) => {
      ended = code;
    }).parse([...argv], { from: 'user' });
    assert(typeof ended === 'number', `harrow ${argv[0] ?? ''} ends later`);
    return ended;
  } catch (error) {
    return report(error, outside);
  }
}

function buildProgram(outside: Outside, done: (code: ExitCode | Promise<ExitCode>) => void): Command {
  const program = new Command('harrow')
    .description('Simulates a whole Kafka cluster under faults, and judges what it promised.')
    .version(outside.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', EXIT_CODE_HELP)
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => outside.stdout.write(text), writeErr: (text) => outside.stderr.write(text), getOutHelpWidth: () => 100, getErrHelpWidth: () => 100 });

  program
    .command('run')
    .description('run a scenario: a built-in name (see: harrow list scenarios) or the path of a YAML or JSON file')
    .argument('<scenario>', 'name or path')
    .option('--seed <seed>', "seed of the run; default the scenario's, else a fresh one")
    .option('--faults <plan>', 'none, nemesis, nemesis=KIND,… or the path of a fault plan or run record, instead of the faults of the scenario')
    .option('--engine <name>', `how statecharts run: ${ENGINES.join(', ')}; the result is the same`, 'compiled')
    .option('--profile <version>', 'Kafka version whose rules are in force, such as 3.9')
    .option('--mutant <name>', "revert one protocol rule; may be repeated; none leaves out the scenario's", collect, [])
    .option('--duration <duration>', "virtual time, such as 10m, instead of the scenario's")
    .option('--trace [file]', 'write every step as a line of text; - is stdout; default beside the run record')
    .option('--history [file]', 'write what clients saw, one operation a line; default beside the run record')
    .option('--report', 'write the report of the run as one HTML file, beside the run record')
    .option('--open', 'open the report')
    .option('--json', 'print the result as one JSON document')
    .option('--out <dir>', 'where run records go', DEFAULT_OUT)
    .option('--quiet', 'no progress')
    .action((scenario: string, options: RunOptions) => done(runCommand(scenario, options, outside)));

  program
    .command('replay')
    .description('execute what a run record holds, and compare the digest')
    .argument('<run>', 'path of a run record')
    .option('--trace [file]', 'write every step as a line of text; - is stdout; default beside the run record')
    .option('--json', 'print the result as one JSON document')
    .option('--quiet', 'no progress')
    .option('--force', 'replay a record that other code made')
    .action((path: string, options: ReplayOptions) => done(replayCommand(path, options, outside)));

  program
    .command('check')
    .description('judge a history by what is in it alone, whoever recorded it (see: harrow schema history)')
    .argument('<history>', 'path of a history, one JSON object a line')
    .option('--edn <file>', "write it in the shape that Jepsen's Kafka checker reads, too; - is stdout")
    .option('--json', 'print the result as one JSON document')
    .action((path: string, options: CheckOptions) => done(checkCommand(path, options, outside)));

  program
    .command('report')
    .description('make one HTML file in which to see what happened in a run, and why, or what a campaign came to')
    .argument('<run>', 'path of a run record, or of a campaign (.ndjson)')
    .argument('[other]', 'a second run, to see side by side where they part')
    .option('--output <file>', 'default beside the run record')
    .option('--runs <n>', 'of a campaign: most runs that get a report of their own, beside it (default 12)')
    .option('--open', 'open it')
    .option('--quiet', 'no progress')
    .option('--force', 'take a record that other code made')
    .action((path: string, other: string | undefined, options: ReportOptions) => done(reportCommand(path, other, options, outside)));

  program
    .command('sweep')
    .description('run a scenario, or a swarm of them, over many seeds; goes on where it was interrupted')
    .argument('<scenario>', 'name or path, or swarm: cluster, clients and faults drawn from each seed')
    .option('--seeds <a..b>', 'first and last seed')
    .option('--for <duration>', 'real time after which no further run is started, such as 10m')
    .option('--workers <n>', 'processes', '2')
    .option('--shard <i/n>', 'every n-th seed, from the i-th on')
    .option('--mutant <name>', 'revert one protocol rule; may be repeated', collect, [])
    .option('--steer', 'of a swarm: prefer seeds that draw what led to rarely reached parts of the machines')
    .option('--until-stable <n>', 'end once n runs in a row have reached nothing new')
    .option('--until-violated', 'end with the first violation')
    .option('--file <path>', 'where the runs go; default a name made of the options in --out')
    .option('--json', 'print the result as one JSON document')
    .option('--out <dir>', 'where campaigns and run records go', DEFAULT_OUT)
    .option('--quiet', 'no progress')
    .action((scenario: string, options: SweepOptions) => done(sweepCommand(scenario, options, outside)));

  program
    .command('merge')
    .description('add up campaigns, as the shards of a sweep leave them')
    .argument('<campaign...>', 'files that harrow sweep wrote')
    .option('--out <file>', 'write them as one campaign')
    .option('--json', 'print the result as one JSON document')
    .action((paths: readonly string[], options: MergeOptions) => done(mergeCommand(paths, options, outside)));

  program
    .command('shrink')
    .description('shrink a run that violated something to the smallest scenario that shows the same')
    .argument('<run>', 'path of a run record')
    .option('--property <name>', 'the violation to keep; default the first')
    .option('--runs <n>', 'most runs')
    .option('--for <duration>', 'most real time, such as 60s')
    .option('--json', 'print as one JSON document')
    .option('--quiet', 'no progress')
    .action((path: string, options: ShrinkCommandOptions) => done(shrinkCommand(path, options, outside)));

  program
    .command('explain')
    .description('find the moment from which on a violation was certain, by other futures of the same run')
    .argument('<run>', 'path of a run record')
    .option('--property <name>', 'the violation to explain; default the first')
    .option('--points <n>', 'points of the curve, besides the faults')
    .option('--futures <n>', 'futures of each point; where it is said to be certain, at least 100')
    .option('--faults <which>', 'in the futures, faults still to come strike as planned, or are spared; default planned, unless that makes it certain from the start')
    .option('--json', 'print as one JSON document')
    .option('--quiet', 'no progress')
    .action((path: string, options: ExplainCommandOptions) => done(explainCommand(path, options, outside)));

  program
    .command('export')
    .description('write a run in a form that other tools read')
    .argument('<run>', 'path of a run record')
    .requiredOption('--format <name>', `${EXPORT_FORMATS.join(', ')}`)
    .option('--output <file>', '- is stdout; default beside the run record')
    .option('--quiet', 'no progress')
    .option('--force', 'take a record that other code made')
    .action((path: string, options: ExportOptions) => done(exportCommand(path, options, outside)));

  program
    .command('list')
    .description(`list ${LISTABLE.slice(0, -1).join(', ')} or ${LISTABLE.at(-1) ?? ''}; default all`)
    .argument('[what]', LISTABLE.join(', '))
    .option('--json', 'print as one JSON document')
    .action((what: string | undefined, options: { json?: boolean }) => done(listCommand(what, options, outside)));

  program
    .command('schema')
    .description('print the JSON Schema of scenarios, or of the lines of a history')
    .argument('[what]', 'scenario or history; default scenario')
    .action((what: string | undefined) => done(schemaCommand(what, outside)));

  return program;
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function report(error: unknown, outside: Outside): ExitCode {
  // Commander has printed its message; its own code is 0 for help and the version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_HELD : EXIT_USAGE;
  const style = styleFor(outside.stderr, outside.env);
  if (error instanceof UsageError) {
    outside.stderr.write(`${style.paint('error:', 'red')} ${error.message}\n`);
    return EXIT_USAGE;
  }
  if (error instanceof ScenarioError) {
    for (const problem of error.problems) outside.stderr.write(`${formatProblem(problem)}\n`);
    const n = error.problems.length;
    outside.stderr.write(`${style.paint('error:', 'red')} ${n} ${n === 1 ? 'mistake' : 'mistakes'}; nothing was run\n`);
    return EXIT_USAGE;
  }
  const cause = error instanceof RunFailed ? error.cause : error;
  outside.stderr.write(`${style.paint('internal error:', 'bold', 'red')} ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
  const run = error instanceof RunFailed ? `scenario ${error.scenario}, seed ${error.seed}, ` : '';
  outside.stderr.write(`This is a bug in Harrow, and the run proves nothing. Please report it with: ${run}harrow ${outside.version}, node ${outside.runtime}\n`);
  return EXIT_INTERNAL;
}
