/**
 * `harrow sweep SCENARIO`: one scenario, or `swarm`, over many seeds and several processes. Every run is a line of a file
 * that is only ever added to; a sweep that was killed goes on where it stood when it is started again, with the same result.
 * Some seeds are run twice, and must come to the same digest.
 */
import { join } from 'node:path';
import { headLine, outcomeLine, CAMPAIGN_FORMAT, type CampaignHead } from '../explorer/campaign/campaign-lines.ts';
import { PlainOrder, SteeredOrder } from '../explorer/campaign/orders.ts';
import type { SeedRange } from '../explorer/campaign/seed-order.ts';
import type { SeedOutcome, SoakSpec } from '../explorer/campaign/seed-outcome.ts';
import { Tally } from '../explorer/campaign/tally.ts';
import { MachineCoverage } from '../explorer/coverage/machine-coverage.ts';
import { requestOf } from '../explorer/request.ts';
import { assert } from '../kernel/assert.ts';
import { formatRunRecord, verdictOf } from '../scenarios/run-record-file.ts';
import { RUN_RECORD_FORMAT } from '../scenarios/run-record.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { drawSwarm } from '../scenarios/swarm.ts';
import { continueCampaign, readCampaign } from './campaign-file.ts';
import { campaignJson, campaignText, exitCodeOfCampaign } from './campaign-report.ts';
import { EXIT_INTERNAL, UsageError, type ExitCode } from './exit-codes.ts';
import { findScenario } from './find-scenario.ts';
import { mustMatch } from './merge.ts';
import type { Outside } from './outside.ts';
import { mutantsOf } from './run.ts';
import { millisecondsOf } from './shrink.ts';
import { styleFor } from './style.ts';
import { sweepProgress } from './sweep-progress.ts';
import { overProcesses } from './worker-processes.ts';

