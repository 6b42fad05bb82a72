/**
 * What a test needs of the machine: the seed of this run, committed plans, a place for what failed. The only file of this
 * layer that touches it.
 *
 * The seed is `HARROW_SEED`. Without it every process draws a fresh one and prints it; in CI (`CI` is set) it must be given,
 * because a red build that nobody can repeat is worth nothing.
 */
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface TestOutside {
  /** In `[0, 2^31)`. @throws Error in CI without a seed */
  seed(): number;
  /** Files in a folder whose names end so, by name; none when there is no folder. */
  readFolder(folder: string, ending: string): readonly TextFile[];
  readFile(path: string): string | null;
  /** Creates missing folders; gives the path. */
  write(folder: string, name: string, text: string): string;
}

const SEEDS = 2 ** 31;
let drawn: number | undefined;

function seed(): number {
  if (drawn !== undefined) return drawn;
  const { HARROW_SEED: given, CI: ci } = process.env;
  if (given !== undefined && given !== '') {
    const value = Number(given);
    if (!/^[0-9]+$/.test(given) || !Number.isSafeInteger(value)) throw new Error(`HARROW_SEED=${given}: expected an integer from 0 to ${Number.MAX_SAFE_INTEGER}`);
    // What CI counts its runs with has outgrown 31 bits.
    drawn = value % SEEDS;
  } else {
    if (ci !== undefined && ci !== '' && ci !== 'false') throw new Error('no HARROW_SEED: in CI a property needs one, so that a failure can be repeated, such as HARROW_SEED=$GITHUB_RUN_ID');
    drawn = randomInt(0, SEEDS);
  }
  process.stderr.write(`harrow: seed ${drawn} (repeat with HARROW_SEED=${drawn})\n`);
  return drawn;
}

export const nodeTestOutside: TestOutside = {
  seed,
  readFolder(folder, ending) {
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).filter((name) => name.endsWith(ending)).sort((a, b) => (a < b ? -1 : 1));
    return names.map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }));
  },
  readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
  write(folder, name, text) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  },
};
