/**
 * What package.json and package-lock.json must promise: the same bytes for everybody, nothing that runs while it is
 * installed, and a start on the oldest Node we name. Reads npm's lock file, so packages for other machines are judged too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { admitsNode, isExactVersion } from './version-range.ts';
import type { Violation } from './source-tree.ts';

interface Manifest {
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
}

const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

function readText(root: string, name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

function lineOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  return at === -1 ? 1 : text.slice(0, at).split('\n').length;
}

/** Dependencies without an exact version. */
export function unpinnedDependencies(root: string): Violation[] {
  const text = readText(root, 'package.json');
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text) as Manifest;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !isExactVersion(version))
    .map(([name, version]) => ({
      path: 'package.json',
      line: lineOf(text, `"${name}"`),
      message: `${name} is "${version}": pin the exact version, so that a run can be repeated a year from now`,
    }));
}

function lockedPackages(root: string): [string, LockedPackage][] {
  const { packages } = JSON.parse(readText(root, 'package-lock.json')) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages).filter(([path]) => path !== '');
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Addresses in package-lock.json that only one machine or one company can reach. */
export function privateAddresses(root: string): Violation[] {
  const text = readText(root, 'package-lock.json');
  return lockedPackages(root)
    .filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith(PUBLIC_REGISTRY))
    .map(([path, { resolved }]) => ({
      path: 'package-lock.json',
      line: lineOf(text, `"${path}"`),
      message: `${nameOf(path)} is fetched from ${resolved}: only ${PUBLIC_REGISTRY} or no address at all (.npmrc: omit-lockfile-registry-resolved)`,
    }));
}

/** Every place where Node would look for `name` from the package at `path`, nearest first. */
function* candidates(path: string, name: string): Generator<string> {
  for (let from = path; from !== ''; from = from.slice(0, Math.max(from.lastIndexOf('/node_modules/'), 0))) yield `${from}/node_modules/${name}`;
  yield `node_modules/${name}`;
}

/**
 * Packages that something asks for and the lock file does not hold. `npm ci` refuses such a file, on every machine:
 * it happens when the registry at hand did not have the binary of some other platform while the file was written.
 */
export function incompleteLock(root: string): Violation[] {
  const { packages } = JSON.parse(readText(root, 'package-lock.json')) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages).flatMap(([path, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies, ...(path === '' ? devDependencies : {}) })
      .filter((name) => ![...candidates(path, name)].some((place) => packages[place]?.version !== undefined))
      .map((name) => ({
        path: 'package-lock.json',
        line: 1,
        message: `${name}, which ${path === '' ? 'package.json' : nameOf(path)} asks for, is missing: npm ci refuses the file; pin a version whose packages all exist, and lock it again`,
      })),
  );
}

/** Dependencies that package.json and package-lock.json disagree about. */
export function staleLock(root: string): Violation[] {
  const manifest = JSON.parse(readText(root, 'package.json')) as Manifest;
  const { packages } = JSON.parse(readText(root, 'package-lock.json')) as { packages: Record<string, LockedPackage> };
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const locked = { ...packages['']?.dependencies, ...packages['']?.devDependencies, ...packages['']?.optionalDependencies };
  return [...new Set([...Object.keys(wanted), ...Object.keys(locked)])]
    .filter((name) => wanted[name] !== locked[name])
    .map((name) => ({
      path: 'package-lock.json',
      line: 1,
      message: `${name} is ${wanted[name] ?? 'absent'} in package.json and ${locked[name] ?? 'absent'} here: run npm install and commit both`,
    }));
}

/** Packages that come with Harrow where it is installed and run a script of their own while they are. */
export function installScripts(root: string): Violation[] {
  return lockedPackages(root)
    .filter(([, { dev }]) => dev !== true)
    .flatMap(([path, locked]) => {
      const manifestPath = join(root, path, 'package.json');
      const { scripts = {} } = existsSync(manifestPath) ? (JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest) : {};
      const script = locked.hasInstallScript === true ? 'an install script' : INSTALL_SCRIPTS.find((name) => scripts[name] !== undefined);
      if (script === undefined) return [];
      return [{ path: 'package-lock.json', line: 1, message: `${nameOf(path)} runs ${script}: npm 12 does not, so Harrow would break on installation` }];
    });
}

/** Packages, installed or locked, that refuse the oldest Node that package.json admits. */
export function refusedNodes(root: string): Violation[] {
  const oldest = oldestNode(root);
  const lockText = readText(root, 'package-lock.json');
  return lockedPackages(root)
    .filter(([, { engines }]) => engines?.node !== undefined && !admitsNode(engines.node, oldest))
    .map(([path, { engines, version }]) => ({
      path: 'package-lock.json',
      line: lineOf(lockText, `"${path}"`),
      message: `${nameOf(path)} ${version} needs Node ${engines?.node}, we promise ${oldest}: choose an older version of it`,
    }));
}

/** The oldest Node that package.json admits, as `20.19.0`. Throws when engines is not of the form `>=20.19`. */
export function oldestNode(root: string): string {
  const range = (JSON.parse(readText(root, 'package.json')) as Manifest).engines?.node ?? '';
  const match = /^>=(\d+)\.(\d+)(?:\.(\d+))?$/.exec(range);
  if (match === null) throw new Error(`package.json: engines.node is "${range}", expected the form ">=20.19"`);
  return `${match[1]}.${match[2]}.${match[3] ?? 0}`;
}
