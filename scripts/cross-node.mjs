/**
 * Holds one seed to one digest across Node versions: the same run, once per version, each in a fresh process, and the
 * `digest` of each result compared. V8 is the one part of the platform that we do not pin, and a changed rounding or
 * sort in it would show here first.
 *
 *   npm run cross-node                                  20.19.0 20 22 24 26, scenario trucks_gps, seed 42
 *   npm run cross-node -- --versions 22,24 --seed 7 --scenario trucks_gps
 *
 * The binaries come from the npm packages `node-<platform>-<arch>` into node_modules/.cache/harrow/node, once. Exit
 * codes: 0 equal, 1 a version could not be fetched or its run failed, 64 an unknown option, 70 digests differ.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, readJson, reportError, ROOT, runOnStderr, say, SetupError } from './lib/project.mjs';

const DEFAULTS = { versions: '20.19.0,20,22,24,26', scenario: 'trucks_gps', seed: '42' };
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** Exit codes of `harrow run` that come with a result: held, violated, unknown. */
const WITH_RESULT = [0, 1, 2];

/** The npm package that holds Node's binary for this machine. */
function binaryPackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `node-${platform}-${process.arch}`;
}

/** The path of a Node binary of `version` (`22` for the newest 22), fetched unless it is in the cache. */
function fetchNode(version) {
  const name = binaryPackage();
  const folder = join(ROOT, 'node_modules', '.cache', 'harrow', 'node', version);
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    say(`fetching ${name}@${version} ...`);
    mkdirSync(folder, { recursive: true });
    // A package of its own, so that npm installs here and not into the project above.
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `${name}@${version}`];
    if (runOnStderr(npmCommand(), args, folder) !== 0 || !existsSync(binary)) {
      throw new SetupError(`could not fetch ${name}@${version}; does \`npm view ${name}@${version} version\` know it?`);
    }
  }
  return { binary, exact: readJson(join(folder, 'node_modules', name, 'package.json')).version.replace(/^v/, '') };
}

/** The last JSON value on stdout: the whole of it, or its last line when progress of an older version precedes it. */
function parseResult(stdout) {
  for (const text of [stdout, stdout.trimEnd().split('\n').at(-1)]) {
    try {
      return JSON.parse(text);
    } catch {
      // Not JSON as a whole; the last line may be.
    }
  }
  return undefined;
}

function runWith({ binary, exact }, { scenario, seed }) {
  const startedAt = Date.now();
  const { status, stdout, stderr, error } = spawnSync(binary, [join(ROOT, 'dist', 'cli', 'main.js'), 'run', scenario, '--seed', seed, '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, NO_COLOR: '1' },
  });
  const digest = parseResult(stdout ?? '')?.digest;
  if (error || !WITH_RESULT.includes(status) || typeof digest !== 'string') {
    throw new SetupError(`Node ${exact}: the run gave no digest (exit code ${status}${error ? `, ${error.message}` : ''})\n${(stderr ?? '').slice(-2000)}`);
  }
  return { version: exact, digest, ms: Date.now() - startedAt };
}

function parseArguments(args) {
  const options = { ...DEFAULTS };
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i].replace(/^--/, '');
    if (!args[i].startsWith('--') || !(name in DEFAULTS) || args[i + 1] === undefined) return undefined;
    options[name] = args[i + 1];
  }
  return options;
}

function main(args) {
  const options = parseArguments(args);
  if (options === undefined) {
    say('cross-node knows --versions 22,24 and --seed 42 and --scenario trucks_gps');
    return 64;
  }
  if (!existsSync(join(ROOT, 'dist', 'cli', 'main.js'))) {
    throw new SetupError('dist/cli/main.js is missing; run `npm run build` first');
  }
  const rows = options.versions.split(',').map((version) => runWith(fetchNode(version), options));
  const reference = rows[0].digest;
  for (const { version, digest, ms } of rows) {
    process.stdout.write(`${`node ${version}`.padEnd(16)} ${digest}  ${String(ms).padStart(6)} ms${digest === reference ? '' : '  DIFFERS'}\n`);
  }
  const different = rows.filter(({ digest }) => digest !== reference);
  if (different.length === 0) {
    process.stdout.write(`${options.scenario}, seed ${options.seed}: one digest on ${rows.length} versions\n`);
    return 0;
  }
  process.stdout.write(
    `${options.scenario}, seed ${options.seed}: determinism is lost between Node ${rows[0].version} and ${different.map(({ version }) => version).join(', ')}\n`,
  );
  return 70;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportError(error);
}
