/** What the commands over seeds have in common on their command lines: ranges, workers, names with a hint, and the error for a mistake. */
import { nearest } from '../src/kernel/nearest.ts';

export const EXIT_USAGE = 64;

/** A mistake on the command line; its message is for whoever typed it. */
export class UsageError extends Error {}

export interface SeedRange {
  readonly firstSeed: number;
  readonly lastSeed: number;
}

/** `1..1000`, both ends included. @throws UsageError */
export function seedRange(text: string): SeedRange {
  const range = /^([0-9]{1,15})\.\.([0-9]{1,15})$/.exec(text);
  const [firstSeed, lastSeed] = [Number(range?.[1]), Number(range?.[2])];
  if (range === null || firstSeed > lastSeed) throw new UsageError(`--seeds ${text}: expected two integers such as 1..1000, the smaller one first`);
  return { firstSeed, lastSeed };
}

/** @throws UsageError */
export function integerOption(option: string, text: string, minInclusive: number, maxInclusive: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minInclusive || value > maxInclusive) throw new UsageError(`${option} ${text}: expected an integer from ${minInclusive} to ${maxInclusive}`);
  return value;
}

export function workerCount(text: string | undefined): number {
  return integerOption('--workers', text ?? '2', 1, 64);
}

/** The sentence about a name that is none of those. */
export function unknownName(option: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `${option} ${name}: expected ${known.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** Runs a command: its exit code, 64 with the sentence for a mistake, `failed` with the stack for anything else. */
export async function runCommand(main: (argv: readonly string[]) => Promise<number>, failed: number): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof UsageError ? `error: ${error.message}` : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : failed;
  }
}

/** A function that tells progress about once a second on stderr. */
export function progressTeller(): (line: () => string) => void {
  let toldMs = performance.now();
  return (line) => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = performance.now();
    process.stderr.write(`${line()}\n`);
  };
}

const PROGRESS_EVERY_MS = 1_000;
