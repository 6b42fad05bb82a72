/**
 * Seeds over worker threads. Batches are handed out in the order of the seeds, and what comes back is put in that order
 * again, so the result does not depend on the number of workers or on who was faster.
 */
import { Worker } from 'node:worker_threads';
import { isDetection, type SeedOutcome, type SoakSpec } from './seed-outcome.ts';

export interface SoakOptions {
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly workers: number;
  /** Stops at the first detection: nothing after it is part of the result. */
  readonly untilFirst: boolean;
  readonly progress: (done: number, detections: number) => void;
}

/** Long enough that messages between threads cost nothing, short enough that the last worker is not waited for long. */
const SEEDS_PER_BATCH = 4;

export async function soak(spec: SoakSpec, options: SoakOptions): Promise<readonly SeedOutcome[]> {
  const outcomes: SeedOutcome[] = [];
  let nextSeed = options.firstSeed;
  let detections = 0;
  const detects = (outcome: SeedOutcome): boolean => isDetection(outcome, spec.trips);
  const nextBatch = (): readonly number[] => {
    const count = options.untilFirst && detections > 0 ? 0 : Math.min(SEEDS_PER_BATCH, options.lastSeed - nextSeed + 1);
    const batch = Array.from({ length: Math.max(0, count) }, (_, i) => nextSeed + i);
    nextSeed += batch.length;
    return batch;
  };
  const take = (batch: readonly SeedOutcome[]): void => {
    outcomes.push(...batch);
    detections += batch.filter(detects).length;
    options.progress(outcomes.length, detections);
  };
  await Promise.all(Array.from({ length: options.workers }, () => runWorker(spec, nextBatch, take)));
  outcomes.sort((a, b) => a.seed - b.seed);
  const first = outcomes.findIndex(detects);
  return options.untilFirst && first !== -1 ? outcomes.slice(0, first + 1) : outcomes;
}

/** Keeps one thread busy until there are no seeds left. Rejects when the thread fails. */
function runWorker(spec: SoakSpec, nextBatch: () => readonly number[], take: (batch: readonly SeedOutcome[]) => void): Promise<void> {
  const first = nextBatch();
  if (first.length === 0) return Promise.resolve();
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: spec });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread is no window and has no origin
  const give = (batch: readonly number[]): void => worker.postMessage(batch);
  return new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (batch: readonly SeedOutcome[]) => {
      take(batch);
      const next = nextBatch();
      if (next.length > 0) give(next);
      else resolve();
    });
    give(first);
  }).finally(() => worker.terminate());
}
