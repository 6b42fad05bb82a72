/**
 * Jobs over worker threads: each thread is given one job at a time and answers with its result. Who gets which job
 * depends on who is free, so a result must depend on its job alone.
 */
import { Worker } from 'node:worker_threads';

export interface Threads<Job, Result> {
  /** The module that the threads run; it answers each message, a job, with one, its result. */
  readonly script: URL;
  /** What every thread is given once. */
  readonly data: unknown;
  readonly count: number;
  /** The next job, undefined when there are none left. */
  readonly nextJob: () => Job | undefined;
  readonly take: (result: Result) => void;
}

/** Rejects when a thread fails. */
export async function overThreads<Job, Result>(threads: Threads<Job, Result>): Promise<void> {
  await Promise.all(Array.from({ length: threads.count }, () => runThread(threads)));
}

function runThread<Job, Result>({ script, data, nextJob, take }: Threads<Job, Result>): Promise<void> {
  const first = nextJob();
  if (first === undefined) return Promise.resolve();
  const worker = new Worker(script, { workerData: data });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread is no window and has no origin
  const give = (job: Job): void => worker.postMessage(job);
  return new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (result: Result) => {
      take(result);
      const next = nextJob();
      if (next === undefined) resolve();
      else give(next);
    });
    give(first);
  }).finally(() => worker.terminate());
}
