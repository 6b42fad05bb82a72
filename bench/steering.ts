/**
 * `npm run steering [-- --mutant NAME …] [--campaigns N] [--limit RUNS]`: what steering a swarm is worth. Each campaign runs
 * twice over the same range of seeds, in its order and steered towards what is rarely reached; counted are the runs until a
 * mutant is noticed, and, without a mutant, the points of the machines that were reached after `limit` runs.
 *
 * Exit codes: 0 measured; 1 an error of ours; 64 a mistake on the command line.
 */
import { parseArgs } from 'node:util';
import { PlainOrder, SteeredOrder, type Order } from '../src/explorer/campaign/orders.ts';
import { isDetection, runSeed, type SeedOutcome, type SoakSpec } from '../src/explorer/campaign/seed-outcome.ts';
import type { SeedRange } from '../src/explorer/campaign/seed-order.ts';
import { Tally } from '../src/explorer/campaign/tally.ts';
import { MUTANT_DOCS, MUTANT_NAMES } from '../src/scenarios/mutants.ts';
import { UsageError, integerOption, progressTeller, runCommand, unknownName } from './arguments.ts';
import { median } from './mutants/report.ts';

const EXIT_MEASURED = 0;
const EXIT_INTERNAL = 1;

/** Noticed by a swarm within a hundred runs or so, some at once, some now and then. */
const MUTANTS = ['ack-before-replication', 'minimal-isr', 'truncate-to-high-watermark', 'one-question-for-the-epoch-end'];

interface Options {
  readonly mutants: readonly string[];
  readonly campaigns: number;
  readonly limit: number;
}

function optionsOf(argv: readonly string[]): Options {
  const text = { type: 'string' } as const;
  let values;
  try {
    values = parseArgs({ args: [...argv], options: { mutant: { type: 'string', multiple: true }, campaigns: text, limit: text } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; expected --mutant NAME, --campaigns N, --limit RUNS`);
  }
  const mutants = values.mutant ?? MUTANTS;
  for (const name of mutants) if (!MUTANT_NAMES.includes(name)) throw new UsageError(unknownName('--mutant', name, MUTANT_NAMES));
  return { mutants, campaigns: integerOption('--campaigns', values.campaigns ?? '5', 1, 1_000), limit: integerOption('--limit', values.limit ?? '200', 1, 1_000_000) };
}

/** Blocks of seeds that do not meet, long enough for a steered campaign, which draws several for each that it runs. */
function rangeOf(campaign: number): SeedRange {
  const firstSeed = campaign * 1_000_000 + 1;
  return { firstSeed, lastSeed: firstSeed + 999_999, shard: 0, shards: 1 };
}

const ORDERS: Readonly<Record<'plain' | 'steered', (range: SeedRange) => Order>> = {
  plain: (range) => new PlainOrder(range, () => false),
  steered: (range) => new SteeredOrder(range, new Map<number, SeedOutcome>()),
};

/** Outcomes of at most `limit` runs, one after the other. */
function* outcomes(order: Order, spec: SoakSpec, limit: number): Generator<SeedOutcome> {
  for (let i = 0; i < limit; i += 1) {
    const [seed] = order.take(1);
    if (seed === undefined) return;
    const outcome = runSeed(spec, seed);
    yield outcome;
    order.done(outcome);
  }
}

/** Runs up to the one that notices the mutant, or `limit`. */
function runsToDetection(order: Order, spec: SoakSpec, limit: number): number {
  let runs = 0;
  for (const outcome of outcomes(order, spec, limit)) {
    runs += 1;
    if (outcome.error === null && isDetection(outcome, spec.trips)) return runs;
  }
  return limit;
}

function pointsReached(order: Order, limit: number): number {
  const tally = new Tally();
  for (const outcome of outcomes(order, { scenario: 'swarm', mutants: [], trips: null }, limit)) tally.add(outcome);
  return tally.reachedCount;
}

async function main(argv: readonly string[]): Promise<number> {
  const { mutants, campaigns, limit } = optionsOf(argv);
  const tell = progressTeller();
  const both = (what: string, one: (order: Order) => number): string => {
    const counts = (Object.keys(ORDERS) as (keyof typeof ORDERS)[]).map((name) => Array.from({ length: campaigns }, (_, campaign) => {
      const count = one(ORDERS[name](rangeOf(campaign)));
      tell(() => `${what}, ${name}, campaign ${campaign + 1}: ${count}`);
      return count;
    }));
    return `| ${what} | ${counts.map((list) => `${median(list)} | ${list.join(' ')}`).join(' | ')} |`;
  };
  const rows = [
    ...mutants.map((name) => {
      const trips = MUTANT_DOCS.find((mutant) => mutant.name === name)?.trips ?? null;
      return both(`runs to notice ${name}`, (order) => runsToDetection(order, { scenario: 'swarm', mutants: [name], trips }, limit));
    }),
    both(`points reached in ${limit} runs`, (order) => pointsReached(order, limit)),
  ];
  process.stdout.write(`${campaigns} campaigns of at most ${limit} runs\n\n| | plain: median | each | steered: median | each |\n|---|---:|---|---:|---|\n${rows.join('\n')}\n`);
  return EXIT_MEASURED;
}

await runCommand(main, EXIT_INTERNAL);