export interface SweepOptions {
  readonly seeds?: string;
  readonly for?: string;
  readonly workers: string;
  readonly shard?: string;
  readonly mutant: readonly string[];
  readonly steer?: boolean;
  readonly untilStable?: string;
  readonly untilViolated?: boolean;
  readonly file?: string;
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Every n-th seed is executed twice. */
const CHECKED_EVERY = 16;
/** Long enough that messages between processes cost nothing, short enough that the last worker is not waited for long. */
const SEEDS_PER_BATCH = 4;
/** Run records that are written for violations, so that they can be shrunk. */
const RECORDS_WRITTEN = 5;

export async function sweepCommand(scenarioArgument: string, options: SweepOptions, outside: Outside): Promise<ExitCode> {
  const scenario = scenarioArgument === 'swarm' ? 'swarm' : findScenario(scenarioArgument, outside);
  if (options.steer === true && scenario !== 'swarm') throw new UsageError('--steer picks what a swarm draws; expected swarm as the scenario with it');
  const range = rangeOf(options);
  const limitMs = options.for === undefined ? Number.POSITIVE_INFINITY : millisecondsOf('--for', options.for);
  const stable = options.untilStable === undefined ? Number.POSITIVE_INFINITY : integer('--until-stable', options.untilStable, 1, 1_000_000_000);
  const head: CampaignHead = {
    format: CAMPAIGN_FORMAT, harrow: outside.version, code: outside.codeFingerprint(), scenario, mutants: mutantsOf(options.mutant, scenario === 'swarm' ? {} : scenario),
  };
  const count = integer('--workers', options.workers, 1, 64);
  const path = options.file ?? join(options.out, fileName(head, range, options.steer === true));
  const known = new Map<number, SeedOutcome>();
  const tally = new Tally();
  const before = readCampaign(path, (outcome) => {
    if (!tally.add(outcome)) return;
    if (options.steer === true) known.set(outcome.seed, outcome);
  }, (begun) => mustMatch(begun, head, `${path} and this sweep`));
  const sink = continueCampaign(path, before.wholeBytes);
  if (before.head === undefined) sink.write(headLine(head));

  const startedMs = outside.nowMs();
  const progress = sweepProgress(outside, options.quiet === true, { tally, range, limitMs, resumed: tally.runs });
  const isOver = (): boolean => outside.nowMs() - startedMs >= limitMs || tally.runsSinceNew >= stable || (options.untilViolated === true && tally.violatedRuns + tally.errors > 0);
  const order = options.steer === true ? new SteeredOrder(range, known) : new PlainOrder(range, (seed) => tally.seeds.has(seed));
  /** Of batches that no process survived: one by one, for it may be a single one that kills. */
  const alone: number[] = [];
  /** Not in the file, so that they are run when the sweep goes on: a process may have died for a reason that passes. */
  const unfinished: number[] = [];
  const spec: SoakSpec = { scenario, mutants: head.mutants, trips: null, checkedEvery: CHECKED_EVERY };
  try {
    await overProcesses<readonly number[], readonly SeedOutcome[]>({
      script: workerScript(),
      data: spec,
      count,
      nextJob: () => {
        if (isOver()) return undefined;
        const [one] = alone.splice(0, 1);
        if (one !== undefined) return [one];
        const batch = order.take(SEEDS_PER_BATCH);
        return batch.length === 0 ? undefined : batch;
      },
      isWaiting: () => !isOver() && order.isWaiting,
      take: (outcomes) => {
        for (const outcome of outcomes) {
          if (outcome.error === DIED) unfinished.push(outcome.seed);
          else {
            sink.write(outcomeLine(outcome));
            tally.add(outcome);
          }
          order.done(outcome);
        }
        progress.tell();
      },
      giveUp: (seeds) => {
        if (seeds.length === 1) return seeds.map((seed) => outcomeOfDeath(seed));
        alone.push(...seeds);
        return [];
      },
    });
  } finally {
    sink.close();
    progress.finish();
  }
  // What is told is what the file says.
  const told = new Tally();
  readCampaign(path, (outcome) => void told.add(outcome));
  assert(told.digest === tally.digest && told.runs === tally.runs, `${path} holds every run of the sweep`);
  const report = { head, tally: told, coverage: new MachineCoverage(), path, records: writeRecords(head, told, options.out, outside), program: outside.program };
  outside.stdout.write(options.json === true ? campaignJson(report) : campaignText(report, styleFor(outside.stdout, outside.env)));
  if (unfinished.length === 0) return exitCodeOfCampaign(report);
  outside.stderr.write(`error: ${DIED}: seeds ${unfinished.join(', ')}; they are not in ${path}, and are run when the sweep goes on\n`);
  return EXIT_INTERNAL;
}

const DIED = 'the processes that ran these seeds died, three times in a row';

/** Beside this file, compiled. */
function workerScript(): URL {
  return new URL('./sweep-worker.js', import.meta.url);
}

function outcomeOfDeath(seed: number): SeedOutcome {
  return { seed, digest: '', virtualMs: 0, messages: 0, properties: [], faultKinds: [], marks: [], choices: [], reached: [], error: DIED };
}

function rangeOf({ seeds, shard, for: limit }: SweepOptions): SeedRange {
  if (seeds === undefined && limit === undefined) throw new UsageError('no --seeds and no --for; expected --seeds 1..1000, --for 10m, or both');
  const text = seeds ?? '1..';
  const match = /^([0-9]{1,15})\.\.([0-9]{1,15})?$/.exec(text);
  const firstSeed = Number(match?.[1]);
  const lastSeed = match?.[2] === undefined ? Number.POSITIVE_INFINITY : Number(match[2]);
  if (match === null || firstSeed > lastSeed || (lastSeed === Number.POSITIVE_INFINITY && limit === undefined)) {
    throw new UsageError(`--seeds ${text}: expected two integers such as 1..1000, the smaller one first; the second may be left out with --for`);
  }
  const part = /^([0-9]{1,5})\/([0-9]{1,5})$/.exec(shard ?? '1/1');
  const [number, shards] = [Number(part?.[1]), Number(part?.[2])];
  if (part === null || number < 1 || number > shards) throw new UsageError(`--shard ${shard ?? ''}: expected the number of the shard and of all, such as 1/4`);
  return { firstSeed, lastSeed, shard: number - 1, shards };
}

/** Names what the runs have in common, so that the same command finds its file again. */
function fileName({ scenario, mutants }: CampaignHead, { firstSeed, lastSeed, shard, shards }: SeedRange, isSteered: boolean): string {
  const name = scenario === 'swarm' ? 'swarm' : scenario.name;
  const part = shards === 1 ? '' : `-${shard + 1}-of-${shards}`;
  return `${[name, ...mutants].join('-')}-${firstSeed}-${Number.isFinite(lastSeed) ? lastSeed : 'on'}${part}${isSteered ? '-steered' : ''}.campaign.ndjson`;
}

/** Run records of the first violations. */
function writeRecords({ scenario, mutants, code, harrow }: CampaignHead, tally: Tally, out: string, outside: Outside): ReadonlyMap<number, string> {
  const records = new Map<number, string>();
  for (const { seed, property } of tally.violationsTold) {
    if (records.has(seed) || records.size >= RECORDS_WRITTEN || property === '') continue;
    const drawn: Scenario = scenario === 'swarm' ? drawSwarm(String(seed)).scenario : scenario;
    const request = requestOf(drawn, String(seed), mutants);
    const result = outside.execute(request);
    const path = join(out, `${drawn.name}-${seed}-${result.digest.slice(0, 8)}.json`);
    const { faults, admin, workload, engine } = request;
    outside.writeFile(path, formatRunRecord({
      format: RUN_RECORD_FORMAT, harrow, code, verdict: verdictOf(result), seed: String(seed), engine, mutants: request.mutants, scenario: drawn, faults, admin, workload, result,
    }));
    records.set(seed, path);
  }
  return records;
}

export function integer(option: string, text: string, minInclusive: number, maxInclusive: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minInclusive || value > maxInclusive) throw new UsageError(`${option} ${text}: expected an integer from ${minInclusive} to ${maxInclusive}`);
  return value;
}
