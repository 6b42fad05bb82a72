/**
 * The project on disk, as the scripts see it: where it is, which Node it needs, how to run a program in it. Plain Node
 * without dependencies, because it runs before there are any, and without new syntax, so that an old Node reaches the
 * message that says it is too old.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Something the person at the terminal can act on: printed without a stack. */
export class SetupError extends Error {}

/** Progress goes to stderr, so that `npm start --silent -- --json | jq` reads results only. */
export function say(text) {
  process.stderr.write(`harrow: ${text}\n`);
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** The parsed file, or undefined when it is absent or not JSON (half written, or from another version). */
export function readJsonIfAny(path) {
  try {
    return readJson(path);
  } catch {
    return undefined;
  }
}

/** `v20.19.0` against `>=20.19`; package.json says it once, for npm and for us. */
export function isNodeAdmitted(version, engines) {
  const wanted = /^>=(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(engines);
  if (wanted === null) throw new SetupError(`package.json: engines.node is "${engines}", expected the form ">=20.19"`);
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  for (let i = 1; i <= 3; i += 1) {
    const difference = Number(found[i]) - Number(wanted[i] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Throws a SetupError when this Node is older than package.json asks for. */
export function requireNode(root) {
  const engines = readJson(join(root, 'package.json')).engines.node;
  if (isNodeAdmitted(process.version, engines)) return;
  throw new SetupError(
    `Harrow needs Node ${engines}; this is ${process.version} (${process.execPath}).\n` +
      'Install a current one from https://nodejs.org, or with your version manager: nvm install 24, fnm install 24, volta install node@24.',
  );
}

/** How to call npm: the one that is running us if there is one, else the one on the path. */
export function npmCommand() {
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running) === 'npm-cli.js') return { file: process.execPath, args: [running] };
  return { file: 'npm', args: [], shell: process.platform === 'win32' };
}

/** Runs a program to its end with everything it prints on our stderr. Returns its exit code (1 when it was killed). */
export function runOnStderr(command, args, cwd) {
  const result = spawnSync(command.file, [...command.args, ...args], {
    cwd,
    stdio: ['ignore', 2, 2],
    shell: command.shell === true,
  });
  if (result.error) throw new SetupError(`cannot start ${command.file}: ${result.error.message}`);
  return result.status === null ? 1 : result.status;
}

/** The exit code for `error`: 1 and one sentence for what a person can act on, 70 and a stack for a fault of ours. */
export function reportError(error) {
  if (error instanceof SetupError) {
    say(error.message);
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 70;
}
