/** A worker process of a soak: is given the scenario once, then runs whole seeds, one message each way for each batch. */
import { serveJobs } from '../../src/cli/worker-processes.ts';
import { runSeed, type SeedOutcome, type SoakSpec } from '../../src/explorer/campaign/seed-outcome.ts';

serveJobs((spec: SoakSpec, seeds: readonly number[]): readonly SeedOutcome[] => seeds.map((seed) => runSeed(spec, seed)));
