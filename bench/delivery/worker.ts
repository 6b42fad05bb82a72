/** A worker process of the delivery matrix: runs all seeds of one cell for each message. */
import { serveJobs } from '../../src/cli/worker-processes.ts';
import { runCell, type CellOutcome, type TrialJob } from './trial.ts';

serveJobs((_: null, job: TrialJob): CellOutcome => runCell(job));
