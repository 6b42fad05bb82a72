/**
 * Jobs over processes: each is given one job at a time and answers with its result. Who gets which job depends on who is
 * free, so a result must depend on its job alone. A process that dies (out of memory, killed) loses nothing: its job is done
 * again by a new one, and a job that is the end of several processes in a row is given up.
 *
 * Processes and not threads, because a thread that runs out of memory takes everybody along.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface WorkerProcesses<Job, Result> {
  /** The module that the processes run; it calls {@link serveJobs}. */
  readonly script: URL;
  /** What every process is given once. */
  readonly data: unknown;
  readonly count: number;
  /** The next job; undefined when there is none, for good or (with `isWaiting`) for now. */
  readonly nextJob: () => Job | undefined;
  /** Whether a job may come once a result is taken. */
  readonly isWaiting?: () => boolean;
  readonly take: (result: Result) => void;
  /** What is taken in place of the result of a job that no process survives. */
  readonly giveUp: (job: Job) => Result;
  /** For tests: told of every process that starts. */
  readonly started?: (pid: number) => void;
}

/** Processes that a job may cost. */
const LIVES = 3;

type Sent<Job> = { readonly data: unknown } | { readonly job: Job };
type Answer<Result> = { readonly result: Result } | { readonly error: string };

/** Resolves when there are no jobs left and every result is taken. Rejects when a job throws. */
export async function overProcesses<Job, Result>(options: WorkerProcesses<Job, Result>): Promise<void> {
  const idle: (() => void)[] = [];
  const wakeAll = (): void => {
    for (const wake of idle.splice(0)) wake();
  };
  const nextJob = async (): Promise<Job | undefined> => {
    for (;;) {
      const job = options.nextJob();
      if (job !== undefined || options.isWaiting?.() !== true) return job;
      await new Promise<void>((resolve) => void idle.push(resolve));
    }
  };
  const work = async (): Promise<void> => {
    let worker: Worker<Job, Result> | undefined;
    try {
      for (let job = await nextJob(); job !== undefined; job = await nextJob()) {
        let result: Result | undefined;
        for (let lives = LIVES; result === undefined && lives > 0; lives -= 1) {
          worker ??= new Worker<Job, Result>(options);
          result = await worker.ask(job);
          if (result === undefined) worker = undefined;
        }
        options.take(result ?? options.giveUp(job));
        wakeAll();
      }
    } finally {
      worker?.end();
      wakeAll();
    }
  };
  await Promise.all(Array.from({ length: options.count }, work));
}

function v8Options(workers: number): readonly string[] {
  // Young objects of a whole run fit into the larger space, and die there.
  const options = ['--max-semi-space-size=64'];
  // Threads of the collector help where a core is idle; with as many workers as cores they take turns with a worker.
  return workers >= availableParallelism() ? [...options, '--single-threaded-gc'] : options;
}

class Worker<Job, Result> {
  private readonly child: ChildProcess;
  private settle: ((answer: Answer<Result> | undefined) => void) | undefined;

  constructor({ script, data, started, count }: Pick<WorkerProcesses<Job, Result>, 'script' | 'data' | 'started' | 'count'>) {
    this.child = fork(fileURLToPath(script), [], { execArgv: [...v8Options(count)], serialization: 'advanced' });
    this.child.on('message', (answer: Answer<Result>) => this.answered(answer));
    this.child.on('exit', () => this.answered(undefined));
    this.child.on('error', () => this.answered(undefined));
    if (this.child.pid !== undefined) started?.(this.child.pid);
    this.send({ data });
  }

  /** Undefined when the process died. */
  async ask(job: Job): Promise<Result | undefined> {
    const answer = await new Promise<Answer<Result> | undefined>((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        resolve(undefined);
        return;
      }
      this.settle = resolve;
      this.send({ job });
    });
    if (answer !== undefined && 'error' in answer) throw new Error(answer.error);
    return answer?.result;
  }

  end(): void {
    this.child.removeAllListeners();
    this.child.kill();
  }

  private answered(answer: Answer<Result> | undefined): void {
    const settle = this.settle;
    this.settle = undefined;
    settle?.(answer);
  }

  private send(message: Sent<Job>): void {
    // A process that is gone is noticed by its exit; the error of the channel says nothing more.
    this.child.send(message as object, () => undefined);
  }
}

/** In a worker: answers jobs until whoever asks is gone. */
export function serveJobs<Data, Job, Result>(answer: (data: Data, job: Job) => Result): void {
  let data: Data | undefined;
  process.on('disconnect', () => process.exit());
  process.on('message', (message: Sent<Job>) => {
    if ('data' in message) {
      data = message.data as Data;
      return;
    }
    let said: Answer<Result>;
    try {
      said = { result: answer(data as Data, message.job) };
    } catch (error) {
      said = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    // Whoever asked may be gone by now, and then the channel with it.
    process.send?.(said, undefined, undefined, () => undefined);
  });
}
