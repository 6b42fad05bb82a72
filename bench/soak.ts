/**
 * `npm run soak -- --seeds A..B [--scenario NAME|swarm] [--mutant NAME|all] [--workers N] [--until-first] [--json]`: one
 * scenario, or one drawn for each seed (swarm), over many seeds. Without a mutant nothing may be violated; with one, the
 * soak says how many seeds it takes to notice. Progress on stderr, the summary on stdout, the same for any number of workers but for its last line.
 *
 * Exit codes: 0 as it should be (no violation; each mutant detected by a property that it must trip); 1 not so, or an
 * error of ours; 64 a mistake on the command line.
 */
import { parseArgs } from 'node:util';
import { Digest } from '../src/kernel/digest.ts';
import { BUILT_IN_NAMES, builtInScenario } from '../src/scenarios/catalogue/catalogue.ts';
import { MUTANT_DOCS, MUTANT_NAMES } from '../src/scenarios/mutants.ts';
import type { Scenario } from '../src/scenarios/scenario.ts';
import { UsageError, progressTeller, runCommand, seedRange, unknownName, workerCount } from './arguments.ts';
import { soak } from './soak/pool.ts';
import { formatSoak } from './soak/print.ts';
import type { SoakSpec } from '../src/explorer/campaign/seed-outcome.ts';
import { summarize, type SoakSummary } from './soak/summary.ts';
import { formatNumber } from './table.ts';

const EXIT_AS_IT_SHOULD_BE = 0;
const EXIT_NOT_SO = 1;

interface Options {
  readonly scenario: Scenario | 'swarm';
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
  const scenario = name === 'swarm' ? name : builtInScenario(name);
  if (scenario === undefined) throw new UsageError(unknownName('--scenario', name, [...BUILT_IN_NAMES, 'swarm']));
  const { firstSeed, lastSeed } = seedRange(values.seeds ?? '1..100');
  const workers = workerCount(values.workers);
  const mutants = values.mutant?.includes('all') === true ? MUTANT_NAMES : [...new Set(values.mutant ?? [])];
  for (const mutant of mutants) if (!MUTANT_NAMES.includes(mutant)) throw new UsageError(unknownName('--mutant', mutant, [...MUTANT_NAMES, 'all']));
  return { scenario, firstSeed, lastSeed, mutants, workers, untilFirst: values['until-first'] ?? false, json: values.json ?? false };
}

/** One soak, with progress on stderr about once a second. */
async function soakOnce(options: Options, mutant: string | null): Promise<SoakSummary> {
  const { scenario, firstSeed, lastSeed } = options;
  const trips = MUTANT_DOCS.find(({ name }) => name === mutant)?.trips ?? null;
  const spec: SoakSpec = { scenario, mutants: mutant === null ? [] : [mutant], trips };
  const tell = progressTeller();
  const label = mutant ?? (scenario === 'swarm' ? scenario : scenario.name);
  const progress = (done: number, detections: number): void => {
    tell(() => `${label}: ${formatNumber(done)} of ${formatNumber(lastSeed - firstSeed + 1)} seeds, ${formatNumber(detections)} with a detection`);
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
    const summary = await soakOnce(options, mutant);
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

await runCommand(main, EXIT_NOT_SO);
