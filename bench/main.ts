/**
 * `npm run bench`: every figure of the README, measured in one go. `--only NAME` takes some of them, `--json` prints
 * one document instead of the table.
 *
 * Each group runs in a process of its own: what the JIT has learned from one must not slow down or speed up another.
 * Exit codes: 0 measured, whether targets are met or not; 1 an internal error; 64 a mistake on the command line.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nearest } from '../src/kernel/nearest.ts';
import type { Figure } from './figure.ts';
import { GROUPS } from './groups.ts';
import { formatTable } from './table.ts';

const EXIT_INTERNAL = 1;
const EXIT_USAGE = 64;

class UsageError extends Error {}

interface Options {
  readonly json: boolean;
  readonly only: readonly string[];
  /** Set in the child processes: measure here and print JSON. */
  readonly here: boolean;
}

function optionsOf(argv: readonly string[]): Options {
  const options = { json: { type: 'boolean' }, only: { type: 'string', multiple: true }, here: { type: 'boolean' } } as const;
  try {
    const { values } = parseArgs({ args: [...argv], options });
    return { json: values.json ?? false, only: values.only ?? [], here: values.here ?? false };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; expected --json, --only NAME`);
  }
}

/** The names that were asked for; `kernel` takes all of `kernel/...`. */
function chosen(only: readonly string[]): readonly string[] {
  const names = GROUPS.map(({ name }) => name);
  if (only.length === 0) return names;
  for (const wanted of only) {
    if (names.some((name) => matches(name, wanted))) continue;
    const meant = nearest(wanted, names);
    throw new UsageError(`--only ${wanted}: no such figure; expected ${names.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }
  return names.filter((name) => only.some((wanted) => matches(name, wanted)));
}

function matches(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted}/`);
}

/** Measures one group in a fresh process that can be told to collect its garbage. */
function measureApart(name: string): readonly Figure[] {
  const args = ['--expose-gc', '--max-semi-space-size=64', fileURLToPath(import.meta.url), '--here', '--only', name];
  const { status, stdout, error } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${name} ended with ${status ?? 'a signal'}`);
  return JSON.parse(stdout) as readonly Figure[];
}

async function measureHere(names: readonly string[]): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const group of GROUPS.filter(({ name }) => names.includes(name))) figures.push(...(await group.measure()));
  return figures;
}

async function main(argv: readonly string[]): Promise<void> {
  const { json, only, here } = optionsOf(argv);
  const names = chosen(only);
  if (here) {
    process.stdout.write(JSON.stringify(await measureHere(names)));
    return;
  }
  const startedMs = performance.now();
  const figures = names.flatMap((name, index) => {
    process.stderr.write(`[${index + 1}/${names.length}] ${name}\n`);
    return measureApart(name);
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  if (json) process.stdout.write(`${JSON.stringify({ node: process.version, figures }, undefined, 2)}\n`);
  else process.stdout.write(`${formatTable(figures)}\nCPU time, medians of interleaved rounds; Node ${process.version}, ${seconds.toFixed(0)} s\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? `error: ${error.message}` : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_INTERNAL;
}
