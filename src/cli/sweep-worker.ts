/** A worker process of a sweep: is given the scenario once, then runs whole seeds, one message each way for each batch. */
import { runSeed, type SeedOutcome, type SoakSpec } from '../explorer/campaign/seed-outcome.ts';
import { serveJobs } from './worker-processes.ts';

serveJobs((spec: SoakSpec, seeds: readonly number[]): readonly SeedOutcome[] => seeds.map((seed) => runSeed(spec, seed)));
