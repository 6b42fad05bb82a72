/**
 * `npm run soak -- --seeds A..B [--scenario NAME] [--mutant NAME|all] [--workers N] [--until-first] [--json]`: one
 * scenario over many seeds. Without a mutant nothing may be violated; with one, the soak says how many seeds it takes to
 * notice. Progress on stderr, the summary on stdout, the same for any number of workers but for its last line.
 *
 * Exit codes: 0 as it should be (no violation; each mutant detected by a property that it must trip); 1 not so, or an
 * error of ours; 64 a mistake on the command line.
 */
import { parseArgs } from 'node:util';
import { Digest } from '../src/kernel/digest.ts';
import { nearest } from '../src/kernel/nearest.ts';
import { BUILT_IN_NAMES, builtInScenario } from '../src/scenarios/catalogue/catalogue.ts';
import { MUTANT_DOCS, MUTANT_NAMES } from '../src/scenarios/mutants.ts';
import type { Scenario } from '../src/scenarios/scenario.ts';
import { soak } from './soak/pool.ts';
import { formatSoak } from './soak/print.ts';
import type { SoakSpec } from './soak/seed-outcome.ts';
import { summarize, type SoakSummary } from './soak/summary.ts';
import { formatNumber } from './table.ts';

const EXIT_AS_IT_SHOULD_BE = 0;
const EXIT_NOT_SO = 1;
const EXIT_USAGE = 64;
const PROGRESS_EVERY_MS = 1_000;

class UsageError extends Error {}

interface Options {
  readonly scenario: Scenario;
  readonly firstSeed: number;
  readonly lastSeed: number;
  /** One soak for each; none is a soak of the protocol as it is. */
  readonly mutants: readonly string[];
  readonly workers: number;
  readonly untilFirst: boolean;
  readonly json: boolean;
}

function optionsOf(argv: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values;
  try {
    values = parseArgs({
      args: [...argv],
      options: { seeds: text, scenario: text, mutant: { type: 'string', multiple: true }, workers: text, 'until-first': flag, json: flag },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; expected --seeds A..B, --scenario NAME, --mutant NAME, --workers N, --until-first, --json`);
  }
  const name = values.scenario ?? 'small_faulty_cluster';
  const scenario = builtInScenario(name);
  if (scenario === undefined) throw new UsageError(unknown('--scenario', name, BUILT_IN_NAMES));
  const range = /^([0-9]{1,15})\.\.([0-9]{1,15})$/.exec(values.seeds ?? '1..100');
  const [firstSeed, lastSeed] = [Number(range?.[1]), Number(range?.[2])];
  if (range === null || firstSeed > lastSeed) throw new UsageError(`--seeds ${values.seeds}: expected two integers such as 1..1000, the smaller one first`);
  const workers = Number(values.workers ?? '2');
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) throw new UsageError(`--workers ${values.workers}: expected an integer from 1 to 64`);
  const mutants = values.mutant?.includes('all') === true ? MUTANT_NAMES : [...new Set(values.mutant ?? [])];
  for (const mutant of mutants) if (!MUTANT_NAMES.includes(mutant)) throw new UsageError(unknown('--mutant', mutant, [...MUTANT_NAMES, 'all']));
  return { scenario, firstSeed, lastSeed, mutants, workers, untilFirst: values['until-first'] ?? false, json: values.json ?? false };
}

function unknown(option: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `${option} ${name}: expected ${known.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** One soak, with progress on stderr about once a second. */
async function soakOnce(options: Options, mutant: string | null, startedMs: number): Promise<SoakSummary> {
  const { scenario, firstSeed, lastSeed } = options;
  const trips = MUTANT_DOCS.find(({ name }) => name === mutant)?.trips ?? null;
  const spec: SoakSpec = { scenario, mutants: mutant === null ? [] : [mutant], trips };
  let toldMs = startedMs;
  const label = mutant ?? scenario.name;
  const progress = (done: number, detections: number): void => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = performance.now();
    process.stderr.write(`${label}: ${formatNumber(done)} of ${formatNumber(lastSeed - firstSeed + 1)} seeds, ${formatNumber(detections)} with a detection\n`);
  };
  const outcomes = await soak(spec, { ...options, progress });
  return summarize(spec, outcomes, digestOf);
}

function digestOf(texts: readonly string[]): string {
  const digest = new Digest();
  for (const text of texts) digest.addString(text);
  return digest.toString();
}

async function main(argv: readonly string[]): Promise<number> {
  const options = optionsOf(argv);
  const startedMs = performance.now();
  const summaries: SoakSummary[] = [];
  for (const mutant of options.mutants.length === 0 ? [null] : options.mutants) {
    const summary = await soakOnce(options, mutant, startedMs);
    summaries.push(summary);
    if (!options.json) process.stdout.write(`${formatSoak(summary, options.firstSeed)}\n`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const seeds = summaries.reduce((total, summary) => total + summary.seeds, 0);
  const virtualMs = summaries.reduce((total, summary) => total + summary.virtualMs, 0);
  if (options.json) process.stdout.write(`${JSON.stringify({ summaries, seconds, seedsPerSecond: seeds / seconds }, undefined, 2)}\n`);
  else process.stdout.write(`${formatNumber(seeds / seconds)} seeds/s, ${formatNumber(virtualMs / 1_000 / seconds)} times as fast as life, ${options.workers} workers\n`);
  return summaries.every(isAsItShouldBe) ? EXIT_AS_IT_SHOULD_BE : EXIT_NOT_SO;
}

/** The protocol violates nothing, a mutant what it must; and no run ends in an error of ours. */
function isAsItShouldBe({ mutants, detections, errors }: SoakSummary): boolean {
  return errors === 0 && detections > 0 === mutants.length > 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? `error: ${error.message}` : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_NOT_SO;
}
