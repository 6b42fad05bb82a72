/**
 * Seeds over worker processes. Batches are handed out in the order of the seeds, and what comes back is put in that order
 * again, so the result does not depend on the number of workers or on who was faster.
 */
import { isDetection, type SeedOutcome, type SoakSpec } from '../../src/explorer/campaign/seed-outcome.ts';
import { overProcesses } from '../../src/cli/worker-processes.ts';

export interface SoakOptions {
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly workers: number;
  /** Stops at the first detection: nothing after it is part of the result. */
  readonly untilFirst: boolean;
  readonly progress: (done: number, detections: number) => void;
}

/** Long enough that messages between processes cost nothing, short enough that the last worker is not waited for long. */
const SEEDS_PER_BATCH = 4;

export async function soak(spec: SoakSpec, options: SoakOptions): Promise<readonly SeedOutcome[]> {
  const outcomes: SeedOutcome[] = [];
  let nextSeed = options.firstSeed;
  let detections = 0;
  const detects = (outcome: SeedOutcome): boolean => isDetection(outcome, spec.trips);
  const nextJob = (): readonly number[] | undefined => {
    const count = options.untilFirst && detections > 0 ? 0 : Math.min(SEEDS_PER_BATCH, options.lastSeed - nextSeed + 1);
    if (count <= 0) return undefined;
    const batch = Array.from({ length: count }, (_, i) => nextSeed + i);
    nextSeed += count;
    return batch;
  };
  const take = (batch: readonly SeedOutcome[]): void => {
    outcomes.push(...batch);
    detections += batch.filter(detects).length;
    options.progress(outcomes.length, detections);
  };
  await overProcesses<readonly number[], readonly SeedOutcome[]>({
    script: new URL('./worker.js', import.meta.url), data: spec, count: options.workers, nextJob, take,
    giveUp: (seeds) => {
      throw new Error(`no process survives the seeds ${seeds.join(', ')}`);
    },
  });
  outcomes.sort((a, b) => a.seed - b.seed);
  const first = outcomes.findIndex(detects);
  return options.untilFirst && first !== -1 ? outcomes.slice(0, first + 1) : outcomes;
}
