/**
 * Brings node_modules in line with package-lock.json, and does nothing when it already is. What is installed is read
 * from npm's own record, node_modules/.package-lock.json, so an install done by hand counts; the answer is remembered
 * in a stamp inside node_modules, which any reinstall sweeps away.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSetupLock } from './lock.mjs';
import { npmCommand, readJson, readJsonIfAny, runOnStderr, say, SetupError } from './project.mjs';

const STAMP = join('node_modules', '.harrow-setup.json');

/** npm's word for the C library of this machine; undefined where packages do not ask. */
function libcName() {
  if (process.platform !== 'linux') return undefined;
  // Without this a report looks up the names of open connections, which can take seconds.
  process.report.excludeNetwork = true;
  const { header } = process.report.getReport();
  return header.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** npm's rule for `os`, `cpu` and `libc`: a list of names, or of names that are excluded with `!`. */
function admits(list, name) {
  if (list === undefined) return true;
  const names = Array.isArray(list) ? list : [list];
  if (names.includes(`!${name}`)) return false;
  return names.includes(name) || names.every((entry) => entry.startsWith('!'));
}

/** True when `npm ci` on this machine would install the optional package `entry`. */
function isForThisMachine(entry) {
  return (
    (entry.os !== undefined || entry.cpu !== undefined) &&
    admits(entry.os, process.platform) &&
    admits(entry.cpu, process.arch) &&
    (entry.libc === undefined || admits(entry.libc, libcName()))
  );
}

/**
 * Why `installed` (node_modules/.package-lock.json, or undefined) is not what `lock` (package-lock.json) asks for, in
 * words; undefined when it is. A package that is optional and for another machine may be missing.
 */
export function differenceFromLock(lock, installed) {
  if (installed === undefined) return 'nothing is installed';
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '' || wanted.link) continue;
    const found = installed.packages[path];
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (found === undefined) {
      if (!wanted.optional || isForThisMachine(wanted)) return `${name} ${wanted.version} is missing`;
    } else if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return `${name} is ${found.version}, the lock file says ${wanted.version}`;
    }
  }
  return undefined;
}

function isStampValid(root, stamp) {
  const found = readJsonIfAny(join(root, STAMP));
  if (found === undefined || found.key !== stamp.key) return false;
  // The stamp survives a folder deleted by hand; the packages we ask for by name are cheap to look at.
  const { dependencies, devDependencies } = readJson(join(root, 'package.json'));
  return Object.keys({ ...dependencies, ...devDependencies }).every((name) =>
    existsSync(join(root, 'node_modules', name, 'package.json')),
  );
}

function npmCi(root, reason) {
  say(`installing dependencies (${reason}) ...`);
  const startedAt = Date.now();
  // --include=dev: a machine with NODE_ENV=production would otherwise get neither compiler nor tests.
  const code = runOnStderr(npmCommand(), ['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error'], root);
  if (code !== 0) {
    throw new SetupError(
      `npm ci failed with exit code ${code}; what it said is above.\n` +
        'If it could not reach the registry, check the network or `npm config get registry`, then repeat the command.',
    );
  }
  say(`dependencies installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Installs what package-lock.json asks for unless it is there. Throws a SetupError when that fails. */
export async function ensureDependencies(root) {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const machine = `${process.platform}-${process.arch}`;
  const stamp = { key: `${createHash('sha256').update(lockText).digest('hex')} ${machine}` };
  if (isStampValid(root, stamp)) return;
  await withSetupLock(root, () => {
    if (isStampValid(root, stamp)) return;
    const lock = JSON.parse(lockText);
    const folder = join(root, 'node_modules');
    const isWhole = Object.entries(lock.packages).every(
      ([path, entry]) => path === '' || entry.optional || existsSync(join(root, path, 'package.json')),
    );
    const difference =
      differenceFromLock(lock, readJsonIfAny(join(folder, '.package-lock.json'))) ??
      (isWhole ? undefined : 'a package folder is missing');
    if (difference !== undefined) npmCi(root, difference);
    writeFileSync(join(root, STAMP), `${JSON.stringify(stamp)}\n`);
  });
}
